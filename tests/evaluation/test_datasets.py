"""Labelled rows are read strictly, and what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import load


def written(folder: Path, *lines: str) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_row_with_all_fields(tmp_path: Path) -> None:
    known = '"lang": "ko", "source": "s", "slice": "x", "category": "c"'
    line = f'{{"id": "a", "text": "안녕", "label": "safe", {known}, "more": 1}}'
    [row] = load(written(tmp_path, line))
    assert (row.id, row.text, row.label, row.lang, row.source, row.slice, row.category) == (
        *("a", "안녕", "safe", "ko"),
        *("s", "x", "c"),
    )


def test_a_row_with_only_what_is_needed(tmp_path: Path) -> None:
    [row] = load(written(tmp_path, '{"text": "hello", "label": "harmful", "lang": null}'))
    assert (row.lang, row.source, row.label) == ("unknown", "unknown", "harmful")


def test_rows_without_ids_are_known_by_their_text_wherever_they_stand(tmp_path: Path) -> None:
    first = load(written(tmp_path, '{"text": "a", "label": "safe"}', '{"text": "b", "label": "safe"}'))
    second = load(written(tmp_path, '{"text": "b", "label": "safe"}', "", '{"text": "a", "label": "safe"}'))
    assert {row.key for row in first} == {row.key for row in second}


def test_equal_texts_without_ids_stay_two_rows(tmp_path: Path) -> None:
    rows = load(written(tmp_path, *['{"text": "a", "label": "safe"}'] * 3))
    assert len({row.key for row in rows}) == 3


def test_a_key_names_the_text_too(tmp_path: Path) -> None:
    [before] = load(written(tmp_path, '{"id": "1", "text": "a", "label": "safe"}'))
    [after] = load(written(tmp_path, '{"id": "1", "text": "a!", "label": "safe"}'))
    assert before.key != after.key


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    rows = load(written(tmp_path, '{"text": "a", "label": "safe"}', "not JSON"), limit=1)
    assert [row.text for row in rows] == ["a"]


GOOD = '{"id": "1", "text": "a", "label": "safe"}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", r"rows\.jsonl:2: not JSON"),
        ("[1]", r":2: a row is a JSON object"),
        ('{"label": "safe"}', r":2: `text` must be a string that is not empty"),
        ('{"text": " ", "label": "safe"}', r":2: `text` must be"),
        ('{"text": "a"}', r":2: `label` must be `harmful` or `safe`, not null"),
        ('{"text": "a", "label": "unsafe"}', r':2: `label` must be `harmful` or `safe`, not "unsafe"'),
        ('{"text": "a", "label": ["safe"]}', r":2: `label` must be"),
        ('{"text": "a", "label": "safe", "lang": {}}', r":2: `lang` must be a string, not {}"),
        (GOOD, r":2: the id `1` is on line 1 already"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load(written(tmp_path, GOOD, line))


def test_a_file_that_is_empty_or_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no rows"):
        load(written(tmp_path, "", ""))
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load(tmp_path / "none.jsonl")
