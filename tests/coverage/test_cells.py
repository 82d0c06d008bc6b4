"""Contract 4, cell by cell: a request for each cell of the table, and what the guardian and the upstream got of it.

Each surface has a module beside this one with `body_of(place)`: a body with the mark in that place, as JSON or as a
`Form`. Where every query of a surface holds media, its module says in `OPEN` what a policy must let pass.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.surfaces.coverage import Cell
from gateway.surfaces.served import coverage, surfaces
from tests.coverage.mark import SEEN
from tests.servers import Stack, stack
from tests.surfaces.forms import HEADERS, Form

INPUT = [cell for cell in coverage() if cell.direction == "input" and cell.surface in {one.name for one in surfaces()}]
STREAMED = {surface.name for surface in surfaces() if surface.speaks}


def cases(cells: list[Cell]) -> list[Any]:
    return [
        pytest.param(cell, stream, id=f"{cell.surface}-{cell.place}-{cell.state}{'-stream' * stream}")
        for cell in cells
        for stream in ([False, True] if cell.surface in STREAMED else [False])
    ]


async def asked(running: Stack, cell: Cell, *, stream: bool) -> tuple[httpx.Response, bool, bool]:
    """The answer, whether the guardian got the mark, and whether the upstream did."""
    surface = next(one for one in surfaces() if one.name == cell.surface)
    body = module_of(cell).body_of(cell.place)
    if isinstance(body, Form):
        sent: dict[str, Any] = {"content": body.raw, "headers": HEADERS}
    else:
        sent = {"json": {**body, **({"stream": True} if stream else {})}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(running.url + surface.path, **sent)
    judged = any(SEEN.encode() in r.body for r in running.guardian.received)
    return answer, judged, any(SEEN.encode() in r.body for r in running.upstream.received)


def module_of(cell: Cell) -> Any:
    return import_module(f"tests.coverage.{cell.surface}")


def lets_pass(folder: Path, name: str) -> Path:
    rules = "default: forward\nrules: [{name: unsafe, match: {verdict: unsafe}, action: block}]\n"
    (folder / "10.yaml").write_text(f"version: 1\nunscanned: {name}\n{rules}")
    return folder


@pytest.mark.parametrize(("cell", "stream"), cases(INPUT))
async def test_a_cell_is_what_the_table_says(cell: Cell, tmp_path: Path, *, stream: bool) -> None:
    seeing = "conversation" if "view: conversation" in cell.place else "turn"
    needed = "" if cell.unscanned_as else getattr(module_of(cell), "OPEN", "")
    more = {"policies": lets_pass(tmp_path, needed)} if needed else {}
    async with stack(guardian_settings={"view": seeing}, **more) as running:
        answer, judged, forwarded = await asked(running, cell, stream=stream)
    expected = {"judged": (True, True), "refused": (False, False)}.get(cell.state, (False, True))
    assert (judged, forwarded) == expected
    assert (answer.status_code == 400) == (cell.state == "refused")


@pytest.mark.parametrize(("cell", "stream"), cases([cell for cell in INPUT if cell.unscanned_as]))
async def test_what_no_guardian_can_see_passes_where_a_policy_says_so(
    cell: Cell, tmp_path: Path, *, stream: bool
) -> None:
    async with stack(policies=lets_pass(tmp_path, cell.unscanned_as)) as running:
        answer, _, forwarded = await asked(running, cell, stream=stream)
    assert (answer.status_code, forwarded) == (200, True)
    assert answer.headers["x-guardian-unscanned"] == cell.unscanned_as


async def test_the_table_is_served_and_has_every_cell_once() -> None:
    async with stack() as running, httpx.AsyncClient() as client:
        served = (await client.get(f"{running.url}/coverage")).json()
    places = [(c["surface"], c["direction"], c["place"]) for c in served]
    assert len(places) == len(set(places)) == len(coverage())
