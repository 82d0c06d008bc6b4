"""Builds the guardian's GGUF: the base model's weights plus our adapter, quantised. Once per adapter; later starts
find the file.

The adapter is a low-rank delta in GGUF's own layout: `blk.N.attn_q.a` (rank, in) and `.b` (out, rank), to be added as
b @ a, and `rows`, the embeddings of the
protocol's tokens.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from gateway.embedded.protocol import TOKENS
from gateway.errors import ConfigurationError

Floats = NDArray[np.float32]
Progress = Callable[[float], None]


def build(base: Path, folder: Path, cache: Path, *, quantization: str, progress: Progress) -> Path:
    """The merged model in `cache`, made now if it is not there. `folder` holds `adapter.npz` and `manifest.json`."""
    manifest = json.loads((folder / "manifest.json").read_text())
    out = cache / f"slm-guardian-{manifest['adapter_sha256'][:16]}-{quantization}.gguf"
    if out.exists():
        return out
    check(base, manifest["base_sha256"], "the base model")
    check(folder / "adapter.npz", manifest["adapter_sha256"], "the guardian's adapter")
    unfinished = out.with_suffix(f".{os.getpid()}.unfinished")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with np.load(folder / "adapter.npz") as adapter:
            write(base, dict(adapter), manifest["layers"], unfinished, quantization, progress)
        unfinished.replace(out)
    except OSError as error:
        told = f"the guardian cannot be built in `{cache}`: {error.strerror}: set `GATEWAY_EMBEDDED__CACHE`"
        raise ConfigurationError(told) from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return out


def check(path: Path, expected: str, what: str) -> None:
    """A file that is not the one that the adapter was made for gives wrong verdicts, so it is refused."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ConfigurationError(f"{what} `{path}` is not the file that was expected (its sha256 is {found[:16]}...)")


def write(
    base: Path, adapter: Mapping[str, NDArray[Any]], layers: int, out: Path, quantization: str, progress: Progress
) -> None:
    reader = gguf.GGUFReader(base)
    writer = gguf.GGUFWriter(out, "llama")
    copy_header(reader, writer, layers)
    kept = [tensor for tensor in reader.tensors if layer_of(tensor.name) < layers]
    wanted = gguf.GGMLQuantizationType[quantization]
    for done, tensor in enumerate(kept):
        values = merged(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type), adapter)
        if values.ndim == 1:
            writer.add_tensor(tensor.name, values)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0 if tensor.name == "token_embd.weight" else wanted
            writer.add_tensor(tensor.name, gguf.quantize(values, kind), raw_dtype=kind)
        progress((done + 1) / (len(kept) + 1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    progress(1.0)


def layer_of(name: str) -> int:
    return int(name.split(".")[1]) if name.startswith("blk.") else -1


def merged(name: str, values: Floats, adapter: Mapping[str, NDArray[Any]]) -> Floats:
    """One tensor with its delta, if it has one."""
    if name == "token_embd.weight":
        values = values.copy()
        values[list(TOKENS)] = adapter["rows"]
        return values
    key = name.removesuffix(".weight")
    if f"{key}.a" not in adapter:
        return values
    return values + adapter[f"{key}.b"].astype(np.float32) @ adapter[f"{key}.a"].astype(np.float32)


def copy_header(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, layers: int) -> None:
    """The base's header with fewer layers and the protocol's tokens, which are typed so that they always show in
    text.
    """
    changed = {
        "llama.block_count": layers,
        "general.name": "SLM Guardian",
        "tokenizer.ggml.tokens": renamed(reader.fields["tokenizer.ggml.tokens"].contents()),
        "tokenizer.ggml.token_type": retyped(reader.fields["tokenizer.ggml.token_type"].contents()),
    }
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = changed.get(name, field.contents())
        inner = field.types[-1] if len(field.types) > 1 else None
        writer.add_key_value(name, value, field.types[0], inner)


def renamed(tokens: list[str]) -> list[str]:
    return [TOKENS.get(i, token) for i, token in enumerate(tokens)]


def retyped(types: list[int]) -> list[int]:
    return [gguf.TokenType.USER_DEFINED.value if i in TOKENS else kind for i, kind in enumerate(types)]
