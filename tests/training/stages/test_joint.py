"""The joint loss is the plain one of a model with the protocol's rows in its table."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.training.stages import tiny
from training.joint import Joint
from training.sequences import KINDS, Example, candidates, collated

ROWS = [40, 41, 7]
EXAMPLES = [
    Example((0, 60, 61, 40), ((3, 41, 0), (2, 62, 1))),
    Example((0, 90, 91, 92, 93, 94, 41, 7), ((6, 7, 0), (7, 100, 2), (5, 41, 0))),
]
BASES = [("llama", True), ("llama", False), ("gemma3", True)]


def joint(kind: str, *, tied: bool, rank: int) -> Joint:
    """With rows and deltas that are not as they began."""
    made = Joint(tiny.model(kind, tied=tied), ROWS, rank=rank, kinds=len(KINDS))
    draw = torch.Generator().manual_seed(1)
    for name, parameter in made.named_parameters():
        if parameter.requires_grad and ("rows" in name or "lora" in name):
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=draw)
    return made


def plain_losses(one: Joint, kind: str, *, tied: bool, rank: int) -> torch.Tensor:
    """Over the full vocabulary, row by row, on the merged model with the rows written into its tables."""
    model = one.model.merge_and_unload() if rank else one.model
    with torch.no_grad():
        model.get_input_embeddings().weight[ROWS] = one.rows
        if not tied:
            model.get_output_embeddings().weight[ROWS] = one.head_rows
    found: list[list[torch.Tensor]] = [[] for _ in KINDS]
    for example in EXAMPLES:
        logits = model(torch.tensor([example.ids])).logits[0]
        for at, token, loss in example.targets:
            found[loss].append(cross_entropy(logits[at][None], torch.tensor([token])))
    return torch.stack([torch.stack(each).mean() if each else torch.tensor(0.0) for each in found])


@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.parametrize(("kind", "tied"), BASES)
def test_the_loss_is_the_plain_one(kind: str, tied: bool, rank: int) -> None:
    one = joint(kind, tied=tied, rank=rank)
    found = one(collated(EXAMPLES)).detach()
    torch.testing.assert_close(found, plain_losses(one, kind, tied=tied, rank=rank).detach(), rtol=1e-4, atol=1e-5)


def test_with_candidates_the_softmax_is_over_them_alone() -> None:
    one, among = joint("llama", tied=True, rank=4), candidates(EXAMPLES)
    batch = collated(EXAMPLES)
    hidden = one.decoder(inputs_embeds=one.embed(batch.ids)).last_hidden_state[batch.where[:, 0], batch.where[:, 1]]
    logits = one.logits(hidden)[:, among]
    plain = cross_entropy(
        logits, torch.tensor([among.tolist().index(t) for t in batch.token.tolist()]), reduction="none"
    )
    expected = [
        plain[batch.kind == kind].mean() if (batch.kind == kind).any() else torch.tensor(0.0) for kind in range(4)
    ]
    torch.testing.assert_close(one(batch, among), torch.stack(expected))


@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.parametrize(("kind", "tied"), BASES)
def test_the_rows_are_trained_and_the_tables_are_not(kind: str, tied: bool, rank: int) -> None:
    one = joint(kind, tied=tied, rank=rank)
    tables = {"in": one.causal.get_input_embeddings().weight, "out": one.causal.get_output_embeddings().weight}
    before = {name: table.detach().clone() for name, table in tables.items()}
    rows, layer = one.rows.detach().clone(), one.decoder.layers[0].mlp.up_proj.weight
    frozen = (
        layer.detach().clone() if rank == 0 else one.decoder.layers[0].mlp.up_proj.base_layer.weight.detach().clone()
    )
    adam = torch.optim.AdamW([p for p in one.parameters() if p.requires_grad], lr=0.01, weight_decay=0.1)
    one(collated(EXAMPLES)).sum().backward()
    adam.step()
    assert all(torch.equal(tables[name], before[name]) for name in tables)
    assert (one.rows != rows).any(dim=1).all()
    kept = one.decoder.layers[0].mlp.up_proj
    assert torch.equal(kept.base_layer.weight, frozen) if rank else not torch.equal(kept.weight, frozen)


def test_fsdp_is_told_the_layers(kind: str) -> None:
    found = Joint(tiny.model(kind), ROWS, rank=4, kinds=1)._no_split_modules
    assert found == [type(tiny.model(kind).model.layers[0]).__name__]
