"""Stage two: the joint task with the protocol's tokens: label, category, safe response, rationale, forced response.

    accelerate launch -m training.safety --base BASE --data DIR --out DIR --epochs 2

`--base`: a Hugging Face name or folder, or a GGUF file. One process on a CPU, or as many GPUs as `accelerate` is told
of (`training/fsdp.yaml`). It resumes from `OUT/checkpoint`; the same seed gives the same order of rows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from training.loop import train
from training.model import begin, go_on_from
from training.sequences import KINDS, Encoder
from training.stage import Stage


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    torch.manual_seed(options.seed)
    guardian = begin(options.base, layers=options.layers, rank=options.rank)
    if options.go_on_from:
        go_on_from(guardian, options.go_on_from)
    encoder = Encoder(guardian.tokenizer, guardian.ids, longest=options.longest)
    rationale = options.rationale_weight > 0
    examples = [
        one for row in read(options.data / "train.jsonl") for one in encoder.sequences(row, rationale=rationale)
    ]
    weights = (1.0, options.category_weight, options.response_weight, options.rationale_weight)
    train(guardian.joint, examples, Stage.of(options, dict(zip(KINDS, weights, strict=True))))


def read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--layers", type=int, help="of the base; the ones above are left out")
    parser.add_argument("--go-on-from", type=Path, help="a checkpoint, or a folder with `adapter.npz`, to begin with")
    parser.add_argument("--rank", type=int, default=32, help="of the low-rank deltas; 0 trains all weights")
    parser.add_argument("--longest", type=int, default=192, help="tokens of a query; a longer one loses its middle")
    parser.add_argument("--category-weight", type=float, default=0.3)
    parser.add_argument("--response-weight", type=float, default=0.5, help="lambda")
    parser.add_argument("--rationale-weight", type=float, default=0.2, help="0 leaves the rationales out")
    Stage.add_to(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
