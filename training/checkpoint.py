"""A checkpoint: the trained tensors, the optimizer's state and the number of steps done, in `OUT/checkpoint/state.pt`.

The file is the same whether the tensors lay on one device or in pieces on many (FSDP), so that a run goes on with
another number of devices. The frozen base is not in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor

from training.adapter import STATE

WRAPPER = "_checkpoint_wrapped_module."
"""What activation checkpointing puts into the names of a layer's parameters."""


class Unfit(ValueError):
    """A checkpoint that was made of something else."""


def path_in(out: Path) -> Path:
    return out / "checkpoint" / STATE


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name.replace(WRAPPER, ""): p for name, p in model.named_parameters() if p.requires_grad}


def save(model: nn.Module, optimizer: torch.optim.Optimizer, step: int, out: Path) -> None:
    """Every process takes part, since each may hold a piece; one writes."""
    tensors = {name: whole(p.detach()) for name, p in trained(model).items()}
    moments = optimizer.state_dict()
    moments["state"] = {i: {name: whole(v) for name, v in state.items()} for i, state in moments["state"].items()}
    if PartialState().is_main_process:
        path = path_in(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"step": step, "trained": tensors, "optimizer": moments}, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").rename(path)
    PartialState().wait_for_everyone()


def resume(model: nn.Module, optimizer: torch.optim.Optimizer, out: Path) -> int:
    """Puts back what `save` wrote; the number of steps that were done, 0 where there is no checkpoint."""
    if not path_in(out).exists():
        return 0
    state = torch.load(path_in(out), weights_only=True, map_location="cpu")
    put(model, state["trained"])
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    moments = state["optimizer"]
    moments["state"] = {
        i: {name: dealt(v, parameters[i]) for name, v in each.items()} for i, each in moments["state"].items()
    }
    optimizer.load_state_dict(moments)
    return int(state["step"])


def put(model: nn.Module, tensors: dict[str, Tensor]) -> None:
    wanted = trained(model)
    unlike = {name for name in wanted.keys() & tensors.keys() if wanted[name].shape != tensors[name].shape}
    if wrong := sorted((wanted.keys() ^ tensors.keys()) | unlike):
        raise Unfit(
            f"the checkpoint is of another base, `--layers` or `--rank`: `{wrong[0]}` and {len(wrong) - 1} more"
        )
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(dealt(tensors[name], parameter))


def whole(value: Any) -> Any:
    """A tensor out of its pieces, on the CPU."""
    if isinstance(value, DTensor):
        value = value.full_tensor()
    return value.cpu() if isinstance(value, Tensor) else value


def dealt(value: Any, like: Tensor) -> Any:
    """A whole tensor in pieces as `like` is; counters stay whole."""
    if isinstance(like, DTensor) and isinstance(value, Tensor) and value.shape == like.shape:
        return distribute_tensor(value.to(like.device_mesh.device_type), like.device_mesh, like.placements)
    return value


def shape_of(tensors: dict[str, Tensor]) -> tuple[int, int]:
    """How many layers a checkpoint has, and the rank of its deltas (0: all weights)."""
    layers = {int(name.partition(".layers.")[2].partition(".")[0]) for name in tensors if ".layers." in name}
    ranks = [value.shape[0] for name, value in tensors.items() if ".lora_A." in name]
    return max(layers) + 1, ranks[0] if ranks else 0
