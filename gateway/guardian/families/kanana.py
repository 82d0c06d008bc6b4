"""Kanana Safeguard (Kakao, Apache-2.0, Korean): one special token, `<SAFE>` or a code such as `<UNSAFE-S4>`.

Three models speak so: `-8b` judges harm in queries and answers (S), `-siren-8b` legal risk (I) and `-prompt-2.1b`
prompt attacks (A) in queries only. The score is P(any unsafe token) against P(`<SAFE>`) at that token. None writes a
response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import exchange
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
from gateway.types import Card, Passage

CARD = Card(
    name="kanana",
    models=(
        "kakaocorp/kanana-safeguard-8b",
        "kakaocorp/kanana-safeguard-siren-8b",
        "kakaocorp/kanana-safeguard-prompt-2.1b",
    ),
    labels=("safe", "unsafe"),
    categories={
        "S1": "hate",
        "S2": "hate",
        "S3": "sexual_content",
        "S4": "crime",
        "S5": "child_exploitation",
        "S6": "self_harm",
        "S7": "misinformation",
        "I1": "sexual_content",
        "I2": "specialized_advice",
        "I3": "pii",
        "I4": "copyright",
        "A1": "jailbreak",
        "A2": "jailbreak",
    },
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<SAFE>", "<UNSAFE-")
LABEL = re.compile(r"\s*<(?:SAFE|UNSAFE-([A-Z]\d+))>\s*")
START = re.compile(r"\s*")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(exchange(turns(passage, MARKERS))),
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
        "skip_special_tokens": False,  # else the label is an empty text
    }
    return (Ask("/chat/completions", body),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    """A code that is not known yet is unsafe all the same."""
    label = LABEL.fullmatch(completion.text)
    if label is None:
        return Unparseable("not one label token") if completion.finished else None
    if label[1] is None:
        return Reading("safe", score=score(completion))
    name = CARD.categories.get(label[1])
    return Reading("unsafe", (name,) if name else (), score(completion))


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=START, unsafe=("<UNSAFE-",), safe=("<SAFE>",))
