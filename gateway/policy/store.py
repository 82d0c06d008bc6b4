"""Versions of the policies on disk, and which of them is current. Pure file work.

STORE/versions/HASH/    copies that never change, each named by the hash of its policies
STORE/current           a link to one of them, switched in one step: what gateways read
STORE/history.jsonl     a line for each switch
STORE/.lock             held while something is changed
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal
from uuid import uuid4

from gateway.errors import ConfigurationError
from gateway.policy.folder import real, regular_files

What = Literal["promote", "rollback"]
HashOf = Callable[[Path], str]
"""The version of the policies in a folder; raises whatever tells its caller that they do not load."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A line of the history: when `version` became current, how, in place of which, and how many rules it has."""

    when: str
    version: str
    what: What
    before: str | None
    rules: int


@dataclass(frozen=True, slots=True)
class Store:
    """The folder. What changes it is called inside `locked`, and raises ConfigurationError for a folder that is not as
    the store left it.
    """

    folder: Path

    @property
    def current_link(self) -> Path:
        return self.folder / "current"

    @property
    def current(self) -> str | None:
        """The version that the link leads to; None where there is none yet."""
        return Path(os.readlink(self.current_link)).name if self.current_link.is_symlink() else None

    @property
    def versions(self) -> tuple[str, ...]:
        kept = self.folder / "versions"
        return tuple(sorted(path.name for path in kept.glob("[!.]*") if path.is_dir()))

    def place(self, version: str) -> Path:
        return self.folder / "versions" / version

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time; another waits."""
        (self.folder / "versions").mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def keep(self, source: Path, version: str, hash_of: HashOf) -> None:
        """A copy of the source under its version. The copy is what is looked at, so that a source that changes
        meanwhile is never kept under a name that is not its own.
        """
        if self.place(version).exists():
            self.verify(version, hash_of)
            return
        fresh = Path(mkdtemp(prefix=".new-", dir=self.folder / "versions"))
        try:
            copy(real(source), fresh)
            if hash_of(fresh) != version:
                raise ConfigurationError(f"`{source}` changed while it was copied: run it again")
            fresh.chmod(0o755)
            fresh.rename(self.place(version))
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        sync(self.folder / "versions")

    def verify(self, version: str, hash_of: HashOf) -> None:
        """That nobody edited the stored copy."""
        if (found := hash_of(self.place(version))) != version:
            raise ConfigurationError(
                f"`{self.place(version)}` was edited: its files are version `{found}`; "
                "move that folder away and promote the version again from where it was written"
            )

    def switch(self, switched: Switch) -> None:
        """The link first: a history that lacks its last line is put right by the next one."""
        if self.current_link.exists() and not self.current_link.is_symlink():
            raise ConfigurationError(f"`{self.current_link}` is not a link: move it away, it is the store's own")
        fresh = self.folder / f".current-{uuid4().hex}"
        fresh.symlink_to(Path("versions", switched.version))
        os.replace(fresh, self.current_link)
        sync(self.folder)
        with (self.folder / "history.jsonl").open("ab+") as file:
            torn = file.seek(0, os.SEEK_END) > 0 and not ends_line(file.fileno(), file.tell())
            file.write((b"\n" if torn else b"") + written(switched) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def history(self) -> tuple[Switch, ...]:
        """Oldest first, less lines that a crash left unfinished."""
        try:
            lines = (self.folder / "history.jsonl").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        return tuple(found for line in lines if (found := parsed(line)) is not None)

    def earlier(self) -> Sequence[str]:
        """The versions before the current one, latest last. What a rollback left behind does not count."""
        path: list[str] = []
        for one in self.history():
            if one.what == "rollback" and one.version in path:
                del path[last(path, one.version) + 1 :]
            else:
                path.append(one.version)
        return path[: last(path, self.current)] if self.current in path else path


def last(path: Sequence[str], version: str | None) -> int:
    return max(i for i, one in enumerate(path) if one == version)


def written(one: Switch) -> bytes:
    line = {"when": one.when, "version": one.version, "what": one.what, "from": one.before, "rules": one.rules}
    return json.dumps(line).encode()


def parsed(line: str) -> Switch | None:
    try:
        found = json.loads(line)
        return Switch(found["when"], found["version"], found["what"], found["from"], found["rules"])
    except (ValueError, TypeError, KeyError):
        return None


def ends_line(file: int, size: int) -> bool:
    return os.pread(file, 1, size - 1) == b"\n"


def copy(source: Path, target: Path) -> None:
    """Every file, lists and tests included, for everyone to read and nobody to write; on disk when it returns."""
    for name, _ in regular_files(source, tests=True):
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("xb") as file:
            file.write((source / name).read_bytes())
            file.flush()
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
    for parent, _, _ in os.walk(target):
        sync(Path(parent))


def sync(folder: Path) -> None:
    """What was made, renamed or linked in the folder is on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
