"""`POST /v1/messages/count_tokens`: how long a query would be. It is judged as one, since it reaches the upstream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.surfaces.coverage import Cell
from gateway.surfaces.messages.coverage import count_cells
from gateway.surfaces.messages.surface import Messages


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

    def answer(self) -> None:
        return None
