"""An evaluation asks each row once, a few at a time, and goes on where it was stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged
from gateway.evaluation.run import evaluate
from gateway.evaluation.store import OutcomeFile
from gateway.types import GuardianError, Outcome, Verdict

ROWS = [Row(str(number), f"text {number}", "safe") for number in range(20)]


class Guardian:
    """Judges by the text's length; counts what it is asked, and how many at a time."""

    def __init__(self, *, fails_on: frozenset[str] = frozenset()) -> None:
        self.asked: list[str] = []
        self.now = self.most = 0
        self.fails_on = fails_on

    async def __call__(self, text: str) -> Outcome:
        self.asked.append(text)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001 * (len(self.asked) % 3))
        self.now -= 1
        if text in self.fails_on:
            return GuardianError("g", "timeout", seconds=1.0)
        return Verdict("g", "safe", ("crime",), len(text) / 100, 0.01)


async def test_rows_come_back_in_their_order_with_their_own_outcomes() -> None:
    rows = [Row(str(number), "x" * number, "safe") for number in range(1, 30)]
    judged = await evaluate(rows, Guardian(), concurrency=5)
    assert [one.row for one in judged] == rows
    assert [one.score for one in judged] == [number / 100 for number in range(1, 30)]


@pytest.mark.parametrize("concurrency", [1, 4, 50])
async def test_no_more_than_so_many_at_a_time(concurrency: int) -> None:
    guardian = Guardian()
    await evaluate(ROWS, guardian, concurrency=concurrency)
    assert guardian.most == min(concurrency, len(ROWS))


async def test_progress_tells_each_row_once_errors_too() -> None:
    told: list[Judged] = []
    guardian = Guardian(fails_on=frozenset({"text 3"}))
    judged = await evaluate(ROWS, guardian, concurrency=4, on_progress=told.append)
    assert sorted(one.row.id for one in told) == sorted(row.id for row in ROWS)
    assert isinstance(judged[3].outcome, GuardianError)


async def test_a_stored_verdict_is_not_asked_again_and_comes_back_whole(tmp_path: Path) -> None:
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        before = await evaluate(ROWS, Guardian(), concurrency=4, store=store)
    again = Guardian()
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        after = await evaluate(ROWS, again, concurrency=4, store=store)
    assert again.asked == []
    assert after == before


async def test_only_the_missing_rows_are_asked_after_a_stop(tmp_path: Path) -> None:
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        await evaluate(ROWS[:7], Guardian(), concurrency=4, store=store)
    with (tmp_path / "out.jsonl").open("ab") as file:
        file.write(b'{"key": "half a li')
    again = Guardian()
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        await evaluate(ROWS, again, concurrency=4, store=store)
    assert sorted(again.asked) == sorted(row.text for row in ROWS[7:])
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        assert all(store.get(row) is not None for row in ROWS)


async def test_a_stored_error_is_asked_again(tmp_path: Path) -> None:
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        await evaluate(ROWS, Guardian(fails_on=frozenset({"text 3"})), concurrency=4, store=store)
    again = Guardian()
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        judged = await evaluate(ROWS, again, concurrency=4, store=store)
    assert again.asked == ["text 3"]
    assert isinstance(judged[3].outcome, Verdict)


async def test_the_file_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with OutcomeFile(path, "g") as store:
        await evaluate(ROWS, Guardian(), concurrency=4, store=store)
    assert path.read_bytes().count(b"\n") == len(ROWS)
    assert b"text" not in path.read_bytes()


async def test_outcomes_of_another_guardian_are_refused(tmp_path: Path) -> None:
    with OutcomeFile(tmp_path / "out.jsonl", "g") as store:
        await evaluate(ROWS, Guardian(), concurrency=4, store=store)
    with pytest.raises(ConfigurationError, match="holds outcomes of guardian `g`, not `other`"):
        OutcomeFile(tmp_path / "out.jsonl", "other")


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "a", "label": "safe"}')
    with pytest.raises(ConfigurationError, match=r"rows\.jsonl:1: not an outcome"):
        OutcomeFile(path, "g")
    assert path.read_bytes() == b'{"text": "a", "label": "safe"}'
