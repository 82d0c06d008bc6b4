"""The shipped guardian as a Hugging Face folder, which `vllm serve` loads: the same base and adapter as the GGUF.

python -m training.export OUT [--base BASE.gguf]
vllm serve OUT --served-model-name slm-guardian-135m --dtype float32
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from gateway.embedded.merge import layer_of, merged
from gateway.embedded.models import GUARDIAN, base_model
from training.model import read_gguf
from training.tokenizer import read_tokenizer

NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", type=Path)
    options = parser.parse_args()
    base = options.base or base_model()
    layers = json.loads((GUARDIAN / "manifest.json").read_text())["layers"]
    shape, _ = read_gguf(base, layers)
    with np.load(GUARDIAN / "adapter.npz") as adapter:
        deltas = dict(adapter)
    weights = {}
    for tensor in gguf.GGUFReader(base).tensors:
        if layer_of(tensor.name) < layers:
            values = merged(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type), deltas)
            heads = {"attn_q": shape.heads, "attn_k": shape.kv_heads}.get(tensor.name.split(".")[-2])
            weights[renamed(tensor.name)] = torch.from_numpy(np.array(unpermuted(values, heads) if heads else values))
    save(options.out, weights, layers, base)


def renamed(name: str) -> str:
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, kind, _ = name.split(".")
    return f"model.layers.{layer}.{NAMES[kind]}.weight"


def unpermuted(values: np.ndarray, heads: int) -> np.ndarray:
    """GGUF turns neighbouring pairs where Hugging Face turns halves: the rows of each head are put back."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def save(out: Path, weights: dict[str, torch.Tensor], layers: int, base: Path) -> None:
    shape, _ = read_gguf(base, layers)
    embedding = weights["model.embed_tokens.weight"]
    config = LlamaConfig(
        vocab_size=embedding.shape[0],
        hidden_size=embedding.shape[1],
        intermediate_size=weights["model.layers.0.mlp.up_proj.weight"].shape[0],
        num_hidden_layers=layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_base},
        rms_norm_eps=shape.epsilon,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert (set(missing), unexpected) == ({"lm_head.weight"}, []), (missing, unexpected)
    model.tie_weights()
    model.save_pretrained(out)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=read_tokenizer(base), bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(out)


if __name__ == "__main__":
    main()
