"""How many safe rows to a harmful one, and how many rows at all (the paper's Figure 4): F1 on the validation rows.

    python -m training.ratio --base BASE --data DIR --out DIR --ratios 0.5 1 2 4 --volumes 500 2000 8000 --seeds 0 1 2

`DIR` holds the `train.jsonl` and `validation.jsonl` of `prepare`. Each cell is a training of stage two on a part of the
rows; a larger volume holds the smaller ones. Options that it does not know go to `training.safety`. Writes `ratio.csv`
and `ratio.png`; what is done already is not done again. On several GPUs: `accelerate launch -m training.ratio ...`.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean

from accelerate import PartialState
from matplotlib.figure import Figure

from training.safety import read
from training.trial import Row, Trial, result


@dataclass(frozen=True, slots=True)
class Cell:
    """`ratio`: safe rows to a harmful one."""

    ratio: float
    volume: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.ratio:g}-to-1-of-{self.volume}-seed-{self.seed}"

    def rows(self, rows: Sequence[Row]) -> list[Row] | None:
        """None where the data has too few of either kind."""
        harmful = round(self.volume / (1 + self.ratio))
        wanted = {"harmful": harmful, "safe": self.volume - harmful}
        order = random.Random(self.seed).sample(rows, len(rows))
        kept = [row for label, n in wanted.items() for row in [r for r in order if r["label"] == label][:n]]
        return kept if len(kept) == self.volume else None


def main(arguments: Sequence[str] | None = None) -> None:
    options, others = parse(arguments)
    found: dict[Cell, dict[str, float]] = {}
    for cell, trial in trials(options, others):
        found[cell] = result(trial)
        if PartialState().is_main_process:
            tell(found, options.out)


def trials(options: argparse.Namespace, others: Sequence[str]) -> Iterator[tuple[Cell, Trial]]:
    rows, validation = list(read(options.data / "train.jsonl")), options.data / "validation.jsonl"
    for seed, volume, ratio in product(options.seeds, options.volumes, options.ratios):
        cell = Cell(ratio, volume, seed)
        if (kept := cell.rows(rows)) is None:
            print(f"left out, the data has too few rows: {cell.name}")
            continue
        given = ["--seed", str(seed), *others]
        yield cell, Trial(options.out / cell.name, options.base, kept, validation, given)


def tell(found: Mapping[Cell, Mapping[str, float]], out: Path) -> None:
    with (out / "ratio.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["ratio", "volume", "seed", *next(iter(found.values()))])
        for cell, told in found.items():
            table.writerow([f"{cell.ratio:g}", cell.volume, cell.seed, *(f"{v:.4f}" for v in told.values())])
    picture(found).savefig(out / "ratio.png", dpi=150)


def picture(found: Mapping[Cell, Mapping[str, float]]) -> Figure:
    """A line for each volume: the mean over the seeds, each seed a dot."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for colour, volume in enumerate(sorted({cell.volume for cell in found})):
        dots = [(cell.ratio, told["f1"]) for cell, told in found.items() if cell.volume == volume]
        ratios = sorted({ratio for ratio, _ in dots})
        means = [mean(f1 for ratio, f1 in dots if ratio == one) for one in ratios]
        axes.plot(ratios, means, color=f"C{colour}", label=f"{volume} rows")
        axes.scatter(*zip(*dots, strict=True), color=f"C{colour}", s=14, alpha=0.6)
    axes.set(xscale="log", ylim=(0, 1), xlabel="safe rows to a harmful one", ylabel="F1, threshold 0.5")
    axes.set_xticks(sorted({cell.ratio for cell in found}), [f"{r:g}" for r in sorted({c.ratio for c in found})])
    axes.minorticks_off()
    axes.legend()
    axes.grid(alpha=0.3)
    return figure


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ratios", type=float, nargs="+", default=[0.5, 1.0, 2.0, 4.0])
    parser.add_argument("--volumes", type=int, nargs="+", default=[500, 2000, 8000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    return parser.parse_known_args(arguments)


if __name__ == "__main__":
    main()
