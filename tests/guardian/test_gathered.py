"""Several calls at the same time: whatever ends them, nothing of them goes on."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement, drop, gathered
from gateway.types import Verdict


class Open:
    """An answer that knows whether it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


def unsafe(answer: Open) -> Judgement:
    return Judgement(Verdict("model", "unsafe"), cast(Answer, answer))


async def coming(answer: Open) -> Judgement:
    return unsafe(answer)


async def hanging(cancelled: list[bool]) -> Judgement:
    try:
        await asyncio.Event().wait()
    finally:
        cancelled.append(True)
    raise AssertionError


async def broken() -> Judgement:
    await asyncio.sleep(0)
    raise RuntimeError("a defect")


async def test_when_one_breaks_the_others_are_cancelled_and_what_came_is_closed() -> None:
    answer, cancelled = Open(), list[bool]()
    with pytest.raises(RuntimeError, match="a defect"):
        await gathered([coming(answer), hanging(cancelled), broken()][::-1])
    assert (answer.closed, cancelled) == (True, [True])


async def test_when_it_is_cancelled_so_are_they() -> None:
    answer, cancelled = Open(), list[bool]()
    task = asyncio.ensure_future(gathered([coming(answer), hanging(cancelled)]))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (answer.closed, cancelled) == (True, [True])


async def test_what_came_is_closed_even_when_the_dropping_is_cancelled_too() -> None:
    answer, slow = Open(), asyncio.Event()

    async def reluctant() -> Any:
        try:
            await slow.wait()
        except asyncio.CancelledError:
            await slow.wait()
            raise

    calls = [asyncio.ensure_future(coming(answer)), asyncio.ensure_future(reluctant())]
    await asyncio.sleep(0)
    dropping = asyncio.ensure_future(drop(calls))
    await asyncio.sleep(0.01)
    dropping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dropping
    assert answer.closed
    slow.set()
    await asyncio.wait(calls)
