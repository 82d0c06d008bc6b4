"""The joint objective: a causal language model, new rows for the protocol's tokens, and a loss for each kind of target.

Logits are computed only where there is a target, and over the candidates that a target can be, so that a vocabulary of
a quarter of a million costs a small model little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` (rows, length), padded on the right; targets: `where` (targets, 2) row and position that predicts, `token`
    and `kind` (targets,).
    """

    ids: Tensor
    where: Tensor
    token: Tensor
    kind: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(tensor.to(device) for tensor in (self.ids, self.where, self.token, self.kind)))


class Joint(nn.Module):
    """A language model with low-rank deltas (`rank` 0: all of it is trained, but its tables) whose protocol rows are
    trained apart: `rows` in the table of embeddings, and `head_rows` in the output's where it has one of its own.
    """

    def __init__(self, model: PreTrainedModel, rows: Sequence[int], *, rank: int, kinds: int) -> None:
        super().__init__()
        table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        table.requires_grad_(requires_grad=False)
        head.requires_grad_(requires_grad=False)
        ids = torch.tensor(list(rows), dtype=torch.long)
        self.register_buffer("place", places(ids, table.shape[0]), persistent=False)
        self.rows = begun(table, ids)
        self.head_rows = None if head is table else begun(head, ids)
        self.kinds = kinds
        shape = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", bias="none") if rank else None
        self.model = get_peft_model(model, shape) if shape else model
        self._no_split_modules = layer_classes(model)

    @property
    def causal(self) -> PreTrainedModel:
        """The model beneath the deltas."""
        return self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model

    @property
    def decoder(self) -> nn.Module:
        return self.causal.model

    def forward(self, batch: Batch, candidates: Tensor | None = None) -> Tensor:
        """The loss of each kind: a mean over its targets, 0 where a batch has none. Padding is on the right, where
        causal attention cannot see it.
        """
        hidden = self.decoder(inputs_embeds=self.embed(batch.ids), use_cache=False).last_hidden_state
        chosen = hidden[batch.where[:, 0], batch.where[:, 1]]
        logits, targets = self.logits(chosen, candidates), batch.token
        if candidates is not None:
            targets = torch.searchsorted(candidates, targets.contiguous())
        each = F.cross_entropy(logits.float(), targets, reduction="none")
        masks = F.one_hot(batch.kind, self.kinds).to(each.dtype)
        return (each[:, None] * masks).sum(0) / masks.sum(0).clamp(min=1)

    def embed(self, ids: Tensor) -> Tensor:
        """The frozen table with the protocol's rows as they are now: no gradient of the table's size is ever made."""
        found = self.decoder.embed_tokens(ids)
        if self.rows is None:
            return found
        place = self.place[ids]
        scale = getattr(self.decoder.embed_tokens, "embed_scale", 1.0)
        ours = (F.embedding(place.clamp(min=0), self.rows) * scale).to(found.dtype)
        return torch.where((place >= 0).unsqueeze(-1), ours, found)

    def logits(self, hidden: Tensor, candidates: Tensor | None = None) -> Tensor:
        """Over the vocabulary, or over `candidates` (sorted ids)."""
        table = self.causal.get_output_embeddings().weight
        frozen = F.linear(hidden, table if candidates is None else table[candidates])
        rows = self.rows if self.head_rows is None else self.head_rows
        if rows is None:
            return frozen
        place = self.place if candidates is None else self.place[candidates]
        ours = F.linear(hidden, rows.to(hidden.dtype))
        return torch.where(place >= 0, ours[:, place.clamp(min=0)], frozen)


def begun(table: Tensor, ids: Tensor) -> nn.Parameter | None:
    return nn.Parameter(table.detach()[ids].float().clone()) if len(ids) else None


def places(ids: Tensor, vocabulary: int) -> Tensor:
    """For each token its place among the rows, -1 for all others."""
    found = torch.full((vocabulary,), -1)
    found[ids] = torch.arange(len(ids))
    return found


def layer_classes(model: PreTrainedModel) -> list[str]:
    """What FSDP shards one by one: those classes that the model names and has."""
    there = {type(module).__name__ for module in model.modules()}
    return sorted(there & set(model._no_split_modules or ()))
