"""`header`: request headers by name, each as a text or a pattern; one that was not sent matches nothing."""

from __future__ import annotations

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.diagnostics import quoted
from gateway.policy.facts import Facts
from gateway.policy.matching import TEXT_SCHEMA, TextTest, text_test
from gateway.policy.source import Item

NAME = "header"
NEEDS: Needs = "request"
CONTENT = True
SCHEMA = {"type": "object", "minProperties": 1, "additionalProperties": TEXT_SCHEMA}


def compile(item: Item, scope: Scope) -> Compiled | None:
    if not isinstance(item.value, dict) or not item.value:
        hint = "write `header: {name: text}`"
        scope.findings.error("P007", item.span, f"`header` needs names and texts, not {item.kind}", hint)
        return None
    tests: dict[str, TextTest] = {}
    for name, inner in item.value.items():
        test = text_test(inner, scope.names)
        if name.lower() in tests:
            told = f"the header {quoted(name.lower())} is there twice: their case does not count"
            scope.findings.error("P003", item.keys[name], told, "name it once, with a list")
        elif test is not None:
            tests[name.lower()] = test
    return Compiled(lambda facts: holds(tests, facts)) if len(tests) == len(item.value) else None


def holds(tests: dict[str, TextTest], facts: Facts) -> bool:
    sent = facts.query.headers
    return all(name in sent and test.holds(sent[name]) for name, test in tests.items())
