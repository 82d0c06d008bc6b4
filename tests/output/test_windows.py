"""Streamed answers over real sockets: what is judged gets out as it came, what is harmful does not."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway.output.window import HELD_BYTES
from tests.flow.policies import EVENTS, done, under
from tests.output.talking import (
    BLOCK,
    END,
    LEAD,
    RESPOND,
    GatedGuardian,
    Talking,
    content,
    finish,
    heard,
    listening,
    said,
    talking,
    values,
)
from tests.servers import HARMFUL, chunk, completion_chunk, event

WORDS = "rules:\n  - {name: secret, phase: output, match: {message: {words: blue bird}}, action: block}\n"
BAD = f" and then {HARMFUL} comes, with more words after it to the end."


def deltas(*pieces: dict[str, Any]) -> list[bytes]:
    return [completion_chunk(piece) for piece in pieces]


async def test_the_first_words_are_out_before_the_answer_is_complete(tmp_path: Path) -> None:
    upstream = Talking(content(LEAD), [*content(LEAD), END])
    async with under(tmp_path, BLOCK, upstream) as given, listening(given) as client:
        await client.until(300)
        assert not upstream.go.is_set()
        upstream.go.set()
        raw = await client.rest()
        assert (client.answer.status_code, *done(client.answer)) == (200, "forward", "default", "output")
        assert "guardian-output;dur=" in client.answer.headers["server-timing"]
    assert raw == b"".join(content(LEAD) * 2 + [END])


SAFE = "Déjà vu 한국어 😀 and so on. " * 12
ODD = "".join(f": ping\r\n\r\ndata:{one.decode()[5:]}" for one in content(SAFE, 7)).replace("\n\n", "\r\n\r\n")
STRANGE = b"\xef\xbb\xbf" + ODD.encode() + b"event: x\rid: 5\rdata: [DONE]\r\r"


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
async def test_a_safe_answer_arrives_byte_for_byte_however_it_is_written_and_cut(tmp_path: Path, size: int) -> None:
    stream = STRANGE.replace(b"\\u", b"\\u") if size > 1 else STRANGE[:4000]
    stream = stream if size > 1 else stream[: stream.rindex(b"\r\n\r\n")]
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    async with under(tmp_path, BLOCK, talking(*pieces)) as given, listening(given) as client:
        assert await client.rest() == stream
        assert client.answer.status_code == 200


FIELDS = [
    lambda text: {"content": text},
    lambda text: {"reasoning_content": text},
    lambda text: {"refusal": text},
    lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
    lambda text: {"function_call": {"arguments": text}},
    lambda text: {"a_field_of_tomorrow": {"deep": [text]}},
    lambda text: {"audio": {"transcript": text}},
]


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("make", FIELDS)
async def test_no_sign_of_a_harmful_window_gets_out_whatever_field_it_is_in(
    tmp_path: Path, make: Any, size: int
) -> None:
    story = LEAD + BAD
    pieces = deltas(*(make(story[at : at + size]) for at in range(0, len(story), size)))
    upstream = Talking([*pieces[: 400 // size]], [*pieces[400 // size :], END])
    async with under(tmp_path, BLOCK, upstream) as given, listening(given) as client:
        client.got += await anext(client.pieces)
        upstream.go.set()
        raw = await client.rest()
    assert b"HARM" not in raw
    assert b"ARMFUL" not in raw
    assert len(raw) > 100
    assert finish(raw) == ["content_filter"]
    assert raw.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("cut", range(1, len(HARMFUL) + 1))
async def test_a_word_over_a_windows_edge_is_not_out_by_half(tmp_path: Path, cut: int) -> None:
    story = "so it goes " * 40
    upstream = Talking(content(story + HARMFUL[:cut], 2), [*content(HARMFUL[cut:] + f" {story}", 2), END])
    async with under(tmp_path, BLOCK, upstream) as given:
        raw = await heard(given, upstream, len(story) - 40)
    assert "H" not in said(raw)
    assert finish(raw) == ["content_filter"]


async def test_a_phrase_of_a_rule_is_not_out_by_half(tmp_path: Path) -> None:
    upstream = Talking(content(LEAD + "the blue "), [*content("bird sings and sings."), END])
    async with under(tmp_path, WORDS, upstream) as given:
        raw = await heard(given, upstream, len(LEAD) - 40)
    assert "blue" not in said(raw)
    assert (finish(raw), len(given.guardian.received)) == (["content_filter"], 0)


ALWAYS_ASKED = "rules:\n  - {name: sure, phase: output, match: {score: {gte: 0.999}}, action: block}\n"


@pytest.mark.parametrize("rules", ["rules:\n", ALWAYS_ASKED])
async def test_a_verdict_on_any_part_of_the_answer_stands_also_when_a_rule_asks_for_it_late(
    tmp_path: Path, rules: str
) -> None:
    both = "  - {name: both, phase: output, match: {verdict: unsafe, message: {words: later}}, action: block}\n"
    upstream = Talking(content(LEAD + BAD + LEAD), [*content(LEAD + "later on it ends"), END])
    async with under(tmp_path, rules + both, upstream) as given:
        raw = await heard(given, upstream, len(LEAD))
    assert HARMFUL in said(raw)
    assert "later" not in said(raw)
    assert finish(raw) == ["content_filter"]


async def test_every_choice_is_judged(tmp_path: Path) -> None:
    def choices(text: str, index: int) -> list[bytes]:
        cut = [text[at : at + 5] for at in range(0, len(text), 5)]
        return [event({"choices": [{"index": index, "delta": {"content": one}, "finish_reason": None}]}) for one in cut]

    first, second = choices(LEAD, 0), choices(LEAD[:450] + BAD, 1)
    mixed = [one for pair in zip(first, second, strict=False) for one in pair]
    upstream = Talking(mixed[:100], [*mixed[100:], END])
    async with under(tmp_path, BLOCK, upstream) as given:
        raw = await heard(given, upstream, n=2)
    assert b"HARM" not in raw
    assert finish(raw) == ["content_filter"] * 2
    assert {choice["index"] for value in values(raw) for choice in value["choices"]} == {0, 1}


async def test_a_stopped_answer_ends_with_the_policys_words_and_its_upstream_is_closed(tmp_path: Path) -> None:
    upstream = Talking(content(LEAD), [*content(BAD + LEAD), END])
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with under(tmp_path, RESPOND, upstream, audit={"url": url}) as given:
        raw = await heard(given, upstream, stream_options={"include_usage": True})
        counted = given.gateway.metrics.render()[0].decode()
    assert said(raw).endswith("\n\nWithheld.")
    assert "HARM" not in said(raw)
    assert (finish(raw), values(raw)[-1]["usage"]["total_tokens"]) == (["content_filter"], 0)
    assert 'gateway_answers_stopped_total{rule="leak"} 1.0' in counted
    with sqlite3.connect(tmp_path / "audit.db") as database:
        (row,) = database.execute("select action, rule, scanned, status, ended, output from audit")
    assert row[:5] == ("respond", "leak", "output", 200, "complete")
    assert json.loads(row[5])["default"]["label"] == "unsafe"


async def test_a_stopped_answers_upstream_is_closed_at_once(tmp_path: Path) -> None:
    async with under(tmp_path, BLOCK, Endless(HARMFUL)) as given:
        async with listening(given) as client:
            ended = await client.rest()
            async with asyncio.timeout(2):
                await given.upstream.received[0].disconnected.wait()
    assert finish(ended) == ["content_filter"]


@dataclass
class Endless:
    """The beginning of the story, then one word without an end."""

    word: str

    async def __call__(self, request: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS)
        for piece in content(LEAD[:200]):
            writer.write(chunk(piece))
        while True:
            await asyncio.sleep(0.02)
            writer.write(chunk(completion_chunk({"content": f"{self.word} "})))


async def test_the_sdk_reads_a_stopped_answer_as_filtered(tmp_path: Path) -> None:
    upstream = Talking(content(LEAD), [*content(BAD), END])
    async with under(tmp_path, BLOCK, upstream) as given:
        async with openai.AsyncOpenAI(base_url=f"{given.url}/v1", api_key="k", max_retries=0) as sdk:
            asked: list[Any] = [{"role": "user", "content": "hello"}]
            chunks = []
            async for one in await sdk.chat.completions.create(model="m", messages=asked, stream=True):
                chunks.append(one)
                upstream.go.set()
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert len(chunks) > 20


async def test_a_guardian_that_fails_in_the_middle_stops_the_answer(tmp_path: Path) -> None:
    guardian = GatedGuardian(fail_from=2)
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    more = {"guardian": guardian, "audit": {"url": url}}
    upstream = Talking(content(LEAD), [*content(LEAD), END])
    async with under(tmp_path, BLOCK, upstream, **more) as given:
        raw = await heard(given, upstream)
    assert finish(raw) == ["content_filter"]
    assert 100 < len(said(raw)) < len(LEAD) * 2
    with sqlite3.connect(tmp_path / "audit.db") as database:
        rows = list(database.execute("select action, reason, scanned, ended from audit"))
    assert rows == [("block", "guardian_error", "failed", "complete")]


async def test_a_failed_guardian_lets_the_answer_go_on_where_a_rule_says_so(tmp_path: Path) -> None:
    loose = BLOCK.replace("block}", "block, on_error: forward}")
    guardian = GatedGuardian(fail_from=2)
    async with under(tmp_path, loose, talking(*content(LEAD), END), guardian=guardian) as given:
        async with listening(given) as client:
            assert said(await client.rest()) == LEAD


@pytest.mark.parametrize(
    "broken", [b"data: {oops\n\n", b'{"choices": []}\n\n', b'data: {"error": {"message": "x"}}\n\n']
)
async def test_an_event_that_cannot_be_read_stops_the_answer(tmp_path: Path, broken: bytes) -> None:
    upstream = Talking(content(LEAD), [broken, *content(LEAD), END])
    async with under(tmp_path, WORDS, upstream) as given, listening(given) as client:
        await client.until(300)
        upstream.go.set()
        raw = await client.rest()
    assert broken not in raw
    assert finish(raw) == ["content_filter"]


async def test_of_a_cut_answer_what_was_judged_gets_out_and_then_it_is_cut(tmp_path: Path) -> None:
    half = content(" never")[0][:-5]
    async with under(tmp_path, BLOCK, talking(*content(LEAD), half, cut=True)) as given, listening(given) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.rest()
        assert said(client.got) == LEAD
        assert half not in client.got


async def test_a_harmful_end_of_a_cut_answer_does_not_get_out(tmp_path: Path) -> None:
    upstream = Talking(content(LEAD), content(BAD), cut=True)
    async with under(tmp_path, BLOCK, upstream) as given:
        raw = await heard(given, upstream)
    assert "HARM" not in said(raw)
    assert finish(raw) == ["content_filter"]


async def test_a_client_that_goes_takes_the_guardian_and_the_upstream_with_it(tmp_path: Path) -> None:
    guardian = GatedGuardian(hold_from=2)
    async with under(tmp_path, BLOCK, Endless("word"), guardian=guardian) as given:
        async with listening(given) as client:
            await client.until(20)
            while len(guardian.calls) < 2:
                await asyncio.sleep(0.005)
        async with asyncio.timeout(2):
            await given.guardian.received[1].disconnected.wait()
            await given.upstream.received[0].disconnected.wait()
    assert len(given.guardian.received) == 2


async def test_while_a_window_is_judged_only_so_much_is_read(tmp_path: Path) -> None:
    written = 0
    padding = b":" + b"x" * 65536 + b"\n\n"
    pieces = [piece for one in content("so it goes " * 150) for piece in (one, padding)]

    async def fast(request: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await Talking(content(LEAD[:100]), go=started)(request, NoEnd(writer))  # type: ignore[arg-type]
        for piece in pieces:
            writer.write(chunk(piece))
            await writer.drain()
            written += len(piece)
        writer.write(chunk(END) + b"0\r\n\r\n")

    started = asyncio.Event()
    started.set()
    guardian = GatedGuardian(hold_from=1)
    more = {"guardian": guardian, "limits": {"body_bytes": 10**8}}
    async with under(tmp_path, BLOCK, fast, **more) as given:
        asking = asyncio.ensure_future(everything(given))
        while not guardian.calls:
            await asyncio.sleep(0.005)
        still, before = 0, -1
        while still < 10:
            still, before = (still + 1 if written == before else 0), written
            await asyncio.sleep(0.01)
        assert HELD_BYTES < written < 12 * 2**20 < sum(map(len, pieces))
        guardian.go.set()
        assert await asking == b"".join([*content(LEAD[:100]), *pieces, END])


class NoEnd:
    """A writer that keeps the body open."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    def write(self, data: bytes) -> None:
        if data != b"0\r\n\r\n":
            self.writer.write(data)

    async def drain(self) -> None:
        await self.writer.drain()


