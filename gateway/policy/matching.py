"""How values are compared: texts exactly unless `{glob}`, `{regex}` or `{contains}` says otherwise, numbers by
bounds, names out of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from fnmatch import translate

from gateway.policy.diagnostics import Findings, near
from gateway.policy.source import Item

LONGEST_TEXT = 100_000
"""A regular expression sees at most this many characters of a text at a time."""
NESTED = re.compile(r"\((?:[^()\\]|\\.)*(?:[*+]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,\d*\})")
"""A quantifier on a group that holds a quantifier: such expressions can take exponential time."""
BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
TextTest = Callable[[str], bool]


def text_test(item: Item, findings: Findings) -> TextTest | None:
    """Any of the listed texts or patterns."""
    tests = [one_text(one, findings) for one in item.items]
    found = [test for test in tests if test is not None]
    return (lambda text: any(test(text) for test in found)) if len(found) == len(tests) else None


def one_text(item: Item, findings: Findings) -> TextTest | None:
    if isinstance(item.value, str):
        wanted = item.value
        return lambda text: text == wanted
    if not isinstance(item.value, dict) or len(item.value) != 1:
        findings.error(
            "P007",
            item.span,
            f"expected a text or one of {{glob}}, {{regex}}, {{contains}}, not {item.kind}",
            "quote it",
        )
        return None
    ((how, inner),) = item.value.items()
    if not isinstance(inner.value, str):
        findings.error("P007", inner.span, f"`{how}` needs a text, not {inner.kind}", "quote it")
        return None
    if how == "contains":
        part = inner.value.casefold()
        return lambda text: part in text.casefold()
    if how in ("glob", "regex"):
        return pattern_test(inner, how, findings)
    findings.error("P004", item.keys[how], f"unknown way to match `{how}`", near(how, ("glob", "regex", "contains")))
    return None


def pattern_test(item: Item, how: str, findings: Findings) -> TextTest | None:
    source = str(item.value)
    if how == "regex" and NESTED.search(source):
        findings.error(
            "P108",
            item.span,
            "a repeated group with a repetition inside can take exponential time",
            "match it in one step",
        )
        return None
    try:
        pattern = re.compile(translate(source) if how == "glob" else source)
    except (re.error, RecursionError, OverflowError) as error:
        findings.error("P012", item.span, f"bad regular expression: {error}")
        return None
    if how == "glob":
        return lambda text: pattern.match(text) is not None
    return lambda text: pattern.search(text[:LONGEST_TEXT]) is not None


def number_test(item: Item, name: str, findings: Findings) -> Callable[[float], bool] | None:
    """Bounds that all hold: `{gte: 0.5, lt: 0.9}`."""
    if not isinstance(item.value, dict) or not item.value:
        findings.error("P011", item.span, f"`{name}` needs bounds, not {item.kind}", f"write `{name}: {{gte: 0.5}}`")
        return None
    bounds: list[tuple[Callable[[float, float], bool], float]] = []
    for how, inner in item.value.items():
        if how not in BOUNDS:
            findings.error("P004", item.keys[how], f"unknown bound `{how}`", near(how, BOUNDS))
        elif isinstance(inner.value, bool) or not isinstance(inner.value, int | float):
            findings.error("P011", inner.span, f"`{name}.{how}` must be a number, not {inner.value!r}")
        else:
            bounds.append((BOUNDS[how], float(inner.value)))
    return (lambda x: all(holds(x, bound) for holds, bound in bounds)) if len(bounds) == len(item.value) else None


def names(item: Item, what: str, known: Collection[str], findings: Findings) -> frozenset[str] | None:
    """One name or a list of names, each of them known."""
    found, failed = set(), False
    for one in item.items:
        if isinstance(one.value, str) and one.value in known:
            found.add(one.value)
        else:
            failed = True
            findings.error("P010", one.span, f"unknown {what} `{one.value}`", near(str(one.value), known))
    return None if failed else frozenset(found)


def truth(item: Item, name: str, findings: Findings) -> bool | None:
    if isinstance(item.value, bool):
        return item.value
    findings.error("P007", item.span, f"`{name}` must be true or false, not {item.kind}")
    return None
