"""Contract 1: no trick shows the upstream a text that no guardian has read. And the proof that this would be seen."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.surfaces.served import coverage
from tests.processes import started
from tests.servers import ROOT, GuardianScript, running, stack, upstream_handler
from tests.tricks.catalogue import page, tricks
from tests.tricks.probe import Seen, fault, shows, tried
from tests.tricks.trick import Trick

TRICKS: Mapping[str, Trick] = {trick.name: trick for trick in tricks()}
UNCACHED = {"cache": {"entries": 0}}
FORWARD_ALL = "version: 1\ndefault: forward\nrules: []\n"


def named(*ends: str) -> list[str]:
    return [name for name, trick in TRICKS.items() if trick.end in ends]


@pytest.mark.parametrize("name", TRICKS)
async def test_a_trick_fails(name: str) -> None:
    async with stack() as served:
        seen = await tried(TRICKS[name], served.url, served.guardian, served.upstream)
    assert fault(TRICKS[name], seen) is None
