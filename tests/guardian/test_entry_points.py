"""Families of other packages: found by their entry point, and a broken one is named with its package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.guardian.family import families
from gateway.types import Message, Passage

WHOLE = """
from gateway.guardian.family import Ask, Reading
from gateway.types import Card

CARD = Card("acme", ("acme/guard",), ("safe", "unsafe"), {}, scores=False, writes_response=False)
MARKERS = ("<|",)

def render(passage, *, forced):
    return (Ask("/completions", {"prompt": passage.messages[0].text, "temperature": 0}),)

def parse(completion):
    return Reading("safe" if completion.text == "0" else "unsafe")
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """A distribution as pip leaves it: a module, and a dist-info folder with an entry point."""
    info = folder / "acme_guard-1.0.dist-info"
    info.mkdir()
    (folder / "acme_guard.py").write_text(source)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-guard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gateway.guardians]\nacme = acme_guard\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "acme_guard", raising=False)


def test_a_family_of_another_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "acme" not in families()
    install(tmp_path, monkeypatch, WHOLE)
    (ask,) = families()["acme"].render(Passage((Message("user", ("hello",)),)), forced=False)
    assert ask.body["prompt"] == "hello"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import no_such_module", "`acme` of the package `acme-guard` .* ModuleNotFoundError"),
        (WHOLE.replace("MARKERS", "TOKENS"), "no `MARKERS`: see docs/tutorial/add-a-guardian.md"),
        (WHOLE.replace("def parse", "def read"), "no `parse`"),
        (WHOLE.replace('Card("acme"', 'Card("qwen3guard"'), "two guardian families have the name `qwen3guard`"),
        (WHOLE.replace('("<|",)', '("< |",)'), "the marker '< |' cannot be broken"),
    ],
)
def test_a_broken_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, complaint: str) -> None:
    install(tmp_path, monkeypatch, source)
    with pytest.raises(ConfigurationError, match=complaint):
        families()
