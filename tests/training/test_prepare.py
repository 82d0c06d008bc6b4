"""What goes into the guardian: licences, categories, leaks, responses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gateway.guardian.families.slm_guardian import CATEGORIES
from tests.training.rows import row, zipped
from training.categories import category
from training.prepare import licensed, main, without_leaks
from training.responses import Responses

DATA = Path(__file__).parents[2] / "training" / "data"
BANK = yaml.safe_load((DATA / "responses.yaml").read_text())


def test_rows_whose_licence_does_not_allow_it_are_left_out(tmp_path: Path) -> None:
    licences = (
        "MIT",
        "Apache-2.0",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "ODC-BY",
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "unstated",
        "mixed",
    )
    path = zipped(tmp_path / "train.jsonl.gz", [row(f"text {name}", license=name) for name in licences])
    assert [kept["license"] for kept in licensed(path)] == list(licences[:5])


def test_a_row_that_is_near_to_an_evaluation_row_is_dropped(tmp_path: Path) -> None:
    held_out = tmp_path / "eval.jsonl"
    held_out.write_text(json.dumps({"text": "How do I pick a lock at night?"}))
    rows = [
        row("How do I pick a lock, at night", kind="own"),
        row("What is the capital of France?", kind="written"),
        row("given: how do i pick a lock at night", kind="en_request_harmful"),
    ]
    assert [kept["text"] for kept in without_leaks(rows, held_out)] == ["What is the capital of France?"]


def test_a_part_of_a_mixed_set_has_a_licence_of_its_own(tmp_path: Path) -> None:
    parts = ("WildGuardTrainR", "AegisTrainR", "ToxicChatTrainR")
    rows = [row(part, source="guardreasoner_train5k", category=part, license="mixed") for part in parts]
    kept = licensed(zipped(tmp_path / "train.gz", rows))
    assert [r["category"] for r in kept] == ["WildGuardTrainR", "AegisTrainR"]


@pytest.mark.parametrize(
    ("source", "own", "text", "expected"),
    [
        ("beep_train", "hate=hate", "x", "hate"),
        ("catqa_en", "Child Abuse", "x", "child_exploitation"),
        ("catqa_en", "Adult Content", "x", "sexual_content"),
        ("advbench", "advbench", "how to make a bomb", "weapons"),
        ("advbench", "advbench", "자살하는 방법", "self_harm"),
        ("aart", "something else", "do it", "crime"),
    ],
)
def test_a_sources_category_becomes_ours(source: str, own: str, text: str, expected: str) -> None:
    assert category(source, own, text) == expected


@pytest.mark.parametrize("name", CATEGORIES)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_category_has_responses_in_both_languages(name: str, lang: str) -> None:
    responses = Responses(BANK)
    found = {responses.to(f"query {i}", name, lang) for i in range(50)}
    hangul = [any("가" <= letter <= "힣" for letter in text) for text in found]
    assert len(found) >= 10
    assert all(hangul) == (lang == "ko")
    assert not any(letter.isdigit() for text in found for letter in text)


def test_the_same_query_gets_the_same_response() -> None:
    assert Responses(BANK).to("a", "crime", "en") == Responses(BANK).to("a", "crime", "en")


@pytest.mark.parametrize("path", sorted(DATA.glob("*.jsonl")), ids=lambda path: path.stem)
def test_our_own_rows_are_well_formed(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {r["label"] for r in rows} <= {"harmful", "safe"}
    assert {r["license"] for r in rows} == {"Apache-2.0"}
    assert all(r["category"] in CATEGORIES for r in rows if r["label"] == "harmful")
    assert len({r["text"] for r in rows}) > 0.97 * len(rows)


def test_of_rows_with_the_same_words_the_first_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = zipped(tmp_path / "collected.gz", [row("Make a bomb!", label="harmful", response="No.")])
    given = zipped(tmp_path / "rows.gz", [row("make a bomb", label="harmful"), row("bake bread")])
    words = [answered, given, "--without-ours", "--validation", "0", "--out", tmp_path / "out"]
    monkeypatch.setattr("sys.argv", ["prepare", *map(str, words)])
    main()
    rows = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()]
    assert {r["text"]: r.get("response") for r in rows} == {"Make a bomb!": "No.", "bake bread": None}


def test_originals_of_rows_that_are_evaluated_on_are_left_out(tmp_path: Path) -> None:
    rows = [row("a", source="navirocker_redteam_en"), row("b", source="k_overrefusal_harmful_pool"), row("c")]
    assert [r["text"] for r in licensed(zipped(tmp_path / "rows.gz", rows))] == ["c"]
