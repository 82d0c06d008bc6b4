"""From a base to what is trained, and from a checkpoint back to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from gateway.guardian.families.slm_guardian import TOKENS
from training.adapter import FILE, STATE, laid, place_of, read
from training.base import begin_rows, open_base, with_protocol
from training.checkpoint import put, shape_of, trained
from training.joint import Joint
from training.sequences import KINDS


@dataclass(frozen=True, slots=True)
class Guardian:
    """`ids`: of the protocol's tokens."""

    joint: Joint
    tokenizer: PreTrainedTokenizerFast
    ids: dict[str, int]


def begin(base: str, *, layers: int | None, rank: int) -> Guardian:
    """A base with the protocol's tokens. What moves by small steps is kept in 32 bits: the deltas, or all weights."""
    model, tokenizer = open_base(base, layers=layers, dtype=torch.bfloat16 if rank else torch.float32)
    words = {name: " " + name.strip("<|>").replace("_", " ") for name in TOKENS}
    spelt = {name: tokenizer.encode(word, add_special_tokens=False) for name, word in words.items()}
    tokenizer, ids = with_protocol(tokenizer, TOKENS)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer))
    begin_rows(model.get_input_embeddings().weight, ids, spelt)
    if model.get_output_embeddings().weight is not model.get_input_embeddings().weight:
        begin_rows(model.get_output_embeddings().weight, ids, spelt)
    return Guardian(Joint(model, list(ids.values()), rank=rank, kinds=len(KINDS)), tokenizer, ids)


def reopen(base: str, checkpoint: Path) -> Guardian:
    """As the folder `OUT/checkpoint` has it; the layers and the rank are read off it."""
    tensors = torch.load(checkpoint / STATE, weights_only=True, map_location="cpu")["trained"]
    layers, rank = shape_of(tensors)
    guardian = begin(base, layers=layers, rank=rank)
    put(guardian.joint, tensors)
    return guardian


def go_on_from(guardian: Guardian, folder: Path) -> None:
    """Begins with what an earlier run trained: the tensors of a checkpoint, or of an adapter as it ships."""
    if (folder / FILE).exists():
        put(guardian.joint, tensors_of(guardian.joint, folder))
    else:
        put(guardian.joint, torch.load(folder / STATE, weights_only=True, map_location="cpu")["trained"])


def tensors_of(joint: Joint, folder: Path) -> dict[str, Tensor]:
    """What of `adapter.npz` belongs where in `joint`."""
    config = joint.causal.config
    adapter = read(folder, config)
    found = {name: place_of(name, config) or name for name in trained(joint)}
    return {name: laid(adapter[ours], ours, config) for name, ours in found.items() if ours in adapter}
