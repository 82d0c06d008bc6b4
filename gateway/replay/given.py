"""A sample of queries that someone wrote: JSON lines with a query, and what the guardian says of it.

    {"text": "...", "tenant": "school-7", "tools": true, "verdict": {"label": "unsafe", "categories": ["crime"]}}
    {"text": "...", "error": "timeout", "guardian": "big"}

The names are those of policy tests. What is left out is as there: no tools, no stream, the tenant `default`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import ConfigurationError
from gateway.policy.diagnostics import near
from gateway.replay.facts import outcome_of
from gateway.replay.records import lines
from gateway.replay.sample import Sampled
from gateway.types import Message, Outcome, Query

TEXTS = {"text": "", "tenant": "default", "model": "", "surface": "chat", "guardian": "default", "conversation": ""}
KINDS: Mapping[str, type] = {
    **dict.fromkeys((*TEXTS, "error"), str),
    **dict.fromkeys(("stream", "tools"), bool),
    **dict.fromkeys(("headers", "verdict"), dict),
}


def given(path: Path, categories: Collection[str]) -> Iterator[Sampled]:
    """Raises ConfigurationError that names the line and what is wrong with it."""
    for place, line in lines(path):
        check(line, place)
        outcome = outcome_in(line, categories, place)
        yield query_of(line, place), {} if outcome is None else {outcome.guardian: outcome}


def check(line: Mapping[str, Any], place: str) -> None:
    for name, value in line.items():
        if name not in KINDS:
            raise ConfigurationError(f"{place}: unknown field `{name}` in a query: {near(name, KINDS)}")
        if not isinstance(value, KINDS[name]):
            raise ConfigurationError(f"{place}: `{name}` must be {told(KINDS[name])}")


def told(kind: type) -> str:
    return {str: "a text", bool: "true or false"}.get(kind, "an object")


def query_of(line: Mapping[str, Any], place: str) -> Query:
    texts = {name: line.get(name, default) for name, default in TEXTS.items()}
    return Query(
        surface=texts["surface"],
        raw=b"",
        body={},
        model=texts["model"],
        messages=(Message("user", (texts["text"],)),),
        request_id=place,
        tenant=texts["tenant"],
        stream=line.get("stream", False),
        tools=line.get("tools", False),
        headers={name.lower(): str(value) for name, value in line.get("headers", {}).items()},
        conversation=texts["conversation"],
    )


def outcome_in(line: Mapping[str, Any], categories: Collection[str], place: str) -> Outcome | None:
    guardian = line.get("guardian", TEXTS["guardian"])
    if "verdict" in line and "error" in line:
        raise ConfigurationError(f"{place}: a query has a `verdict` or an `error`, not both")
    if "error" in line:
        return outcome_of(guardian, {"type": "error", "kind": line["error"]}, place)
    if "verdict" not in line:
        return None
    for name in line["verdict"].get("categories") or ():
        if name not in categories:
            raise ConfigurationError(f"{place}: unknown category `{name}`: {near(name, categories)}")
    return outcome_of(guardian, line["verdict"], place)
