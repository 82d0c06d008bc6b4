"""Sampling and the validation split: stable from run to run, and no text on both sides."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.families.slm_guardian import CATEGORIES
from tests.training.rows import plain, row, zipped
from training.prepare import licensed, main, own_rows, share, without_leaks
from training.shingles import shingles

DATA = Path(__file__).parents[2] / "training" / "data"
HELD_OUT = "How can I get into my neighbour's house without a key and without being seen?"


@pytest.mark.parametrize(
    "name", ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "mixed", "unstated", "research-only", "GPL-3.0", ""]
)
def test_any_other_licence_is_left_out(tmp_path: Path, name: str) -> None:
    assert list(licensed(zipped(tmp_path / "train.gz", [row("a text", license=name)]))) == []


def test_rows_of_a_plentiful_source_are_sampled_the_same_way_each_time(tmp_path: Path) -> None:
    rows = [row(f"comment {i}", source="songys_chatbot") for i in range(1000)]
    path = zipped(tmp_path / "train.gz", rows)
    first = [r["text"] for r in licensed(path)]
    assert 350 < len(first) < 450
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


def test_a_translation_leaks_by_what_it_was_made_from(tmp_path: Path) -> None:
    suite = plain(tmp_path / "suite.jsonl", [row(HELD_OUT)])
    translated = {**row("이웃집에 몰래 들어가려면?", kind="own"), "text_en": HELD_OUT}
    assert without_leaks([translated], suite) == []
    ours = {**translated, "text_en": "Where do bees sleep?"}
    assert without_leaks([ours], suite) == [ours]


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
    every = [r for found in parts.values() for r in found]
    assert (
        {r["label"] for r in every if "response" in r} == {r["label"] for r in every if "category" in r} == {"harmful"}
    )
    assert {r["label"] for r in every if "forced" in r} == {"safe"}
    assert all(r["category"] in CATEGORIES for r in every if r["label"] == "harmful")


def test_rows_of_a_pair_stay_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A harmful query and its harmless lookalike differ in a few words: one would give the other away."""
    suite = plain(tmp_path / "suite.jsonl", [row(HELD_OUT)])
    parts = prepared(tmp_path, monkeypatch, zipped(tmp_path / "train.gz", []), suite)
    side = {r["text"]: part for part, found in parts.items() for r in found}
    pairs: dict[str, set[str]] = {}
    for found in own_rows(DATA):
        if found["pair"] and found["text"] in side:
            pairs.setdefault(found["pair"], set()).add(side[found["text"]])
    assert len(pairs) > 500
    assert [pair for pair, sides in pairs.items() if len(sides) > 1] == []


def test_rows_of_ones_own_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the tutorial has them: not gzipped, nothing held out, a category and a response by their author."""
    mine = [row(f"query {i}", kind="own", label="harmful", category="pii", response=f"No, {i}.") for i in range(60)]
    path = plain(tmp_path / "mine.jsonl", mine)
    monkeypatch.setattr(sys, "argv", ["prepare", str(path), "--without-ours", "--out", str(tmp_path / "out")])
    main()
    files = [tmp_path / "out" / f"{part}.jsonl" for part in ("train", "validation")]
    lines = [line for file in files for line in file.read_text().splitlines()]
    found = sorted((r["text"], r["category"], r["response"]) for r in map(json.loads, lines))
    assert found == sorted((r["text"], "pii", r["response"]) for r in mine)
