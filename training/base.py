"""The base model to train: a Hugging Face folder or name, or a GGUF file (Llama, Gemma 3), and its tokenizer with the
protocol's tokens.

A token of the protocol takes the place of one that the base reserves, so that the vocabulary keeps its size; where a
base reserves too few, the vocabulary grows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

RESERVED = re.compile(r"<unused\d+>|<\|reserved_special_token_\d+\|>|<\|(?:dummy|extra)_\d+\|>|<special_\d+>")
SMOLLM2 = range(3, 17)
"""SmolLM2's unused tokens, whose names are of its training data: `<repo_name>`, `<file_sep>`, ..."""
NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
}
LLAMA_NAMES = {**NAMES, "ffn_norm": "post_attention_layernorm"}
GEMMA_NAMES = {
    **NAMES,
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}


def open_base(
    source: str, *, layers: int | None, dtype: torch.dtype
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The model, cut to its lowest `layers`, and its tokenizer as it comes."""
    path = Path(source)
    if is_gguf(path):
        return from_gguf(path, layers, dtype), tokenizer_of(path)
    config = AutoConfig.from_pretrained(source)
    cut(config, layers)
    model = AutoModelForCausalLM.from_pretrained(source, config=config, dtype=dtype)
    return model, AutoTokenizer.from_pretrained(source)


def is_gguf(path: Path) -> bool:
    """By its first bytes, whatever its name is."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"GGUF"


def cut(config: PreTrainedConfig, layers: int | None) -> None:
    if layers is not None:
        config.num_hidden_layers = min(layers, config.num_hidden_layers)
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[: config.num_hidden_layers]


def from_gguf(path: Path, layers: int | None, dtype: torch.dtype) -> PreTrainedModel:
    """Dequantised, in Hugging Face's layout."""
    reader = gguf.GGUFReader(path)
    config = config_of(reader)
    cut(config, layers)
    weights = {}
    for tensor in reader.tensors:
        name = renamed(tensor.name, config)
        if name is not None:
            values = relaid(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type), config)
            weights[name] = torch.from_numpy(np.array(values)).to(dtype)
    model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise ValueError(f"`{path}` does not fit its own header: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def tokenizer_of(path: Path) -> PreTrainedTokenizerFast:
    """Of a GGUF file. It begins a text as the file says, which not every version of transformers reads."""
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    told = {name: f.contents() for name, f in gguf.GGUFReader(path).fields.items() if name.startswith("tokenizer.ggml")}
    begins = told.get("tokenizer.ggml.add_bos_token", told["tokenizer.ggml.model"] == "llama")
    if begins and tokenizer.encode("a")[:1] != [tokenizer.bos_token_id]:
        begin = (tokenizer.bos_token, tokenizer.bos_token_id)
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{begin[0]} $A", special_tokens=[begin])
    return tokenizer


def config_of(reader: gguf.GGUFReader) -> PreTrainedConfig:
    kind = reader.fields["general.architecture"].contents()
    value = {name.removeprefix(f"{kind}."): f.contents() for name, f in reader.fields.items()}
    vocabulary = len(value["tokenizer.ggml.tokens"])
    shared: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": value["embedding_length"],
        "intermediate_size": value["feed_forward_length"],
        "num_hidden_layers": value["block_count"],
        "num_attention_heads": value["attention.head_count"],
        "num_key_value_heads": value["attention.head_count_kv"],
        "rms_norm_eps": value["attention.layer_norm_rms_epsilon"],
        "max_position_embeddings": value["context_length"],
        "bos_token_id": value["tokenizer.ggml.bos_token_id"],
        "eos_token_id": value["tokenizer.ggml.eos_token_id"],
        "tie_word_embeddings": True,
    }
    if kind == "llama":
        rope = {"rope_type": "default", "rope_theta": value["rope.freq_base"]}
        return LlamaConfig(rope_parameters=rope, **shared)
    if kind == "gemma3":
        return gemma_config(value, shared)
    raise ValueError(f"a GGUF of architecture `{kind}` cannot be trained here: give its Hugging Face folder")


