"""Outcomes of rows in a JSON lines file without their texts, so that an evaluation that was stopped can go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row, read_lines
from gateway.types import GuardianError, Outcome, Verdict


class OutcomeFile:
    """Opened for one guardian: outcomes that are there, and where new ones go. Close it, or use it in `with`."""

    def __init__(self, path: Path, guardian: str) -> None:
        self.path = path
        self.guardian = guardian
        self.known: Mapping[str, Outcome] = read(path, guardian) if path.exists() else {}
        self.file = append_to(path)

    def __enter__(self) -> OutcomeFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def get(self, row: Row) -> Outcome | None:
        """A stored verdict. A stored error is none: the row is asked again."""
        found = self.known.get(row.key)
        return found if isinstance(found, Verdict) else None

    def add(self, row: Row, outcome: Outcome) -> None:
        kind = "verdict" if isinstance(outcome, Verdict) else "error"
        line = {"key": row.key, "id": row.id, "type": kind, "outcome": asdict(outcome)}
        self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self.file.flush()


def append_to(path: Path) -> BinaryIO:
    """Unbuffered by line; a line that a killed process left half written is ended first."""
    try:
        file = path.open("a+b")
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be written: {error.strerror}") from None
    if file.tell() > 0:
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def read(path: Path, guardian: str) -> dict[str, Outcome]:
    """By row key; the last line of a key counts. A broken line, which is a killed process's last, is skipped."""
    outcomes: dict[str, Outcome] = {}
    for number, line in read_lines(path):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        key, outcome = parse(value, f"{path}:{number}")
        if outcome.guardian != guardian:
            raise ConfigurationError(
                f"`{path}` holds outcomes of guardian `{outcome.guardian}`, not `{guardian}`: name another file"
            )
        outcomes[key] = outcome
    return outcomes


def parse(value: Any, place: str) -> tuple[str, Outcome]:
    try:
        fields = value["outcome"]
        if value["type"] == "error":
            return value["key"], GuardianError(**fields)
        lists = {name: tuple(fields[name]) for name in ("categories", "techniques") if name in fields}
        return value["key"], Verdict(**{**fields, **lists})
    except (KeyError, TypeError):
        raise ConfigurationError(
            f"{place}: not an outcome that `gateway evaluate --resume` wrote: name another file"
        ) from None
