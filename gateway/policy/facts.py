"""What a rule may look at: the query, what the guardians said of it, and what follows from its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.types import Outcomes, Query

Answer = bool | None
"""None: undecidable, for want of a verdict."""
Identify = Callable[[str], str]
"""A text's language as ISO 639-1, `und` where it cannot be told."""


NOTHING_TOLD: Mapping[str, bool] = MappingProxyType({})


class Facts:
    """What a rule may look at: the query and the outcomes so far. What follows from the texts is found out once; `told`
    has the answers of conditions on content, by their keys.
    """

    __slots__ = ("_folded", "_language", "identify", "outcomes", "query", "texts", "told")

    def __init__(
        self, query: Query, outcomes: Outcomes, identify: Identify, told: Mapping[str, bool] = NOTHING_TOLD
    ) -> None:
        self.query, self.outcomes, self.identify, self.told = query, outcomes, identify, dict(told)
        self.texts = tuple(text for message in query.messages for text in message.texts)
        self._folded: tuple[str, ...] | None = None
        self._language: str | None = None

    @property
    def folded(self) -> tuple[str, ...]:
        """The texts without regard to case."""
        if self._folded is None:
            self._folded = tuple(text.casefold() for text in self.texts)
        return self._folded

    @property
    def language(self) -> str:
        if self._language is None:
            self._language = self.identify("\n".join(self.texts))
        return self._language
