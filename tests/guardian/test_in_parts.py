"""A long passage is taken apart beside the event loop, so that one query's disguises keep no other waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from gateway.guardian.deadline import Deadline
from gateway.guardian.expansion import Bounds, expanded
from gateway.guardian.generation import Answer
from gateway.guardian.in_parts import LONG, InParts
from gateway.guardian.judgement import Judgement
from gateway.types import GuardianError, Message, Passage, Verdict

LEET = "h1!|1!|k4ck "


class Safe:
    """Finds everything safe."""

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        return Judgement(Verdict("g", "safe"))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


class Executor(ThreadPoolExecutor):
    """Notes how often it is given work."""

    given = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given += 1
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize(("length", "beside"), [(LONG, 0), (LONG + 1, 1)])
@pytest.mark.parametrize("where", ["messages", "history"])
async def test_a_long_passage_is_taken_apart_in_a_thread(length: int, beside: int, where: str) -> None:
    executor = Executor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    long, short = Message("user", ((LEET * length)[:length],)), Message("user", ("hi",))
    passage = Passage((long,)) if where == "messages" else Passage((short,), history=(long,))
    source = InParts("g", Safe(), Bounds(4000, 64, conversation=True))
    judgement = await source.ask(passage, Deadline.within(30))
    extra = int(where == "history" and length == LONG)  # the short message and the gap between count too
    assert executor.given == beside + extra
    assert isinstance(judgement.outcome, Verdict)


async def test_without_time_to_take_it_apart_there_is_no_verdict() -> None:
    passage = Passage((Message("user", (LEET * 1000,)),))
    judgement = await InParts("g", Safe(), Bounds(4000, 64)).ask(passage, Deadline.within(0))
    assert isinstance(judgement.outcome, GuardianError)
    assert judgement.outcome.kind == "timeout"
    assert expanded(passage, Bounds(4000, 64))
