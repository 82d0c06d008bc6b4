"""Loading, linting for all but reach, and telling take time that is linear in what is loaded: twice as much of
anything takes at most about twice as many calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from gateway.policy.diagnostics import Findings
from gateway.policy.load import drafted
from tests.policy.sets import CATALOG, TAXONOMY

pytestmark = pytest.mark.usefixtures("no_language_model")
HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"
MOST = 2.2


def rules(one: str) -> Callable[[int], str]:
    return lambda n: (
        f"{HEAD}rules:\n" + "".join(f"  - {{{one.replace('NR', str(i))}, action: block}}\n" for i in range(n))
    )


def matched(one: str, around: str) -> Callable[[int], str]:
    """One rule with a list of n."""
    return lambda n: rules(f"name: a, match: {around.replace('LIST', listed(one, n))}")(1)


def listed(one: str, n: int) -> str:
    return ", ".join(one.replace("NR", str(i)) for i in range(n))


def responses(one: str, last: str = "") -> Callable[[int], str]:
    return lambda n: (
        f"{HEAD}responses:\n"
        + "".join(
            f"  a{i}: {one.replace('NEXT', f'a{i + 1}').replace('BEFORE', f'a{i - 1}').replace('NR', str(i))}\n"
            for i in range(1, n)
        )
        + last.replace("N", str(n))
    )


REPEATED: dict[str, Callable[[int], str]] = {
    "rules": rules("name: rNR, match: {tenant: tNR, verdict: unsafe}"),
    "unknown fields": lambda n: HEAD + "".join(f"f{i}: 1\n" for i in range(n)),
    "unknown fields of a rule": lambda n: rules(f"name: a, {listed('fNR: 1', n)}")(1),
    "duplicate keys": lambda n: HEAD + "version: 1\n" * n,
    "responses that extend the one before": responses("{extends: BEFORE}", "  a0: {text: x}\n"),
    "responses that extend the next": responses("{extends: NEXT}", "  aN: {text: x}\n"),
    "responses in a circle": responses("{extends: NEXT}", "  aN: {extends: a1}\n"),
    "responses that extend none": responses("{extends: bNR}"),
    "unknown responses": lambda n: (
        rules("name: rNR, on_error: {respond: xNR}")(n)
        + "responses:\n"
        + "".join(f"  a{i}: {{text: x}}\n" for i in range(n))
    ),
    "unknown locales": responses("{text: x, locales: {xNR: x}}"),
    "texts": matched("tNR", "{tenant: [LIST]}"),
    "unknown verdicts": matched("tNR", "{verdict: [LIST]}"),
    "words": matched("tNR", "{message: {words: [LIST]}}"),
    "expressions": matched("tNR", "{message: {regex: [LIST]}}"),
    "bad expressions": matched("'(tNR'", "{message: {regex: [LIST]}}"),
    "matches": matched("{tenant: tNR}", "[LIST]"),
    "negated matches": matched("{tenant: tNR}", "{not: [LIST]}"),
    "one long name": lambda n: rules(f"name: {'X' * 5000 * n}")(1),
    "one long number": lambda n: rules(f"name: a, match: {{score: {{gt: {'9' * 5000 * n}}}}}")(1),
    "rules of one name": rules("name: a"),
    "errors in one line": lambda n: f"{HEAD}rules: [{listed('{name: rNR, action: nNR}', n)}]\n",
}


def calls(text: str) -> int:
    """How many functions are called, in Python and in C, for a file to be read, compiled and told."""
    made = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        findings = Findings()
        drafted([("10.yaml", text.encode())], {}, CATALOG, TAXONOMY, findings)
        str(findings.diagnostics())
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize("kind", REPEATED)
def test_twice_as_much_takes_about_twice_the_calls(kind: str) -> None:
    text = REPEATED[kind]
    assert calls(text(400)) <= MOST * calls(text(200)), kind


def test_each_not_inside_a_not_costs_the_same() -> None:
    def nested(n: int) -> str:
        return rules(f"name: a, match: {'{not: ' * n}{{tenant: x}}{'}' * n}")(1)

    assert calls(nested(32)) - calls(nested(16)) <= 2.1 * (calls(nested(16)) - calls(nested(8)))
