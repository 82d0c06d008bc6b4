"""The guardian's GGUF is built once, from the files that its manifest names and from no others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest

from gateway.embedded.merge import build, merged
from gateway.embedded.models import GUARDIAN, guardian_base, guardian_calibration
from gateway.errors import ConfigurationError

pytestmark = pytest.mark.embedded


def test_it_is_built_once_with_the_protocols_tokens(tmp_path: Path) -> None:
    shares: list[float] = []
    out = build(guardian_base(), GUARDIAN, tmp_path, quantization="Q8_0", progress=shares.append)
    again = build(guardian_base(), GUARDIAN, tmp_path, quantization="Q8_0", progress=shares.append)
    fields = gguf.GGUFReader(out).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    assert (again, [path.name for path in tmp_path.iterdir()]) == (out, [out.name])
    assert (shares == sorted(shares), shares[-1], shares.count(1.0)) == (True, 1.0, 1)
    manifest = json.loads((GUARDIAN / "manifest.json").read_text())
    assert {tokens[i]: i for i in manifest["tokens"].values()} == manifest["tokens"]
    assert fields["gemma3.block_count"].contents() == manifest["layers"]


def test_a_base_that_is_another_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    with pytest.raises(ConfigurationError, match="not the file that was expected"):
        build((other,), GUARDIAN, tmp_path / "cache", quantization="Q8_0", progress=lambda share: None)


def test_an_adapter_that_is_damaged_is_refused(tmp_path: Path) -> None:
    shutil.copytree(GUARDIAN, tmp_path / "guardian")
    with (tmp_path / "guardian" / "adapter.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ConfigurationError, match="the guardian's adapter"):
        build(
            guardian_base(), tmp_path / "guardian", tmp_path / "cache", quantization="Q8_0", progress=lambda share: None
        )


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="GATEWAY_EMBEDDED__CACHE"):
        build(guardian_base(), GUARDIAN, tmp_path / "file" / "cache", quantization="Q8_0", progress=lambda share: None)


def test_a_delta_is_added_where_there_is_one() -> None:
    values = np.ones((2, 3), np.float32)
    adapter = {"blk.0.attn_q.a": np.full((1, 3), 2.0), "blk.0.attn_q.b": np.array([[1.0], [0.0]])}
    assert merged("blk.0.attn_q.weight", values, adapter).tolist() == [[3.0, 3.0, 3.0], [1.0, 1.0, 1.0]]
    assert merged("blk.0.attn_v.weight", values, adapter).tolist() == values.tolist()


def test_the_calibration_keeps_the_order_of_scores() -> None:
    calibration = guardian_calibration()
    assert calibration.probability(0.1) < calibration.probability(0.9)
