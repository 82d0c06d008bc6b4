"""A GGUF file gives the model that it was written from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gateway.guardian.families.slm_guardian import TOKENS
from tests.training.stages import tiny
from training.base import from_gguf, open_base, with_protocol


def test_a_gguf_file_has_the_logits_of_the_model_it_was_written_from(kind: str, tmp_path: Path) -> None:
    tiny.write_gguf(tmp_path / "base.gguf", kind)
    ids = torch.arange(40).reshape(2, 20)
    found = from_gguf(tmp_path / "base.gguf", None, torch.float32).eval()(ids).logits
    torch.testing.assert_close(found, tiny.model(kind)(ids).logits)


def test_a_cut_model_has_the_lower_layers(kind: str, tmp_path: Path) -> None:
    tiny.write_gguf(tmp_path / "base.gguf", kind)
    whole, _ = open_base(tiny.folder(tmp_path / "folder", kind), layers=1, dtype=torch.float32)
    found = from_gguf(tmp_path / "base.gguf", 1, torch.float32)
    assert len(found.model.layers) == 1
    torch.testing.assert_close(found(torch.arange(9)[None]).logits, whole(torch.arange(9)[None]).logits)


def test_a_gguf_file_that_lacks_a_tensor_is_refused(tmp_path: Path) -> None:
    tiny.write_gguf(tmp_path / "base.gguf", "llama", without="model.norm.weight")
    with pytest.raises(ValueError, match=r"missing \['model.norm.weight'"):
        from_gguf(tmp_path / "base.gguf", None, torch.float32)


def test_the_tokenizer_of_a_gguf_file_is_the_same(tmp_path: Path) -> None:
    tiny.write_gguf(tmp_path / "base.gguf", "llama")
    _, found = open_base(str(tmp_path / "base.gguf"), layers=None, dtype=torch.float32)
    text = "a safe harbour in 안전한 항구"
    assert found.encode(text, add_special_tokens=False) == tiny.tokenizer("llama").encode(text)


def test_a_text_begins_as_the_gguf_file_says(kind: str, tmp_path: Path) -> None:
    tiny.write_gguf(tmp_path / "base.gguf", kind)
    _, found = open_base(str(tmp_path / "base.gguf"), layers=None, dtype=torch.float32)
    words = found.encode("safe", add_special_tokens=False)
    assert found.encode("safe") == ([0, *words] if kind == "gemma3" else words)


@pytest.mark.parametrize("reserved", [20, 3])
def test_every_token_of_the_protocol_is_one_token(kind: str, reserved: int) -> None:
    """In the place of reserved ones where there are enough; else the vocabulary grows."""
    before = tiny.tokenizer(kind, reserved=reserved)
    size, text = len(before), "a safe harbour"
    spelt = before.encode(text)
    found, ids = with_protocol(before, TOKENS)
    assert len(found) == (size if reserved == 20 else size + len(TOKENS))
    assert [found.encode(f"x{name}y", add_special_tokens=False)[1] for name in TOKENS] == [*ids.values()]
    assert found.encode(text) == spelt
    assert with_protocol(found, TOKENS)[1] == ids
