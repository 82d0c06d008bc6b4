"""SmolLM2's tokenizer out of the GGUF's own tables, with the protocol's tokens renamed."""

from __future__ import annotations

from pathlib import Path

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from gateway.embedded.protocol import TOKENS

CONTROL = 3
"""GGUF's type of a control token."""


def read_tokenizer(path: Path) -> Tokenizer:
    """A byte-level BPE that splits digits, as llama.cpp's `smollm` does. Control tokens in a text are read as such."""
    fields = gguf.GGUFReader(path).fields
    names = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(line.split(" ")) for line in fields["tokenizer.ggml.merges"].contents()]
    names = [TOKENS.get(i, name) for i, name in enumerate(names)]
    tokenizer = Tokenizer(BPE({name: i for i, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [
        AddedToken(name, special=i not in TOKENS, normalized=False)
        for i, name in enumerate(names)
        if kinds[i] == CONTROL
    ]
    tokenizer.add_tokens(special)
    return tokenizer
