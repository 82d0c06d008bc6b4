"""Has a guardian write its safe responses, a few at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gateway.evaluation.responses.choice import Wanted
from gateway.evaluation.responses.file import ResponseFile
from gateway.evaluation.responses.said import Said
from gateway.evaluation.run import a_few_at_a_time
from gateway.guardian.writing import Response
from gateway.types import GuardianError

Respond = Callable[[str], Awaitable[Response | GuardianError]]


async def collect(
    wanted: Sequence[Wanted],
    respond: Respond,
    store: ResponseFile,
    *,
    concurrency: int,
    on_progress: Callable[[Said], None] = lambda said: None,
) -> list[Said]:
    """All of them, in their order. Those that the `store` holds are not asked for again; new ones are added."""
    found: dict[int, Said] = {}

    async def ask(place: int) -> None:
        one = wanted[place]
        said = store.get(one)
        if said is None:
            said = Said(one.row, await respond(one.row.text), one.forced)
            store.add(said)
        found[place] = said
        on_progress(said)

    await a_few_at_a_time(range(len(wanted)), ask, concurrency)
    return [found[place] for place in sorted(found)]
