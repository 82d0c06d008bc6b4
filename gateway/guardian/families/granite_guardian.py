"""Granite Guardian 3.0 to 3.2 (IBM, Apache-2.0, English): one risk a question, `Yes` when it is there, `No` when not.

Their chat templates bring the risk's definition: a query is asked about for `harm`, which is their word for all of it,
and for `jailbreak`; an answer for `harm`. 3.2 writes its confidence behind the word, which is not waited for. The score
is P(Yes) against P(No) at the first token, in any case and spacing. It writes no response.
"""

from __future__ import annotations

import re

from gateway.guardian.exchange import exchange
from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.label_share import unsafe_share
from gateway.guardian.passages import chat, turns
from gateway.types import Card, Passage

CARD = Card(
    name="granite_guardian",
    models=(
        "ibm-granite/granite-guardian-3.0-*",
        "ibm-granite/granite-guardian-3.1-*",
        "ibm-granite/granite-guardian-3.2-*",
    ),
    labels=("safe", "unsafe"),
    categories={"jailbreak": "jailbreak"},
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = (
    "<|",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_conversation>",
    "<end_of_conversation>",
    "<start_of_risk_definition>",
    "<end_of_risk_definition>",
)
OF_PROMPT, OF_RESPONSE = ("harm", "jailbreak"), ("harm",)
LABEL = re.compile(r"\s*(Yes|No)(?:\s*<confidence>\s*\w+\s*</confidence>)?\s*")
BLANKS = re.compile(r"\s*")


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(exchange(turns(passage, MARKERS))),
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 20,
    }
    risks = OF_PROMPT if passage.answer is None else OF_RESPONSE
    return tuple(
        Ask("/chat/completions", {**body, "chat_template_kwargs": {"guardian_config": {"risk_name": risk}}}, about=risk)
        for risk in risks
    )


def parse(completion: Completion) -> Reading | Unparseable | None:
    label = LABEL.fullmatch(completion.text)
    if label is None:
        return Unparseable("neither `Yes` nor `No`") if completion.finished else None
    if label[1] == "No":
        return Reading("safe", score=score(completion))
    category = CARD.categories.get(completion.about)
    return Reading("unsafe", (category,) if category else (), score(completion))


def score(completion: Completion) -> float | None:
    return unsafe_share(completion.tokens, after=BLANKS, unsafe=("Yes", "yes", "YES"), safe=("No", "no", "NO"))
