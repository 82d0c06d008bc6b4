"""Who writes the safe response, where the guardian that gives the verdict only classifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.source import Source
from gateway.types import GuardianError, Passage


@dataclass(frozen=True, slots=True)
class Classifying:
    """A guardian whose family writes no response: it is not asked for one, as what it said would be taken for one."""

    name: str
    source: Source

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        return await self.source.ask(passage, deadline)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return GuardianError(self.name, "unparseable", "its family writes no response", deadline.passed)

    async def aclose(self) -> None:
        await self.source.aclose()


@dataclass(frozen=True, slots=True)
class Responding:
    """`first` gives the verdicts; where it writes no response, `writer` does."""

    first: Source
    writer: Source
    share: float

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        return await self.first.ask(passage, deadline)

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await first_answer((self.first, self.writer), passage, deadline, self.share)

    async def aclose(self) -> None:
        await self.first.aclose()


async def first_answer(
    sources: Sequence[Source], passage: Passage, deadline: Deadline, share: float
) -> Answer | GuardianError:
    """The response of the first that writes one; the first one's error when none does. Each but the last has a `share`
    of the time.
    """
    *before, last = sources
    errors = []
    for source in before:
        answer = await source.forced(passage, deadline.share(share))
        if not isinstance(answer, GuardianError):
            return answer
        errors.append(answer)
    answer = await last.forced(passage, deadline)
    return errors[0] if errors and isinstance(answer, GuardianError) else answer
