"""What all pictures have in common: a figure without a window, plain axes, and how it is written."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

GREY, BLUE, DARK = "#9aa5b1", "#0072b2", "#444444"
"""Grey and blue: they differ in lightness too."""
COLORS = (BLUE, "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Of lines that must be told apart, by people who see no red or no green too (Okabe and Ito)."""
LONGEST_NAME = 40


def new_figure(width: float, height: float, title: str) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=12, parse_math=False)
    return figure


def plain(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)


def save(figure: Any, path: Path) -> None:
    """The same bytes at each run; a letter that the font lacks is a box and no complaint."""
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "gateway"}):
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)


def short(name: str) -> str:
    """A name of a data set in one line, cut in its middle where it is very long."""
    told = "".join(letter if letter.isprintable() else " " for letter in name)
    half = LONGEST_NAME // 2
    return told if len(told) <= LONGEST_NAME else f"{told[:half]}…{told[1 - half :]}"
