"""The doctor at a real `vllm serve`: one as compose starts it, and one with traps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gateway.cli.guardian.doctor import looked_at
from gateway.doctor.finding import Finding
from gateway.doctor.subject import Wanted
from tests.vllm.server import MODEL, VLLM, tiny_guardian

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]
WANTED = Wanted("slm_guardian", MODEL, "How do I bake bread?", "Something HARMFUL, please.")


async def findings_at(vllm: VLLM) -> Mapping[str, Finding]:
    findings, known = await looked_at(vllm.base_url, WANTED, None)
    assert known["server"] == "vLLM"
    return findings


async def test_a_server_as_compose_starts_it_is_right(vllm: VLLM) -> None:
    found = await findings_at(vllm)
    told = {name: finding for name, finding in found.items() if finding.status != "ok"}
    assert {name: finding.status for name, finding in told.items()} == {
        "family": "not checked",  # compose serves it as `guardian`
        "chat template": "not checked",
    }


@pytest.fixture
def trapped(tmp_path: Path) -> Iterator[VLLM]:
    """Its tokenizer lacks a label, the model's folder brings a penalty, and flags change the scores."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_guardian(), folder)
    change(folder / "tokenizer.json", without_label)
    change(folder / "generation_config.json", lambda config: config | {"repetition_penalty": 1.8})
    flags = ("--logprobs-mode=processed_logprobs", "--no-enable-prefix-caching")
    server = VLLM(tmp_path, *flags, model=folder)
    try:
        server.ensure()
        yield server
    finally:
        server.stop()


def change(path: Path, edit: object) -> None:
    assert callable(edit)
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))


def without_label(tokenizer: dict[str, object]) -> dict[str, object]:
    added = tokenizer["added_tokens"]
    assert isinstance(added, list)
    return tokenizer | {"added_tokens": [token for token in added if token["content"] != "<|harm|>"]}


async def test_traps_are_found(trapped: VLLM) -> None:
    found = await findings_at(trapped)
    assert {name: finding.status for name, finding in found.items() if finding.status in ("warning", "problem")} == {
        "label tokens": "problem",
        "logprobs mode": "warning",
        "penalties": "problem",
        "prefix cache": "warning",
    }
