"""The guardian as a torch module: a Llama with low-rank deltas on its linear layers and new rows for the protocol's
tokens.

Weights keep GGUF's layout, whose rotary embedding turns neighbouring pairs, so that a delta trained here is added to
the GGUF as it is.
Logits are computed only where there is a target: the vocabulary is a fifth of this model's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

PROTOCOL_IDS = range(3, 17)
"""The unused special tokens of SmolLM2 that our protocol renames (`gateway/embedded/merge.py`)."""
LINEARS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


@dataclass(frozen=True)
class Shape:
    """What the GGUF's header says of the model."""

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    rope_base: float
    epsilon: float


def read_gguf(path: Path, layers: int) -> tuple[Shape, dict[str, Tensor]]:
    """The base up to that many layers, dequantised to float32."""
    reader = gguf.GGUFReader(path)
    value = {name: field.contents() for name, field in reader.fields.items() if name.startswith("llama.")}
    shape = Shape(
        layers=min(layers, value["llama.block_count"]),
        heads=value["llama.attention.head_count"],
        kv_heads=value["llama.attention.head_count_kv"],
        head_dim=value["llama.rope.dimension_count"],
        rope_base=value["llama.rope.freq_base"],
        epsilon=value["llama.attention.layer_norm_rms_epsilon"],
    )
    tensors = {t.name: torch.from_numpy(np.array(gguf.dequantize(t.data, t.tensor_type))) for t in reader.tensors}
    return shape, tensors


class Linear(nn.Module):
    """A frozen matrix with a trained low-rank delta: `x W' + x A' B'`."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        out_features, in_features = weight.shape
        self.a = nn.Parameter(torch.randn(rank, in_features) / in_features**0.5) if rank else None
        self.b = nn.Parameter(torch.zeros(out_features, rank)) if rank else None

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight)
        return y if self.a is None else y + F.linear(F.linear(x, self.a), self.b)


class Block(nn.Module):
    def __init__(self, shape: Shape, weights: dict[str, Tensor], rank: int) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("attn_norm", weights["attn_norm"])
        self.register_buffer("ffn_norm", weights["ffn_norm"])
        for name in LINEARS:
            self.add_module(name, Linear(weights[name], rank))

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.attention(F.rms_norm(x, x.shape[-1:], self.attn_norm, self.shape.epsilon), cos, sin)
        h = F.rms_norm(x, x.shape[-1:], self.ffn_norm, self.shape.epsilon)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))

    def attention(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        s = self.shape
        q = rotated(self.attn_q(x).view(batch, length, s.heads, s.head_dim).transpose(1, 2), cos, sin)
        k = rotated(self.attn_k(x).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2), cos, sin)
        v = self.attn_v(x).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.attn_output(y.transpose(1, 2).reshape(batch, length, -1))


def begin_rows(model: Guardian, pieces: dict[int, list[int]]) -> None:
    """A protocol token begins as the mean of the tokens that its name is spelt with: the base's rows for it were
    never trained.
    """
    with torch.no_grad():
        for token, ids in pieces.items():
            model.rows[token - PROTOCOL_IDS.start] = model.embedding[ids].mean(dim=0)


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding over neighbouring pairs."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Guardian(nn.Module):
    """Sequences of token ids, padded on the right -> logits at the asked positions. Padding cannot be seen: attention
    is causal.
    """

    def __init__(self, base: Path, layers: int, rank: int, frozen_layers: int = 0) -> None:
        super().__init__()
        self.shape, tensors = read_gguf(base, layers)
        self.register_buffer("embedding", tensors["token_embd.weight"])
        self.register_buffer("norm", tensors["output_norm.weight"])
        self.rows = nn.Parameter(tensors["token_embd.weight"][list(PROTOCOL_IDS)].clone())
        self.blocks = nn.ModuleList()
        for i in range(self.shape.layers):
            prefix = f"blk.{i}."
            weights = {
                n.removeprefix(prefix).removesuffix(".weight"): t for n, t in tensors.items() if n.startswith(prefix)
            }
            self.blocks.append(Block(self.shape, weights, rank if i >= frozen_layers else 0))

    def embed(self, ids: Tensor) -> Tensor:
        """The frozen table, with the protocol's rows as they are now. No gradient of the table's size is ever made."""
        first, stop = PROTOCOL_IDS.start, PROTOCOL_IDS.stop
        ours = ((ids >= first) & (ids < stop)).unsqueeze(-1)
        return torch.where(
            ours, F.embedding((ids - first).clamp(0, stop - first - 1), self.rows), F.embedding(ids, self.embedding)
        )

    def head(self, x: Tensor) -> Tensor:
        """Logits; the head is tied with the embedding."""
        frozen = F.linear(x, self.embedding)
        ours = F.linear(x, self.rows)
        return torch.cat((frozen[:, : PROTOCOL_IDS.start], ours, frozen[:, PROTOCOL_IDS.stop :]), dim=1)

    def forward(self, ids: Tensor, where: Tensor) -> Tensor:
        """`ids` (batch, length); `where` (targets, 2): rows and positions. Logits (targets, vocabulary)."""
        positions = torch.arange(ids.shape[1], device=ids.device, dtype=torch.float32)
        pairs = torch.arange(0, self.shape.head_dim, 2, device=ids.device, dtype=torch.float32)
        angles = torch.outer(positions, self.shape.rope_base ** (-pairs / self.shape.head_dim))
        cos, sin = angles.cos(), angles.sin()
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, cos, sin)
        chosen = F.rms_norm(x[where[:, 0], where[:, 1]], x.shape[-1:], self.norm, self.shape.epsilon)
        return self.head(chosen)

    def trained(self) -> dict[str, Tensor]:
        """What a checkpoint holds: the deltas and the rows."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def export(self) -> dict[str, np.ndarray]:
        """The adapter as `gateway/embedded/merge.py` reads it: `<tensor>.a`, `<tensor>.b` in GGUF's names, and
        `rows`, in float16.
        """
        named = {n.replace("blocks.", "blk.", 1): p for n, p in self.trained().items()}
        return {name: p.cpu().numpy().astype(np.float16) for name, p in named.items()}
