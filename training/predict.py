"""What a checkpoint says of labelled rows: P(`<|harm|>`) against P(`<|safe|>`), as the gateway's score is.

    python -m training.predict OUT/checkpoint --base BASE ROWS.jsonl --out SCORES.jsonl

On the CPU or a GPU; with `accelerate launch` each process takes its part of the rows. Writes `label`, `score`, `lang`
and `source` of each row, in order, and tells the measures of `training/measures.py`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import gather_object

from gateway.guardian.families.slm_guardian import HARM, SAFE, prompt
from training.measures import measures
from training.model import Guardian, reopen
from training.safety import read
from training.sequences import Encoder


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    told = predict(options.checkpoint, options.base, options.rows, options.out, longest=options.longest)
    if PartialState().is_main_process:
        print(" ".join(f"{name} {value:.3f}" for name, value in told.items()))


def predict(checkpoint: Path, base: str, rows: Path, out: Path, *, longest: int = 192) -> dict[str, float]:
    """Scores in `out`, and the measures."""
    state, guardian, given = PartialState(), reopen(base, checkpoint), list(read(rows))
    with state.split_between_processes(given) as mine:
        texts = [row["text"] for row in mine]
        found = gather_object(scores(guardian, texts, longest=longest, device=state.device))
    if state.is_main_process:
        kept = [{**{n: row[n] for n in ("label", "lang", "source") if n in row}} for row in given]
        lines = [json.dumps({**row, "score": round(s, 6)}) + "\n" for row, s in zip(kept, found, strict=True)]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(lines))
    return measures([row["label"] == "harmful" for row in given], found)


@torch.inference_mode()
def scores(
    guardian: Guardian, texts: Sequence[str], *, longest: int, device: torch.device, batch: int = 16
) -> list[float]:
    """Of each text, in order; texts of like length go together."""
    joint = guardian.joint.to(device).eval()
    encoder = Encoder(guardian.tokenizer, guardian.ids, longest=longest)
    ids = [encoder.prompt_ids(prompt(text)) for text in texts]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found: dict[int, float] = {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        logits = last_logits(joint, [ids[i] for i in part], [guardian.ids[SAFE], guardian.ids[HARM]], device)
        found |= zip(part, logits.softmax(-1)[:, 1].tolist(), strict=True)
    return [found[i] for i in range(len(ids))]


def last_logits(joint: Any, prompts: Sequence[Sequence[int]], tokens: Sequence[int], device: Any) -> torch.Tensor:
    """What follows each prompt, over `tokens`. Padding is on the right, where causal attention cannot see it."""
    longest = max(map(len, prompts))
    padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in prompts], device=device)
    ends = torch.tensor([len(ids) - 1 for ids in prompts], device=device)
    with torch.autocast(device.type, torch.bfloat16):
        hidden = joint.decoder(inputs_embeds=joint.embed(padded), use_cache=False).last_hidden_state
        last = hidden[torch.arange(len(prompts), device=device), ends]
        logits: torch.Tensor = joint.logits(last, torch.tensor(tokens, device=device))
    return logits.float()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="that `safety` wrote: `OUT/checkpoint`")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--base", required=True, help="that the checkpoint was trained on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--longest", type=int, default=192, help="tokens of a query, as in training")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
