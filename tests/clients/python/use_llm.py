"""The command `llm`, with the gateway in its `extra-openai-models.yaml`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from told import KEY, Seen, main, said

MODELS = """\
- model_id: {model}
  model_name: {model}
  api_base: "{gateway}/v1"
  supports_schema: true
"""


def prompt_plain(gateway: str, model: str, prompt: str) -> Seen:
    return called(gateway, model, "--no-stream", prompt)


def prompt_stream(gateway: str, model: str, prompt: str) -> Seen:
    return called(gateway, model, prompt)


def schema(gateway: str, model: str, prompt: str) -> Seen:
    return called(gateway, model, "--no-stream", "--schema", "city str", prompt)


def called(gateway: str, model: str, *arguments: str) -> Seen:
    """What the terminal shows; an exit status that is not 0 is its exception."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "extra-openai-models.yaml").write_text(MODELS.format(model=model, gateway=gateway))
        command = [Path(sys.executable).with_name("llm"), "-m", model, "--key", KEY, *arguments]
        environment = {**os.environ, "LLM_USER_PATH": place}
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return said(done.stdout.strip())
    return {"error": {"type": f"exit status {done.returncode}", "words": done.stderr.strip()}}


if __name__ == "__main__":
    main({"llm --no-stream": prompt_plain, "llm": prompt_stream, "llm --schema": schema})
