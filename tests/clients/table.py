"""What each client library makes of each case, as the page `docs/reference/clients.md`, written from a run.
`python -m tests.clients.table` writes it again.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.clients.clients import FOLDER, PYTHON_OPENAI_2, SURFACES, Client, clients
from tests.clients.run import Cell, Told, matrix
from tests.clients.upstream.answering import BEGUN
from tests.servers import ROOT, SAFE_RESPONSE

PAGE = ROOT / "docs" / "reference" / "clients.md"
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "answered": "".join(SAFE_RESPONSE).strip(),
        "refused": "I cannot help with that.",
        "cut": "The rest is withheld.",
    }
)
"""What the gateway says in the cases in which it says something."""
HEADS: Mapping[str, str] = MappingProxyType(
    {
        "answered": "the guardian answers",
        "refused": "a canned refusal",
        "cut": "an output rule stops the answer",
        "blocked": "blocked with an error",
        "down": "the guardian is down",
    }
)
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "openai (Python)": "`parse()` and `stream()` raise on every `content_filter`. What was said is in the\n"
        "exception's `completion`; in version 2 of the library it is lost there, though the events of a\n"
        "`stream()` have shown it.",
        "openai (Python), responses": "`get_final_response()` of a `responses.stream()` knows complete answers only:\n"
        "it raises on one that ends as incomplete, which the events of the stream have told, with the words.",
        "openai (Node)": "`parse()` raises on every `content_filter`, and does not keep what was said.",
        "LangChain": "A structured output is parsed by OpenAI's library, so it raises what that raises.",
        "LlamaIndex": "`chat` repeats a 503 by a rule of its own, whatever `x-should-retry` says; `max_retries=0`\n"
        "turns that off.",
        "Vercel AI SDK": "It repeats a 503 by a rule of its own, whatever `x-should-retry` says, and waits as long as\n"
        "`retry-after` says; `maxRetries: 0` turns that off. What was said is in the `text` of a\n"
        "`NoObjectGeneratedError`.",
        "instructor": "In the mode `JSON_SCHEMA` it does not look at `refusal`: it asks again, `max_retries` times,\n"
        "with an empty answer in the history. Each such query is judged together with the one that was refused, and\n"
        "kept back like it. The default mode, by a tool call, raises at once.",
        "llm": "With `--schema` it does not look at `refusal`, prints an empty line and exits with 0. Where that\n"
        "matters use a policy with `signal: error`. The message of an error is printed in every case.",
    }
)


async def run() -> Mapping[Cell, Told]:
    with tempfile.TemporaryDirectory() as place:
        return await matrix(Path(place))


def page(found: Mapping[Cell, Told]) -> str:
    return (FOLDER / "intro.md").read_text() + "".join(section(client, found) for client in clients() if judged(client))


def judged(client: Client) -> list[str]:
    """Its calls of the surfaces that the gateway serves."""
    return [way for way, surface in client.ways.items() if surface in SURFACES]


def section(client: Client, found: Mapping[Cell, Told]) -> str:
    rows = [
        [f"`{way}`", *(shown(found[Cell(client.name, way, case)], case) for case in HEADS)] for way in judged(client)
    ]
    names = (client.name, *(f"{client.name}, {surface}" for surface in sorted(SURFACES)))
    notes = "".join(f"\n{NOTES[name]}\n" for name in names if name in NOTES)
    head = f"\n## {client.name}\n\n{version(client)}\n\n"
    return head + "".join(table(["call", *HEADS.values()], rows)) + notes


def table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(row)} |\n"


def version(client: Client) -> str:
    """The package and its version, as pinned, and the script that is run."""
    script = f"[`{client.script}`](../../tests/clients/{client.script})"
    if client.script.endswith(".mjs"):
        pins = json.loads((FOLDER / "node" / "package.json").read_text())["dependencies"]
        return f"`{client.package}` {pins[client.package]}; {script}"
    name = "requirements-openai-2.txt" if client.program == PYTHON_OPENAI_2 else "requirements.txt"
    pin = re.search(rf"^{re.escape(client.package)}==(\S+)$", (FOLDER / name).read_text(), re.MULTILINE)
    return f"`{client.package}`{f' {pin[1]}' if pin else ''}; {script}"


def shown(told: Told, case: str) -> str:
    parts = [what(told, case), *([f"{told.tries} tries"] if told.tries > 1 else [])]
    if told.forwarded and case != "cut":
        parts.append(f"**{told.forwarded} forwarded**")
    return "; ".join(parts)


def what(told: Told, case: str) -> str:
    finish = f", `{told.finish}`" if told.finish else ""
    if told.error is not None:
        return raised(told, WORDS.get(case)) + finish
    if case in WORDS and told.refusal == WORDS[case] and not told.text:
        return f"`refusal`{finish}"
    return where(told.text or "", WORDS.get(case, "")) + finish


def where(text: str, words: str) -> str:
    if text == words:
        return "text"
    if text.startswith(BEGUN) and text.endswith(f"\n\n{words}"):
        return "begun, then text"
    return f"*{text}*" if text else "**nothing**"


def raised(told: Told, words: str | None) -> str:
    assert told.error is not None
    known = [str(told.error[key]) for key in ("status", "code") if told.error.get(key) is not None]
    lost = "" if words is None or known else " with the text" if words in told.error["words"] else ", no words"
    return f"`{told.error['type']}`{' ' if known else ''}{' '.join(f'`{one}`' for one in known)}{lost}"


if __name__ == "__main__":
    PAGE.write_text(page(asyncio.run(run())))
