"""Builds the guardian's GGUF: the base model's weights plus our adapter, quantised. Once per adapter; later starts
find the file.

The adapter is a low-rank delta in GGUF's own layout: `blk.N.attn_q.a` (rank, in) and `.b` (out, rank), to be added as
b @ a, and `rows`, the embeddings of the protocol's tokens. The manifest names the tokens and their ids.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from gateway.errors import ConfigurationError

Floats = NDArray[np.float32]
Progress = Callable[[float], None]
TABLE = "token_embd.weight"


def build(parts: Sequence[Path], folder: Path, cache: Path, *, quantization: str, progress: Progress) -> Path:
    """The merged model in `cache`, made now if it is not there, from a base in one or several files. `folder` holds
    `adapter.npz` and `manifest.json`.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    out = cache / f"slm-guardian-{manifest['adapter_sha256'][:16]}-{quantization}.gguf"
    if out.exists():
        return out
    check(parts, manifest["base_sha256"], "the base model")
    check((folder / "adapter.npz",), manifest["adapter_sha256"], "the guardian's adapter")
    unfinished = out.with_suffix(f".{os.getpid()}.unfinished")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with np.load(folder / "adapter.npz") as adapter, joined(parts, out) as base:
            write(base, dict(adapter), manifest, unfinished, quantization, progress)
        unfinished.replace(out)
    except OSError as error:
        told = f"the guardian cannot be built in `{cache}`: {error.strerror}: set `GATEWAY_EMBEDDED__CACHE`"
        raise ConfigurationError(told) from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return out


def check(parts: Sequence[Path], expected: str, what: str) -> None:
    """A file that is not the one that the adapter was made for gives wrong verdicts, so it is refused."""
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    if digest.hexdigest() != expected:
        told = f"{what} `{parts[0]}` is not the file that was expected (its sha256 is {digest.hexdigest()[:16]}...)"
        raise ConfigurationError(told)


@contextmanager
def joined(parts: Sequence[Path], out: Path) -> Iterator[Path]:
    """One file of all parts, beside `out` for as long as it is needed."""
    if len(parts) == 1:
        yield parts[0]
        return
    whole = out.with_suffix(f".{os.getpid()}.base")
    try:
        with whole.open("wb") as file:
            for part in parts:
                with part.open("rb") as source:
                    copyfileobj(source, file, 1 << 20)
        yield whole
    finally:
        with suppress(OSError):
            whole.unlink()


def write(
    base: Path,
    adapter: Mapping[str, NDArray[Any]],
    manifest: Mapping[str, Any],
    out: Path,
    quantization: str,
    progress: Progress,
) -> None:
    reader = gguf.GGUFReader(base)
    layers, tokens = manifest["layers"], manifest["tokens"]
    writer = gguf.GGUFWriter(out, reader.fields["general.architecture"].contents())
    copy_header(reader, writer, layers, tokens)
    kept = [tensor for tensor in reader.tensors if layer_of(tensor.name) < layers]
    wanted = gguf.GGMLQuantizationType[quantization]
    for done, tensor in enumerate(kept):
        if tensor.name == TABLE:
            table = with_rows(tensor, adapter["rows"], list(tokens.values()))
            writer.add_tensor(TABLE, table, raw_dtype=tensor.tensor_type)
        elif len(tensor.shape) == 1:
            writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type))
        else:
            values = merged(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type), adapter)
            writer.add_tensor(tensor.name, gguf.quantize(values, wanted), raw_dtype=wanted)
        progress((done + 1) / (len(kept) + 1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    progress(1.0)


def with_rows(tensor: gguf.ReaderTensor, rows: NDArray[Any], ids: Sequence[int]) -> NDArray[Any]:
    """The base's table as it is stored, with the protocol's rows in the same type."""
    table = np.array(tensor.data)
    table[list(ids)] = gguf.quantize(rows.astype(np.float32), tensor.tensor_type)
    return table


def layer_of(name: str) -> int:
    return int(name.split(".")[1]) if name.startswith("blk.") else -1


def merged(name: str, values: Floats, adapter: Mapping[str, NDArray[Any]]) -> Floats:
    """One matrix with its delta, if it has one."""
    key = name.removesuffix(".weight")
    if f"{key}.a" not in adapter:
        return values
    return values + adapter[f"{key}.b"].astype(np.float32) @ adapter[f"{key}.a"].astype(np.float32)


def copy_header(reader: gguf.GGUFReader, writer: gguf.GGUFWriter, layers: int, tokens: Mapping[str, int]) -> None:
    """The base's header with fewer layers and the protocol's tokens, which are typed so that they always show in
    text.
    """
    names = reader.fields["tokenizer.ggml.tokens"].contents()
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    for name, i in tokens.items():
        names[i], types[i] = name, gguf.TokenType.USER_DEFINED.value
    changed = {
        f"{reader.fields['general.architecture'].contents()}.block_count": layers,
        "general.name": "SLM Guardian",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.token_type": types,
    }
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = changed.get(name, field.contents())
        inner = field.types[-1] if len(field.types) > 1 else None
        writer.add_key_value(name, value, field.types[0], inner)
