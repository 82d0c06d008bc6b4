"""The picture of a comparison."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gateway.errors import ConfigurationError
from gateway.replay import plot
from gateway.replay.compare import Case, Comparison, Made

SAID = "http://www.w3.org/2000/svg"


def comparison(*tenants: str) -> Comparison:
    found = Comparison(("recorded", "2c5e155c1e5d"), 1)
    for tenant in tenants:
        found.add(Case("r", tenant, (), "safe"), Made("forward", "default"), Made("block 400", "a"))
    return found


def drawn(found: Comparison, path: Path) -> str:
    """The texts of the picture."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot.draw(found, path)
    return " ".join("".join(one.itertext()) for one in ElementTree.parse(path).iter(f"{{{SAID}}}text"))


def test_the_title_and_every_bar_are_told(tmp_path: Path) -> None:
    told = drawn(comparison("acme", "acme", "beta"), tmp_path / "x.svg")
    assert "recorded → 2c5e155c1e5d: 3 of 3 queries decided otherwise" in told
    assert [name for name in ("acme", "beta", "default", "before", "after") if name not in told] == []


def test_names_that_callers_chose_are_no_formulas_and_no_crash(tmp_path: Path) -> None:
    told = drawn(comparison("a$b$c", "$\\frac{$", "한국", "line\nbreak", "x" * 500), tmp_path / "x.svg")
    assert [name for name in ("a$b$c", "$\\frac{$", "한국", "line break", "x" * 15 + "…") if name not in told] == []
    assert "x" * 50 not in told


def test_many_are_drawn_as_others(tmp_path: Path) -> None:
    told = drawn(comparison(*map("tenant-{}".format, range(40))), tmp_path / "x.svg")
    assert told.count("tenant-") == plot.MOST_BARS
    assert "28 others" in told


def test_nothing_can_be_drawn_too(tmp_path: Path) -> None:
    assert "0 of 0 queries" in drawn(comparison(), tmp_path / "x.svg")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"guardian-gateway\[plots\]"):
        plot.check(Path("x.png"))
