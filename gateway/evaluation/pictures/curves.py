"""Precision-recall curves: of all rows, and of each language's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.evaluation.judged import Judged
from gateway.evaluation.pictures.canvas import COLORS, DARK, new_figure, plain, save, short
from gateway.evaluation.ranking import Step, area, steps
from gateway.evaluation.score import Scores


def draw(groups: Mapping[str, Sequence[Judged]], overall: Scores, path: Path, title: str) -> bool:
    """False, and no picture, where no group has scores and both labels."""
    curves = {name: found for name, group in groups.items() if (found := steps(group)) is not None}
    if not curves:
        return False
    figure = new_figure(6.4, 6, title)
    axis = figure.subplots()
    for place, (name, found) in enumerate(curves.items()):
        plot(axis, f"{literal(name)}: AUPRC {area(found):.3f}", found, COLORS[place % len(COLORS)])
    if overall.recall is not None and overall.precision is not None:
        axis.plot([overall.recall], [overall.precision], color=DARK, marker="x", linestyle="", label="as it is read")
    axis.set(xlim=(0, 1.01), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    axis.legend(loc="lower left", frameon=False)
    plain(axis)
    save(figure, path)
    return True


def plot(axis: Any, label: str, found: Sequence[Step], color: str) -> None:
    """Steps, as the area counts them: at each recall the precision of the threshold that reaches it."""
    recalls = [0.0, *(step.tp / found[-1].tp for step in found)]
    precisions = [found[0].precision, *(step.precision for step in found)]
    axis.step(recalls, precisions, where="pre", color=color, linewidth=1.4, label=label)


def literal(name: str) -> str:
    """In a legend `$` would begin a formula."""
    return short(name).replace("$", r"\$")
