"""Qwen3Guard-Gen (Qwen, Apache-2.0): `Safety: Safe|Unsafe|Controversial`, then `Categories: ...`. Its chat template
holds the task and the policy.

The score is P(Unsafe) + P(Controversial) at the token after `Safety:`, the report's strict reading. It writes no
response.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.passages import judged_text, neutralised
from gateway.types import Card, Label, Passage

CARD = Card(
    name="qwen3guard",
    models=("Qwen/Qwen3Guard-Gen-*",),
    labels=("safe", "controversial", "unsafe"),
    categories={
        "Violent": "violence",
        "Non-violent Illegal Acts": "crime",
        "Sexual Content or Sexual Acts": "sexual_content",
        "PII": "pii",
        "Personally Identifiable Information": "pii",
        "Suicide & Self-Harm": "self_harm",
        "Unethical Acts": "unethical",
        "Politically Sensitive Topics": "political",
        "Copyright Violation": "copyright",
        "Jailbreak": "jailbreak",
    },
    scores=True,
    writes_response=False,
)
MARKERS = ("<|", "<think>", "</think>")
LABELS: dict[str, Label] = {"Safe": "safe", "Unsafe": "unsafe", "Controversial": "controversial"}
SAFETY = re.compile(r"Safety: *(Safe|Unsafe|Controversial)\b *\n")
CATEGORIES = re.compile(r"\nCategories: *([^\n]*)")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response, so there is none to force; policy lint P104 says so.
    content = neutralised(judged_text(passage), MARKERS)
    ask = Ask(
        "/chat/completions",
        {
            "messages": [{"role": "user", "content": content}],
            "max_tokens": 64,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": 10,
        },
    )
    return (ask,)


def parse(completion: Completion) -> Reading | Unparseable | None:
    safety = SAFETY.match(completion.text.lstrip())
    categories = CATEGORIES.search(completion.text)
    complete = categories is not None and (completion.finished or categories.end() < len(completion.text))
    if safety is None or categories is None or not complete:
        return Unparseable("no `Safety:` line followed by a `Categories:` line") if completion.finished else None
    names = [name.strip() for name in categories[1].split(",")]
    unknown = [name for name in names if name not in CARD.categories and name not in ("None", "")]
    if unknown:
        return Unparseable("a category that this family does not have")
    return Reading(
        LABELS[safety[1]], tuple(CARD.categories[n] for n in names if n in CARD.categories), score(completion)
    )


def score(completion: Completion) -> float | None:
    before = ""
    for token in completion.tokens:
        if before.strip() == "Safety:":
            return unsafe_share(token.top)
        before += token.text
    return None


def unsafe_share(top: Mapping[str, float]) -> float | None:
    """The labels may be split into pieces (`Un`, `safe`): a piece counts for the label that it begins."""
    mass = dict.fromkeys(LABELS, 0.0)
    for text, logprob in top.items():
        piece = text.strip()
        for label in mass:
            if piece and label.startswith(piece):
                mass[label] += math.exp(logprob)
    total = sum(mass.values())
    return (mass["Unsafe"] + mass["Controversial"]) / total if total > 0 else None
