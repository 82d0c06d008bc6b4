"""A comparison as a picture: what each rule decides before and after, what is kept back by tenant and by category."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.errors import ConfigurationError
from gateway.replay.compare import Comparison, Tally
from gateway.replay.report import ranked

MOST_BARS = 12
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
    figure.suptitle(
        f"{found.names[0]} → {found.names[1]}: {found.changed:,} of {found.queries:,} queries decided otherwise",
        fontsize=12,
    )
    axes = figure.subplots(len(panels), 1, height_ratios=heights)
    for axis, (title, rows) in zip(axes, panels, strict=True):
        panel(axis, title, rows)
    axes[0].legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=120)


def shown(groups: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """The most changed ones, and the others in one."""
    rows = ranked(groups)
    rest = Tally()
    for _, tally in rows[MOST_BARS:]:
        rest = Tally(*(getattr(rest, n) + getattr(tally, n) for n in ("queries", "before", "after", "changed")))
    others = [(f"{len(rows) - MOST_BARS} others", rest)] if len(rows) > MOST_BARS else []
    return [*rows[:MOST_BARS], *others]


def panel(axis: Any, title: str, rows: list[tuple[str, Tally]]) -> None:
    places = range(len(rows))
    for offset, color, label in ((-0.2, BEFORE, "before"), (0.2, AFTER, "after")):
        counts = [getattr(tally, label) for _, tally in rows]
        bars = axis.barh([place + offset for place in places], counts, height=0.38, color=color, label=label)
        axis.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=3, fontsize=8)
    axis.set_yticks(places, [name if len(name) < 40 else f"{name[:38]}…" for name, _ in rows], fontsize=9)
    axis.set_title(title, loc="left", fontsize=10)
    axis.invert_yaxis()
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)
    axis.xaxis.get_major_locator().set_params(integer=True)
