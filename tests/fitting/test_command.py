"""`gateway guardian calibrate` as a user runs it: rows in, a file out, and a gateway that serves by it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from gateway.assembly.opening import open_gateway
from gateway.errors import ConfigurationError
from gateway.guardian.fitted import parse
from gateway.types import Message, Passage, Verdict
from tests.cli.command import Run, gateway
from tests.fitting.data import logistic
from tests.servers import EVENTS_HEAD, FakeServer, GuardianScript, Received, chunk, running, settings, upstream_handler


class Scoring(GuardianScript):
    """Its P(harm) is in the text."""

    async def __call__(self, request: Received, writer: Any) -> None:
        self.harm = float(request.json["prompt"].split("score ")[1].split(" ")[0])
        self.harm = min(max(self.harm, 1e-9), 1 - 1e-9)
        writer.write(EVENTS_HEAD)
        for one in self.events("HARMFUL"):
            writer.write(chunk(one))
        writer.write(b"0\r\n\r\n")


def write_rows(folder: Path, rows: int) -> None:
    """An overconfident guardian: its log-odds are twice what they should be, and shifted."""
    chance = random.Random(0)
    lines = []
    for number in range(rows):
        odds = chance.gauss(0, 2.5)
        label = "harmful" if chance.random() < logistic(odds) else "safe"
        lines.append({"id": str(number), "text": f"score {logistic(2 * odds + 1)} of {number}", "label": label})
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, lines)))


async def calibrated(guardian: FakeServer, folder: Path, *words: str) -> Run:
    common = ("slm_guardian", "--data", "rows.jsonl", "--url", guardian.base_url)
    return await gateway(folder, "guardian", "calibrate", *common, *words)


async def test_a_file_is_written_that_a_gateway_serves_by(tmp_path: Path) -> None:
    write_rows(tmp_path, 400)
    async with running(Scoring()) as guardian, running(upstream_handler) as upstream:
        run = await calibrated(guardian, tmp_path, "--out", "fitted.json", "--plot", "fitted.png", "--fpr", "0.1")
        wanted = {"base_url": guardian.base_url, "calibration": tmp_path / "fitted.json"}
        async with open_gateway(settings(upstream, guardian, guardians={"default": wanted}), progress=print) as gate:
            outcome = (await gate.guardians["default"].judge(Passage((Message("user", ("score 0.9 of x",)),)))).outcome
    fitted = json.loads((tmp_path / "fitted.json").read_bytes())
    assert run.status == 0
    assert (fitted["family"], fitted["rows"], fitted["thresholds"][0]["wanted"]) == ("slm_guardian", 400, 0.1)
    assert fitted["slope"] == pytest.approx(0.5, abs=0.12)
    assert fitted["after"]["ece"] < fitted["before"]["ece"]
    assert fitted["thresholds"][0]["here"]["fpr"] <= 0.1
    assert "at most 0.1" in run.out
    assert (tmp_path / "fitted.png").read_bytes().startswith(b"\x89PNG")
    assert isinstance(outcome, Verdict)
    assert outcome.score == parse((tmp_path / "fitted.json").read_bytes()).calibration.probability(0.9)


async def test_raw_scores_are_fitted_whatever_is_set(tmp_path: Path) -> None:
    write_rows(tmp_path, 60)
    async with running(Scoring()) as guardian:
        own = {"BASE_URL": guardian.base_url, "CALIBRATION_SLOPE": "9", "CALIBRATION_INTERCEPT": "5"}
        variables = {f"GATEWAY_GUARDIANS__DEFAULT__{name}": value for name, value in own.items()}
        words = ("guardian", "calibrate", "default", "--data", "rows.jsonl", "--format", "json")
        by_name = json.loads((await gateway(tmp_path, *words, **variables)).out)
        by_family = json.loads((await calibrated(guardian, tmp_path, "--format", "json")).out)
    assert by_name["slope"] == pytest.approx(by_family["slope"])


async def test_what_was_judged_is_not_asked_again(tmp_path: Path) -> None:
    write_rows(tmp_path, 60)
    async with running(Scoring()) as guardian:
        await calibrated(guardian, tmp_path, "--resume", "raw.jsonl")
        again = await calibrated(
            guardian, tmp_path, "--resume", "raw.jsonl", "--method", "isotonic", "--format", "json"
        )
    assert len(guardian.received) == 60
    assert json.loads(again.out)["method"] == "isotonic"


async def test_calibrated_scores_of_an_evaluation_are_not_taken_for_raw_ones(tmp_path: Path) -> None:
    write_rows(tmp_path, 20)
    async with running(Scoring()) as guardian:
        own = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}
        await gateway(tmp_path, "evaluate", "rows.jsonl", "--resume", "scores.jsonl", **own)
        words = ("guardian", "calibrate", "default", "--data", "rows.jsonl", "--resume", "scores.jsonl")
        run = await gateway(tmp_path, *words, **own)
    assert run.status == 2
    assert "holds outcomes of guardian `default`, not `default, raw scores`" in run.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--fpr", "1.5"), "`--fpr 1.5`: a false-positive rate is between 0 and 1"),
        (("--out", "nowhere/a.json"), "`nowhere/a.json` cannot be written: there is no folder `nowhere`"),
        (("--plot", "a.gif"), "`a.gif`: a picture is one of .png, .svg, .pdf"),
    ],
)
async def test_what_cannot_be_done_is_told_before_judging(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    write_rows(tmp_path, 20)
    async with running(Scoring()) as guardian:
        run = await calibrated(guardian, tmp_path, *words)
    assert (run.status, run.err, guardian.received) == (2, f"gateway: {told}\n", [])


async def test_a_gateway_does_not_start_with_another_family_s_file(tmp_path: Path) -> None:
    write_rows(tmp_path, 40)
    async with running(Scoring()) as guardian, running(upstream_handler) as upstream:
        await calibrated(guardian, tmp_path, "--out", "fitted.json")
        wanted = {
            "family": "qwen3guard",
            "base_url": guardian.base_url,
            "calibration": tmp_path / "fitted.json",
        }
        with pytest.raises(ConfigurationError, match=r"`GATEWAY_GUARDIANS__DEFAULT__CALIBRATION`: .* not `qwen3guard`"):
            async with open_gateway(settings(upstream, guardian, guardians={"default": wanted}), progress=print):
                pass
