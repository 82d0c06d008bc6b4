"""What a model reasons is never its verdict: it comes apart from the final channel, under two names."""

from __future__ import annotations

import asyncio

import pytest

from gateway.types import GuardianError, Message, Outcome, Passage, Verdict
from tests.servers import EVENTS_HEAD, Received, chunk, completion_chunk, running, serving, settings, upstream_handler

SAFE, UNSAFE = '{"violation": 0, "category": "none"}', '{"violation": 1, "category": "weapons"}'


async def outcome(deltas: list[dict[str, str]]) -> Outcome:
    async def model(request: Received, writer: asyncio.StreamWriter) -> None:
        events = [completion_chunk(delta) for delta in deltas]
        writer.write(EVENTS_HEAD + b"".join(map(chunk, (*events, completion_chunk({}, "stop"), b"data: [DONE]\n\n"))))
        writer.write(b"0\r\n\r\n")

    async with running(upstream_handler) as upstream, running(model) as guard:
        own = {"base_url": guard.base_url, "family": "gpt_oss_safeguard", "model": "m", "deadline_seconds": 5}
        async with serving(settings(upstream, guard, guardians={"default": own})) as served:
            judgement = await served.gateway.guardians["default"].judge(Passage((Message("user", ("hello",)),)))
    return judgement.outcome


@pytest.mark.parametrize("channel", ["reasoning", "reasoning_content"])
async def test_the_final_channel_is_read(channel: str) -> None:
    verdict = await outcome([{"role": "assistant"}, {channel: SAFE}, {channel: "Or not."}, {"content": UNSAFE}])
    assert isinstance(verdict, Verdict)
    assert (verdict.label, verdict.categories, verdict.score) == ("unsafe", ("weapons",), None)


@pytest.mark.parametrize("channel", ["reasoning", "reasoning_content"])
async def test_reasoning_alone_is_no_verdict(channel: str) -> None:
    error = await outcome([{channel: SAFE}])
    assert isinstance(error, GuardianError)
    assert error.kind == "unparseable"
