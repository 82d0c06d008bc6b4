"""Contract 2 under `speculative: true`: what waits for the verdict all the same, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flow.held import (
    UNSAFE,
    AtOnce,
    how,
    put,
    speculating,
)
from tests.flow.policies import CHAT, ask
from tests.servers import (
    HARMFUL,
)

EFFECTS: list[dict[str, Any]] = [
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
    {"tools": []},
    {"functions": [{"name": "f"}]},
    {"store": True},
    {"store": False},
    {"metadata": {"a": "b"}},
    {"web_search_options": {}},
    {"modalities": ["text", "audio"]},
    {"previous_response_id": "r"},
    {"background": True},
    {"a_field_of_tomorrow": 1},
    {"messages": [{"role": "user", "content": HARMFUL}, {"role": "tool", "tool_call_id": "c", "content": HARMFUL}]},
    {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": HARMFUL}}]}]},
]


@pytest.mark.parametrize("more", EFFECTS, ids=str)
async def test_2_what_may_have_an_effect_waits_for_the_verdict(tmp_path: Path, more: dict[str, Any]) -> None:
    async with speculating(tmp_path) as given:
        answer = await ask(given, HARMFUL, **more)
    assert how(answer) == (400, "block", None)
    assert (given.upstream.bytes_received, len(given.upstream.connections)) == (0, 0)


async def test_2_a_query_string_waits_for_the_verdict(tmp_path: Path) -> None:
    async with speculating(tmp_path) as given, httpx.AsyncClient() as client:
        body = {"model": "m", "messages": [{"role": "user", "content": HARMFUL}]}
        answer = await client.post(f"{given.url}{CHAT}?store=true", json=body)
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


@pytest.mark.parametrize("policy", [UNSAFE, f"speculative: false\n{UNSAFE}"])
async def test_2_nothing_is_forwarded_early_unless_a_policy_says_so(tmp_path: Path, policy: str) -> None:
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, HARMFUL)
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


async def test_2_a_query_to_which_the_file_does_not_apply_waits(tmp_path: Path) -> None:
    (tmp_path / "20.yaml").write_text(f"version: 1\n{UNSAFE}")
    policy = "applies_to: {model: fast}\nspeculative: true\n"
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, HARMFUL)
        before = given.upstream.bytes_received
        fast = await ask(given, f"{HARMFUL} again", model="fast")
    assert (how(answer), before) == ((400, "block", None), 0)
    assert how(fast) == (400, "block", "wasted")


async def test_a_query_that_no_guardian_is_asked_about_is_not_begun_early(tmp_path: Path) -> None:
    policy = "speculative: true\nrules:\n  - {name: all, action: block}\n"
    async with speculating(tmp_path, policy) as given:
        answer = await ask(given, "hello")
    assert how(answer) == (400, "block", None)
    assert given.upstream.bytes_received == 0


async def test_a_verdict_that_is_there_at_once_sends_nothing_ahead(tmp_path: Path) -> None:
    async with speculating(tmp_path) as given:
        put(given, AtOnce())
        harmful = await ask(given, HARMFUL)
        before = given.upstream.bytes_received
        safe = await ask(given, "hello")
    assert (how(harmful), before) == ((400, "block", None), 0)
    assert how(safe) == (200, "forward", None)
