"""The command `llm`, with the gateway in its `extra-openai-models.yaml`. It is called within this process, since it
takes seconds to start.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from click.testing import CliRunner
from llm.cli import cli
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
        os.environ["LLM_USER_PATH"] = place
        done = CliRunner().invoke(cli, ["-m", model, "--key", KEY, "--no-log", *arguments])
    if done.exit_code == 0:
        return said(done.stdout.strip())
    return {"error": {"type": f"exit status {done.exit_code}", "words": done.stderr.strip()}}


if __name__ == "__main__":
    main({"llm --no-stream": prompt_plain, "llm": prompt_stream, "llm --schema": schema})
