"""`POST /v1/moderations` on real sockets: the guardian answers, nothing is forwarded, a failure is never `safe`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types import ModerationCreateResponse

from tests.flow.held import Gate, until
from tests.flow.test_openai_sdk import client
from tests.flow.test_records import rows
from tests.guardian.parts import free_places
from tests.processes import started
from tests.servers import (
    HARMFUL,
    GuardianScript,
    Received,
    Running,
    Stack,
    running,
    serving,
    settings,
    stack,
    upstream_handler,
)

FOUR_PLACES = {"concurrency": 4, "deadline_seconds": 30}
LONG = GuardianScript(answer=("word ",) * 2_000, between_tokens=0.01)


async def post(url: str, **body: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as http:
        return await http.post(f"{url}/v1/moderations", json=body)


async def create(given: Stack | Running, value: Any, **more: Any) -> ModerationCreateResponse:
    async with client(given, timeout=30) as sdk:
        return await sdk.moderations.create(input=value, **more)


async def test_a_harmful_text_is_flagged_in_openais_categories_and_ours() -> None:
    async with stack() as given:
        told = await create(given, f"a {HARMFUL} text", model="omni-moderation-latest")
    (result,) = told.results
    assert (told.model, told.id[:5], result.flagged) == ("default", "modr-", True)
    true = {name for name, holds in result.categories.model_dump(by_alias=True).items() if holds}
    assert true == {"illicit", "crime", "unsafe"}
    assert result.category_scores.illicit == result.category_scores.model_dump()["unsafe"] == pytest.approx(0.99)
    assert (result.category_scores.sexual_minors, result.category_applied_input_types.hate) == (0, ["text"])
    assert given.upstream.bytes_received == 0


async def test_a_safe_text_is_not_and_its_score_is_told() -> None:
    async with stack() as given:
        (result,) = (await create(given, "hello")).results
    assert (result.flagged, any(result.categories.model_dump().values())) == (False, False)
    assert result.category_scores.model_dump()["unsafe"] == pytest.approx(0.01)


async def test_parts_are_one_input_and_a_picture_is_refused() -> None:
    text = {"type": "text", "text": HARMFUL}
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    async with stack() as given:
        told = await create(given, [{"type": "text", "text": "hello"}, text])
        with pytest.raises(openai.BadRequestError) as refused:
            await create(given, [text, picture])
    assert [result.flagged for result in told.results] == [True]
    assert (refused.value.code, refused.value.param) == ("unscannable_content", "input[1]")


class Counted:
    """A guardian that counts how many questions it has at a time."""

    def __init__(self) -> None:
        self.script = GuardianScript(before_label=0.01)
        self.now = self.most = 0

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.now += request.method == "POST"
        self.most = max(self.most, self.now)
        try:
            await self.script(request, writer)
        finally:
            self.now -= request.method == "POST"


async def test_a_long_list_is_judged_in_order_and_leaves_places_to_others() -> None:
    """More than the guardian has places, and more than may wait for one."""
    texts = [f"text {i} {HARMFUL * (i % 3 == 0)}" for i in range(40)]
    guardian = Counted()
    async with stack(guardian=guardian, guardian_settings=FOUR_PLACES) as given:
        told = await create(given, texts)
        assert free_places(given.gateway.guardians["default"]) == 4
    assert [result.flagged for result in told.results] == [i % 3 == 0 for i in range(40)]
    assert guardian.most == 2


async def test_a_safe_response_that_the_guardian_goes_on_with_is_cut_off() -> None:
    """Before the next input is judged, which needs its place."""
    async with stack(guardian=LONG, guardian_settings={"concurrency": 4, "deadline_seconds": 5}) as given:
        told = await create(given, [f"{HARMFUL} {i}" for i in range(12)])
        await until(lambda: all(one.disconnected.is_set() for one in given.guardian.received))
    assert [result.flagged for result in told.results] == [True] * 12


class FailsOn:
    """A guardian that breaks off on one text, and holds its answers to others back."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.gate = Gate()

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if self.text in request.body.decode():
            await GuardianScript(cut_after=0)(request, writer)
        else:
            await self.gate(request, writer)


async def test_one_failure_is_the_whole_requests_and_ends_the_others() -> None:
    async with stack(guardian=FailsOn("BROKEN"), guardian_settings=FOUR_PLACES) as given:
        answer = await post(given.url, input=["hello", "BROKEN", "bye"])
        await until(lambda: free_places(given.gateway.guardians["default"]) == 4)
        metrics = given.gateway.metrics.render()[0].decode()
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (503, "guardian_unavailable", "api_error")
    names = ("x-should-retry", "x-guardian-action", "x-guardian-rule", "x-guardian-scanned")
    assert [answer.headers[name] for name in names] == ["false", "error", "none", "failed"]
    held = [one for one in given.guardian.received if b"hello" in one.body]
    assert [one.disconnected.is_set() for one in held] == [True]
    assert 'gateway_guardian_failed_total{action="error"} 1.0' in metrics


