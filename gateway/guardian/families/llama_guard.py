"""Llama Guard 3 (1B, 8B) and 4 (12B) (Meta, Llama Community licences): `safe`, or `unsafe` and a line of hazard codes.
Their chat templates hold task, policy and conversation, and judge whoever spoke last.

    \\n\\nsafe                   the blanks before it are the models' own
    \\n\\nunsafe\\nS1,S10

The score is P(unsafe) against P(safe) at the first token that is not blank. They write no response.
"""

from __future__ import annotations

import re

from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
from gateway.guardian.taxonomy import MLCOMMONS
from gateway.types import Card, Passage

CARD = Card(
    name="llama_guard",
    models=("meta-llama/Llama-Guard-3-*", "meta-llama/Llama-Guard-4-*"),
    labels=("safe", "unsafe"),
    categories=MLCOMMONS,
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = (
    "<|",
    "<BEGIN CONVERSATION>",
    "<END CONVERSATION>",
    "<BEGIN UNSAFE CONTENT CATEGORIES>",
    "<END UNSAFE CONTENT CATEGORIES>",
)
SAFE = re.compile(r"\s*safe\s*")
UNSAFE = re.compile(r"\s*unsafe(?:\s*\n\s*(S\d+(?:\s*,\s*S\d+)*))?\s*")
BLANKS = re.compile(r"\s*")
LONGEST = 64
"""More than any verdict has: a text that is longer and not one will not become one."""


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(turns(passage, MARKERS)),
        "max_tokens": 40,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
    }
    return (Ask("/chat/completions", body),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """`safe` is read as it comes; the codes after `unsafe` are waited for."""
    if SAFE.fullmatch(completion.text):
        return Reading("safe", score=score(completion))
    if not completion.finished and len(completion.text) < LONGEST:
        return None
    unsafe = UNSAFE.fullmatch(completion.text)
    if unsafe is None:
        return Unparseable("neither `safe` nor `unsafe` with a line of codes")
    codes = re.findall(r"S\d+", unsafe[1] or "")
    categories = dict.fromkeys(MLCOMMONS[code] for code in codes if code in MLCOMMONS)
    return Reading("unsafe", tuple(categories), score(completion))


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=BLANKS, unsafe=("unsafe",), safe=("safe",))
