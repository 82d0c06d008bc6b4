"""A record of the audit as a query that can be decided again, and what of the query the record does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.errors import ConfigurationError
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Outcomes, Phase, Query, Verdict

NEEDED = ("request_id", "started", "surface", "tenant", "model", "stream", "tools", "characters", "conversation")
NEVER_STORED = frozenset({"header"})
OUTPUT = "output "
TEXTS = frozenset({"message", "language"})
KEPT_BACK = ("respond", "block")
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record: the query, what its guardians said of it and of the answer, and what was done. `missing` are the
    conditions that cannot be told of it.
    """

    query: Query
    outcomes: Outcomes
    output: Outcomes
    told: Mapping[str, bool]
    missing: frozenset[str]
    action: str
    rule: str
    text: str | None

    @property
    def answer(self) -> Query:
        """The upstream's answer as a query of the output phase. Its text is never stored."""
        return self.of_phase("output", ())

    @property
    def told_of_answer(self) -> Mapping[str, bool]:
        return {key.removeprefix(OUTPUT): told for key, told in self.told.items() if key.startswith(OUTPUT)}

    def of_phase(self, phase: Phase, messages: tuple[Message, ...]) -> Query:
        return replace(self.query, phase=phase, messages=messages)


def recorded(stored: Stored, place: str) -> Recorded:
    """Raises ConfigurationError that names what is wrong with it, and where it stands."""
    lacking = [name for name in (*NEEDED, "action", "rule", "outcomes") if name not in stored]
    if lacking:
        raise ConfigurationError(f"{place}: not a record of `gateway audit export`: it has no `{lacking[0]}`")
    text = stored.get("query")
    return Recorded(
        query=query_of(stored, text),
        outcomes=outcomes_of(stored["outcomes"], place),
        output=outcomes_of(stored.get("output") or {}, place),
        told=stored.get("told") or {},
        missing=NEVER_STORED if text is not None else NEVER_STORED | TEXTS,
        action=stored["action"],
        rule=stored["rule"],
        text=text,
    )


def query_of(stored: Stored, text: str | None) -> Query:
    """Where the text is not stored, blanks of its length stand for it: `characters` can be told then."""
    words = text if text is not None else " " * int(stored["characters"])
    return Query(
        surface=stored["surface"],
        raw=b"",
        body={},
        model=stored["model"],
        messages=(Message("user", (words,)),),
        request_id=stored["request_id"],
        tenant=stored["tenant"],
        stream=stored["stream"],
        tools=stored["tools"],
        received=stored["started"],
        conversation=stored["conversation"],
    )


def outcomes_of(stored: Mapping[str, Stored], place: str) -> Outcomes:
    return {name: outcome_of(name, one, place) for name, one in stored.items()}


def outcome_of(name: str, stored: Stored, place: str) -> Outcome:
    seconds = float(stored.get("seconds") or 0.0)
    if stored.get("type") == "error":
        for kind in ERROR_KINDS:
            if stored.get("kind") == kind:
                return GuardianError(name, kind, seconds=seconds)
    for label in LABELS:
        if stored.get("label") == label:
            return Verdict(name, label, tuple(stored.get("categories") or ()), stored.get("score"), seconds)
    raise ConfigurationError(f"{place}: the outcome of guardian `{name}` is neither a verdict nor an error")


def categories(outcomes: Outcomes) -> Iterator[str]:
    """What the guardians named, each once."""
    named = {one for outcome in outcomes.values() if isinstance(outcome, Verdict) for one in outcome.categories}
    return iter(sorted(named))


def told(outcomes: Outcomes) -> str:
    """The outcomes in a few words: `unsafe 0.97 crime`, `timeout`."""
    return "; ".join(map(outcome_told, outcomes.values())) or "not judged"


def outcome_told(outcome: Outcome) -> str:
    if isinstance(outcome, GuardianError):
        return outcome.kind
    score = [] if outcome.score is None else [f"{outcome.score:.2f}"]
    return " ".join([outcome.label, *score, *outcome.categories])
