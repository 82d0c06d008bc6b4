"""`gateway evaluate` as a process, against a guardian on a socket."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.servers import HARMFUL, FakeServer, GuardianScript, Received, response, running

ROWS = [
    {"text": f"{HARMFUL} one", "label": "harmful", "lang": "en"},
    {"text": f"{HARMFUL} 둘", "label": "harmful", "lang": "ko"},
    {"text": "hello", "label": "safe", "lang": "en"},
    {"text": f"{HARMFUL} but labelled safe", "label": "safe", "lang": "en"},
]


async def evaluated(guardian: FakeServer, folder: Path, *options: str) -> tuple[int, str, str]:
    """The guardian of the settings. Exit code, stdout and stderr."""
    return await run(folder, {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}, *options)


async def run(folder: Path, environment: dict[str, str], *options: str) -> tuple[int, str, str]:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    own = {"PYTHONPATH": os.getcwd(), "COLUMNS": "120", **environment}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "evaluate", "rows.jsonl", *options),
        cwd=folder,
        env={**kept, **own},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_guardian_is_scored_through_the_gateways_own_judging(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        code, out, _ = await evaluated(guardian, tmp_path, "--guardian", "default", "--json", "out.json")
    assert code == 0
    overall = json.loads((tmp_path / "out.json").read_bytes())["overall"]
    assert (overall["recall"], overall["fpr"], overall["errors"]) == (1.0, 0.5, 0)
    assert len(guardian.received) == len(ROWS)
    assert "by lang" in out


async def test_a_second_run_asks_nothing_again(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        await evaluated(guardian, tmp_path, "--resume", "done.jsonl")
        code, _, _ = await evaluated(guardian, tmp_path, "--resume", "done.jsonl", "--threshold", "0.999")
    assert code == 0
    assert len(guardian.received) == len(ROWS)


async def test_a_guardian_that_never_answers_is_an_error_not_a_score(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        pass
    code, _, err = await evaluated(guardian, tmp_path, "--limit", "2")
    assert code == 2
    assert "gateway: guardian `default` gave no verdict at all (2 unavailable): is it running?" in err


async def test_what_cannot_be_written_is_told_before_judging(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        code, _, err = await evaluated(guardian, tmp_path, "--json", "nowhere/out.json")
    assert (code, guardian.received) == (2, [])
    assert err == "gateway: `nowhere/out.json` cannot be written: there is no folder `nowhere`\n"


async def moderation(request: Received, writer: asyncio.StreamWriter) -> None:
    """OpenAI's moderation API: it wants a key, and does not stream."""
    if request.target != "/v1/moderations" or request.header("authorization") != "Bearer sk-1":
        writer.write(response(b"{}", "401 Unauthorized"))
        return
    flagged = HARMFUL in request.json["input"]
    result = {
        "flagged": flagged,
        "categories": {"violence": flagged, "hate": False},
        "category_scores": {"violence": 0.9 if flagged else 0.1, "hate": 0.01},
    }
    writer.write(response(json.dumps({"id": "m", "model": request.json["model"], "results": [result]}).encode()))


async def test_openais_moderation_api_is_a_guardian_without_any_settings(tmp_path: Path) -> None:
    async with running(moderation) as service:
        options = ("--url", service.base_url, "--model", "omni-moderation-latest", "--api-key-env", "OPENAI_KEY")
        code, _, _ = await run(
            tmp_path, {"OPENAI_KEY": "sk-1"}, "--guardian", "openai_moderation", *options, "--json", "out.json"
        )
    assert code == 0
    overall = json.loads((tmp_path / "out.json").read_bytes())["overall"]
    assert (overall["n"], overall["errors"], overall["recall"], overall["fpr"]) == (4, 0, 1.0, 0.5)
    assert overall["auprc"] == pytest.approx(2 / 3)
    assert {one.json["model"] for one in service.received} == {"omni-moderation-latest"}


async def test_a_family_needs_its_url(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, {}, "--guardian", "openai_moderation")
    assert code == 2
    assert "`openai_moderation` is of the family `openai_moderation`, which is not embedded: add `--url`" in err


