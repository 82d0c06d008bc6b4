"""How a streamed answer is released under rules of `phase: output`: window by window, or as a whole.

A window's decision is taken on the answer so far. That is right as long as more text can only add to what was found:
a word that was there stays there, and the worst verdict stands. A rule that only the whole answer decides, such as one
on its length, makes the set hold answers whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.policy.condition import Condition
from gateway.policy.diagnostics import Span
from gateway.policy.rules import Match, Rule, conditions_of
from gateway.types import Forward

Streams = Literal["windows", "whole"]
STREAMS: tuple[Streams, ...] = ("windows", "whole")
MARGIN = 24
"""Characters that stay back at the end of what was judged, so that no word is out by half. As many as the longest text
that a rule looks for, where that is longer.
"""


@dataclass(frozen=True, slots=True)
class Release:
    """`leak` is how many characters may be released before they were judged, `margin` how many stay back after."""

    stream: Streams = "windows"
    leak: int = 0
    margin: int = MARGIN


@dataclass(frozen=True, slots=True)
class Answers:
    """`answers:` as it is written; once in all files."""

    span: Span
    stream: Streams | None = None
    leak: int = 0
    leak_span: Span | None = None
    reason: str = ""


def release(answers: Answers | None, rules: Iterable[Rule]) -> Release:
    """What is done, by what is written and what the rules allow."""
    output = [rule for rule in rules if rule.phase == "output"]
    whole = (answers is not None and answers.stream == "whole") or next(needing_whole(output), None) is not None
    if whole:
        return Release("whole")
    reach = max((condition.test.reach for rule in output for condition in rule.conditions), default=0)
    return Release("windows", answers.leak if answers is not None else 0, max(MARGIN, reach))


def needing_whole(rules: Iterable[Rule]) -> Iterator[tuple[Rule, str]]:
    """The rules that a part of an answer cannot decide, each with the reason. Those in shadow decide nothing."""
    for rule in rules:
        if rule.phase != "output" or rule.mode.kind == "shadow":
            continue
        why = reason_for_whole(rule)
        if why:
            yield rule, why


def reason_for_whole(rule: Rule) -> str:
    matches = (*rule.applies_to, *rule.matches)
    if any(condition.test.whole for condition in rule.conditions):
        return "it looks at the answer's length, language, end or exact words"
    if any(condition.test.reach for match in matches for condition in negated(match)):
        return "words that it must not hold may still come"
    if isinstance(rule.action, Forward) and any(condition.test.reach for condition in rule.conditions):
        return "it releases an answer for words that may still come"
    return ""


def negated(match: Match) -> Iterator[Condition]:
    return (condition for matches in match.nots for inner in matches for condition in conditions_of(inner))
