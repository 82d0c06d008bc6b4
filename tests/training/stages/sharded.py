"""Trains a tiny model in pieces over the processes that `torchrun` starts: FSDP as `training/fsdp.yaml` asks for it, on
CPUs, where `accelerate` itself would not turn it on.

    torchrun --nproc_per_node 2 -m tests.training.stages.sharded OUT EPOCHS
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedType, FullyShardedDataParallelPlugin

from tests.training.stages.test_loop import EXAMPLES, joint, stage
from training import loop


def sharding(**options: Any) -> Accelerator:
    accelerator = Accelerator(cpu=True, **options)
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        reshard_after_forward=True,
        auto_wrap_policy="TRANSFORMER_BASED_WRAP",
        activation_checkpointing=True,
        state_dict_type="FULL_STATE_DICT",
        cpu_ram_efficient_loading=False,
    )
    plugin.set_mixed_precision("bf16")
    accelerator.state.distributed_type = DistributedType.FSDP
    accelerator.state.fsdp_plugin = plugin
    return accelerator


def main() -> None:
    torch.set_num_threads(1)
    loop.Accelerator = sharding
    model = joint()
    loop.train(model, EXAMPLES, stage(Path(sys.argv[1]), epochs=float(sys.argv[2])))
    kinds = {type(p).__name__ for p in model.parameters()}
    print(f"rank {torch.distributed.get_rank()} {sorted(kinds)}")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
