"""Who made-up queries come from: tenants, and conversations in which the canaries come out one way and the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from gateway.policy import PolicySet
from gateway.policy.rules import Rule
from gateway.types import Query

CHAT = "chat"
TRIES, MOST_WAYS = 2_000, 16
Caller = tuple[str, str]
"""A tenant and a conversation."""


def callers_of(policies: Sequence[PolicySet], tenants: Sequence[str]) -> Iterator[Caller]:
    """The tenants, the last of which stands for those that are not named; and where there are canaries, a conversation
    for each way in which they come out.
    """
    canaries = [rule for policy in policies for rule in policy.rules if rule.mode.kind == "canary"]
    tries = range(TRIES if canaries else 1)
    *named, other = tenants
    for tenant in named:
        yield from ways(canaries, ((tenant, str(number)) for number in tries))
    yield from ways(canaries, ((f"{other}-{number}" if number else other, str(number)) for number in tries))


def ways(canaries: Sequence[Rule], tried: Iterable[Caller]) -> Iterator[Caller]:
    found: dict[tuple[bool, ...], Caller] = {}
    for tenant, conversation in tried:
        query = Query(CHAT, b"", {}, "", (), "", tenant, conversation=conversation)
        found.setdefault(tuple(rule.mode.enforces(rule.name, query) for rule in canaries), (tenant, conversation))
    return islice(found.values(), MOST_WAYS)
