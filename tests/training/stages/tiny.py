"""Random models of two layers, as a folder of Hugging Face or a GGUF file, and rows to train them on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM as Causal
from transformers import (
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

Row = dict[str, Any]
RESERVED = {"llama": "<|reserved_special_token_{}|>", "gemma3": "<unused{}>"}
LAYERS, WIDTH, HEADS, KEYS, HEAD = 2, 32, 4, 2, 8
SHAPE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KEYS,
    "head_dim": HEAD,
    "max_position_embeddings": 512,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}


def tokenizer(kind: str, *, reserved: int = 20) -> PreTrainedTokenizerFast:
    """Bytes, some words of two, and tokens that nobody uses. Gemma's puts `<bos>` before a text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("s", "a"), ("sa", "f"), ("saf", "e"), ("h", "a"), ("Ġ", "b"), ("e", "r"), ("i", "n")]
    named = ["<bos>", "<eos>", *(RESERVED[kind].format(i) for i in range(reserved))]
    vocabulary = {token: i for i, token in enumerate([*named, *alphabet, *(a + b for a, b in merges)])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.add_special_tokens(named)
    if kind == "gemma3":
        made.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<bos>", eos_token="<eos>", pad_token="<eos>")


def model(kind: str, *, tied: bool = True, seed: int = 0) -> PreTrainedModel:
    torch.manual_seed(seed)
    shape = {**SHAPE, "vocab_size": len(tokenizer(kind)), "tie_word_embeddings": tied}
    if kind == "llama":
        config: Any = LlamaConfig(rope_parameters={"rope_type": "default", "rope_theta": 10_000.0}, **shape)
    else:
        rope = {name: {"rope_type": "default", "rope_theta": theta} for name, theta in ROPE.items()}
        kinds = ["sliding_attention"] * LAYERS
        config = Gemma3TextConfig(
            rope_parameters=rope, layer_types=kinds, query_pre_attn_scalar=HEAD, sliding_window=16, **shape
        )
    made = Causal.from_config(config)
    for name, parameter in made.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, 0.0 if kind == "gemma3" else 1.0, 0.2)
    return made.eval()


ROPE = {"full_attention": 1_000_000.0, "sliding_attention": 10_000.0}


def folder(path: Path, kind: str = "llama", *, tied: bool = True) -> str:
    """The base as Hugging Face has it."""
    model(kind, tied=tied).save_pretrained(path)
    tokenizer(kind).save_pretrained(path)
    return str(path)


def write_gguf(path: Path, kind: str, *, without: str = "lm_head.weight") -> None:
    """The same model as llama.cpp has it: its names, the heads' pairs side by side, Gemma's norms plus one."""
    writer = gguf.GGUFWriter(path, kind)
    write_header(writer, kind)
    for name, values in model(kind).state_dict().items():
        if name not in ("lm_head.weight", without):
            writer.add_tensor(gguf_name(name, kind), gguf_values(name, values.numpy(), kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_header(writer: gguf.GGUFWriter, kind: str) -> None:
    words = tokenizer(kind)
    tokens = sorted(words.get_vocab(), key=words.get_vocab().__getitem__)
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(48)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_key_length(HEAD)
    writer.add_rope_freq_base(10_000.0 if kind == "llama" else ROPE["full_attention"])
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_sliding_window(16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token.startswith("<") and len(token) > 1 else 1 for token in tokens])
    writer.add_token_merges(
        [" ".join(pair) for pair in json.loads(words.backend_tokenizer.to_str())["model"]["merges"]]
    )
    writer.add_bos_token_id(0)
    writer.add_add_bos_token(kind == "gemma3")
    writer.add_eos_token_id(1)


def gguf_name(name: str, kind: str) -> str:
    architecture = gguf.MODEL_ARCH.LLAMA if kind == "llama" else gguf.MODEL_ARCH.GEMMA3
    found = gguf.get_tensor_name_map(architecture, LAYERS).get_name(name, try_suffixes=(".weight",))
    assert found is not None, name
    return found


def gguf_values(name: str, values: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    if kind == "gemma3":
        return values + 1 if "norm" in name else values
    heads = {"q_proj": HEADS, "k_proj": KEYS}.get(name.split(".")[-2])
    if heads is None:
        return values
    return values.reshape(heads, 2, HEAD // 2, WIDTH).swapaxes(1, 2).reshape(values.shape)


def rows(n: int = 40) -> list[Row]:
    """Half of them harmful; a third of these with a response, a fifth of all with a rationale."""
    made: list[Row] = []
    for i in range(n):
        harmful = i % 2 == 1
        row: Row = {"text": f"query {i} {'harm' if harmful else 'bread'}", "lang": "en", "source": "tiny"}
        row |= {"label": "harmful", "category": "crime"} if harmful else {"label": "safe"}
        row |= {"response": f"No, {i}."} if harmful and i % 3 == 0 else {}
        row |= {"why": "It asks."} if i % 5 == 0 else {}
        made.append(row | ({"forced": "Let us talk."} if i == 4 else {}))
    return made


def jsonl(path: Path, content: Iterable[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content))
    return path
