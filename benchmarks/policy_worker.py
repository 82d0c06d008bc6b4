"""Loads and times policies with the engine of the tree in which it runs: JSON lines in, JSON lines out.

It is given to older trees too, so it says only what every engine knows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import thread_time_ns
from typing import Any

from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from gateway.types import Catalog, Message, Query, Verdict

BATCH_NS = 2_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A set, and what is asked of it."""

    policy: PolicySet
    queries: Sequence[Query]
    outcomes: dict[str, Verdict]

    def decide(self) -> None:
        for query in self.queries:
            self.policy.decide(query, self.outcomes)

    def plan(self) -> None:
        for query in self.queries:
            self.policy.plan(query)


def main() -> None:
    loaded: dict[str, Loaded] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        key = asked["key"]
        if "text" in asked:
            found = load(asked)
            if found is not None:
                loaded[key] = found
            answer: Any = key in loaded
        else:
            one = loaded[key]
            answer = {what: timed(getattr(one, what), len(one.queries)) for what in ("plan", "decide")}
        print(json.dumps(answer), flush=True)


def load(asked: dict[str, Any]) -> Loaded | None:
    """None where this engine does not know what is written."""
    catalog = Catalog({name: family.CARD for name, family in families().items()}, frozenset({"default"}))
    policy = compile_set([("10.yaml", asked["text"].encode())], catalog, TAXONOMY, Findings())
    if policy is None:
        return None
    message = (Message("user", (asked["message"],)),)
    queries = [Query("chat", b"", {}, messages=message, request_id="r", **one) for one in asked["queries"]]
    return Loaded(policy, queries, {asked["guardian"]: Verdict(asked["guardian"], **asked["verdict"])})


def timed(work: Callable[[], None], count: int) -> float:
    """Microseconds of CPU time for each of the queries, over a batch that is long enough to be timed."""
    rounds = spent = 0
    while spent < BATCH_NS:
        start = thread_time_ns()
        work()
        spent += thread_time_ns() - start
        rounds += 1
    return spent / 1000 / rounds / count


if __name__ == "__main__":
    main()
