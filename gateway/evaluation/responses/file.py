"""Responses in a JSON lines file: to go on from, to read, and to see which rules each of them breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import read_lines
from gateway.evaluation.responses.choice import Wanted
from gateway.evaluation.responses.rules import Rule, broken
from gateway.evaluation.responses.said import Said
from gateway.evaluation.store import append_to
from gateway.guardian.writing import Response

Line = dict[str, Any]


class ResponseFile:
    """Opened for one guardian: responses that are there, and where new ones go. Close it, or use it in `with`."""

    def __init__(self, path: Path, guardian: str) -> None:
        self.path = path
        self.guardian = guardian
        self.lines = read(path, guardian) if path.exists() else {}
        self.file = append_to(path)

    def __enter__(self) -> ResponseFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def get(self, wanted: Wanted) -> Said | None:
        """By the row; a response that breaks off is none: the row is asked again."""
        line = self.lines.get(wanted.row.key)
        return Said(wanted.row, Response(line["text"]), wanted.forced) if line is not None and not line["cut"] else None

    def add(self, said: Said) -> None:
        """An error is not kept: the row is asked again."""
        if isinstance(said.response, Response):
            line = self.lines[said.row.key] = line_of(said, said.response, self.guardian)
            self.file.write(written(line))
            self.file.flush()

    def mark(self, said: Sequence[Said], rules: Mapping[str, Rule]) -> None:
        """Writes the file again, once, with what each of these breaks."""
        for one in said:
            if one.row.key in self.lines:
                self.lines[one.row.key] |= {"forced": one.forced, "breaks": broken(one, rules)}
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_bytes(b"".join(map(written, self.lines.values())))
        part.replace(self.path)


def line_of(said: Said, response: Response, guardian: str) -> Line:
    known = {"key": said.row.key, "id": said.row.id, "lang": said.row.lang, "guardian": guardian}
    return {**known, "forced": said.forced, "text": response.text, "cut": response.cut}


def written(line: Line) -> bytes:
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def read(path: Path, guardian: str) -> dict[str, Line]:
    """By row key; the last line of a key counts. A broken line, which is a killed process's last, is skipped."""
    found: dict[str, Line] = {}
    for number, text in read_lines(path):
        try:
            line = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if not isinstance(line, dict) or not {"key", "guardian", "text", "cut"} <= set(line):
            raise ConfigurationError(
                f"{path}:{number}: not a response that `gateway evaluate --responses` wrote: name another file"
            )
        if line["guardian"] != guardian:
            raise ConfigurationError(
                f"`{path}` holds responses of guardian `{line['guardian']}`, not `{guardian}`: name another file"
            )
        found[line["key"]] = line
    return found
