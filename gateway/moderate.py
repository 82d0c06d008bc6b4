"""The story of one request for moderation: read, judge each input, tell the verdicts, record. Nothing is forwarded.

No policy decides about it: whoever asks wants to know what the guardian says, and does with it what they will. Policies
say which guardian that is, where the caller does not, and what of a request may go unseen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from starlette.types import Receive, Send

from gateway.act import JSON, Reply
from gateway.connection import cancelled_on_disconnect
from gateway.errors import Unavailable
from gateway.flow import read, story, told
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement, drop, severity
from gateway.incoming import Incoming
from gateway.judging import judge, passage_of
from gateway.policy import PolicySet
from gateway.surfaces.moderations import Moderations
from gateway.trace import Trace
from gateway.types import GuardianError, Outcome, Passage, Query, Verdict


async def moderate(gateway: Gateway, place: Moderations, incoming: Incoming, receive: Receive, send: Send) -> None:
    """One request from its bytes to its record. What no guardian can see of its inputs is left out of the judgement."""
    async with story(gateway, place, incoming, send) as trace:
        query = await read(gateway, place, trace, receive)
        async with cancelled_on_disconnect(receive) as presence:
            name = guardian_for(gateway, trace.policy, query)
            verdicts = await verdicts_on(gateway, trace, name, query)
            trace.reply = Reply("respond", 200, JSON, place.answer(query, name, verdicts))
            await told(trace, send, presence)


def guardian_for(gateway: Gateway, policy: PolicySet, query: Query) -> str:
    """The one that is named; else the first that the policies would ask about a query of this caller's, whatever it
    says, so that one list is not judged by two; else the default one, or the first there is.
    """
    if query.model in gateway.guardians:
        return query.model
    asked = policy.plan(replace(query, messages=()))
    return next(iter((*asked, *(name for name in gateway.guardians if name == "default"), *gateway.guardians)))


async def verdicts_on(gateway: Gateway, trace: Trace, name: str, query: Query) -> list[Verdict]:
    """One for each input, or Unavailable: what was not judged is never told as safe. The worst goes on record."""
    passages = [passage_of(trace.policy, replace(query, messages=(message,))) for message in query.messages]
    outcomes = await judged(gateway, name, passages)
    worst = max(outcomes, key=lambda outcome: severity(Judgement(outcome)))
    failed = next((one for one in outcomes if isinstance(one, GuardianError)), None)
    trace.judged({name: failed or worst})
    if failed is not None:
        why = f"the guardian `{name}` could not judge the input: try again later"
        error = Unavailable(why, code="guardian_unavailable", param="input")
        error.retry_after = failed.retry_after
        raise error
    return [one for one in outcomes if isinstance(one, Verdict)]


async def judged(gateway: Gateway, name: str, passages: Sequence[Passage]) -> list[Outcome]:
    """In order; or one failure alone, which ends the others. At most half of the guardian's places are taken at a
    time: a list, however long, leaves room for live queries, and does not overflow the line that they wait in.
    """
    free = asyncio.Semaphore(max(1, gateway.guardians[name].places // 2))

    async def ask(passage: Passage) -> Judgement:
        async with free:
            judgement = (await judge(gateway, [name], passage))[name]
            await judgement.aclose()
            return judgement

    calls = [asyncio.ensure_future(ask(passage)) for passage in passages]
    try:
        for call in asyncio.as_completed(calls):
            outcome = (await call).outcome
            if isinstance(outcome, GuardianError):
                return [outcome]
        return [call.result().outcome for call in calls]
    finally:
        await drop(calls)
