"""A comparison as a picture: what each rule decides before and after, what is kept back by tenant and by category."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.errors import ConfigurationError
from gateway.replay.compare import Comparison, Tally
from gateway.replay.report import printable, ranked

MOST_BARS = 12
LONGEST_NAME = 40
BEFORE, AFTER = "#9aa5b1", "#0072b2"
"""Grey and blue: they differ in lightness too."""
SUFFIXES = (".png", ".svg", ".pdf")


def check(path: Path) -> None:
    """Before the work is done: whether the picture can be drawn at all."""
    if path.suffix not in SUFFIXES:
        raise ConfigurationError(f"`{path}`: a picture is one of {', '.join(SUFFIXES)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ConfigurationError("pictures need matplotlib: pip install 'guardian-gateway[plots]'") from None


def draw(found: Comparison, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [
        ("queries that the rule decides", shown(found.rules)),
        ("queries kept from the upstream, by tenant", shown(found.tenants)),
        ("queries kept from the upstream, by category", shown(found.categories)),
    ]
    heights = [max(1, len(rows)) + 1.2 for _, rows in panels]
    figure = Figure(figsize=(9, 0.42 * sum(heights) + 1.2), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title(found), fontsize=12)
    axes = figure.subplots(len(panels), 1, height_ratios=heights)
    for axis, (heading, rows) in zip(axes, panels, strict=True):
        panel(axis, heading, rows)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower right", ncols=2, frameon=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(path, dpi=120)


def title(found: Comparison) -> str:
    unknown = f", {found.unknown.total():,} unknown" if found.unknown else ""
    told = f"{found.changed:,} of {found.queries:,} queries decided otherwise{unknown}"
    return f"{found.names[0]} → {found.names[1]}: {told}"


def shown(groups: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """The most changed ones, and the others in one."""
    rows = ranked(groups)
    rest = Tally()
    for _, tally in rows[MOST_BARS:]:
        rest = Tally(*(getattr(rest, n) + getattr(tally, n) for n in ("queries", "before", "after", "changed")))
    others = [(f"{len(rows) - MOST_BARS} others", rest)] if len(rows) > MOST_BARS else []
    return [*rows[:MOST_BARS], *others]


def panel(axis: Any, heading: str, rows: list[tuple[str, Tally]]) -> None:
    places = range(len(rows))
    for offset, color, label in ((-0.2, BEFORE, "before"), (0.2, AFTER, "after")):
        counts = [getattr(tally, label) for _, tally in rows]
        bars = axis.barh([place + offset for place in places], counts, height=0.38, color=color, label=label)
        axis.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=3, fontsize=8)
    axis.set_yticks(places, [short(name) for name, _ in rows], fontsize=9, parse_math=False)
    axis.set_title(heading, loc="left", fontsize=10)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.xaxis.set_major_formatter("{x:,.0f}")


def short(name: str) -> str:
    """A name, which a caller may have chosen: in one line, and cut in its middle where it is very long."""
    told = printable(name)
    half = LONGEST_NAME // 2
    return told if len(told) <= LONGEST_NAME else f"{told[:half]}…{told[1 - half :]}"
