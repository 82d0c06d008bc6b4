"""A safe response is read to its end outside of live traffic too, by the same rule of where it comes from."""

from __future__ import annotations

from typing import Any

from gateway.assembly.single import open_one, respond_of
from gateway.guardian.writing import Response
from gateway.settings import Settings
from gateway.types import GuardianError
from tests.servers import HARMFUL, FakeServer, GuardianScript, running


async def responded(guardian: FakeServer, text: str, **own: Any) -> Response | GuardianError:
    wanted = Settings(_env_file=None, guardians={"g": {"base_url": guardian.base_url, **own}})  # type: ignore[call-arg]
    async with open_one(wanted, "g") as opened:
        return await respond_of(opened)(text)


async def test_a_flagged_query_is_answered_by_the_generation_that_judged_it() -> None:
    async with running(GuardianScript()) as guardian:
        assert await responded(guardian, HARMFUL) == Response("I'm sorry, no.")
    assert len(guardian.received) == 1


async def test_to_a_query_that_is_called_safe_the_response_is_forced() -> None:
    async with running(GuardianScript()) as guardian:
        assert await responded(guardian, "hello") == Response("I'm sorry, no.")
    assert [one.json["prompt"].endswith("<|harm|>") for one in guardian.received] == [False, True]


async def test_what_breaks_off_is_told_as_cut() -> None:
    async with running(GuardianScript(cut_after=4)) as guardian:
        assert await responded(guardian, HARMFUL) == Response("I'm", cut=True)


async def test_a_guardian_that_has_failed_is_not_asked_for_words() -> None:
    async with running(GuardianScript(cut_after=0)) as guardian:
        found = await responded(guardian, HARMFUL)
    assert isinstance(found, GuardianError)
    assert not any(one.json["prompt"].endswith("<|harm|>") for one in guardian.received)
