"""SGuard-v1 (Samsung SDS, Apache-2.0, Korean and English; Granite 3.3 2B), two models in one family.

ContentFilter says of five kinds of harm, in this order, whether they are there: one special token each, which names
the kind and `safe` or `unsafe`. JailbreakFilter says `safe` or `unsafe`. The score is P(unsafe) against P(safe), the
highest of the five. Neither writes a response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import exchange
from gateway.guardian.family import Ask, Completion, Reading, Token, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
from gateway.types import Card, Passage

JAILBREAK = "jailbreak"
CARD = Card(
    name="sguard",
    models=("SamsungSDS-Research/SGuard-ContentFilter-2B-v1", "SamsungSDS-Research/SGuard-JailbreakFilter-2B-v1"),
    labels=("safe", "unsafe"),
    categories={
        "crime": "crime",
        "manipulation": "unethical",
        "privacy": "pii",
        "sexual": "sexual_content",
        "violence": "violence",
        JAILBREAK: JAILBREAK,
    },
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<crime", "<manipulation", "<privacy", "<sexual", "<violence")
KINDS = tuple(name for name in CARD.categories if name != JAILBREAK)
APART = r"[\W_]*"
"""What stands around the words: a special token's brackets, or a colon and a line's end."""
FIVE = re.compile(APART + APART.join(rf"{kind}{APART}(unsafe|safe)" for kind in KINDS) + APART, re.IGNORECASE)
ONE = re.compile(r"\s*(unsafe|safe)\s*")
NOT_WORDS = re.compile(rf"{APART}(?:(?:{'|'.join(KINDS)}){APART})?", re.IGNORECASE)


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(exchange(turns(passage, MARKERS))),
        "max_tokens": 48,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
        "skip_special_tokens": False,  # else the labels are an empty text
    }
    return (Ask("/chat/completions", body),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    if not completion.finished:
        return None
    if one := ONE.fullmatch(completion.text):
        return reading([JAILBREAK] if one[1] == "unsafe" else [], completion)
    if five := FIVE.fullmatch(completion.text):
        found = zip(KINDS, five.groups(), strict=True)
        return reading([kind for kind, label in found if label.lower() == "unsafe"], completion)
    return Unparseable("neither five labelled kinds of harm in their order nor one label")


def reading(kinds: list[str], completion: Completion) -> Reading:
    categories = tuple(CARD.categories[kind] for kind in kinds)
    return Reading("unsafe" if kinds else "safe", categories, score(completion.tokens))


def score(tokens: tuple[Token, ...]) -> float | None:
    """Each token by itself: it is the label's own, or follows what names its kind."""
    shares = [unsafe_share([token], after=NOT_WORDS, unsafe=("unsafe",), safe=("safe",)) for token in tokens]
    known = [share for share in shares if share is not None]
    return max(known) if known else None
