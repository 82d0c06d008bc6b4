"""What guardians are asked about a query or its answer; the planned ones are asked at the same time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gateway.errors import BadRequest
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement, gathered
from gateway.policy import PolicySet
from gateway.types import Passage, Query
from gateway.unscanned import Unscanned


def refuse_unscanned(found: Sequence[Unscanned], passing: Collection[str]) -> None:
    """Raises BadRequest for the first thing that no guardian can see and no policy lets pass."""
    for one in found:
        if one.name not in passing:
            told = f"`{one.at}` is `{one.kind}`, which the guardian cannot judge: leave it out"
            hint = f"or let a policy file name it, in `unscanned: [{one.name}]`"
            raise BadRequest(f"{told}, {hint}", code="unscannable_content", param=one.at)


def passage_of(policy: PolicySet, query: Query, answer: str | None = None) -> Passage:
    """Its verdicts hold under these policies, and are kept apart by tenant: nobody can find out by the time it takes
    whether another has asked the same.
    """
    return Passage(query.messages, answer, query.history, f"{policy.version} {query.tenant}")


async def judge(gateway: Gateway, plan: Sequence[str], passage: Passage) -> Mapping[str, Judgement]:
    """A judgement for each of them. When this is cancelled, so are they, and a verdict that was ready is closed."""
    if len(plan) == 1:
        return {plan[0]: await gateway.guardians[plan[0]].judge(passage)}
    found = await gathered([gateway.guardians[name].judge(passage) for name in plan])
    return dict(zip(plan, found, strict=True))
