"""One real vLLM server for all the tests of this folder. A test that fails shows the end of its log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vllm.server import VLLM


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VLLM]:
    server = VLLM(tmp_path_factory.mktemp("vllm"))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def vllm(server: VLLM, request: pytest.FixtureRequest) -> Iterator[VLLM]:
    """The server, healthy: started again when the test before has killed it."""
    server.ensure()
    failed = request.session.testsfailed
    yield server
    if request.session.testsfailed > failed:
        print(f"vLLM's log ends:\n{server.tail()}")
