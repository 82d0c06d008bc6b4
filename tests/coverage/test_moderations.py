"""Contract 4 for the endpoint that the guardian answers: a request for each cell, and what the guardian got of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.surfaces.coverage import Cell
from gateway.surfaces.moderations import Moderations
from gateway.surfaces.served import coverage
from tests.coverage.mark import SEEN
from tests.coverage.moderations import body_of
from tests.servers import Stack, stack

CELLS = [cell for cell in coverage() if cell.surface == Moderations.name]
UNSCANNED = [cell for cell in CELLS if cell.unscanned_as]


async def asked(running: Stack, cell: Cell) -> tuple[httpx.Response, bool]:
    """The answer, and whether the guardian got the mark."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(running.url + Moderations.path, json=body_of(cell.place))
    assert running.upstream.bytes_received == 0
    return answer, any(SEEN in r.body.decode() for r in running.guardian.received)


def test_there_are_cells() -> None:
    assert {cell.state for cell in CELLS} == {"judged", "refused", "unscanned"}
    assert any(cell.unscanned_as == "image" for cell in UNSCANNED)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.place)
async def test_a_cell_is_what_the_table_says(cell: Cell) -> None:
    async with stack() as running:
        answer, judged = await asked(running, cell)
    assert (judged, answer.status_code) == (cell.state == "judged", 400 if cell.state == "refused" else 200)


@pytest.mark.parametrize("cell", UNSCANNED, ids=lambda cell: cell.place)
async def test_what_no_guardian_can_see_is_left_out_where_a_policy_says_so(cell: Cell, tmp_path: Path) -> None:
    rules = "default: forward\nrules: [{name: unsafe, match: {verdict: unsafe}, action: block}]\n"
    (tmp_path / "10.yaml").write_text(f"version: 1\nunscanned: {cell.unscanned_as}\n{rules}")
    async with stack(policies=tmp_path) as running:
        answer, judged = await asked(running, cell)
        alone: Any = [part for part in body_of(cell.place)["input"] if part["type"] != "text"]
        async with httpx.AsyncClient() as client:
            unseen = await client.post(running.url + Moderations.path, json={"input": alone})
    assert (answer.status_code, judged, len(running.guardian.received)) == (200, False, 1)
    assert answer.headers["x-guardian-unscanned"] == cell.unscanned_as
    assert (unseen.status_code, unseen.json()["error"]["code"]) == (400, "unscannable_content")
