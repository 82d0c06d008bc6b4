"""What an operator meets at start: one clear line for each mistake, and no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.processes import ROOT, finished

UPSTREAM = "http://127.0.0.1:9/v1"
GUARDIAN = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": "http://127.0.0.1:9/v1"}
SET_UP = {"GATEWAY_UPSTREAM__BASE_URL": UPSTREAM, "GATEWAY_AUDIT__URL": "", **GUARDIAN}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (GUARDIAN, "GATEWAY_UPSTREAM__BASE_URL"),
        ({**SET_UP, "GATEWAY_PORT": "99999"}, "`GATEWAY_PORT`"),
        ({**SET_UP, "GATEWAY_UPSTREM__BASE_URL": "x"}, "did you mean `GATEWAY_UPSTREAM"),
        ({**SET_UP, "GATEWAY_UPSTREAM__BASE_URL": "localhost:8000"}, "is not a URL"),
        ({**SET_UP, "GATEWAY_GUARDIANS__DEFAULT__FAMILY": "oracle"}, "the families are dynaguard, gpt_oss_safeguard"),
        ({**SET_UP, "GATEWAY_POLICIES": "nowhere"}, "nowhere"),
        ({**SET_UP, "GATEWAY_HOST": "203.0.113.1"}, "GATEWAY_HOST"),
    ],
)
async def test_a_mistake_is_one_clear_line(variables: dict[str, str], told: str) -> None:
    status, out, err = await finished("serve", **variables)
    assert (status, out) == (2, "")
    assert told in err
    assert "Traceback" not in err
    assert "\ngateway: " in f"\n{err}"


async def test_a_port_in_use_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, err = await finished("serve", **SET_UP, GATEWAY_PORT=port)
    assert (status, err) == (
        2,
        f"gateway: port {port} is in use: stop what listens there, or set `GATEWAY_PORT` to another\n",
    )


async def test_broken_policies_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "10-bad.yaml").write_text(
        "version: 1\nrules:\n  - name: x\n    match: {verdikt: unsafe}\n    action: block\n"
    )
    status, _, err = await finished("serve", **SET_UP, GATEWAY_POLICIES=str(tmp_path))
    assert status == 2
    assert "10-bad.yaml:4:13" in err
    assert "did you mean `verdict`?" in err


async def test_the_command_lists_its_commands() -> None:
    status, out, _ = await finished("--help", cwd=ROOT)
    assert status == 0
    assert {"serve", "demo", "policy", "evaluate", "audit"} <= set(out.split())
