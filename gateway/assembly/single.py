"""One guardian of the settings by itself: for evaluation, calibration, and asking it at a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from gateway.assembly.guardians import open_guardians
from gateway.assembly.joining import family_of, in_order, reached
from gateway.assembly.model_servers import open_models
from gateway.assembly.parts import in_parts
from gateway.errors import ConfigurationError
from gateway.guardian.family import families
from gateway.guardian.judge import Guardian
from gateway.guardian.writing import Response, read_whole, written
from gateway.observe.metrics import Metrics
from gateway.settings import Settings
from gateway.types import GuardianError, Message, Outcome, Passage

Judge = Callable[[str], Awaitable[Outcome]]
Respond = Callable[[str], Awaitable[Response | GuardianError]]


@asynccontextmanager
async def open_judge(settings: Settings, name: str) -> AsyncIterator[Judge]:
    """One guardian as a function from a text to its outcome: what evaluation and the playground judge through."""
    async with open_one(settings, name) as guardian:
        yield judge_of(guardian)


def judge_of(guardian: Guardian) -> Judge:
    async def judge(text: str) -> Outcome:
        judgement = await guardian.judge(passage_of(text))
        await judgement.aclose()
        return judgement.outcome

    return judge


def respond_of(guardian: Guardian) -> Respond:
    """From a text to the guardian's safe response, as live traffic gets it: of the generation that gave the verdict,
    or forced where that gave none.
    """

    async def respond(text: str) -> Response | GuardianError:
        passage = passage_of(text)
        answer = await written(guardian, passage, await guardian.judge(passage))
        return answer if isinstance(answer, GuardianError) else await read_whole(answer)

    return respond


def passage_of(text: str) -> Passage:
    return Passage((Message("user", (text,)),))


@asynccontextmanager
async def open_one(settings: Settings, name: str) -> AsyncIterator[Guardian]:
    """One guardian, with those that it refers to."""
    known = families()
    if name not in settings.guardians:
        raise ConfigurationError(
            f"there is no guardian `{name}`: the settings have {', '.join(sorted(settings.guardians))}"
        )
    in_order(settings.guardians)
    needed = {one: settings.guardians[one] for one in reached(name, settings.guardians)}
    for one, wanted in needed.items():
        family_of(one, wanted, known)
    async with open_models(settings.model_copy(update={"guardians": needed}), progress=lambda share: None) as complete:
        opened = open_guardians(complete, known, Metrics().guardian)
        try:
            yield in_parts(opened[name], complete.guardians[name])
        finally:
            for guardian in opened.values():
                await guardian.aclose()
