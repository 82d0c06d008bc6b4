"""A trained checkpoint as what is served: a Hugging Face folder for vLLM, and the adapter of the embedded guardian.

    python -m training.export OUT/checkpoint --base BASE --out DIR            for `vllm serve DIR --dtype float32`
    python -m training.export OUT/checkpoint --base BASE --adapter FILE.npz   for the embedded runtime (GGUF)
    python -m training.export gateway/embedded/guardian --base BASE --out DIR the shipped adapter, for vLLM

Both come from the same numbers: the base, the low-rank deltas, the protocol's rows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from gateway.guardian.families.slm_guardian import PREDICT, TOKENS
from training.adapter import SCALE, Arrays, heads_of, names_of, read
from training.base import halves, open_base, with_protocol

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% if not loop.last %}\n\n{% endif %}"
    "{% endfor %}" + PREDICT
)
"""For clients of `/chat/completions`; the gateway sends the prompt itself."""


def main() -> None:
    options = parse()
    model, tokenizer = open_base(options.base, layers=options.layers, dtype=torch.float32)
    adapter = read(options.checkpoint, model.config, options.scale)
    if options.adapter:
        np.savez(options.adapter, **{name: values.astype(np.float16) for name, values in adapter.items()})
    if options.out:
        tokenizer, ids = with_protocol(tokenizer, TOKENS)
        if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
            model.resize_token_embeddings(len(tokenizer))
        apply(model, adapter, list(ids.values()))
        model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.to(torch.bfloat16 if options.bfloat16 else torch.float32).save_pretrained(options.out)
        tokenizer.chat_template = TEMPLATE
        tokenizer.save_pretrained(options.out)


def apply(model: PreTrainedModel, adapter: Arrays, ids: list[int]) -> None:
    """Adds the deltas to the model's own weights and puts the protocol's rows into its table."""
    names = names_of(model.config)
    weights = dict(model.named_parameters())
    with torch.no_grad():
        model.get_input_embeddings().weight[ids] = torch.from_numpy(adapter["rows"])
        for name in [n for n in adapter if n.endswith(".a")]:
            _, layer, kind, _ = name.split(".")
            second = f"{name[:-1]}b"
            b, heads = adapter[second], heads_of(model.config, second)
            delta = (halves(b, heads) if heads else b) @ adapter[name]
            weights[f"model.layers.{layer}.{names[kind]}.weight"] += torch.from_numpy(delta)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="OUT/checkpoint, or a folder with `adapter.npz`")
    parser.add_argument("--base", required=True)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--scale", type=float, default=SCALE, help="alpha / rank of the training run")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--bfloat16", action="store_true", help="half the size, for GPUs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
