"""The policies' folder as the disk has it: which files it holds, whether they changed, and a reading of it during which
they did not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from gateway.policy.diagnostics import Diagnostics, Findings, Span
from gateway.policy.policyset import PolicySet

TESTS = "tests"
KUBERNETES = "..data"
"""A ConfigMap's files are links into the folder that this link leads to, and a new version switches this one link."""
ATTEMPTS = 5
PAUSE_SECONDS = 0.05
Fact = tuple[str, int, int, int, int]
Load = Callable[..., PolicySet | Diagnostics]
"""Takes a folder; with `identify` also what an earlier set tells languages by."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Where the folder really is, and of each file its name, inode, size and times: equal while nothing changed."""

    folder: Path
    files: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one state of the files says."""

    signature: Signature
    result: PolicySet | Diagnostics


def read_steadily(folder: Path, load: Load) -> Reading:
    """Reads until no file changed meanwhile, so that half of one version and half of another is never taken for a
    set.
    """
    for _ in range(ATTEMPTS):
        before = signature(folder)
        result = load(before.folder)
        if signature(folder) == before:
            return Reading(before, result)
        sleep(PAUSE_SECONDS)
    findings = Findings()
    findings.error("P014", Span(str(folder)), "the files change while they are read", "write them once, then wait")
    return Reading(before, findings.diagnostics())


def signature(folder: Path) -> Signature:
    place = real(folder)
    return Signature(place, tuple(sorted(fact(name, found) for name, found in regular_files(place))))


def fact(name: str, found: os.stat_result) -> Fact:
    return name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def real(folder: Path) -> Path:
    """The folder behind its links. A link that is switched while files are read then leads nobody into the new one; a
    folder that is no link keeps the name that it was given, for messages.
    """
    switched = folder / KUBERNETES
    found = Path(os.path.realpath(switched if switched.is_dir() else folder))
    return folder if found == folder.absolute() else found


def regular_files(folder: Path, *, tests: bool = False) -> Iterator[tuple[str, os.stat_result]]:
    """Every regular file below the folder by its path in it, less hidden folders, and less `tests/` unless wanted."""
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(parent)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        top = Path(parent) == folder
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (tests or not top or f != TESTS))
        for name in sorted(names):
            path = Path(parent, name)
            if (found := regular(path)) is not None:
                yield path.relative_to(folder).as_posix(), found


def regular(path: Path) -> os.stat_result | None:
    """None for what is no file, and for one that is gone by now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None
