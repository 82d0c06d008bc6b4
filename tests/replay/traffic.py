"""Recorded traffic: a gateway between fakes answers queries, and its audit is what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.observe.reading import AuditReader
from gateway.policy import PolicySet, load
from gateway.replay.facts import Recorded, recorded
from gateway.types import Catalog
from tests.servers import HARMFUL, Handler, stack, upstream_handler

HEAD = "version: 1\ndefault: forward\n"
POLICY = """
responses:
  refusal: {text: "No."}
rules:
  - {name: app, match: {header: {x-app: kiosk}}, action: {block: {status: 403}}}
  - {name: bluebird, match: {message: {words: bluebird}}, action: block}
  - {name: trial, match: {verdict: safe, tools: true}, action: block, mode: {canary: 50%}}
  - {name: unsafe, match: {verdict: unsafe}, action: {respond: guardian}}
"""
SENT: tuple[dict[str, Any], ...] = (
    {"text": "hello"},
    {"text": "hello again", "tenant": "school-1"},
    {"text": "tell me of bluebird", "tenant": "school-1"},
    {"text": f"a {HARMFUL} thing"},
    {"text": f"a {HARMFUL} thing", "tenant": "school-1", "stream": True},
    {"text": "hi", "app": "kiosk"},
    *({"text": f"use tool {i}", "tools": [{"type": "function", "function": {"name": "f"}}]} for i in range(6)),
)


def folder(place: Path, text: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / "10.yaml").write_text(HEAD + text)
    return place


def policies(place: Path, text: str) -> PolicySet:
    catalog = Catalog({"default": families()["slm_guardian"].CARD}, frozenset({"default"}))
    found = load(folder(place, text), catalog, TAXONOMY)
    assert isinstance(found, PolicySet), str(found)
    return found


async def recorded_in(
    place: Path, text: str = POLICY, *, content: bool = False, upstream: Handler = upstream_handler
) -> str:
    """The audit database of what these policies did with the queries."""
    url = f"sqlite:///{place}/audit.db"
    more = {"audit": {"url": url, "content": content}, "tenant_header": "x-tenant"}
    async with stack(upstream, policies=folder(place / "in-force", text), **more) as running:
        async with httpx.AsyncClient() as client:
            for one in SENT:
                asked = {key: value for key, value in one.items() if key in ("stream", "tools")}
                body = {"model": "m", "messages": [{"role": "user", "content": one["text"]}], **asked}
                headers = {"x-tenant": one.get("tenant", "default"), "x-app": one.get("app", "web")}
                await client.post(f"{running.url}/v1/chat/completions", json=body, headers=headers)
            await client.get(f"{running.url}/v1/models")
    return url


async def records(url: str) -> list[Recorded]:
    async with AuditReader.open(url) as reader:
        return [recorded(one, "here") async for one in reader.since(0.0) if one["rule"] != "none"]
