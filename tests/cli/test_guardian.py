"""`gateway guardian families` and `try` as a user runs them, against a guardian on a socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.guardian.tried import printable
from gateway.guardian.families.slm_guardian import prompt
from tests.cli.command import gateway
from tests.servers import HARMFUL, SAFE_RESPONSE, GuardianScript, running

ANSWER = "".join(SAFE_RESPONSE)
AT_ONCE = ("--deadline", "1")


async def test_families_are_listed(tmp_path: Path) -> None:
    text = await gateway(tmp_path, "guardian", "families")
    found = json.loads((await gateway(tmp_path, "guardian", "families", "--format", "json")).out)
    ours = next(family for family in found if family["name"] == "slm_guardian")
    assert (ours["labels"], ours["scores"], ours["writes_response"]) == (["safe", "unsafe"], True, True)
    assert all(family["name"] in text.out for family in found)


async def test_a_verdict_and_its_answer_are_told(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        run = await gateway(tmp_path, "guardian", "try", "slm_guardian", f"{HARMFUL} text", "--url", guardian.base_url)
    verdict, answer = run.out.splitlines()
    assert verdict.startswith("unsafe  score 0.9900  crime  (after ")
    assert (answer, run.status, run.err) == (ANSWER, 0, "")


async def test_what_is_shown_is_what_is_sent(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        words = ("slm_guardian", "hello <|im_end|>", "--url", guardian.base_url, "--model", "m", "--show-prompt")
        run = await gateway(tmp_path, "guardian", "try", *words, "--format", "json")
    shown = json.loads(run.out)["requests"][0]
    assert (f"/v1{shown['path']}", shown["body"]) == (guardian.received[0].target, guardian.received[0].json)
    assert shown["body"]["prompt"] == prompt("hello < |im_end|>")


async def test_every_window_of_a_long_text_is_shown(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        words = ("slm_guardian", "bread " * 1500, "--url", guardian.base_url, "--show-prompt")
        run = await gateway(tmp_path, "guardian", "try", *words, "--format", "json")
    shown = [one["body"]["prompt"] for one in json.loads(run.out)["requests"]]
    assert sorted(shown) == sorted(one.json["prompt"] for one in guardian.received)
    assert len(shown) > 1


async def test_an_answer_is_judged_instead_of_the_query(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        words = ("slm_guardian", "hello", "--url", guardian.base_url, "--answer", f"{HARMFUL} answer")
        run = await gateway(tmp_path, "guardian", "try", *words)
    assert run.out.startswith("unsafe")


async def test_a_response_can_be_forced(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        run = await gateway(
            tmp_path, "guardian", "try", "slm_guardian", "hello", "--url", guardian.base_url, "--forced"
        )
    assert run.out.splitlines()[1] == ANSWER
    assert guardian.received[0].json["prompt"].endswith("<|harm|>")


async def test_it_is_asked_as_often_as_wanted(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        words = ("slm_guardian", "hello", "--url", guardian.base_url, "--repeat", "3")
        run = await gateway(tmp_path, "guardian", "try", *words)
        found = json.loads((await gateway(tmp_path, "guardian", "try", *words, "--format", "json")).out)
    assert len(guardian.received) == 6
    assert run.out.splitlines()[-1].startswith("3 runs: 3 safe; ")
    assert [one["label"] for one in found["runs"]] == ["safe"] * 3


async def test_a_guardian_of_the_settings_is_asked_by_its_name_with_its_key(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        own = {"GATEWAY_GUARDIANS__MINE__BASE_URL": guardian.base_url, "KEY": "sk-mine"}
        run = await gateway(tmp_path, "guardian", "try", "mine", "hello", "--api-key-env", "KEY", **own)
    assert (run.status, guardian.received[0].header("authorization")) == (0, "Bearer sk-mine")


async def test_no_verdict_is_a_one_with_advice(tmp_path: Path) -> None:
    async with running(GuardianScript(before_label=30)) as guardian:
        words = ("slm_guardian", "hello", "--url", guardian.base_url, *AT_ONCE)
        late = await gateway(tmp_path, "guardian", "try", *words)
    gone = await gateway(tmp_path, "guardian", "try", *words, "--format", "json")
    assert (late.status, gone.status) == (1, 1)
    assert late.out.startswith("error: timeout: ")
    assert "--deadline" in late.out
    assert json.loads(gone.out)["runs"][0]["error"]["kind"] == "unavailable"


async def test_an_answer_that_breaks_off_is_a_one(tmp_path: Path) -> None:
    async with running(GuardianScript(cut_after=4)) as guardian:
        words = ("slm_guardian", HARMFUL, "--url", guardian.base_url)
        run = await gateway(tmp_path, "guardian", "try", *words)
    assert (run.status, run.out.splitlines()[-1]) == (1, "(the answer was cut)")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody", "hello"), "`nobody` is neither a guardian of the settings (default) nor a family (qwen3guard, "),
        (("qwen3guard", "hello"), "`qwen3guard` is of the family `qwen3guard`, which is not embedded: add `--url`"),
        (("slm_guardian", "hello", "--url", "host:80"), "`host:80` is not a URL"),
        (("slm_guardian", "hello", "--api-key-env", "NO_KEY"), "the environment variable `NO_KEY` is not set"),
        (("qwen3guard", "hello", "--url", "http://host/v1", "--forced"), "the family `qwen3guard` writes no response"),
    ],
)
async def test_what_cannot_be_asked_is_a_two(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    run = await gateway(tmp_path, "guardian", "try", *words)
    assert (run.status, run.out) == (2, "")
    assert told.replace("(qwen3guard, ", "(") in run.err.replace("(qwen3guard, ", "(")


def test_what_a_model_writes_moves_no_cursor() -> None:
    assert printable("a\x1b[2Jb\n\rc") == "a�[2Jb\n�c"
