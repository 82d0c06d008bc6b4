"""What the guardians and the policies say of an answer, or of what there is of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement, worst
from gateway.judging import judge
from gateway.policy import PolicySet
from gateway.types import Block, Decision, ErrorKind, Forward, GuardianError, Message, Outcome, Outcomes, Passage, Query


def output_query(query: Query, texts: Sequence[str]) -> Query:
    """What the rules of the output phase look at: the caller's query with the answer's texts as its own."""
    return replace(query, phase="output", messages=(Message("assistant", tuple(texts)),))


async def judged(gateway: Gateway, plan: Sequence[str], answer: Passage) -> Outcomes:
    """What the guardians say of the answer. What they would go on to say to it is for nobody."""
    judgements = await judge(gateway, plan, answer)
    for judgement in judgements.values():
        await judgement.aclose()
    return {name: judgement.outcome for name, judgement in judgements.items()}


def failures(plan: Sequence[str], kind: ErrorKind) -> Outcomes:
    return {name: GuardianError(name, kind) for name in plan}


async def joined(before: Outcomes, found: Outcomes) -> Outcomes:
    """The worst that each guardian has said."""
    return {**before, **{name: await worse(before.get(name), outcome) for name, outcome in found.items()}}


async def worse(before: Outcome | None, found: Outcome) -> Outcome:
    return found if before is None else (await worst([Judgement(before), Judgement(found)])).outcome


def decided(policy: PolicySet, answer: Query, outcomes: Outcomes, *, unread: bool) -> Decision:
    """An answer that could not be read is released only where a rule on errors says so."""
    decision = policy.decide(answer, outcomes)
    if unread and isinstance(decision.action, Forward) and decision.reason != "guardian_error":
        return replace(decision, action=Block(503), reason="guardian_error")
    return decision