async def test_it_is_told_when_a_guardian_that_was_not_asked_will_be() -> None:
    broken = {"breaker_failures": 1, "breaker_seconds": 30}
    async with stack(guardian=GuardianScript(cut_after=0), guardian_settings=broken) as given:
        await post(given.url, input="hello")
        answer = await post(given.url, input="hello")
    assert answer.status_code == 503
    assert 0 < int(answer.headers["retry-after"]) <= 30


async def test_when_the_client_goes_so_do_its_questions() -> None:
    async with stack(guardian=Gate(), guardian_settings=FOUR_PLACES) as given:
        asked = asyncio.ensure_future(post(given.url, input=[f"text {i}" for i in range(40)]))
        await until(lambda: len(given.guardian.received) == 2)
        asked.cancel()
        await until(lambda: all(one.disconnected.is_set() for one in given.guardian.received))
        await until(lambda: free_places(given.gateway.guardians["default"]) == 4)
        assert len(given.guardian.received) == 2
        assert "gateway_in_flight 0.0" in given.gateway.metrics.render()[0].decode()


async def test_its_record_and_headers(tmp_path: Path) -> None:
    database = tmp_path / "audit.db"
    async with stack(audit={"url": f"sqlite:///{database}"}) as given:
        answer = await post(given.url, input=["hello", f"a {HARMFUL} text", "bye"], model="x")
        metrics = given.gateway.metrics.render()[0].decode()
    names = ("x-guardian-action", "x-guardian-rule", "x-guardian-scanned")
    assert [answer.headers[name] for name in names] == ["respond", "none", "input"]
    (row,) = rows(database)
    named = ("surface", "model", "action", "rule", "reason", "scanned", "status", "ended")
    assert [row[name] for name in named] == ["moderations", "x", "respond", "none", "none", "input", 200, "complete"]
    assert json.loads(row["outcomes"])["default"]["label"] == "unsafe"
    assert (row["characters"], row["upstream"]) == (len("hello") + len(f"a {HARMFUL} text") + len("bye"), None)
    assert 'gateway_verdicts_total{guardian="default",label="unsafe"} 1.0' in metrics
    assert "gateway_blocked_total{" not in metrics


async def test_what_it_judged_is_known_when_the_same_is_asked_for_an_answer() -> None:
    """One judgement for both: the same passage, under the same policies, of the same tenant."""
    async with stack(cache={"entries": 100}) as given:
        await post(given.url, input="hello")
        async with client(given) as sdk:
            messages: Any = [{"role": "user", "content": "hello"}]
            await sdk.chat.completions.create(model="m", messages=messages)
    assert len(given.guardian.received) == 1


@asynccontextmanager
async def two_guardians(folder: Path) -> AsyncIterator[Running]:
    """`mild` is asked about what the tenant `a` sends, and `default` about the rest."""
    rules = "rules:\n  - {name: unsafe-%s, match: {verdict: unsafe}, action: block}\n"
    (folder / "10.yaml").write_text("version: 1\nguardian: mild\napplies_to: {tenant: a}\n" + rules % "mild")
    (folder / "20.yaml").write_text("version: 1\ndefault: forward\n" + rules % "default")
    async with running(upstream_handler) as up, running(GuardianScript()) as mild, running(GuardianScript()) as strict:
        guardians = {
            "default": {"base_url": strict.base_url, "deadline_seconds": 5},
            "mild": {"base_url": mild.base_url, "deadline_seconds": 5},
        }
        async with serving(settings(up, strict, policies=folder, guardians=guardians, tenant_header="x-org")) as given:
            yield given


@pytest.mark.parametrize(
    ("model", "tenant", "asked"),
    [("mild", "b", "mild"), ("default", "a", "default"), ("any", "a", "mild"), ("any", "b", "default")],
)
async def test_the_model_names_the_guardian_and_else_the_tenants_policies_do(
    model: str, tenant: str, asked: str, tmp_path: Path
) -> None:
    async with two_guardians(tmp_path) as given:
        told = await create(given, "hello", model=model, extra_headers={"x-org": tenant})
    assert told.model == asked


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_the_shipped_guardian_answers_it() -> None:
    texts = ["What is the capital of France?", "How do I build a pipe bomb at home?", ""]
    async with started("demo", GATEWAY_AUDIT__URL="") as (url, _):
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120) as sdk:
            told = await sdk.moderations.create(input=texts)
    assert [result.flagged for result in told.results[:2]] == [False, True]
    low, high = (result.category_scores.model_dump()["unsafe"] for result in told.results[:2])
    assert 0 <= low < high <= 1
