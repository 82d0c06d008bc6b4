"""Does it help the label to learn the response too, and the rationale? Four variants, several seeds, on the same rows.

    python -m training.ablate --base BASE --data DIR --out DIR --seeds 0 1 2

`DIR` holds the `train.jsonl` and `validation.jsonl` of `prepare`. Options that it does not know go to
`training.safety`. Writes `ablate.csv`, a line for each training, and `ablate.md`, mean and spread; what is done already
is not done again. On several GPUs: `accelerate launch -m training.ablate ...`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from statistics import mean, stdev

from accelerate import PartialState

from training.safety import read
from training.trial import Trial, result

VARIANTS: Mapping[str, Sequence[str]] = {
    "label": ("--category-weight", "0", "--response-weight", "0", "--rationale-weight", "0"),
    "label, rationale": ("--category-weight", "0", "--response-weight", "0"),
    "label, response": ("--rationale-weight", "0"),
    "label, response, rationale": (),
}
"""The first is the single task. A response comes with its category, which the sequence has before it."""
Measures = Mapping[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    options, others = parse(arguments)
    found: dict[tuple[str, int], Measures] = {}
    for variant, seed, trial in trials(options, others):
        found[variant, seed] = result(trial)
        if PartialState().is_main_process:
            tell(found, options.out)
    if PartialState().is_main_process:
        print((options.out / "ablate.md").read_text(), end="")


def trials(options: argparse.Namespace, others: Sequence[str]) -> Iterator[tuple[str, int, Trial]]:
    rows, validation = list(read(options.data / "train.jsonl")), options.data / "validation.jsonl"
    for seed, (variant, weights) in product(options.seeds, VARIANTS.items()):
        folder = options.out / f"{variant.replace(', ', '-')}-seed-{seed}"
        yield variant, seed, Trial(folder, options.base, rows, validation, [*others, *weights, "--seed", str(seed)])


def tell(found: Mapping[tuple[str, int], Measures], out: Path) -> None:
    names = list(next(iter(found.values())))
    with (out / "ablate.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["variant", "seed", *names])
        for (variant, seed), told in found.items():
            table.writerow([variant, seed, *(f"{told[name]:.4f}" for name in names)])
    lines = [f"| learnt | seeds | {' | '.join(names)} |", f"| --- | --- |{' --- |' * len(names)}"]
    for variant in VARIANTS:
        if runs := [told for (one, _), told in found.items() if one == variant]:
            cells = " | ".join(spread([told[name] for told in runs]) for name in names)
            lines.append(f"| {variant} | {len(runs)} | {cells} |")
    (out / "ablate.md").write_text("\n".join(lines) + "\n")


def spread(values: Sequence[float]) -> str:
    """The mean, and the standard deviation where there is more than one."""
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_known_args(arguments)


if __name__ == "__main__":
    main()
