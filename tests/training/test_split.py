"""Sampling and the validation split: stable from run to run, and no text on both sides."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.rows import plain, row, zipped
from training.prepare import licensed, main, share, shingles, without_leaks

HELD_OUT = "How can I get into my neighbour's house without a key and without being seen?"


@pytest.mark.parametrize(
    "name", ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "mixed", "unstated", "research-only", "GPL-3.0", ""]
)
def test_any_other_licence_is_left_out(tmp_path: Path, name: str) -> None:
    assert list(licensed(zipped(tmp_path / "train.gz", [row("a text", license=name)]))) == []


def test_rows_of_a_plentiful_kind_are_sampled_the_same_way_each_time(tmp_path: Path) -> None:
    rows = [row(f"comment {i}", kind="ko_comment") for i in range(1000)]
    path = zipped(tmp_path / "train.gz", rows)
    first = [r["text"] for r in licensed(path)]
    assert 150 < len(first) < 250
    assert first == [r["text"] for r in licensed(path)]


@pytest.mark.parametrize(
    "text",
    [HELD_OUT, HELD_OUT.upper().replace(" ", "  "), HELD_OUT.replace("?", "!!"), f"Hey! {HELD_OUT}"],
    ids=["same", "case and spaces", "punctuation", "one word more"],
)
def test_a_row_of_ours_that_is_nearly_in_the_suite_is_dropped(tmp_path: Path, text: str) -> None:
    suite = plain(tmp_path / "suite.jsonl", [row("What is a haiku?"), row(HELD_OUT)])
    assert without_leaks([row(text, kind="own")], suite) == []


def test_a_row_of_ours_on_the_same_subject_is_kept(tmp_path: Path) -> None:
    suite = plain(tmp_path / "suite.jsonl", [row(HELD_OUT)])
    ours = [row("How can I get into my own house when I have lost the key?", kind="own")]
    assert without_leaks(ours, suite) == ours


@given(st.text(max_size=60))
def test_a_text_always_leaks_from_itself(text: str) -> None:
    assert shingles(text) == shingles(f" {text}. ")
    assert shingles(text)


@given(st.text(), st.sampled_from(["split", "sample"]))
def test_a_share_is_stable_and_between_nought_and_one(text: str, salt: str) -> None:
    assert 0 <= share(text, salt) == share(text, salt) < 1


def prepared(
    folder: Path, monkeypatch: pytest.MonkeyPatch, train: Path, suite: Path
) -> dict[str, list[dict[str, str]]]:
    """Both parts that the command writes."""
    arguments = ["prepare", str(train), "--held-out", str(suite), "--out", str(folder / "out")]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    files = {part: folder / "out" / f"{part}.jsonl" for part in ("train", "validation")}
    return {part: [json.loads(line) for line in path.read_text().splitlines()] for part, path in files.items()}


def test_the_command_writes_two_parts_that_share_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"query {i}", label="harmful" if i % 2 else "safe") for i in range(400)]
    suite = plain(tmp_path / "suite.jsonl", [row(HELD_OUT)])
    parts = prepared(tmp_path, monkeypatch, zipped(tmp_path / "train.gz", [*rows, *rows]), suite)
    texts = {part: {r["text"] for r in found} for part, found in parts.items()}
    assert not texts["train"] & texts["validation"]
    assert {r["text"] for r in rows} <= texts["train"] | texts["validation"]
    assert texts["validation"]
    assert all(("response" in r) == (r["label"] == "harmful") for found in parts.values() for r in found)
