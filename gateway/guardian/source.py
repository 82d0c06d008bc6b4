"""What can be asked for a verdict: a model, or something that stands before one and asks it."""

from __future__ import annotations

from typing import Protocol

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.types import GuardianError, Passage


class Source(Protocol):
    """Every failure is an error value; nothing is raised but cancellation, and a cancelled call leaves nothing open."""

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        """The verdict on a passage. `Judgement.answer`, where there is one, is the caller's to close."""

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        """The safe response, whatever the verdict. The caller closes it."""

    async def aclose(self) -> None:
        """Closes its connections."""
