"""Asks the planned guardians about a passage, all at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement
from gateway.types import Passage


async def judge(gateway: Gateway, plan: Sequence[str], passage: Passage) -> Mapping[str, Judgement]:
    """A judgement for each of them. When this is cancelled, so are they, and a verdict that was ready is closed."""
    if len(plan) == 1:
        return {plan[0]: await gateway.guardians[plan[0]].judge(passage)}
    tasks = {name: asyncio.ensure_future(gateway.guardians[name].judge(passage)) for name in plan}
    try:
        return {name: await task for name, task in tasks.items()}
    except asyncio.CancelledError:
        for task in tasks.values():
            if not task.cancel() and not task.cancelled():
                await task.result().aclose()
        raise
