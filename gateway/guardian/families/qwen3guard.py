"""Qwen3Guard-Gen (Qwen, Apache-2.0): `Safety: Safe|Unsafe|Controversial`, then `Categories: ...`, and of an answer
`Refusal: Yes|No`. Its chat template holds the task and the policy, and judges the last turn.

The score is P(Unsafe) + P(Controversial) at the token after `Safety:`, the report's strict reading. It writes no
response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import ANSWER, about
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
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
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<think>", "</think>")
LABELS: dict[str, Label] = {"Safe": "safe", "Unsafe": "unsafe", "Controversial": "controversial"}
VERDICT = re.compile(
    r"\s*Safety: *(Safe|Unsafe|Controversial) *\n"
    r"Categories: *([^\n]*?) *"
    r"(?P<refusal>\nRefusal: *(Yes|No) *)?\s*"
)
VALUE = re.compile(r"\s*Safety:\s*")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response, so there is none to force; policy lint P104 says so.
    body = {
        "messages": chat(turns(passage, MARKERS)),
        "max_tokens": 128,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
    }
    return (Ask("/chat/completions", body, about=about(passage)),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """`Refusal:` tells that an answer was judged: it is there of an answer, and of nothing else."""
    if not completion.finished:
        return None
    verdict = VERDICT.fullmatch(completion.text)
    if verdict is None or (verdict["refusal"] is not None) != (completion.about == ANSWER):
        return Unparseable("not the lines `Safety:`, `Categories:` and, of an answer, `Refusal:`")
    label, names = LABELS[verdict[1]], [name.strip() for name in verdict[2].split(",")]
    if label == "safe" and names != ["None"]:
        return Unparseable("the label `Safe` with a category")
    return Reading(label, tuple(CARD.categories[name] for name in names if name in CARD.categories), score(completion))


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=VALUE, unsafe=("Unsafe", "Controversial"), safe=("Safe",))
