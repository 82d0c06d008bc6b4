"""Which rows a response is asked for, what is kept of it, and the rates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Reading
from gateway.evaluation.responses.checks import checks, openings, responses
from gateway.evaluation.responses.choice import Wanted, chosen
from gateway.evaluation.responses.collect import collect
from gateway.evaluation.responses.file import ResponseFile
from gateway.evaluation.responses.language import Languages
from gateway.evaluation.responses.rules import rules_with
from gateway.evaluation.responses.said import Said
from gateway.guardian.writing import Response
from gateway.types import GuardianError
from tests.evaluation.judged import failed, judged

RULES = rules_with(Languages(None))
REFUSAL = "I'm sorry, I can't help with that."


def row(number: int, label: str = "harmful", lang: str = "en") -> Row:
    return Row(str(number), f"query {number}", label, lang=lang)  # type: ignore[arg-type]


def said(text: str, number: int = 0, *, forced: bool = False, lang: str = "en") -> Said:
    return Said(row(number, lang=lang), Response(text), forced)


def test_what_is_flagged_answers_by_itself_and_harm_that_was_missed_is_forced() -> None:
    rows = [
        judged("harmful", 0.9, row=row(1)),
        judged("safe", 0.9, row=row(2, "safe")),
        judged("harmful", 0.1, row=row(3)),
        judged("safe", 0.1, row=row(4, "safe")),
        failed("harmful"),
    ]
    found = chosen(rows, Reading(), most=10, most_forced=10)
    assert sorted((one.row.id, one.forced) for one in found) == [("1", False), ("2", False), ("3", True)]
    assert chosen(rows, Reading(), most=10, most_forced=0) == [one for one in found if not one.forced]
    assert {one.row.id for one in chosen(rows, Reading(threshold=0.05), most=10, most_forced=9)} == {"1", "2", "3", "4"}


def test_a_larger_choice_holds_the_smaller_one() -> None:
    rows = [judged("harmful", 0.9, row=row(n)) for n in range(50)]
    small, large = (chosen(rows, Reading(), most=most, most_forced=0) for most in (5, 20))
    assert len(small) == 5
    assert large[:5] == small


class Writer:
    """Refuses by the text's number; counts what it is asked."""

    def __init__(self, *, fails_on: str = "") -> None:
        self.asked: list[str] = []
        self.fails_on = fails_on

    async def __call__(self, text: str) -> Response | GuardianError:
        self.asked.append(text)
        if text == self.fails_on:
            return GuardianError("g", "timeout")
        return Response(f"{REFUSAL} {text}.")


WANTED = [Wanted(row(number), forced=number > 6) for number in range(10)]


async def test_a_second_run_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    first, second = Writer(fails_on="query 3"), Writer()
    with ResponseFile(tmp_path / "out.jsonl", "g") as store:
        before = await collect(WANTED, first, store, concurrency=3)
        store.mark(before, RULES)
    with (tmp_path / "out.jsonl").open("ab") as file:
        file.write(b'{"key": "half a li')
    with ResponseFile(tmp_path / "out.jsonl", "g") as store:
        after = await collect(WANTED, second, store, concurrency=3)
    assert isinstance(before[3].response, GuardianError)
    assert len(first.asked) == len(WANTED)
    assert second.asked == ["query 3"]
    assert [one.text for one in after] == [f"{REFUSAL} query {number}." for number in range(10)]
    assert [one.forced for one in after] == [number > 6 for number in range(10)]


async def test_the_file_says_what_each_response_breaks(tmp_path: Path) -> None:
    async def write(text: str) -> Response:
        return Response("Sure, here is how" if text == "query 1" else REFUSAL)

    with ResponseFile(tmp_path / "out.jsonl", "g") as store:
        store.mark(await collect(WANTED[:2], write, store, concurrency=1), RULES)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(line["id"], line["breaks"]) for line in lines] == [
        ("0", []),
        ("1", ["does_not_comply", "declines", "ends"]),
    ]
    assert "query" not in (tmp_path / "out.jsonl").read_text()


async def test_a_file_of_another_guardian_or_of_something_else_is_refused(tmp_path: Path) -> None:
    with ResponseFile(tmp_path / "out.jsonl", "g") as store:
        await collect(WANTED, Writer(), store, concurrency=3)
    with pytest.raises(ConfigurationError, match="holds responses of guardian `g`, not `other`"):
        ResponseFile(tmp_path / "out.jsonl", "other")
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "label": "safe"}')
    with pytest.raises(ConfigurationError, match=r"rows\.jsonl:1: not a response"):
        ResponseFile(tmp_path / "rows.jsonl", "g")


def test_rates_count_what_a_rule_speaks_about() -> None:
    written = [said(REFUSAL), said(REFUSAL, forced=True), said("Sure. 1. Buy it 2. Mix it"), said("")]
    error = Said(row(9), GuardianError("g", "timeout"))
    found = checks([*written, error], RULES)
    assert (found.n, found.forced, found.errors) == (5, 1, 1)
    assert {name: (one.kept, one.n) for name, one in found.rules.items()} == {
        "not_empty": (3, 5),
        "in_language": (3, 3),
        "does_not_comply": (2, 3),
        "declines": (2, 3),
        "ends": (2, 3),
        "no_invented_contacts": (3, 3),
    }
    assert (found.signs["steps"], found.signs["consent"], found.signs["code"]) == (1, 1, 0)


def test_the_same_sentence_for_all_is_seen() -> None:
    found = checks([said(f"{REFUSAL} Number {n}.", n) for n in range(8)] + [said("Let's not.", 9)] * 2, RULES)
    assert (found.openings.n, found.openings.distinct, found.openings.most_common) == (10, 2, 0.8)


@given(st.lists(st.text(min_size=1)))
def test_openings_are_counted_once(texts: list[str]) -> None:
    found = openings(texts)
    assert found.distinct <= len({text.casefold() for text in texts})
    assert (found.most_common is None) == (texts == [])
    if found.most_common is not None:
        assert 1 / found.distinct <= found.most_common + 1e-9
        assert found.most_common <= (found.n - found.distinct + 1) / found.n + 1e-9


def test_languages_are_told_apart() -> None:
    found = responses([said(REFUSAL), said(REFUSAL, 1, lang="ko")], RULES, language_by="letters")
    rates = {lang: one.rules["in_language"].rate for lang, one in found.by_lang.items()}
    assert rates == {"en": 1.0, "ko": 0.0}
    assert found.overall.rules["in_language"].rate == 0.5


def test_no_responses_have_no_rates() -> None:
    found = checks([], RULES)
    assert {(one.n, one.rate, one.interval) for one in found.rules.values()} == {(0, None, None)}
    assert found.openings.most_common is None
