"""`POST /v1/messages/count_tokens`: how long a query would be. It is judged as one, since it reaches the upstream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from gateway.surfaces.coverage import Cell
from gateway.surfaces.messages.coverage import count_cells
from gateway.surfaces.messages.surface import Messages
from gateway.surfaces.surface import Added, AnswerText, Spot


class CountTokens(Messages):
    """A message that is never answered: what a policy would say is told as an error."""

    name = "count_tokens"
    path = "/v1/messages/count_tokens"
    upstream_path = "/messages/count_tokens"
    speaks = False

    def cells(self) -> Iterable[Cell]:
        return count_cells()

    def tokens(self, events: Sequence[bytes]) -> int:
        del events
        return 0

    def answer(self) -> AnswerText:
        return Count()


class Count:
    """An answer of numbers; a text in it is read all the same."""

    def __init__(self) -> None:
        self.read = False
        self.found: dict[Spot, str] = {}

    def feed(self, data: bytes) -> Added | None:
        try:
            body = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(body, dict):
            return None
        self.read = True
        self.found = {("", key): value for key, value in body.items() if isinstance(value, str)}
        return Added(tuple(self.found.items()), last=True)

    @property
    def texts(self) -> dict[Spot, str]:
        return self.found
