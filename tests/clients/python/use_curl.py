"""curl: the bytes as they come, and what a reader of them finds."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from told import KEY, Seen, main, said


def plain(gateway: str, model: str, prompt: str) -> Seen:
    return read(called(gateway, {"model": model, "messages": [{"role": "user", "content": prompt}]}))


def stream(gateway: str, model: str, prompt: str) -> Seen:
    return read(called(gateway, {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": True}))


def called(gateway: str, body: dict[str, Any]) -> str:
    """`--no-buffer` shows each piece of a stream when it comes; `--fail-with-body` exits with 22 for an error."""
    command = ["curl", "--silent", "--show-error", "--no-buffer", "--fail-with-body", f"{gateway}/v1/chat/completions"]
    headers = ["-H", f"authorization: Bearer {KEY}", "-H", "content-type: application/json"]
    done = subprocess.run([*command, *headers, "-d", json.dumps(body)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(done.returncode, json.loads(done.stdout)["error"])
    return done.stdout


class Failed(Exception):
    """Its name is what the table shows."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body["message"])
        self.body = body
        self.status = status


def read(text: str) -> Seen:
    if not text.startswith("data: "):
        choice = json.loads(text)["choices"][0]
        return said(choice["message"]["content"], choice["finish_reason"], choice["message"]["refusal"])
    *events, done = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert done == "[DONE]"
    choices = [json.loads(event)["choices"][0] for event in events]
    return said("".join(choice["delta"].get("content") or "" for choice in choices), choices[-1]["finish_reason"])


if __name__ == "__main__":
    main({"curl": plain, "curl --no-buffer, stream: true": stream})
