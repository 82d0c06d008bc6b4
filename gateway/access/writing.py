"""A file of keys that is changed: by one process at a time, whole or not at all, for its owner's eyes only."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from gateway.access.editing import EMPTY
from gateway.access.keyset import KeySet
from gateway.errors import ConfigurationError
from gateway.policy.diagnostics import Diagnostics, Findings
from gateway.policy.source import Item, read

Parse = Callable[[str, bytes], KeySet | Diagnostics]
Edit = Callable[[str, Item, KeySet], tuple[str, KeySet]]
"""From the file's text to the new one, and to what that must say."""


def change(path: Path, parse: Parse, edit: Edit) -> None:
    """Nothing is written unless the new text says just what it should."""
    real = Path(os.path.realpath(path))
    with locked(real.parent):
        raw = real.read_bytes() if real.exists() else EMPTY.encode()
        root, before = read(str(path), raw, Findings()), good(path, parse(str(path), raw))
        assert root is not None
        text, wanted = edit(raw.decode(), root, before)
        if good(path, parse(str(path), text.encode()), "would have") != wanted:
            raise ConfigurationError(
                f"`{path}` is written in a way that cannot be changed for you: write each key as a list item with a"
                " field a line, as `gateway keys create` does"
            )
        replace(real, text.encode())


def good(path: Path, found: KeySet | Diagnostics, have: str = "have") -> KeySet:
    if isinstance(found, Diagnostics):
        raise ConfigurationError(f"the keys in `{path}` {have} errors:\n{found}")
    return found


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time; another waits."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, raw: bytes) -> None:
    """The file's owner keeps it; nobody else can read it."""
    handle, fresh = mkstemp(prefix=".keys-", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
            with suppress(OSError):
                found = path.stat()
                os.fchown(file.fileno(), found.st_uid, found.st_gid)
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise
