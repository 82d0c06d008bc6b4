"""The local model server, asked directly and through the gateway: the same answers."""

from __future__ import annotations

import pytest

from gateway.embedded.models import UPSTREAM_ALIAS, upstream_model
from gateway.embedded.process import model_server
from gateway.settings import EmbeddedSettings
from tests.transparency.real import BODIES, beside, chat, joined, others
from tests.transparency.requests import request

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]
GETS = ("/v1/models", "/v1/models?x=1", f"/v1/models/{UPSTREAM_ALIAS}", "/v1/models/no-such-model")


async def test_llama_cpp_answers_the_same_through_the_gateway() -> None:
    statuses = {}
    async with (
        model_server(upstream_model(), UPSTREAM_ALIAS, EmbeddedSettings(slots=1)) as base_url,
        beside(base_url) as ports,
    ):
        for name, more in BODIES.items():
            direct, through = await ports.both(chat(UPSTREAM_ALIAS, more))
            assert through == direct, name
            statuses[name] = direct.status
        for name, raw in others(UPSTREAM_ALIAS).items():
            direct, through = await ports.both(raw)
            assert joined(through) == joined(direct), name
            statuses[name] = direct.status
        for path in GETS:
            direct, through = await ports.both(request(b"GET", path.encode(), [], None))
            assert through == direct, path
    refused = {name for name, status in statuses.items() if status != 200}
    wrong = {f"/v1/{name}, wrong" for name in ("completions", "messages", "responses")}
    assert refused == {"two choices", "two choices, streamed", "a wrong type", "/v1/embeddings", *wrong}
