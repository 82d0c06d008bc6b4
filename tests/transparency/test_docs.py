"""docs/reference/transparency.md lists what the comparison allows, no less and no more."""

from __future__ import annotations

import re

from tests.processes import ROOT
from tests.transparency import differences

PAGE = (ROOT / "docs" / "reference" / "transparency.md").read_text()


def listed(heading: str) -> list[str]:
    """The headers in the first column of the table below this heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return sorted(name for row in rows for name in re.findall(r"`([a-z*-]+)`", row))


def named(*groups: object) -> list[str]:
    names = {name for group in groups for name in group}  # type: ignore[attr-defined]
    return sorted({name.decode() for name in names} | {differences.OWN.decode() + "*"})


def test_what_differs_of_a_request() -> None:
    left_out = differences.REQUEST_LEFT_OUT | differences.REQUEST_WRITTEN
    assert listed("What differs of a request") == named(left_out, differences.UNDER_OWN_KEY, differences.WHEN_READ)


def test_what_differs_of_an_answer() -> None:
    renamed = {*differences.ANSWER_RENAMED, *differences.ANSWER_RENAMED.values()}
    left_out = {*differences.ANSWER_LEFT_OUT, b"content-length"}
    assert listed("What differs of an answer") == named(left_out, renamed, differences.ANSWER_ADDED)
