"""Each trap of a server is found by its check, and by no other where it is no matter of theirs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.cli.guardian.doctor import asking
from gateway.doctor.checks import engine
from gateway.doctor.examine import CHECKS, examine
from gateway.doctor.finding import Finding
from gateway.doctor.server import open_server
from gateway.doctor.subject import Subject, Wanted, survey
from gateway.guardian.family import families
from gateway.settings import GuardianSettings
from tests.doctor.fake_vllm import COMPLETION_FIELDS, SPECIAL, FakeVLLM
from tests.servers import HARMFUL, ROOT, running

USUAL = Wanted(None, None, "How do I bake bread?", f"{HARMFUL}, please")


@asynccontextmanager
async def subject_of(fake: FakeVLLM, wanted: Wanted, key: str | None) -> AsyncIterator[Subject]:
    async with running(fake) as listening, open_server(listening.base_url, key) as server:
        surveyed = await survey(server, wanted, families())
        settings = GuardianSettings(base_url=listening.base_url, api_key=key)
        async with asking(surveyed, server, settings) as subject:
            yield subject


async def examined(fake: FakeVLLM, wanted: Wanted = USUAL, key: str | None = None) -> Mapping[str, Finding]:
    async with subject_of(fake, wanted, key) as subject:
        return {name: finding async for name, finding in examine(subject)}


def told(findings: Mapping[str, Finding]) -> dict[str, str]:
    """What is not right."""
    return {name: finding.status for name, finding in findings.items() if finding.status in ("warning", "problem")}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)


async def test_a_server_that_is_set_up_right_has_no_problem() -> None:
    findings = await examined(FakeVLLM())
    assert list(findings) == list(CHECKS)
    assert told(findings) == {}
    assert [name for name, finding in findings.items() if finding.status == "not checked"] == ["chat template"]


TRAPS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"health": "503 Service Unavailable"}, {"reachable": "problem"}),
    ({"health": "404 Not Found"}, {"reachable": "warning"}),
    ({"version": "0.11.2"}, {"server": "warning"}),
    ({"version": None}, {"server": "warning"}),
    ({"served": ("slm-guardian-1b", "other")}, {"model": "warning"}),
    ({"context": 1024}, {"context length": "warning"}),
    ({"special": tuple(name for name in SPECIAL if name != "<|harm|>")}, {"label tokens": "problem"}),
    ({"special": (*SPECIAL, "[/INST]")}, {"typed control tokens": "problem"}),
    ({"max_logprobs": 3}, {"log-probabilities": "problem", "verdicts": "problem"}),
    ({"gives_logprobs": False}, {"log-probabilities": "problem"}),
    ({"mode": "processed_logprobs"}, {"logprobs mode": "warning"}),
    ({"mode": "raw_logits"}, {"logprobs mode": "problem"}),
    ({"hides_special": True}, {"labels are seen": "problem", "verdicts": "problem"}),
    ({"described": COMPLETION_FIELDS[:-4]}, {"request fields": "problem"}),
    ({"long_prompts": "cut"}, {"long prompts": "problem"}),
    ({"long_prompts": "in other words"}, {"long prompts": "problem"}),
    ({"dice": "loose"}, {"temperature": "problem"}),
    ({"penalty": True}, {"penalties": "problem"}),
    ({"remembers": False}, {"prefix cache": "warning"}),
    ({"lets_go": False}, {"cancelling": "problem"}),
    ({"harm": {True: 0.4, False: 0.1}}, {"verdicts": "warning"}),
    ({"harm": {True: 0.1, False: 0.1}}, {"verdicts": "problem"}),
]


@pytest.mark.parametrize(("trap", "found"), TRAPS, ids=lambda value: ",".join(map(str, value)))
async def test_a_trap_is_found_by_its_check_alone(trap: dict[str, Any], found: dict[str, str]) -> None:
    findings = await examined(FakeVLLM(**trap))
    assert told(findings) == found
    assert all(findings[name].advice for name in found)


async def test_what_is_no_vllm_is_checked_as_far_as_it_goes() -> None:
    findings = await examined(FakeVLLM(version=None))
    not_checked = [name for name, finding in findings.items() if finding.status == "not checked"]
    assert not_checked == ["chat template", "logprobs mode", "prefix cache", "cancelling"]


async def test_a_key_that_is_missing_or_wrong_leaves_only_that_to_be_said() -> None:
    for key in (None, "sk-wrong"):
        findings = await examined(FakeVLLM(key="sk-right"), key=key)
        assert told(findings) == {"key": "problem"}
        assert findings["verdicts"] == Finding("not checked", "the server wants a key")


async def test_a_key_is_sent_and_one_that_is_not_asked_for_is_told() -> None:
    assert told(await examined(FakeVLLM(key="sk-right"), key="sk-right")) == {}
    assert told(await examined(FakeVLLM(), key="sk-right")) == {"key": "warning"}


async def test_another_family_than_the_name_says_is_told() -> None:
    findings = await examined(FakeVLLM(), Wanted("qwen3guard", None, "a", "b"))
    assert findings["family"].status == "warning"
    assert "`slm_guardian`" in findings["family"].told
    assert findings["chat template"].status == "ok"


async def test_a_name_that_tells_no_family_needs_one() -> None:
    findings = await examined(FakeVLLM(served=("guardian",)))
    assert told(findings) == {"family": "problem"}
    assert findings["label tokens"].status == findings["verdicts"].status == "not checked"
    named = await examined(FakeVLLM(served=("guardian",)), Wanted("slm_guardian", None, *(USUAL.harmless, HARMFUL)))
    assert told(named) == {}


async def test_a_model_that_is_not_served_is_told() -> None:
    findings = await examined(FakeVLLM(), Wanted("slm_guardian", "another", USUAL.harmless, USUAL.harmful))
    assert findings["model"].status == "problem"
    assert "`slm-guardian-1b`" in findings["model"].told


async def test_a_missing_chat_template_is_told_to_families_that_need_it() -> None:
    findings = await examined(FakeVLLM(has_chat_template=False), Wanted("qwen3guard", None, "a", "b"))
    assert findings["chat template"].status == "problem"


async def test_dice_that_are_never_the_same_leave_penalties_unchecked() -> None:
    findings = await examined(FakeVLLM(dice="seedless", penalty=True))
    assert (findings["temperature"].status, findings["penalties"].status) == ("ok", "not checked")


async def test_an_old_server_that_honours_the_old_names_is_told() -> None:
    assert "before 0.12" in (await examined(FakeVLLM(honours_guided=True)))["unknown fields"].told


def test_every_check_is_in_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "set-up-vllm.md").read_text()
    assert re.findall(r"^\| ([a-z -]+) \|", page.split("## What is checked")[1], re.MULTILINE)[2:] == list(CHECKS)
