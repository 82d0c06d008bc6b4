"""What a condition is: a module of `conditions/`, what it is compiled in, and what it is compiled to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from gateway.policy.diagnostics import Findings, Span
from gateway.policy.facts import Answer, Facts, Identify
from gateway.policy.source import Item
from gateway.types import Card

Needs = Literal["request", "verdict", "error"]
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

    Of a condition on the judged texts, `reach` is how long a part of them it looks for, and `whole` that a beginning of
    them does not tell.
    """

    holds: Callable[[Facts], Answer]
    exact: frozenset[str] | None = None
    sought: Sought | None = None
    bounds: tuple[Bound, ...] = ()
    reach: int = 0
    whole: bool = False

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
