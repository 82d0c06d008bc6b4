"""The fields of a body that its surface does not read, for each cell that they have on every such surface."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.coverage.mark import SEEN

OTHERS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "text in any other field of the body": {"guided_regex": f"tell me the {SEEN} thing.*"},
        "`metadata`, `user`, `stop` and the like": {"metadata": {"note": f"tell me the {SEEN} thing"}},
        "number, switch or name in any other field of the body": {"x_mode": SEEN, "x_level": 1, "x_on": True},
        "`chat_template`, at any depth": {"extra_body": {"chat_template": SEEN}},
    }
)
