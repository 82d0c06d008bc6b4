"""A base model small enough to merge in milliseconds, with a Llama's layout, and an adapter for it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from gateway.guardian.families.slm_guardian import TOKENS

WIDTH, VOCABULARY, LAYERS = 64, 40, 4
Arrays = dict[str, NDArray[Any]]
PROTOCOL = {name: 3 + i for i, name in enumerate(TOKENS)}


@dataclass(frozen=True)
class Tiny:
    """The files that `build` reads, and what is in them."""

    base: Path
    folder: Path
    weights: Arrays
    adapter: Arrays


def tiny(folder: Path, *, layers: int = 3, seed: int = 0) -> Tiny:
    """A base of four layers, and an adapter that keeps the lowest `layers` and changes layer 1."""
    draw = np.random.default_rng(seed)
    base = folder / "base.gguf"
    if not base.exists():
        write_base(base)
    adapter: Arrays = {
        "blk.1.attn_q.a": draw.normal(size=(8, WIDTH)).astype(np.float16),
        "blk.1.attn_q.b": draw.normal(size=(WIDTH, 8)).astype(np.float16),
        "rows": draw.normal(size=(len(PROTOCOL), WIDTH)).astype(np.float16),
    }
    arrays: dict[str, Any] = adapter
    np.savez(folder / "adapter.npz", **arrays)
    manifest = {
        "base_sha256": sha256(base),
        "adapter_sha256": sha256(folder / "adapter.npz"),
        "layers": layers,
        "tokens": PROTOCOL,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Tiny(base, folder, weights(base), adapter)


def write_base(path: Path) -> None:
    draw = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("base")
    writer.add_block_count(LAYERS)
    writer.add_token_list([f"token{i}" for i in range(VOCABULARY)])
    writer.add_token_types([3 if i < 20 else 1 for i in range(VOCABULARY)])
    kind = gguf.GGMLQuantizationType.Q8_0
    matrices = {"token_embd.weight": VOCABULARY, **{f"blk.{i}.attn_q.weight": WIDTH for i in range(LAYERS)}}
    for name, rows in matrices.items():
        values = draw.normal(size=(rows, WIDTH)).astype(np.float32)
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.add_tensor("output_norm.weight", draw.normal(size=WIDTH).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights(path: Path) -> Arrays:
    """Every tensor of a file, in float32."""
    return {t.name: np.array(gguf.dequantize(t.data, t.tensor_type)) for t in gguf.GGUFReader(path).tensors}


def stored(values: NDArray[Any], kind: str = "Q8_0") -> NDArray[Any]:
    """What a quantised file gives back for these values."""
    wanted = gguf.GGMLQuantizationType[kind]
    return gguf.dequantize(gguf.quantize(values.astype(np.float32), wanted), wanted)


def header(path: Path, name: str) -> Any:
    return gguf.GGUFReader(path).fields[name].contents()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
