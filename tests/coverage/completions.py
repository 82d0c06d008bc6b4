"""A legacy completion for each cell of its coverage."""

from __future__ import annotations

from typing import Any

from tests.coverage.mark import SEEN
from tests.coverage.others import OTHERS

TOKENS = [40, 41]
BODY: dict[str, dict[str, Any]] = {
    "`prompt`": {"prompt": SEEN},
    "`prompt`, one of a list": {"prompt": ["a", SEEN]},
    "`suffix`": {"suffix": SEEN},
    "`messages`, of another endpoint": {"messages": [{"role": "user", "content": SEEN}]},
    "`input`, of another endpoint": {"input": [SEEN]},
    "`documents`, of another endpoint": {"documents": [{"text": SEEN}]},
    "field that differs from a known one in its case only": {"Prompt": SEEN},
    **OTHERS,
    "`prompt` of token numbers": {"prompt": TOKENS, "note": SEEN},
    "`prompt`, one of a list, of token numbers": {"prompt": ["a", TOKENS], "note": SEEN},
    "`prompt_embeds`": {"prompt_embeds": SEEN},
}


def body_of(place: str) -> dict[str, Any]:
    return {"model": "m", "prompt": "hello", **BODY[place]}
