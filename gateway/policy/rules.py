"""Rules as they are after compiling: conditions with three answers, joined as the language joins them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, Protocol

from gateway.policy.canary import bucket
from gateway.policy.diagnostics import Findings, Span
from gateway.policy.source import Item
from gateway.types import Action, Card, ErrorKind, GuardianError, Outcomes, Phase, Query, Signal

Needs = Literal["request", "verdict", "error"]
Answer = bool | None
"""None: undecidable, for want of a verdict."""
Identify = Callable[[str], str]
"""A text's language as ISO 639-1, `und` where it cannot be told."""


NOTHING_TOLD: Mapping[str, bool] = MappingProxyType({})


class Facts:
    """What a rule may look at: the query and the outcomes so far. What follows from the texts is found out once; `told`
    has the answers of conditions on content, by their keys.
    """

    __slots__ = ("_folded", "_language", "identify", "outcomes", "query", "texts", "told")

    def __init__(
        self, query: Query, outcomes: Outcomes, identify: Identify, told: Mapping[str, bool] = NOTHING_TOLD
    ) -> None:
        self.query, self.outcomes, self.identify, self.told = query, outcomes, identify, dict(told)
        self.texts = tuple(text for message in query.messages for text in message.texts)
        self._folded: tuple[str, ...] | None = None
        self._language: str | None = None

    @property
    def folded(self) -> tuple[str, ...]:
        """The texts without regard to case."""
        if self._folded is None:
            self._folded = tuple(text.casefold() for text in self.texts)
        return self._folded

    @property
    def language(self) -> str:
        if self._language is None:
            self._language = self.identify("\n".join(self.texts))
        return self._language


Values = Callable[[Facts, str], Collection[Any] | None]
"""What a condition compares, of the facts and of a guardian: None while the guardian gave no verdict."""
Bound = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Sought:
    """What a test on texts looks for: it holds only where a text is one of these, has a place for an expression, or
    holds a part when both are folded.
    """

    texts: frozenset[str]
    expressions: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled condition. `exact`: it holds when one of these is among the condition's `values`, and only then. It
    holds only where what is `sought` is found in one of them, and where all `bounds` hold for the only one.
    """

    holds: Callable[[Facts], Answer]
    exact: frozenset[str] | None = None
    sought: Sought | None = None
    bounds: tuple[Bound, ...] = ()

    @property
    def in_tables(self) -> bool:
        return self.exact is not None or self.sought is not None or bool(self.bounds)


Entry = tuple[str, Span]
"""A word or a pattern of a list, and where it stands."""


class Names(Protocol):
    """What a policy may name, and where errors go."""

    categories: Collection[str]
    findings: Findings

    def entries(self, item: Item) -> Collection[Entry] | None:
        """The lines of a list file, or None with the error among the findings."""

    def identifier(self, span: Span) -> Identify | None:
        """What tells a text's language, or None with the error among the findings."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition is compiled in: the guardian of its file, what that one can say, and what may be named."""

    guardian: str
    card: Card
    names: Names

    @property
    def findings(self) -> Findings:
        return self.names.findings


class ConditionModule(Protocol):
    """One file of `conditions/`. One whose tests are `exact` may have a function `values` too, which the index reads;
    one that looks at what the audit does not store has `CONTENT = True`: its answers are stored instead.
    """

    NAME: str
    NEEDS: Needs
    SCHEMA: Mapping[str, Any]
    """What may stand there, as JSON Schema for editors."""

    def compile(self, item: Item, scope: Scope) -> Compiled | None: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """One field of a match. `item` is what is written there, for the linter and for explanations; `key` names what it
    asks of content, the same wherever the same is asked.
    """

    name: str
    needs: Needs
    guardian: str
    test: Compiled
    item: Item
    values: Values | None = None
    key: str = ""


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
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(c for match in (*self.applies_to, *self.matches) for c in conditions_of(match))

    def needs(self, what: Needs) -> bool:
        return any(condition.needs == what for condition in self.conditions)


def naming_error(matches: tuple[Match, ...]) -> tuple[Match, ...]:
    return tuple(match for match in matches if match.names_error())


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


def one_of(values: Values, wanted: frozenset[str], guardian: str) -> Compiled:
    """Holds when one of the wanted values is there; undecidable while there are none to look at."""

    def holds(facts: Facts) -> Answer:
        found = values(facts, guardian)
        return None if found is None else not wanted.isdisjoint(found)

    return Compiled(holds, wanted)


def remembered(test: Compiled, key: str) -> Compiled:
    """The test of a condition on content: asked once a query, however many rules ask it."""

    def holds(facts: Facts) -> Answer:
        found: Answer = facts.told.get(key)
        if found is None:
            found = test.holds(facts)
            if found is not None:
                facts.told[key] = found
        return found

    return replace(test, holds=holds)
