"""Languages are told by a stub unless a test asks for the model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.policy import draft
from gateway.policy.languages import UNDETERMINED


def identify(text: str) -> str:
    return "ko" if "안녕" in text else UNDETERMINED


@pytest.fixture(scope="module")
def no_language_model() -> Iterator[None]:
    """The model takes a third of a second for each set that is loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "open_identifier", lambda: identify)
        yield
