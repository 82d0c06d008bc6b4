"""Rules as they are after compiling: conditions with three answers, joined as the language joins them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.policy.canary import bucket
from gateway.policy.condition import Condition, Needs
from gateway.policy.diagnostics import Span
from gateway.policy.facts import Answer, Facts
from gateway.types import Action, ErrorKind, Forward, GuardianError, Outcomes, Phase, Query, Signal


@dataclass(frozen=True, slots=True)
class Match:
    """All conditions hold, and none of the negated matches does."""

    conditions: tuple[Condition, ...] = ()
    nots: tuple[tuple[Match, ...], ...] = ()

    def test(self, facts: Facts) -> Answer:
        answer: Answer = True
        for condition in self.conditions:
            found = condition.test.holds(facts)
            if found is False:
                return False
            answer = answer and found
        for matches in self.nots:
            found = any_match(matches, facts)
            if found:
                return False
            answer = answer if found is False else None
        return answer

    def names_error(self) -> bool:
        """Whether it holds for certain errors only. `not: {error: timeout}` names none: it holds without any."""
        return any(condition.needs == "error" for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether a rule decides: `enforce` always, `shadow` never, `canary` for a share of conversations or tenants."""

    kind: Literal["enforce", "shadow", "canary"] = "enforce"
    percent: float = 100.0
    by: Literal["conversation", "tenant"] = "conversation"

    def enforces(self, rule: str, query: Query) -> bool:
        """The same for every turn of a conversation; a share that grows keeps those that it had."""
        if self.kind != "canary":
            return self.kind == "enforce"
        return bucket(rule, self.key(query)) < self.percent

    def key(self, query: Query) -> str:
        """Whose share it is."""
        return query.tenant if self.by == "tenant" else f"{query.tenant}\n{query.conversation}"


@dataclass(frozen=True, slots=True)
class OnError:
    """What is done when a rule has no verdict to go by: by the kind of error, else `other`."""

    other: Action
    kinds: Mapping[ErrorKind, Action] = field(default_factory=dict)

    def action(self, outcomes: Outcomes, guardian: str) -> Action:
        outcome = outcomes.get(guardian)
        return self.kinds.get(outcome.kind, self.other) if isinstance(outcome, GuardianError) else self.other

    @property
    def actions(self) -> tuple[Action, ...]:
        return (self.other, *self.kinds.values())


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a file; `applies_to` is the file's own match, which is part of every rule."""

    name: str
    span: Span
    guardian: str
    action: Action
    on_error: OnError
    matches: tuple[Match, ...] = ()
    applies_to: tuple[Match, ...] = ()
    phase: Phase = "input"
    mode: Mode = Mode()
    signal: Signal | None = None
    annotate: bool = False
    reason: str = ""
    since: str = ""
    """The day since when it is in shadow or canary, as written."""
    on_error_span: Span | None = None
    error_action: Action | None = None
    """What is done where it is an error that matches; None for a rule that names none."""

    def test(self, facts: Facts) -> Answer:
        return both(any_match(self.applies_to, facts), self.matches, facts)

    @property
    def needs_error(self) -> bool:
        return self.error_action is not None

    def test_on_error(self, facts: Facts, guardian: str) -> bool:
        """Whether it matches by what it says by name about errors of this guardian."""
        if self.error_action is None or guardian != self.guardian:
            return False
        file, own = naming_error(self.applies_to), naming_error(self.matches)
        return bool(
            (file and both(any_match(file, facts), self.matches, facts))
            or (own and both(any_match(self.applies_to, facts), own, facts))
        )

    @property
    def keeps_back(self) -> bool:
        return not isinstance(self.action, Forward)

    def plain(self, facts: Facts) -> bool:
        """Whether it matches by what it says without naming an error."""
        file, own = not_naming_error(self.applies_to), not_naming_error(self.matches)
        if (self.applies_to and not file) or (self.matches and not own):
            return False
        return both(any_match(file, facts), own, facts) is True

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(c for match in (*self.applies_to, *self.matches) for c in conditions_of(match))

    def needs(self, what: Needs) -> bool:
        return any(condition.needs == what for condition in self.conditions)


def naming_error(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.names_error())


def not_naming_error(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    return tuple(match for match in matches if not match.names_error())


def conditions_of(match: Match) -> tuple[Condition, ...]:
    inner = (c for matches in match.nots for m in matches for c in conditions_of(m))
    return (*match.conditions, *inner)


def any_match(matches: tuple[Match, ...], facts: Facts) -> Answer:
    """Or. No match at all matches everything."""
    answer: Answer = not matches
    for match in matches:
        found = match.test(facts)
        if found:
            return True
        answer = None if found is None else answer
    return answer


def both(first: Answer, matches: tuple[Match, ...], facts: Facts) -> Answer:
    if first is False:
        return False
    second = any_match(matches, facts)
    return second if first else (False if second is False else None)
