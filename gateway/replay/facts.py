"""A record of the audit as a query that can be decided again, and what of the query the record does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.errors import ConfigurationError
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Outcomes, Query, Verdict

NUMBER, TEXT, MAYBE_TEXT = (int, float), (str,), (str, type(None))
NEEDED: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("request_id", "surface", "tenant", "model", "conversation", "action", "rule", "ended"), TEXT),
    **dict.fromkeys(("started", "characters", "status"), NUMBER),
    **dict.fromkeys(("stream", "tools"), (bool,)),
    **dict.fromkeys(("outcomes", "output", "told"), (dict,)),
    **dict.fromkeys(("upstream", "query"), MAYBE_TEXT),
    "upstream_status": (int, type(None)),
}
"""What is read of a record."""
NEVER_STORED = frozenset({"header"})
OUTPUT = "output "
TEXTS = frozenset({"message", "language"})
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past(Query):
    """A query of which the length is known, whether or not its text is."""

    length: int = 0

    @property
    def characters(self) -> int:
        return self.length


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record: the query, what its guardians said of it and of the answer, and what was done. `missing` are the
    conditions that cannot be told of it; `unanswered`: there was no answer that could have been judged.
    """

    query: Past
    outcomes: Outcomes
    output: Outcomes
    told: Mapping[str, bool]
    missing: frozenset[str]
    action: str
    rule: str
    status: int
    upstream: str | None
    unanswered: bool
    text: str | None

    @property
    def answer(self) -> Query:
        """The upstream's answer as a query of the output phase. Its text is never stored."""
        return replace(self.query, phase="output", messages=())

    @property
    def told_of_answer(self) -> Mapping[str, bool]:
        return {key.removeprefix(OUTPUT): told for key, told in self.told.items() if key.startswith(OUTPUT)}


def recorded(stored: Stored, place: str) -> Recorded:
    """Raises ConfigurationError that names what is wrong with it, and where it stands."""
    for name, kinds in NEEDED.items():
        if name not in stored:
            raise ConfigurationError(f"{place}: not a record of `gateway audit export`: it has no `{name}`")
        if not isinstance(stored[name], kinds) or (isinstance(stored[name], bool) and bool not in kinds):
            raise ConfigurationError(
                f"{place}: not a record of `gateway audit export`: its `{name}` is of another kind"
            )
    text = stored["query"]
    return Recorded(
        query=query_of(stored, text),
        outcomes=outcomes_of(stored["outcomes"], place),
        output=outcomes_of(stored["output"], place),
        told={key: told for key, told in stored["told"].items() if isinstance(told, bool)},
        missing=NEVER_STORED if text is not None else NEVER_STORED | TEXTS,
        action=stored["action"],
        rule=stored["rule"],
        status=stored["status"],
        upstream=stored["upstream"],
        unanswered=unanswered(stored),
        text=text,
    )


def unanswered(stored: Stored) -> bool:
    """The upstream was asked for an answer and gave none, or the client went before it was judged."""
    gone = stored["ended"] == "disconnected" and not stored["output"]
    return stored["action"] == "error" or stored["upstream_status"] not in (None, 200) or gone


def query_of(stored: Stored, text: str | None) -> Past:
    return Past(
        surface=stored["surface"],
        raw=b"",
        body={},
        model=stored["model"],
        messages=() if text is None else (Message("user", (text,)),),
        request_id=stored["request_id"],
        tenant=stored["tenant"],
        stream=stored["stream"],
        tools=stored["tools"],
        received=stored["started"],
        conversation=stored["conversation"],
        length=stored["characters"],
    )


def outcomes_of(stored: Stored, place: str) -> Outcomes:
    return {name: outcome_of(name, one, place) for name, one in stored.items()}


def outcome_of(name: str, stored: object, place: str) -> Outcome:
    """An outcome as the audit stores it."""
    if isinstance(stored, dict):
        score, categories, seconds = stored.get("score"), stored.get("categories") or [], stored.get("seconds") or 0.0
        if stored.get("type") == "error":
            for kind in ERROR_KINDS:
                if stored.get("kind") == kind:
                    return GuardianError(name, kind, seconds=seconds)
        for label in LABELS:
            if stored.get("label") == label and isinstance(score, int | float | None) and isinstance(categories, list):
                return Verdict(name, label, tuple(map(str, categories)), score, seconds)
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