async def everything(given: Any) -> bytes:
    async with listening(given) as client:
        return await client.rest()


async def test_an_answer_that_grows_over_the_limit_is_stopped_or_goes_on_as_a_rule_says(tmp_path: Path) -> None:
    loose = BLOCK + "  - {name: long, phase: output, match: {error: too_long}, action: forward}\n"
    sent = [*content(LEAD * 10, 40), END]
    for policy, whole in ((BLOCK, False), (loose, True)):
        async with under(tmp_path, policy, talking(*sent), limits={"body_bytes": 6000}) as given:
            async with listening(given) as client:
                raw = await client.rest()
        assert (raw == b"".join(sent)) == whole
        assert finish(raw) == ["stop"] if whole else ["content_filter"]


LEAK = "answers: {leak: 100, reason: a test}\n" + BLOCK


async def test_a_leak_lets_so_many_characters_out_before_their_verdict_and_no_more(tmp_path: Path) -> None:
    guardian = GatedGuardian(hold_from=1)
    async with under(tmp_path, LEAK, Talking(content(LEAD, 1)), guardian=guardian) as given, listening(given) as client:
        await client.until(100)
        while not guardian.calls:
            await asyncio.sleep(0.005)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.until(101)
        assert client.answer.headers["x-guardian-leak"] == "100"


async def test_a_harm_is_out_by_no_more_than_the_leak(tmp_path: Path) -> None:
    story = LEAD + f"{HARMFUL} " + "x" * 300
    async with under(tmp_path, LEAK, talking(*content(story, 1), END)) as given, listening(given) as client:
        raw = await client.rest()
    assert len(said(raw).partition(HARMFUL[0])[2]) < 100
    assert finish(raw) == ["content_filter"]


async def test_answers_are_held_whole_where_a_policy_says_so(tmp_path: Path) -> None:
    policy = "answers: {stream: whole}\n" + BLOCK
    async with under(tmp_path, policy, talking(*content(LEAD + BAD), END)) as given, listening(given) as client:
        raw = await client.rest()
        assert (client.answer.status_code, *done(client.answer)) == (400, "block", "leak", "output")
    assert b"story" not in raw


async def test_a_rule_that_needs_the_whole_answer_gets_it(tmp_path: Path) -> None:
    policy = "rules:\n  - {name: short, phase: output, match: {characters: {lt: 300}}, action: block}\n"
    async with under(tmp_path, policy, talking(*content(LEAD), END)) as given, listening(given) as client:
        assert said(await client.rest()) == LEAD
