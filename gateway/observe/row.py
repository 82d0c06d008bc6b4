"""A Record as the row that is stored. Content is dropped here unless settings ask for it."""

from __future__ import annotations

from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

from gateway.types import GuardianError, Outcome, Record

CONTENT = ("query", "answer")
SPECIAL = ("outcomes", "output", "told", "shadow", *CONTENT)
PLAIN = tuple(field.name for field in fields(Record) if field.name not in SPECIAL)


def row(record: Record, key: str, *, content: bool) -> dict[str, Any]:
    """The columns of one record; `key` is what makes storing it twice the same as storing it once."""
    plain = zip(PLAIN, attrgetter(*PLAIN)(record), strict=True)
    return {
        "key": key,
        **{name: storable(value) if isinstance(value, str) else value for name, value in plain},
        "outcomes": {name: outcome_as_json(outcome) for name, outcome in record.outcomes.items()},
        "output": {name: outcome_as_json(outcome) for name, outcome in record.output.items()},
        "told": dict(record.told),
        "shadow": list(record.shadow),
        "query": storable(record.query) if content and record.query is not None else None,
        "answer": storable(record.answer) if content and record.answer is not None else None,
    }


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """`type` says which of the two it is. An error's `detail` is left out: a guardian may quote the query in it."""
    if isinstance(outcome, GuardianError):
        return {"type": "error", "guardian": outcome.guardian, "kind": outcome.kind, "seconds": outcome.seconds}
    return {"type": "verdict", **asdict(outcome)}


def storable(text: str) -> str:
    """No database takes a lone surrogate, and PostgreSQL no NUL: one such text would fail its whole batch."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