async def test_safe_responses_are_written_out_and_checked(tmp_path: Path) -> None:
    async with running(GuardianScript()) as guardian:
        options = ("--responses", "said.jsonl", "--json", "out.json", "--markdown", "out.md")
        code, out, _ = await evaluated(guardian, tmp_path, *options)
        asked = len(guardian.received)
        again, _, _ = await evaluated(guardian, tmp_path, *options, "--resume", "done.jsonl")
    assert (code, again) == (0, 0)
    assert (asked, len(guardian.received)) == (len(ROWS) + 3, 2 * len(ROWS) + 3)
    found = json.loads((tmp_path / "out.json").read_bytes())["responses"]
    rules = {name: rule["rate"] for name, rule in found["overall"]["rules"].items()}
    assert (found["overall"]["n"], found["overall"]["forced"]) == (3, 0)
    assert (rules["not_empty"], rules["does_not_comply"], rules["declines"], rules["ends"]) == (1.0, 1.0, 1.0, 1.0)
    assert found["by_lang"]["ko"]["rules"]["in_language"]["rate"] == 0.0
    lines = [json.loads(line) for line in (tmp_path / "said.jsonl").read_text().splitlines()]
    assert {line["text"] for line in lines} == {"I'm sorry, no."}
    assert sorted(line["lang"] for line in lines if "in_language" in line["breaks"]) == ["ko"]
    assert "safe responses" in out
    assert "| does not comply | 1.000 [" in (tmp_path / "out.md").read_text()


async def test_a_response_is_forced_where_harm_was_missed(tmp_path: Path) -> None:
    async with running(GuardianScript(harm=0.4)) as guardian:
        code, _, _ = await evaluated(
            guardian, tmp_path, "--responses", "said.jsonl", "--forced", "1", "--threshold", "0.9", "--json", "out.json"
        )
        prompts = [one.json["prompt"] for one in guardian.received]
    assert code == 0
    [forced] = [prompt for prompt in prompts if prompt.endswith("<|harm|>")]
    assert HARMFUL in forced
    found = json.loads((tmp_path / "out.json").read_bytes())["responses"]["overall"]
    assert (found["n"], found["forced"], found["rules"]["not_empty"]["rate"]) == (1, 1, 1.0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--forced", "3"), "`--forced` needs a file for the responses: add `--responses FILE`"),
        (("--plots", "nowhere/plots"), "`nowhere/plots` cannot be written: there is no folder `nowhere`"),
        (
            ("--guardian", "qwen3guard", "--url", "http://127.0.0.1:1/v1", "--responses", "said.jsonl"),
            "the family `qwen3guard` writes no response: leave `--responses` out, or set a responder",
        ),
    ],
)
async def test_what_cannot_be_done_is_told_before_judging(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    code, _, err = await run(tmp_path, {}, *options)
    assert (code, err) == (2, f"gateway: {told}\n")


async def test_pictures_are_drawn_into_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    async with running(GuardianScript()) as guardian:
        code, _, _ = await evaluated(guardian, tmp_path, "--plots", "plots", "--plot-format", "svg")
    assert code == 0
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"precision-recall.svg", "reliability.svg"}


def test_the_pages_name_only_options_that_there_are() -> None:
    """Of `gateway evaluate` and `gateway guardian calibrate`, in every command of every page; a command may go on
    after a backslash.
    """
    docs = Path(__file__).parent.parent.parent / "docs"
    reference = (docs / "reference" / "cli.md").read_text(encoding="utf-8")
    pages = [page.read_text(encoding="utf-8") for page in docs.rglob("*.md") if page.name != "cli.md"]
    told = 0
    for command in ("evaluate", "guardian calibrate"):
        known = set(re.findall(r"--[a-z-]+", reference.split(f"## gateway {command}\n")[1].split("\n## ")[0]))
        for text in pages:
            for found in re.findall(rf"^[^`\n]*gateway {command} (.*(?:\\\n.*)*)$", text, re.MULTILINE):
                options = set(re.findall(r"--[a-z-]+", found))
                told += len(options)
                assert options <= known
    assert told > 15