def gemma_config(value: dict[str, Any], shared: dict[str, Any]) -> PreTrainedConfig:
    """Five layers see a window, the sixth sees everything; the window's rotary base is Gemma 3's 10,000."""
    layers = shared["num_hidden_layers"]
    kinds = ["full_attention" if (i + 1) % 6 == 0 else "sliding_attention" for i in range(layers)]
    return Gemma3TextConfig(
        head_dim=value["attention.key_length"],
        query_pre_attn_scalar=value["attention.key_length"],
        sliding_window=value["attention.sliding_window"],
        layer_types=kinds,
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": value["rope.freq_base"]},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        },
        **shared,
    )


def renamed(name: str, config: PreTrainedConfig) -> str | None:
    """None for a tensor of a layer that is left out."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, kind, _ = name.split(".")
    names = LLAMA_NAMES if config.model_type == "llama" else GEMMA_NAMES
    return f"model.layers.{layer}.{names[kind]}.weight" if int(layer) < config.num_hidden_layers else None


def relaid(name: str, values: NDArray[np.float32], config: PreTrainedConfig) -> NDArray[np.float32]:
    """GGUF turns neighbouring pairs of a Llama's heads where Hugging Face turns halves, and stores Gemma's norms plus
    one.
    """
    kind = name.split(".")[-2]
    if config.model_type == "llama":
        heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(kind)
        return halves(values, heads) if heads else values
    return values - 1.0 if kind.endswith("norm") else values


def halves(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def pairs(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """The way back from `halves`."""
    rows, columns = values.shape
    return values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def with_protocol(
    tokenizer: PreTrainedTokenizerFast, names: tuple[str, ...]
) -> tuple[PreTrainedTokenizerFast, dict[str, int]]:
    """The tokenizer with the protocol's tokens, and their ids. Reserved tokens are renamed; the rest is added."""
    vocabulary = tokenizer.get_vocab()
    known = [name for name in names if name in vocabulary]
    free = [name for name in reserved(vocabulary) if name not in names]
    wanted = [name for name in names if name not in known]
    if len(free) < len(wanted):
        tokenizer.add_tokens(wanted)
    elif wanted:
        tokenizer = retold(tokenizer, dict(zip(free, wanted, strict=False)))
    vocabulary = tokenizer.get_vocab()
    return tokenizer, {name: vocabulary[name] for name in names}


def reserved(vocabulary: dict[str, int]) -> list[str]:
    found = [name for name in vocabulary if RESERVED.fullmatch(name)]
    if vocabulary.get("<repo_name>") == SMOLLM2.start:
        found += [name for name, i in vocabulary.items() if i in SMOLLM2]
    return sorted(found, key=vocabulary.__getitem__)


def retold(tokenizer: PreTrainedTokenizerFast, names: dict[str, str]) -> PreTrainedTokenizerFast:
    """The same tokenizer under new names."""
    told = json.loads(tokenizer.backend_tokenizer.to_str())
    vocabulary = told["model"]["vocab"]
    told["model"]["vocab"] = {names.get(name, name): i for name, i in vocabulary.items()}
    for token in told["added_tokens"]:
        if token["content"] in names:
            token.update(content=names[token["content"]], special=False, normalized=False)
    made = tokenizer.backend_tokenizer.from_str(json.dumps(told))
    kept = {n: getattr(tokenizer, n) for n in ("bos_token", "eos_token", "pad_token", "unk_token")}
    return PreTrainedTokenizerFast(tokenizer_object=made, **kept)


def begin_rows(embedding: Tensor, ids: dict[str, int], spelt: dict[str, list[int]]) -> None:
    """A protocol token begins as the mean of the tokens that its name is spelt with: the base's row for it was never
    trained.
    """
    with torch.no_grad():
        for name, i in ids.items():
            embedding[i] = embedding[spelt[name]].float().mean(dim=0).to(embedding.dtype)
