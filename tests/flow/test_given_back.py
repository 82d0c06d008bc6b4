"""A guardian's place is given back as soon as nobody needs what the guardian is saying."""

from __future__ import annotations

from pathlib import Path
from threading import get_ident

import pytest

from gateway.guardian import in_parts
from gateway.speech import guardian_speech
from gateway.types import Message, Query
from tests.flow.held import Gate, Talker, calling, until
from tests.flow.policies import ask, under
from tests.guardian.parts import free_places
from tests.servers import HARMFUL, GuardianScript

ONE_PLACE = {"concurrency": 1, "deadline_seconds": 5}
UNSAFE = "rules:\n  - {name: unsafe, match: {verdict: unsafe}, action: "
ENDLESS = GuardianScript(answer=("word ",) * 100_000, between_tokens=0.001)


async def test_while_an_unsafe_query_is_forwarded_others_can_be_judged(tmp_path: Path) -> None:
    upstream = Talker(3)
    async with under(tmp_path, UNSAFE + "forward}\n", upstream, guardian=ENDLESS, guardian_settings=ONE_PLACE) as given:
        async with calling(given, HARMFUL, stream=True) as first:
            await upstream.said.wait()
            assert free_places(given.gateway.guardians["default"]) == 1
            upstream.ended.set()
            assert b"[DONE]" in await first.answer()
    assert given.guardian.received[0].disconnected.is_set()


async def test_a_response_that_its_client_does_not_take_is_given_up_when_it_goes(tmp_path: Path) -> None:
    """Asked for a second time the verdict is known, so the response is another generation."""
    policy = UNSAFE + "{respond: guardian}}\n"
    async with under(tmp_path, policy, guardian=ENDLESS, guardian_settings=ONE_PLACE) as given:
        guardian = given.gateway.guardians["default"]
        for calls in (1, 2):
            async with calling(given, HARMFUL, stream=True) as client:
                await client.reader.readuntil(b"word")
                assert free_places(guardian) == 0
            await until(lambda: free_places(guardian) == 1)
            assert len(given.guardian.received) == calls


async def test_words_that_are_not_read_to_their_end_hold_no_place_once_they_are_closed(tmp_path: Path) -> None:
    async with under(tmp_path, "", guardian=ENDLESS, guardian_settings=ONE_PLACE) as given:
        guardian, policy = given.gateway.guardians["default"], given.gateway.policies.current
        query = Query("chat", b"", {}, "m", (Message("user", (HARMFUL,)),), "id")
        speech = guardian_speech(given.gateway, policy, query, {}, "default")
        pieces = speech.pieces()
        assert (await anext(pieces)).startswith("word")
        assert free_places(guardian) == 0
        await speech.aclose()
        assert free_places(guardian) == 1


async def test_a_response_that_never_ends_is_broken_off(tmp_path: Path) -> None:
    script = GuardianScript(answer=("word " * 500,) * 5000)
    policy = UNSAFE + "{respond: guardian}}\n"
    async with under(tmp_path, policy, guardian=script, guardian_settings=ONE_PLACE) as given:
        answer = (await ask(given, HARMFUL)).json()["choices"][0]
    assert answer["finish_reason"] == "content_filter"
    assert 60_000 < len(answer["message"]["content"]) < 100_000


@pytest.mark.parametrize("signal", ["", "signal: error, "])
async def test_an_error_of_the_output_phase_says_when_to_come_again(tmp_path: Path, signal: str) -> None:
    """The guardian, which was not even asked, is not asked to write either."""
    action = "{respond: sorry}" if signal else "block"
    policy = (
        "responses: {sorry: {text: Sorry.}}\n"
        f"rules:\n  - {{name: leak, phase: output, match: {{verdict: unsafe}}, {signal}action: {action},"
        f" on_error: {action}}}\n"
    )
    gate = Gate(GuardianScript(cut_after=0))
    gate.opened.set()
    failing = {"breaker_failures": 1, "breaker_seconds": 30}
    async with under(tmp_path, policy, guardian=gate, guardian_settings=failing) as given:
        await ask(given, "first")
        answer = await ask(given, "second")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "guardian_unavailable")
    assert 1 <= int(answer.headers["retry-after"]) <= 30


async def test_long_texts_are_read_beside_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    expanded = in_parts.expanded

    def noted(*given: object) -> object:
        threads.append(get_ident())
        return expanded(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(in_parts, "expanded", noted)
    async with under(tmp_path, UNSAFE + "block}\n") as given:
        assert [(await ask(given, text)).status_code for text in ("short", "a long one " * 3000)] == [200, 200]
    short, long = threads
    assert short == get_ident() != long
