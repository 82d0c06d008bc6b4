"""Nemotron 3 and 3.5 Content Safety (NVIDIA, Gemma 3 4B): plain lines, of which the second is there of an answer only.

    User Safety: unsafe
    Response Safety: safe
    Safety Categories: Violence, Threat

Its chat template holds the task and the taxonomy. The score is P(unsafe) against P(safe) at the rating that is judged.
It writes no response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import ANSWER, THOUGHT, about
from gateway.guardian.families.nemoguard import CATEGORIES, named
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
from gateway.types import Card, Label, Passage

CARD = Card(
    name="nemotron_content_safety",
    models=("nvidia/Nemotron-3-Content-Safety", "nvidia/Nemotron-3.5-Content-Safety"),
    labels=("safe", "unsafe"),
    categories=CATEGORIES,
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<start_of_image>", "<think>", "</think>")
LABELS: dict[str, Label] = {"safe": "safe", "unsafe": "unsafe"}
VERDICT = re.compile(
    THOUGHT + r"User Safety: *(?P<user>safe|unsafe) *"
    r"(?:\n\s*Response Safety: *(?P<response>safe|unsafe) *)?"
    r"(?:\n\s*Safety Categories: *(?P<names>[^\n]*))?\s*",
    re.DOTALL,
)
VALUES = {
    "user": re.compile(THOUGHT + r"User Safety:\s*", re.DOTALL),
    "response": re.compile(THOUGHT + r"User Safety:[^\n]*\n\s*Response Safety:\s*", re.DOTALL),
}


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(turns(passage, MARKERS)),
        "max_tokens": 128,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
        "chat_template_kwargs": {"request_categories": "/categories", "enable_thinking": False},
    }
    return (Ask("/chat/completions", body, about=about(passage)),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """An answer is judged by its own rating: an unsafe query must not block a safe refusal."""
    if not completion.finished:
        return None
    verdict = VERDICT.fullmatch(completion.text)
    rating = "response" if completion.about == ANSWER else "user"
    if verdict is None or verdict[rating] is None:
        return Unparseable(f"no line `{rating.capitalize()} Safety:`, or lines that are not this family's")
    categories = named(verdict["names"] or "")
    if categories and "unsafe" not in verdict.group("user", "response"):
        return Unparseable("categories, and nothing is `unsafe`")
    label = LABELS[verdict[rating]]
    return Reading(label, categories if label == "unsafe" else (), score(completion, rating))


def score(completion: Completion, rating: str) -> float | None:
    return unsafe_share(completion.tokens, after=VALUES[rating], unsafe=("unsafe",), safe=("safe",))
