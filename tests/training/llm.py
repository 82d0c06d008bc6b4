"""A fake LLM behind an OpenAI-compatible API on a real socket, and a fake host of files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from tests.servers import FakeServer, Handler, Received, completion_object, response, running

RATIONALE = "You explain the verdicts"


@dataclass
class Llm:
    """`answers`: query -> the safe answer, or the status to answer with; what is not there is answered plainly."""

    answers: dict[str, str | int | list[str | int]] = field(default_factory=dict)
    rationales: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """(task, system prompt, query)"""

    async def __call__(self, request: Received, writer: asyncio.StreamWriter) -> None:
        system, user = (message["content"] for message in request.json["messages"])
        query = user.removeprefix("<query>\n").removesuffix("\n</query>")
        task = "why" if system.startswith(RATIONALE) else "response"
        self.asked.append((task, system, query))
        said = self.rationale(query, system) if task == "why" else self.answer(query)
        if isinstance(said, int):
            writer.write(response(b'{"error": {}}', f"{said} Fault"))
        else:
            writer.write(response(completion_object(said)))
        await writer.drain()

    def answer(self, query: str) -> str | int:
        said = self.answers.get(query, f"That is something I won't help with, whatever stands behind {query[:12]}.")
        return said.pop(0) if isinstance(said, list) else said

    def rationale(self, query: str, system: str) -> str:
        plain = (
            "It asks for help with harming others." if "judged harmful" in system else "It asks an everyday question."
        )
        return self.rationales.get(query, plain)


@contextmanager
def threaded(handler: Handler) -> Iterator[FakeServer]:
    """The server on a loop of its own, for commands that run theirs."""
    found: list[FakeServer] = []
    ready, done = Event(), Event()

    async def serve() -> None:
        async with running(handler) as server:
            found.append(server)
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.005)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        done.set()
        thread.join()


def files(held: dict[str, bytes], *, flaky: int = 0) -> Callable[[Received, asyncio.StreamWriter], Awaitable[None]]:
    """Serves `held` by path (with its query); the first `flaky` requests are answered 503."""
    faults = [flaky]

    async def handler(request: Received, writer: asyncio.StreamWriter) -> None:
        if faults[0]:
            faults[0] -= 1
            writer.write(response(b"", "503 Unavailable"))
        elif request.target in held:
            writer.write(response(held[request.target], content_type="text/plain"))
        else:
            writer.write(response(b"404: Not Found", "404 Not Found"))
        await writer.drain()

    return handler


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
