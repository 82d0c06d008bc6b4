"""Texts that the guardians of the settings judge, as they would in service."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from gateway.assembly.single import open_judge
from gateway.environment import load_settings
from gateway.policy import PolicySet
from gateway.policy.explain import said
from gateway.policy.testfile import PolicyTest
from gateway.policy.testing import Result, checked, outcomes_of
from gateway.types import GuardianError, Outcomes


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, and the guardians that are to judge it."""

    text: str
    guardians: tuple[str, ...]


def why_not_live(test: PolicyTest) -> str | None:
    """Why no guardian can be asked for a test; None where one can."""
    if any(isinstance(outcome, GuardianError) for outcome in test.outcomes.values()):
        return "it is about an error"
    if len(test.query.messages) > 1:
        return "it has several messages"
    return None if test.query.messages[0].text else "it has no text"


def run_live(policy: PolicySet, tests: Sequence[PolicyTest]) -> list[Result]:
    """Each test with the guardians' own verdicts."""
    asked = [Asked(test.query.messages[0].text, policy.plan(test.query)) for test in tests]
    return [compared(policy, test, live) for test, live in zip(tests, judged(asked), strict=True)]


def compared(policy: PolicySet, test: PolicyTest, live: Outcomes) -> Result:
    """The test with these verdicts; where it fails, what was given is told beside what came."""
    result, given = checked(policy, test, live), outcomes_of(policy, test)
    if not result.differences:
        return result
    both = (f"guardian `{name}`: given {said(given.get(name))}, live {said(one)}" for name, one in live.items())
    return replace(result, differences=(*result.differences, *both))


def judged(asked: Collection[Asked]) -> list[Outcomes]:
    """What the guardians say of each text. One that is not served elsewhere is started here, and stopped."""
    return asyncio.run(judge_all(asked))


async def judge_all(asked: Collection[Asked]) -> list[Outcomes]:
    settings = load_settings()
    async with AsyncExitStack() as stack:
        names = sorted({name for one in asked for name in one.guardians})
        judges = {name: await stack.enter_async_context(open_judge(settings, name)) for name in names}

        async def outcomes(one: Asked) -> Outcomes:
            return {name: await judges[name](one.text) for name in one.guardians}

        return list(await asyncio.gather(*map(outcomes, asked)))
