"""What becomes of a query whose guardian fails: every kind of error under every action, asked of a running gateway, as
the page `docs/reference/errors.md`. `python -m tests.flow.error_table` writes it again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from gateway.surfaces.served import surfaces
from gateway.types import ERROR_KINDS, ErrorKind
from tests.faults import FAULTS
from tests.servers import ROOT, running, serving, settings, upstream_handler
from tests.surfaces.forms import HEADERS, Form, file, form_of, text

PAGE = ROOT / "docs" / "reference" / "errors.md"
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "forward": "forward",
        "respond-named": "{respond: busy}",
        "respond-guardian": "{respond: guardian}",
        "block": "block",
        "block-status": "{block: {status: 451}}",
    }
)
WAYS = ("on_error", "rule")
"""The action is an `on_error` of the rule that needs the verdict, or of a rule that matches on `error`."""
FAULT: Mapping[ErrorKind, str] = MappingProxyType(
    {
        "timeout": "hangs",
        "unavailable": "resets",
        "overloaded": "503",
        "too_long": "400 too long",
        "unparseable": "no label",
    }
)
BODIES: Mapping[str, dict[str, Any] | Form] = MappingProxyType(
    {
        **{
            name: {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
            for name in ("chat", "messages", "count_tokens")
        },
        "image_generations": {"model": "m", "prompt": "a boat"},
        "image_edits": form_of(text("prompt", "a boat"), file("image")),
        "image_variations": form_of(file("image")),
        "speech": {"model": "m", "input": "hello"},
        "transcriptions": form_of(text("prompt", "names"), file("file")),
        "translations": form_of(file("file")),
        "responses": {"model": "m", "input": "hello"},
        "completions": {"model": "m", "prompt": "hello"},
        "embeddings": {"model": "m", "input": "hello"},
        "rerank": {"model": "m", "query": "hello", "documents": ["a"]},
        "score": {"model": "m", "text_1": "hello", "text_2": "a"},
    }
)
"""A query for each surface that is judged."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one query came to, for its client, its upstream and the audit."""

    status: int
    told: str
    action: str
    scanned: str
    should_retry: str
    reads: str
    upstream: str
    audit: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The question: which surface, streamed or not, under which action, given in which way."""

    surface: str
    stream: bool
    way: str
    action: str

    @property
    def tenant(self) -> str:
        return f"{self.way.replace('_', '-')}-{self.action}"


def cells() -> Iterator[Cell]:
    for surface in surfaces():
        for way in WAYS:
            for action in ACTIONS:
                for stream in (False, True) if surface.speaks else (False,):
                    yield Cell(surface.name, stream, way, action)


def policy() -> str:
    """A rule for each way and action, by tenant."""
    lines = [
        "version: 1",
        "default: forward",
        "unscanned: [image, audio]",
        "responses: {busy: {text: Try again later.}, refusal: {text: I cannot help with that.}}",
        "rules:",
    ]
    for name, action in ACTIONS.items():
        match = f"{{tenant: on-error-{name}, verdict: unsafe}}"
        lines.append(f"  - {{name: on-error-{name}, match: {match}, action: block, on_error: {action}}}")
    for name, action in ACTIONS.items():
        match = f"{{tenant: rule-{name}, error: [{', '.join(ERROR_KINDS)}]}}"
        lines.append(f"  - {{name: rule-{name}, match: {match}, action: {action}}}")
    return "\n".join(lines) + "\n"


async def matrix() -> dict[ErrorKind, dict[Cell, Told]]:
    """Every cell under every kind of error."""
    return {kind: await answers(kind) for kind in ERROR_KINDS}


async def answers(kind: ErrorKind) -> dict[Cell, Told]:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "10.yaml").write_text(policy())
        audit = Path(place) / "audit.db"
        async with running(upstream_handler) as up, running(FAULTS[FAULT[kind]][1]) as guard:
            seconds = 0.5 if kind == "timeout" else 30
            own = {"base_url": guard.base_url, "deadline_seconds": seconds, "breaker_failures": 0}
            wanted = settings(
                up,
                guard,
                guardians={"default": own},
                policies=Path(place),
                tenant_header="x-tenant",
                audit={"url": f"sqlite+aiosqlite:///{audit}"},
            )
            async with serving(wanted) as given, httpx.AsyncClient(base_url=given.url, timeout=30) as client:
                found = await asyncio.gather(*(asked(client, cell) for cell in cells()))
            seen = {request.header("x-tenant"): request for request in up.received}
        stored = records(audit)
    return {
        cell: told(answer, cell, kind, "yes" if cell.tenant in seen else "no", stored[answer.headers["x-request-id"]])
        for cell, answer in zip(cells(), found, strict=True)
    }


async def asked(client: httpx.AsyncClient, cell: Cell) -> httpx.Response:
    path = next(surface.path for surface in surfaces() if surface.name == cell.surface)
    body, who = BODIES[cell.surface], {"x-tenant": cell.tenant}
    if isinstance(body, Form):
        return await client.post(path, content=body.raw, headers={**HEADERS, **who})
    return await client.post(path, json={**body, "stream": cell.stream}, headers=who)


def records(audit: Path) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(audit) as database:
        database.row_factory = sqlite3.Row
        return {row["request_id"]: dict(row) for row in database.execute("select * from audit")}


def told(answer: httpx.Response, cell: Cell, kind: ErrorKind, upstream: str, record: dict[str, Any]) -> Told:
    """The record must name the kind of the error, and say of the rest what the client was told."""
    outcome = json.loads(record["outcomes"])["default"]
    assert (outcome["type"], outcome["kind"]) == ("error", kind)
    assert (record["status"], record["action"], record["rule"]) == (
        answer.status_code,
        answer.headers["x-guardian-action"],
        cell.tenant,
    )
    code, reads = said(answer)
    return Told(
        answer.status_code,
        code,
        answer.headers["x-guardian-action"],
        answer.headers["x-guardian-scanned"],
        answer.headers.get("x-should-retry", "–"),
        reads,
        upstream,
        f"`{record['action']}`, `{record['reason']}`",
    )


def said(answer: httpx.Response) -> tuple[str, str]:
    """The error's code or the finish reason, and the text."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        return streamed(answer.text)
    body = answer.json()
    if body.get("object") == "response":
        return response(body)
    if "error" in body:
        return body["error"]["code"], body["error"]["message"]
    if body.get("type") == "message":
        return body["stop_reason"], body["content"][0]["text"]
    choice = body["choices"][0]
    return choice["finish_reason"], choice["text"] if "text" in choice else choice["message"]["content"]


