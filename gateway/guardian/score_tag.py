"""`<score> yes </score>`, after an empty or ended `<think>`: how Granite Guardian answers since 3.3."""

from __future__ import annotations

import re

from gateway.guardian.exchange import THOUGHT
from gateway.guardian.family import Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share

BEFORE = re.compile(THOUGHT + r"<score>\s*", re.DOTALL)
WORD = re.compile(BEFORE.pattern + r"(yes|no)\s*", re.DOTALL)
WHOLE = re.compile(WORD.pattern + r"</score>\s*", re.DOTALL)


def read_score(completion: Completion, category: str | None) -> Reading | Unparseable | None:
    """`yes` is unsafe, of this category where it has one. The word is read as it comes, before its closing tag."""
    found = WHOLE.fullmatch(completion.text) or (None if completion.finished else WORD.fullmatch(completion.text))
    if found is None:
        return Unparseable("no `<score>` of `yes` or `no`") if completion.finished else None
    score = unsafe_share(completion.tokens, after=BEFORE, unsafe=("yes",), safe=("no",))
    if found[1] == "no":
        return Reading("safe", score=score)
    return Reading("unsafe", (category,) if category else (), score)
