"""Sets of two files that name their version in every rule, so that a mixture of two would be seen."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import Diagnostics, PolicySet, load
from gateway.types import Catalog

BROKEN = "version: 1\nrules:\n  - name: broken\n    match: {verdikt: unsafe}\n    action: block\n"


def write(folder: Path, name: str) -> str:
    """Version `name`, in place. A query with ONE is decided by the first file, one with TWO by the second."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, word in (("10", "one"), ("20", "two")):
        (folder / f"{number}-{word}.yaml").write_text(
            f"version: 1\nresponses: {{{word}: {{text: words of {name}}}}}\nrules:\n"
            f"  - {{name: {word}-from-{name}, match: {{message: {{contains: {word.upper()}}}}}, "
            f"action: {{respond: {'two' if word == 'one' else 'one'}}}}}\n"
        )
    return version(folder)


def loaded(folder: Path) -> PolicySet | Diagnostics:
    """As a gateway with one guardian and one upstream reads it."""
    catalog = Catalog({"default": families()["slm_guardian"].CARD}, frozenset({"default"}))
    return load(folder, catalog, TAXONOMY)


def version(folder: Path) -> str:
    policy = loaded(folder)
    assert isinstance(policy, PolicySet), str(policy)
    return policy.version


def switch(link: Path, target: Path) -> None:
    """The link leads to the target from one moment to the next."""
    fresh = link.with_name(f".{uuid4().hex}")
    fresh.symlink_to(target)
    os.replace(fresh, link)
