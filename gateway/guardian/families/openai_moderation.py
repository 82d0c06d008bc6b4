"""OpenAI's moderation API: one text, one JSON object that is not streamed, with a score for each of its categories.

Its own `flagged` is the verdict. The score is the highest category score: not P(unsafe), but it rises and falls with
that, so a calibration can be fitted to it. It writes no response.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.guardian.family import Ask, Completion, Reading, Unparseable
from gateway.guardian.passages import judged_text
from gateway.types import Card, Passage

CARD = Card(
    name="openai_moderation",
    models=("omni-moderation-*",),
    labels=("safe", "unsafe"),
    categories={
        "harassment": "hate",
        "harassment/threatening": "hate",
        "hate": "hate",
        "hate/threatening": "hate",
        "illicit": "crime",
        "illicit/violent": "violence",
        "self-harm": "self_harm",
        "self-harm/instructions": "self_harm",
        "self-harm/intent": "self_harm",
        "sexual": "sexual_content",
        "sexual/minors": "child_exploitation",
        "violence": "violence",
        "violence/graphic": "violence",
    },
    scores=True,
    writes_response=False,
    judges=("prompt", "response"),
)
MARKERS = ()
"""It takes the text as a field: nothing in it can be taken for anything else."""


def render(passage: Passage, *, forced: bool = False) -> tuple[Ask, ...]:
    del forced  # It writes no response.
    return (Ask("/moderations", {"input": judged_text(passage)}, streamed=False),)


def parse(completion: Completion) -> Reading | Unparseable | None:
    if not completion.finished:
        return None
    try:
        (result,) = orjson.loads(completion.text)["results"]
        return reading(result["flagged"], result["categories"], result["category_scores"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return Unparseable("not a moderation of one text")


def reading(flagged: object, categories: Mapping[str, Any], scores: Mapping[str, Any]) -> Reading:
    """Raises one of the errors of a value that is not what it should be. A category that is new has no name of ours."""
    named = [name for name, holds in categories.items() if holds]
    highest = max(score for score in scores.values() if score is not None)
    if not isinstance(flagged, bool) or not isinstance(highest, int | float) or not 0 <= highest <= 1:
        raise TypeError
    if not flagged and named:
        raise ValueError
    ours = dict.fromkeys(CARD.categories[name] for name in named if name in CARD.categories)
    return Reading("unsafe" if flagged else "safe", tuple(ours), float(highest))