def response(body: dict[str, Any]) -> tuple[str, str]:
    """The same of a response object: the reason why it is incomplete, or its status."""
    reason = (body["incomplete_details"] or {}).get("reason", body["status"])
    return reason, "".join(part["text"] for item in body["output"] for part in item["content"])


def streamed(text: str) -> tuple[str, str]:
    """The same of a stream, which must have its surface's own end."""
    data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    if text.startswith("event: response.created"):
        return response(json.loads(data[-1])["response"])
    if text.startswith("event: message_start"):
        events = [json.loads(one) for one in data]
        assert events.pop()["type"] == "message_stop"
        return events.pop()["delta"]["stop_reason"], "".join(one.get("delta", {}).get("text", "") for one in events)
    assert data.pop() == "[DONE]"
    choices = [json.loads(one)["choices"][0] for one in data]
    said = (choice["text"] if "text" in choice else choice["delta"].get("content") for choice in choices)
    return choices[-1]["finish_reason"], "".join(one or "" for one in said)


INTRO = """# When a guardian fails

<!-- Written by `python -m tests.flow.error_table` from a running gateway, and compared with one by the tests. -->

A guardian that gives no verdict is an error of one of five kinds, never a safe verdict. What is done then is said by
the `on_error` of the rule that needs the verdict, or by a rule that matches on `error`:
[the language](policies.md#when-the-guardian-fails).
[What to do about it](../how-to/when-the-guardian-is-down.md).

## What becomes which kind

| the guardian | kind |
| --- | --- |
| refuses the connection | `unavailable` |
"""
WHAT_HAPPENS = """
A guardian that the gateway leaves alone for a while, because it did not answer lately, is `unavailable`; one whose
waiting line is full is `overloaded`. Then nothing was sent to it, and the error below has `retry-after`, in seconds.

## What is done

The same for all five kinds, whether by `on_error` or by a rule on `error`. `busy` is a response of the policies with
the text *Try again later.*; their `refusal` is *I cannot help with that.*

"""
HEADS = (
    "surface",
    "the action",
    "stream",
    "status",
    "`code`, `finish_reason` or `reason`",
    "`x-guardian-action`",
    "`x-guardian-scanned`",
    "`x-should-retry`",
    "the client reads",
    "forwarded",
    "audit: `action`, `reason`",
)
OUTRO = """
- `{respond: guardian}` gives the text of the response `refusal` here: a guardian that has just failed is not asked to
  write.
- The audit's `outcomes` have the kind of the error, and its `rule` the one that decided, as `x-guardian-rule` has.
- An error with a status of your own has the code `guardian_unavailable` too: a block by a failed guardian is never told
  as one by a verdict.
"""


def page(found: Mapping[ErrorKind, Mapping[Cell, Told]]) -> str:
    """The page. Kinds and ways that were treated alike are one line."""
    kinds = "".join(f"| {name} | `{kind}` |\n" for name, (kind, _) in FAULTS.items())
    return INTRO + kinds + WHAT_HAPPENS + table(HEADS, lines(found)) + OUTRO


def lines(found: Mapping[ErrorKind, Mapping[Cell, Told]]) -> Iterator[tuple[str, ...]]:
    for cell in cells():
        if cell.way != WAYS[0]:
            continue
        twin = Cell(cell.surface, cell.stream, WAYS[1], cell.action)
        alike = {found[kind][one] for kind in found for one in (cell, twin)}
        for one in sorted(alike, key=repr):
            values = (str(getattr(one, field.name)) for field in fields(one))
            yield cell.surface, f"`{ACTIONS[cell.action]}`", "yes" if cell.stream else "no", *values


def table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n{text}"


if __name__ == "__main__":
    PAGE.write_text(page(asyncio.run(matrix())))
