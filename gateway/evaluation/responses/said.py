"""A safe response with the row that it answers."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.evaluation.datasets import Row
from gateway.guardian.writing import Response
from gateway.types import GuardianError


@dataclass(frozen=True, slots=True)
class Said:
    """`forced`: the guardian called the row safe by itself, and was made to write a response."""

    row: Row
    response: Response | GuardianError
    forced: bool = False

    @property
    def text(self) -> str:
        return self.response.text.strip() if isinstance(self.response, Response) else ""

    @property
    def cut(self) -> bool:
        return isinstance(self.response, Response) and self.response.cut
