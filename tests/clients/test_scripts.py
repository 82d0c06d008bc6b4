"""The scripts and pins of the client libraries, and the page that shows how each is connected. Needs no library."""

from __future__ import annotations

import json
import re

import pytest

from tests.clients.clients import FOLDER, Client, clients
from tests.servers import ROOT

PAGE = ROOT / "docs" / "how-to" / "connect-a-client.md"
ADDRESS = "http://localhost:8080"


def blocks() -> dict[str, list[str]]:
    """The lines of code of each section of the page."""
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    code = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return {name: [line for block in code.findall(text) for line in block.splitlines()] for name, text in sections}


@pytest.mark.parametrize("client", clients(), ids=lambda client: client.name)
def test_the_page_shows_lines_of_the_script_that_is_run(client: Client) -> None:
    shown = [bare(line) for line in blocks()[client.name]]
    assert shown
    assert [line for line in shown if line not in {bare(line) for line in source(client)}] == []


def source(client: Client) -> list[str]:
    """Its script, and what that runs in a shell, with the address as a reader writes it."""
    script = FOLDER / client.script
    text = "".join(path.read_text() for path in sorted(script.parent.glob(f"{script.stem}.*")))
    text = re.sub(r"f\"\{gateway\}|`\$\{gateway\}", f'"{ADDRESS}', text).replace("/v1`", '/v1"')
    text = text.replace("base_url=gateway", f'base_url="{ADDRESS}"').replace("$1", ADDRESS)
    return text.replace("{gateway}", ADDRESS).replace("{model}", "MODEL").splitlines()


def bare(line: str) -> str:
    """Without what takes the value."""
    return re.sub(r"^((const )?\w+ = |return )", "", line.strip())


def test_the_page_has_every_client() -> None:
    assert {*blocks()} == {client.name for client in clients()}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-openai-2.txt"])
def test_every_python_package_is_pinned(name: str) -> None:
    lines = (FOLDER / name).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][\w.]*", line)] == []
    assert len(lines) > 50


def test_every_node_package_is_pinned_and_no_registry_is_named() -> None:
    pins = json.loads((FOLDER / "node" / "package.json").read_text())["dependencies"]
    lock = json.loads((FOLDER / "node" / "package-lock.json").read_text())["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in pins} == pins
    assert [name for name, package in lock.items() if name and "integrity" not in package] == []
    assert [name for name, package in lock.items() if "resolved" in package] == []
