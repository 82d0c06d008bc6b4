"""Every client library, as it comes, against a gateway on a socket: what its caller sees, and the page that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from tests.clients.clients import NODE, PYTHON, PYTHON_OPENAI_2, clients
from tests.clients.run import CASES, DIRECT, Cell, Told
from tests.clients.table import HEADS, PAGE, WORDS, judged, page, run
from tests.clients.upstream.answering import WITHHELD

pytestmark = [pytest.mark.clients, pytest.mark.timeout(600)]
UNTOLD = [("llm", "llm --schema")]
"""Calls that show neither the words nor an error: their library looks at the text alone, and there is none."""
REPEATS_503 = {"LlamaIndex", "Vercel AI SDK"}
"""Those that do not go by `x-should-retry`."""
CRASHES = {"IndexError", "KeyError", "TypeError", "AttributeError", "AssertionError", "ValidationError", "SyntaxError"}


@pytest.fixture(scope="module")
def found() -> Mapping[Cell, Told]:
    if not all(program.exists() for program in (PYTHON, PYTHON_OPENAI_2, NODE)):
        pytest.fail("the client libraries are not installed: run `scripts/clients.sh`", pytrace=False)
    return asyncio.run(run())


def test_what_every_client_sees_is_what_its_page_says(found: Mapping[Cell, Told]) -> None:
    assert PAGE.read_text() == page(found), "run `python -m tests.clients.table`"


def test_every_call_has_every_case(found: Mapping[Cell, Told]) -> None:
    calls = [(client.name, way) for client in clients() for way in judged(client)]
    assert len(calls) > 25
    assert {Cell(*call, case) for call in calls for case in (DIRECT, *CASES)} <= found.keys()
    assert {*HEADS, "allowed"} == {*CASES}


def test_an_allowed_query_gets_what_it_gets_with_no_gateway(found: Mapping[Cell, Told]) -> None:
    direct = {cell: told for cell, told in found.items() if cell.case == DIRECT}
    assert [
        cell for cell, told in direct.items() if told.error or told.tries != 1 or "Paris." not in str(told.text)
    ] == []
    through = {cell: told for cell, told in found.items() if cell.case == "allowed"}
    assert through == {cell: direct[Cell(cell.client, cell.way, DIRECT)] for cell in through}


def test_no_query_that_was_kept_back_is_forwarded(found: Mapping[Cell, Told]) -> None:
    """However often its library asks again by itself."""
    kept = {cell: told for cell, told in found.items() if cell.case in ("answered", "refused", "blocked", "down")}
    assert [cell for cell, told in kept.items() if told.forwarded or not told.tries] == []


def test_no_caller_is_left_without_a_sign(found: Mapping[Cell, Told]) -> None:
    told_nothing = [
        (cell.client, cell.way)
        for cell, told in found.items()
        if cell.case in WORDS and told.error is None and WORDS[cell.case] not in f"{told.text} {told.refusal}"
    ]
    assert sorted({*told_nothing}) == sorted(UNTOLD)
    assert [cell for cell, told in found.items() if cell.case in ("blocked", "down") and told.error is None] == []


def test_no_library_crashes(found: Mapping[Cell, Told]) -> None:
    types = {cell: told.error["type"] for cell, told in found.items() if told.error is not None}
    assert [cell for cell, name in types.items() if name in CRASHES] == []


def test_what_is_withheld_reaches_no_caller(found: Mapping[Cell, Told]) -> None:
    stopped = [told for cell, told in found.items() if cell.case == "cut"]
    assert [told for told in stopped if WITHHELD in f"{told.text} {told.refusal} {told.error}"] == []


def test_a_library_that_goes_by_the_header_does_not_repeat_a_503(found: Mapping[Cell, Told]) -> None:
    down = {cell: told.tries for cell, told in found.items() if cell.case == "down"}
    assert {cell.client for cell, tries in down.items() if tries > 1} == REPEATS_503
    assert max(down.values()) == 3
