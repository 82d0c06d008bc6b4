"""The training loop that both stages share: accelerate, AdamW, warm-up and a cosine, checkpoints that resume.

The batch of a step depends on the seed and the step's number alone: a run that was interrupted ends with the weights
that it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor, nn

from training.checkpoint import resume, save
from training.joint import Batch, Joint
from training.report import Report
from training.sequences import Example, batches, candidates, collated
from training.stage import Stage


class NotFinite(ArithmeticError):
    """The loss is no number any more: to go on would only destroy the weights."""


def train(joint: Joint, examples: Sequence[Example], stage: Stage) -> None:
    """Trains until the epochs or the minutes are over; `OUT/checkpoint` holds the state and the trained tensors."""
    accelerator = Accelerator(mixed_precision="bf16", gradient_accumulation_steps=stage.accumulate)
    parameters = [p for p in joint.parameters() if p.requires_grad]
    adam = torch.optim.AdamW(parameters, lr=stage.rate, betas=(0.9, 0.98), weight_decay=0.01)
    model, optimizer = accelerator.prepare(joint, adam)
    step = resume(joint, optimizer, stage.out)
    steps = steps_of(examples, stage, accelerator.num_processes)
    trainer = Trainer(accelerator, model, optimizer, stage, candidates(examples), joint.place.shape[0])
    mine = share_of(examples, stage, step, accelerator)
    began = time.monotonic()
    with Report(accelerator, stage, step, steps) as report:
        while (spent := share_spent(step / steps, began, stage, accelerator)) < 1:
            losses = trainer.step(step, spent, list(islice(mine, stage.accumulate)))
            step += 1
            report.add(step, spent, losses)
            if step % stage.save_every == 0:
                save(joint, optimizer, step, stage.out)
    save(joint, optimizer, step, stage.out)


def steps_of(examples: Sequence[Example], stage: Stage, processes: int) -> int:
    an_epoch = sum(1 for _ in batches(examples, stage.tokens, seed=0))
    return max(1, int(an_epoch * stage.epochs / (processes * stage.accumulate)))


def share_of(examples: Sequence[Example], stage: Stage, done: int, accelerator: Accelerator) -> Iterator[list[Example]]:
    """Of all batches those that this process takes, from the first that is not done yet."""
    turn = accelerator.num_processes
    return islice(endless(examples, stage), done * stage.accumulate * turn + accelerator.process_index, None, turn)


def endless(examples: Sequence[Example], stage: Stage) -> Iterator[list[Example]]:
    """Epoch after epoch, each in an order of its own."""
    for epoch in count():
        yield from batches(examples, stage.tokens, seed=stage.seed * 1_000_003 + epoch)


def share_spent(of_steps: float, began: float, stage: Stage, accelerator: Accelerator) -> float:
    """How much of the stage is over, by steps or by the clock; all processes go by the first one's clock."""
    if stage.minutes is None:
        return of_steps
    minutes = torch.tensor((time.monotonic() - began) / 60, device=accelerator.device)
    return max(of_steps, float(broadcast(minutes)) / stage.minutes)


@dataclass(frozen=True, slots=True)
class Trainer:
    """`known`: the tokens that are targets somewhere in the data."""

    accelerator: Accelerator
    model: nn.Module
    optimizer: torch.optim.Optimizer
    stage: Stage
    known: Tensor
    vocabulary: int

    def step(self, number: int, spent: float, made_of: Sequence[Sequence[Example]]) -> Tensor:
        """One step of the optimizer. The mean loss of each kind, over the step's batches."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.rate_at(number, spent)
        drawn = self.candidates(number)
        return torch.stack([self.descend(number, collated(batch), drawn) for batch in made_of]).mean(0)

    def descend(self, number: int, batch: Batch, drawn: Tensor | None) -> Tensor:
        """Gradients of one batch; the optimizer moves when it is the step's last one."""
        with self.accelerator.accumulate(self.model):
            losses: Tensor = self.model(batch.to(self.accelerator.device), drawn)
            self.check(number, losses)
            weights = losses.new_tensor(list(self.stage.weights.values()))
            self.accelerator.backward((losses * weights).sum())
            if self.accelerator.sync_gradients:
                self.accelerator.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad()
        return losses.detach()

    def check(self, number: int, losses: Tensor) -> None:
        if not torch.isfinite(losses).all():
            found = " ".join(f"{name} {value}" for name, value in zip(self.stage.weights, losses.tolist(), strict=True))
            raise NotFinite(
                f"the loss at step {number + 1} is not finite ({found}): lower `--rate` (it is {self.stage.rate}) and "
                f"start again; it goes on from the last checkpoint in `{self.stage.out}`, if there is one"
            )

    def candidates(self, number: int) -> Tensor | None:
        """The tokens that the softmax is over: every target of the data, and some others anew at each step."""
        if not self.stage.others:
            return None
        chance = torch.Generator().manual_seed(self.stage.seed * 1_000_003 + number)
        others = torch.randint(0, self.vocabulary, (self.stage.others,), generator=chance)
        return torch.unique(torch.cat([self.known, others])).to(self.accelerator.device)
