"""Stage two: the joint task, label, category and safe response in one sequence; loss = label + category + lambda *
response.

    python -m training.train --base BASE.gguf --data DIR --out DIR --minutes 60

Resumes from `OUT/checkpoint.pt`. The learning rate follows the clock, so that a run uses the time it has; one seed,
one order of rows.
CPU or GPU unchanged: on a CPU, float32 and length-sorted batches of about `--tokens` tokens.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from gateway.embedded.protocol import TOKENS
from gateway.guardian.families.slm_guardian import prompt
from training.model import Guardian, begin_rows
from training.tokenizer import read_tokenizer

IDS = {name: i for i, name in TOKENS.items()}
HARM, SAFE, END = IDS["<|harm|>"], IDS["<|safe|>"], 2
KINDS = ("label", "category", "response")


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = read_tokenizer(options.base)
    rows = [json.loads(line) for line in (options.data / "train.jsonl").open()]
    examples = [encode(tokenizer, row, options) for row in rows]
    model = Guardian(options.base, options.layers, options.rank, options.frozen_layers).to(device)
    begin_rows(model, {i: tokenizer.encode(spelt(name)).ids for i, name in TOKENS.items()})
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    options.out.mkdir(parents=True, exist_ok=True)
    step = resume(options.out / "checkpoint.pt", model, optimizer)
    began, seen, running = time.monotonic(), 0, dict.fromkeys(KINDS, 0.0)
    for batch in batches(examples, options.tokens, seed=options.seed + step):
        spent = (time.monotonic() - began) / 60 / options.minutes
        if spent >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.rate * rate_share(step, spent)
        losses = loss(model, batch, device, options.response_weight)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(batch)
        for kind in KINDS:
            running[kind] += 0.02 * (losses[kind].item() - running[kind])
        if step % 20 == 0:
            told = " ".join(f"{kind} {value:.3f}" for kind, value in running.items())
            print(f"step {step} seen {seen} {spent:.1%} {told}", flush=True)
        if step % 50 == 0:
            save(options.out, step, model, optimizer)
    save(options.out, step, model, optimizer)


def spelt(name: str) -> str:
    return " " + name.strip("<|>").replace("_", " ").replace("harm", "harmful").replace("self harmful", "suicide")


def encode(
    tokenizer: Any, row: dict[str, Any], options: argparse.Namespace
) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Ids, and the targets: (position that predicts, target id, which of KINDS)."""
    ids = tokenizer.encode(prompt(row["text"]), add_special_tokens=False).ids
    if len(ids) > options.longest:
        ids = [*ids[: options.longest // 2], *ids[-options.longest // 2 :]]
    harmful = row["label"] == "harmful"
    targets = [(len(ids) - 1, HARM if harmful else SAFE, 0)]
    ids.append(HARM if harmful else SAFE)
    if not harmful:
        return ids, [*targets, (len(ids) - 1, END, 1)]
    targets.append((len(ids) - 1, IDS[f"<|{row['category']}|>"], 1))
    ids.append(IDS[f"<|{row['category']}|>"])
    if random.Random(row["text"]).random() < options.response_share:
        for token in [*tokenizer.encode(row["response"], add_special_tokens=False).ids, END]:
            targets.append((len(ids) - 1, token, 2))
            ids.append(token)
    return ids[:-1], targets


def batches(examples: list[Any], tokens: int, *, seed: int) -> Iterator[list[Any]]:
    """Endless epochs: shuffled, sorted by length in chunks, batched to about `tokens` tokens, shuffled again."""
    draw = random.Random(seed)
    while True:
        order = draw.sample(range(len(examples)), len(examples))
        made: list[list[Any]] = []
        for start in range(0, len(order), 1024):
            chunk = sorted(order[start : start + 1024], key=lambda i: len(examples[i][0]))
            batch: list[Any] = []
            for i in chunk:
                if batch and (len(batch) + 1) * len(examples[i][0]) > tokens:
                    made.append(batch)
                    batch = []
                batch.append(examples[i])
            made.append(batch)
        draw.shuffle(made)
        yield from made


def loss(model: Guardian, batch: list[Any], device: str, response_weight: float) -> dict[str, torch.Tensor]:
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([i + [END] * (longest - len(i)) for i, _ in batch], device=device)
    flat = [(row, *target) for row, (_, targets) in enumerate(batch) for target in targets]
    table = torch.tensor(flat, device=device)
    logits = model(ids, table[:, :2])
    each = F.cross_entropy(logits, table[:, 2], reduction="none")
    weights = (1.0, 0.3, response_weight)
    found = {}
    for number, kind in enumerate(KINDS):
        mask = table[:, 3] == number
        found[kind] = each[mask].mean() * weights[number] if bool(mask.any()) else each.sum() * 0
    return found


def rate_share(step: int, spent: float) -> float:
    """Warm-up over 40 steps, then a cosine down to a twentieth."""
    return min(1.0, (step + 1) / 40) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent))))


def resume(path: Path, model: Guardian, optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"], strict=False)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def save(out: Path, step: int, model: Guardian, optimizer: torch.optim.Optimizer) -> None:
    state = {"step": step, "model": model.trained(), "optimizer": optimizer.state_dict()}
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").rename(out / "checkpoint.pt")
    np.savez(out / "adapter.npz", **model.export())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--layers", type=int, default=20, help="of the base; the ones above are left out")
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--tokens", type=int, default=1024, help="of one batch, padding included")
    parser.add_argument(
        "--longest", type=int, default=192, help="tokens of a query; the middle of a longer one is left out"
    )
    parser.add_argument("--frozen-layers", type=int, default=4, help="lowest layers that get no delta")
    parser.add_argument("--response-share", type=float, default=0.2, help="of harmful rows that bring their response")
    parser.add_argument("--response-weight", type=float, default=0.5, help="lambda")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
