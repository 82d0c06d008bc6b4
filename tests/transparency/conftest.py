"""The lab is opened once for the folder. `TRANSPARENCY_EXAMPLES` says how many requests each property generates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transparency.lab import Lab, open_lab

COMPARED = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Lab]:
    with open_lab(tmp_path_factory.mktemp("transparency")) as lab:
        yield lab
        request.config.stash[COMPARED] = lab.compared


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many requests were sent both ways, those included by which hypothesis looked for a smaller failure."""
    compared = terminalreporter.config.stash.get(COMPARED, 0)
    if compared:
        terminalreporter.write_line(f"transparency: {compared} requests were sent directly and through a gateway")
