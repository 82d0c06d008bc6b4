"""P109: rules that no test of the folder fires. Only for the check: a running gateway reads no tests."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from gateway.policy.diagnostics import Diagnostic, Diagnostics, Span, quoted
from gateway.policy.load import TESTS
from gateway.policy.policyset import PolicySet
from gateway.policy.testing import load_tests, never_fired, run


def untested(policy: PolicySet, folder: Path, categories: Collection[str]) -> Diagnostics:
    """A warning for each rule that no test fires, one for a folder without tests, and what is wrong with the tests."""
    if not (folder / TESTS).is_dir():
        hint = f"write `{TESTS}/baseline.yaml`: a query, a verdict and what is expected"
        alone = Diagnostic("P109", "warning", "no rule has a test", Span(str(folder)), hint)
        return Diagnostics((alone,) if policy.rules else (), {})
    tests, diagnostics = load_tests(folder, categories, policy)
    if diagnostics.errors:
        return diagnostics
    unfired = set(never_fired(policy, [run(policy, one) for one in tests]))
    return diagnostics.joined(Diagnostics(tuple(warnings(policy, unfired)), {}))


def warnings(policy: PolicySet, unfired: Collection[str]) -> Iterator[Diagnostic]:
    for rule in policy.rules:
        if rule.name in unfired:
            told = f"no test fires {quoted(rule.name)}"
            hint = f"add one to `{TESTS}/` that expects `rule: {rule.name}`"
            yield Diagnostic("P109", "warning", told, rule.span, hint)
