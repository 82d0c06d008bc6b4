"""`gateway guardian doctor` as a user runs it: what it prints, and its exit status."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from tests.cli.command import gateway
from tests.doctor.fake_vllm import FakeVLLM
from tests.servers import HARMFUL, Received, response, running


async def test_a_good_server_is_a_zero_and_a_trap_a_one(tmp_path: Path) -> None:
    for fake, status in ((FakeVLLM(), 0), (FakeVLLM(penalty=True), 1)):
        async with running(fake) as listening:
            run = await gateway(tmp_path, "guardian", "doctor", listening.base_url, "--harmful", HARMFUL)
        assert (run.status, run.err) == (status, "")
        assert "penalties" in run.out
        assert ("→ start vLLM with `--generation-config vllm`" in run.out) == bool(status)


async def test_json_holds_every_check(tmp_path: Path) -> None:
    async with running(FakeVLLM()) as listening:
        run = await gateway(
            tmp_path, "guardian", "doctor", listening.base_url, "--harmful", HARMFUL, "--format", "json"
        )
    found = json.loads(run.out)
    assert (found["server"], found["version"], found["family"]) == ("vLLM", "0.32.0", "slm_guardian")
    assert (found["problems"], len(found["checks"])) == (0, 21)
    assert {"check": "server", "status": "ok", "found": "vLLM 0.32.0", "advice": None} in found["checks"]


async def test_a_server_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    async with running(FakeVLLM()) as listening:
        pass
    run = await gateway(tmp_path, "guardian", "doctor", listening.base_url)
    assert run.status == 1
    assert re.search(r"20 checks +not checked +the server is not reachable", run.out)
    assert "1 problem, 20 not checked" in run.out


async def test_any_web_server_is_a_problem(tmp_path: Path) -> None:
    async def page(received: Received, writer: asyncio.StreamWriter) -> None:
        del received
        writer.write(response(b"<html>", "404 Not Found", "text/html"))

    async with running(page) as listening:
        run = await gateway(tmp_path, "guardian", "doctor", listening.base_url)
    assert (run.status, run.err) == (1, "")
    assert re.search(r"model +problem +there is no `/v1/models`", run.out)
    assert re.search(r"family +problem +no family is known for a model that is not named", run.out)


async def test_a_guardian_of_the_settings_is_looked_at_by_its_name(tmp_path: Path) -> None:
    async with running(FakeVLLM(key="sk-right", served=("guardian",))) as listening:
        own = {"BASE_URL": listening.base_url, "API_KEY": "sk-right"}
        settings = {f"GATEWAY_GUARDIANS__DEFAULT__{name}": value for name, value in own.items()}
        run = await gateway(tmp_path, "guardian", "doctor", "default", "--harmful", HARMFUL, **settings)
    assert (run.status, "problem" in run.out) == (0, False)


async def test_what_is_no_server_is_an_error(tmp_path: Path) -> None:
    run = await gateway(tmp_path, "guardian", "doctor", "nobody")
    told = "gateway: `nobody` is neither a URL, as http://HOST:PORT/v1, nor a guardian of the settings (default)\n"
    assert (run.status, run.err) == (2, told)
