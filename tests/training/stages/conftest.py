"""All of this folder is marked `training`; the libraries' own warnings are theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.stages import tiny


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.training)
            item.add_marker(pytest.mark.filterwarnings("default::FutureWarning"))
            item.add_marker(pytest.mark.filterwarnings("default::DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("default::UserWarning:(peft|accelerate|transformers|torch).*"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(params=["llama", "gemma3"])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def base(tmp_path: Path, kind: str) -> str:
    """A folder of Hugging Face."""
    return tiny.folder(tmp_path / "base", kind)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What `prepare` writes."""
    tiny.jsonl(tmp_path / "data" / "train.jsonl", tiny.rows())
    tiny.jsonl(tmp_path / "data" / "validation.jsonl", tiny.rows(12))
    return tmp_path / "data"
