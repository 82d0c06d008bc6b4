"""Granite Guardian 3.3 8B (IBM, Apache-2.0, English): one criterion a question, `<score> yes </score>` when it is met.

Its chat template brings the criterion's definition; what was `risk_name` is `criteria_id` since. A query is asked about
for `harm` and for `jailbreak`, an answer for `harm`, without reasoning. The score is P(yes) against P(no) within the
tag. It writes no response.
"""

from __future__ import annotations

from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.passages import chat, turns
from gateway.guardian.score_tag import read_score
from gateway.types import Card, Passage

CARD = Card(
    name="granite_guardian_3_3",
    models=("ibm-granite/granite-guardian-3.3-8b",),
    labels=("safe", "unsafe"),
    categories={"jailbreak": "jailbreak"},
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ("<|", "<think>", "</think>", "<score>", "</score>", "<start_of_turn>", "<end_of_turn>")
OF_PROMPT, OF_RESPONSE = ("harm", "jailbreak"), ("harm",)


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    body = {
        "messages": chat(turns(passage, MARKERS)),
        "max_tokens": 48,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 10,
    }
    criteria = OF_PROMPT if passage.answer is None else OF_RESPONSE
    return tuple(
        Ask("/chat/completions", {**body, "chat_template_kwargs": arguments(name)}, about=name) for name in criteria
    )


def arguments(criterion: str) -> dict[str, object]:
    return {"guardian_config": {"criteria_id": criterion}, "think": False}


def parse(completion: Completion) -> Reading | Unparseable | None:
    return read_score(completion, CARD.categories.get(completion.about))
