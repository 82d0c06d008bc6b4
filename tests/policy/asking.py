"""One rule and one query: whether the rule decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.policy import PolicySet
from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from gateway.types import Outcome
from tests.policy.sets import CATALOG, TAXONOMY, query

HEAD = "version: 1\nguardian: slm_guardian\n"


def one_rule(match: str, *, lists: Mapping[str, bytes] | None = None, more: str = "") -> PolicySet:
    """A rule `a` with this match, which blocks; all else is forwarded."""
    text = f"{HEAD}default: forward\nrules:\n  - name: a\n    match: {match}\n    action: block\n{more}"
    findings = Findings()
    found = compile_set([("10.yaml", text.encode())], CATALOG, TAXONOMY, findings, lists or {})
    assert found is not None, str(findings.diagnostics())
    return found


def matched(match: str, outcome: Outcome | None = None, **asked: Any) -> bool:
    return fires(one_rule(match), outcome, **asked)


def fires(policy: PolicySet, outcome: Outcome | None = None, **asked: Any) -> bool:
    outcomes = {} if outcome is None else {outcome.guardian: outcome}
    return policy.decide(query(**asked), outcomes).rule == "a"
