"""The protocol's tokens in SmolLM2's vocabulary: its unused special tokens, renamed. The vocabulary keeps its size."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TOKENS: Mapping[int, str] = MappingProxyType(
    dict(
        enumerate(
            (
                "<|harm|>",
                "<|safe|>",
                "<|pred|>",
                "<|expl|>",
                "<|violence|>",
                "<|weapons|>",
                "<|crime|>",
                "<|cybercrime|>",
                "<|hate|>",
                "<|sexual_content|>",
                "<|self_harm|>",
                "<|pii|>",
                "<|misinformation|>",
                "<|jailbreak|>",
            ),
            start=3,
        )
    )
)
"""Token id -> the name that it gets."""
