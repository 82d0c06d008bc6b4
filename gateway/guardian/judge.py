"""A guardian as policies name it: what it is asked about, and within what time."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.types import Card, GuardianError, Passage
from gateway.upstream.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Guardian:
    """`source` gives its verdicts; `endpoint` is where its model is served, for the question whether it is up.
    `deadline` is in seconds, `places` how many judgements it takes at a time; `fallback` is the guardian that stands in
    for it.
    """

    name: str
    card: Card
    source: Source
    endpoint: Endpoint
    deadline: float
    places: int
    fallback: str | None = None

    async def judge(self, passage: Passage) -> Judgement:
        """The verdict on a passage, within the deadline, whatever that takes. Raises nothing but cancellation."""
        return await self.source.ask(passage, Deadline.within(self.deadline))

    async def forced(self, passage: Passage) -> Answer | GuardianError:
        """The safe response, whatever the verdict."""
        return await self.source.forced(passage, Deadline.within(self.deadline))

    async def aclose(self) -> None:
        await self.source.aclose()
