"""A real `vllm serve`, asked directly and through the gateway: the same answers."""

from __future__ import annotations

import pytest

from tests.transparency.real import BODIES, Ports, beside, chat, joined, others
from tests.transparency.requests import request
from tests.transparency.wire import Seen
from tests.vllm.server import MODEL, VLLM

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]
GETS = ("/v1/models", "/v1/models?x=1&x=%2F", f"/v1/models/{MODEL}", "/v1/models/no-such-model")


async def same(ports: Ports, raw: bytes, *, bodiless: bool = False) -> Seen:
    direct, through = await ports.both(raw, bodiless=bodiless)
    assert joined(through) == joined(direct), raw
    return direct


async def test_vllm_answers_the_same_through_the_gateway(vllm: VLLM) -> None:
    async with beside(vllm.base_url) as ports:
        seen = {name: await same(ports, chat(MODEL, more)) for name, more in BODIES.items()}
        seen["too many tokens"] = await same(ports, chat(MODEL, {"max_tokens": 10**9}))
        seen |= {name: await same(ports, raw) for name, raw in others(MODEL).items()}
        for path in GETS:
            seen[path] = await same(ports, request(b"GET", path.encode(), [], None))
        seen["HEAD"] = await same(ports, request(b"HEAD", b"/v1/models", [], None), bodiless=True)
    found = {name: one.status for name, one in seen.items()}
    assert {name for name, status in found.items() if status == 400} >= {"a wrong type", "out of range"}
    assert (found["another model"], found["plain"], found["streamed"], found["two choices"]) == (404, 200, 200, 200)
    assert b"[DONE]" in seen["streamed"].body
    assert seen["two choices"].body.count(b'"finish_reason"') == 2
