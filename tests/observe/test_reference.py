"""The audit's reference names every column, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from gateway.observe.schema import AUDIT
from gateway.types import Record

PAGE = Path(__file__).parent.parent.parent / "docs/reference/audit-record.md"


def test_the_table_has_every_field_of_a_record() -> None:
    assert set(AUDIT.c.keys()) == {field.name for field in fields(Record)} | {"key"}


def test_the_reference_has_every_column() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Columns")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(AUDIT.c.keys())
