"""curl: the bytes as they come, and what a reader of them finds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from told import KEY, Seen, main, said


def plain(gateway: str, model: str, prompt: str) -> Seen:
    return called(gateway, {"model": model, "messages": [{"role": "user", "content": prompt}]})


def stream(gateway: str, model: str, prompt: str) -> Seen:
    return called(gateway, {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": True})


def called(gateway: str, body: dict[str, Any]) -> Seen:
    command = ["bash", Path(__file__).with_suffix(".sh"), gateway, json.dumps(body)]
    done = subprocess.run(command, env={**os.environ, "KEY": KEY}, capture_output=True, text=True)
    if done.returncode == 0:
        return read(done.stdout)
    told = json.loads(done.stdout)["error"]
    return {"error": {"type": f"exit status {done.returncode}", "code": told["code"], "words": told["message"]}}


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
