"""Rules as they are after compiling: conditions with three answers, joined as the language joins them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.policy.diagnostics import Findings, Span
from gateway.policy.source import Item
from gateway.types import Action, Card, Outcomes, Query

Needs = Literal["request", "verdict", "error"]
Answer = bool | None
"""None: undecidable, for want of a verdict."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at: the query, and the outcomes so far by guardian."""

    query: Query
    outcomes: Outcomes


Test = Callable[[Facts], Answer]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition is compiled in: the guardian of its file, what that one can say, and where errors go."""

    guardian: str
    card: Card
    categories: Collection[str]
    findings: Findings


class ConditionModule(Protocol):
    NAME: str
    NEEDS: Needs

    def compile(self, item: Item, scope: Scope) -> Test | None: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of a match. `values` is what is written there, for the linter and for explanations."""

    name: str
    needs: Needs
    test: Test
    values: Item


@dataclass(frozen=True, slots=True)
class Match:
    """All conditions hold, and none of the negated matches does."""

    conditions: tuple[Condition, ...] = ()
    nots: tuple[tuple[Match, ...], ...] = ()

    def test(self, facts: Facts) -> Answer:
        answers = [condition.test(facts) for condition in self.conditions]
        return all_of([*answers, *(negated(any_match(matches, facts)) for matches in self.nots)])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a file; `applies_to` is the file's own match, which is part of every rule."""

    name: str
    matches: tuple[Match, ...]
    applies_to: tuple[Match, ...]
    action: Action
    on_error: Action
    guardian: str
    shadow: bool
    reason: str
    span: Span
    on_error_span: Span | None = field(default=None)

    def test(self, facts: Facts) -> Answer:
        return all_of([any_match(self.applies_to, facts), any_match(self.matches, facts)])

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(c for match in (*self.applies_to, *self.matches) for c in conditions_of(match))

    def needs(self, what: Needs) -> bool:
        return any(condition.needs == what for condition in self.conditions)


def conditions_of(match: Match) -> tuple[Condition, ...]:
    inner = (c for matches in match.nots for m in matches for c in conditions_of(m))
    return (*match.conditions, *inner)


def any_match(matches: tuple[Match, ...], facts: Facts) -> Answer:
    """Or. No match at all matches everything."""
    answers = [match.test(facts) for match in matches]
    if not answers or True in answers:
        return True
    return None if None in answers else False


def all_of(answers: list[Answer]) -> Answer:
    if False in answers:
        return False
    return None if None in answers else True


def negated(answer: Answer) -> Answer:
    return None if answer is None else not answer
