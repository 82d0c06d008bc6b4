"""Does what a page tells its reader to do, in a folder of its own: files are written, commands are run, and what they
print is compared with what the page says.

    ```yaml file=my-policies/10.yaml     the block becomes this file
    ```console                           lines after `$ ` are run, the others are what they print
    ```console background                the command runs on to the page's end; the next block waits until it is ready
    ```console figures                   as `console`; numbers with a decimal point may be others on another machine

Data files beside the page, `*.jsonl`, are in the folder from the start.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT

import httpx

BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
VARYING = (
    (re.compile(r"\d+(\.\d+)? ?(ms|s)\b"), "N \\2"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "ID"),
    (re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?"), "TIME"),
    (re.compile(r"dur=[\d.]+"), "dur=N"),
    (re.compile(r'"created":\d+'), '"created":N'),
    (re.compile(r"\b\d:\d\d:\d\d\b"), "H:MM:SS"),
)
"""What is another one at each run."""
WAIT_SECONDS = 90


@dataclass(frozen=True)
class Block:
    kind: str
    info: str
    text: str

    @property
    def file(self) -> str | None:
        found = re.search(r"file=(\S+)", self.info)
        return found[1] if found else None


def lay_out(page: Path, folder: Path) -> None:
    for data in page.parent.glob("*.jsonl"):
        shutil.copy(data, folder)


def blocks(page: Path) -> list[Block]:
    return [Block(found["kind"], found["info"].strip(), found["text"]) for found in BLOCK.finditer(page.read_text())]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints. A command goes on after a backslash."""
    command, printed, open_line = "", [], False
    for line in text.splitlines():
        if open_line or line.startswith("$ "):
            if not open_line and command:
                yield command, "\n".join(printed)
            command = f"{command}\n{line}" if open_line else line[2:]
            printed, open_line = [], line.endswith("\\")
        else:
            printed.append(line)
    yield command, "\n".join(printed)


FIGURES = ((re.compile(r"-?\b\d+\.\d+\b"), "N"), (re.compile(r" +"), " "), (re.compile(r"─+"), "─"))


def settled(text: str, *, figures: bool = False) -> str:
    for pattern, instead in (*VARYING, *(FIGURES if figures else ())):
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


class Reader:
    """Follows a page. `port` is taken wherever the page says 8080."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_") and k != "CI"}
        self.environment = {**clean, "PATH": path, "GATEWAY_PORT": str(port), "COLUMNS": "110", "TERM": "dumb"}
        self.serving = False
        self.stack = ExitStack()

    def follow(self, block: Block) -> None:
        if block.file is not None:
            self.write(block.file, block.text)
        elif block.info == "background":
            self.stack.enter_context(self.background(next(commands(block.text))[0]))
        elif block.kind == "console":
            for command, printed in commands(block.text):
                found = settled(self.run(command), figures=block.info == "figures")
                assert (command, found) == (command, settled(printed, figures=block.info == "figures"))

    def write(self, name: str, text: str) -> None:
        """Writes the file; a gateway that runs has taken it up when this returns, as a reader would wait for."""
        before = self.version() if self.serving else ""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("8080", str(self.port)))
        if self.serving and path.suffix == ".yaml" and "tests" not in path.parts:
            self.wait(lambda: self.version() != before)

    def run(self, command: str) -> str:
        shell = ["bash", "-c", command.replace("8080", str(self.port))]
        done = subprocess.run(
            shell, cwd=self.folder, env=self.environment, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, timeout=120
        )
        return done.stdout.decode().replace(str(self.port), "8080")

    @contextmanager
    def background(self, command: str) -> Iterator[None]:
        shell = ["bash", "-c", f"exec env {command}"]
        process = subprocess.Popen(
            shell, cwd=self.folder, env=self.environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            self.wait(lambda: self.version() != "")
            self.serving = True
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)

    def version(self) -> str:
        """The version of the policies in force; nothing while no gateway is ready."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5)
        except httpx.TransportError:
            return ""
        return str(answer.json()["policy"]["version"]) if answer.status_code == 200 else ""

    def wait(self, done: object) -> None:
        assert callable(done)
        until = time.monotonic() + WAIT_SECONDS
        while not done():
            assert time.monotonic() < until, "the gateway did not get there"
            time.sleep(0.1)
