"""The doctor at the embedded llama.cpp: nothing is wrong with what we ship."""

from __future__ import annotations

import pytest

from gateway.cli.guardian.doctor import HARMFUL, HARMLESS, looked_at
from gateway.doctor.subject import Wanted

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]


async def test_the_embedded_server_has_no_problem() -> None:
    findings, known = await looked_at("default", Wanted(None, None, HARMLESS, HARMFUL), None)
    assert (known["server"], known["family"]) == ("llama.cpp", "slm_guardian")
    assert {name: finding.status for name, finding in findings.items() if finding.status != "ok"} == {
        "chat template": "not checked",
        "logprobs mode": "not checked",
        "request fields": "not checked",
    }
