"""Follows a page and writes what its commands print into it: `python -m tests.docs.fill docs/tutorial/first-policy.md`.
Read the difference before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.walk import Block, Reader, blocks, commands, lay_out
from tests.processes import free_port


def filled(block: Block, reader: Reader) -> str:
    lines = []
    for command, _ in commands(block.text):
        printed = "\n".join(line.rstrip() for line in reader.run(command).strip("\n").splitlines())
        lines += [f"$ {command}", *([printed] if printed else [])]
    return "\n".join(lines) + "\n"


def main() -> None:
    page = Path(sys.argv[1])
    text = page.read_text()
    with tempfile.TemporaryDirectory() as folder:
        lay_out(page, Path(folder))
        reader = Reader(Path(folder), free_port())
        with reader.stack:
            for block in blocks(page):
                head = f"console {block.info}".rstrip()
                if block.kind == "console" and block.info in ("", "figures"):
                    text = text.replace(f"```{head}\n{block.text}```", f"```{head}\n{filled(block, reader)}```", 1)
                else:
                    reader.follow(block)
    page.write_text(text)


if __name__ == "__main__":
    main()
