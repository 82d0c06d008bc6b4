"""An adapter: the deltas and the protocol's rows in GGUF's names and layout (`blk.N.attn_q.a`, `.b`, `rows`).

It ships as `adapter.npz`; it comes out of a checkpoint and goes back into what is trained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedConfig

from training.base import GEMMA_NAMES, LLAMA_NAMES, halves, pairs

Arrays = Mapping[str, NDArray[Any]]
LORA = re.compile(r"layers\.(\d+)\.(.+)\.lora_([AB])(?:\.default)?\.weight$")
FILE = "adapter.npz"
STATE = "state.pt"
SCALE = 2.0
"""alpha / rank of our deltas (`Joint`). An adapter's second matrices hold it."""


def read(folder: Path, config: PreTrainedConfig, scale: float = SCALE) -> dict[str, NDArray[Any]]:
    """Of a folder with `adapter.npz`, or of a checkpoint, whose deltas are to be multiplied by `scale`."""
    if (folder / FILE).exists():
        with np.load(folder / FILE) as found:
            return {name: values.astype(np.float32) for name, values in found.items()}
    tensors = torch.load(folder / STATE, weights_only=True, map_location="cpu")["trained"]
    arrays = {"rows": tensors["rows"].float().numpy()}
    for name, tensor in tensors.items():
        if ours := place_of(name, config):
            values = tensor.float().numpy() * (scale if ours.endswith(".b") else 1.0)
            heads = heads_of(config, ours)
            arrays[ours] = pairs(values, heads) if heads else values
    return arrays


def laid(values: NDArray[Any], ours: str, config: PreTrainedConfig) -> Tensor:
    """The way back: an array at its place `ours` as what is trained."""
    heads = heads_of(config, ours)
    return torch.from_numpy(halves(values, heads) if heads else values) / (SCALE if ours.endswith(".b") else 1.0)


def place_of(name: str, config: PreTrainedConfig) -> str | None:
    """`blk.0.attn_q.a` for a trained tensor's name; None for one that is no delta."""
    if not (match := LORA.search(name)):
        return None
    layer, theirs, side = match.groups()
    ours = next(ours for ours, known in names_of(config).items() if known == theirs)
    return f"blk.{layer}.{ours}.{side.lower()}"


def names_of(config: PreTrainedConfig) -> dict[str, str]:
    return LLAMA_NAMES if config.model_type == "llama" else GEMMA_NAMES


def heads_of(config: PreTrainedConfig, place: str) -> int | None:
    """Of a delta's second matrix whose rows GGUF keeps in another order than Hugging Face."""
    if config.model_type != "llama" or not place.endswith(".b"):
        return None
    return {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(place.split(".")[2])
