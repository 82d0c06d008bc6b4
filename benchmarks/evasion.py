"""What reading disguised texts changes: how often a guardian detects them as they come and by all of their readings.

python -m benchmarks.evasion [--family qwen3guard --url http://127.0.0.1:8000/v1 [--model NAME]] [--resume FILE]
                            [--markdown]

Without a `--url` the settings' guardian `default` is asked, which is the embedded one unless they say otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import yaml

from benchmarks.report import rendered
from gateway.assembly.guardians import open_guardians
from gateway.assembly.model_servers import open_models
from gateway.environment import load_settings
from gateway.evaluation.datasets import Row, digest
from gateway.evaluation.run import Judge, evaluate
from gateway.evaluation.store import OutcomeFile
from gateway.evasion import views
from gateway.guardian.family import families
from gateway.observe.metrics import Metrics
from gateway.settings import GuardianSettings, Settings
from gateway.types import GuardianError, Message, Outcome, Passage
from tests.evasion.disguises import FOLDER, Case, cases, written
from tests.evasion.recovery import says

GUARDIAN = "default"
AT_ONCE = 4
HARMLESS_SEEDS = 2
Outcomes = Mapping[str, Outcome]
"""By the judged text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case, whether some reading says what was disguised, and what was flagged: the plain text, the disguised one,
    any reading of it.
    """

    case: Case
    read: bool
    plain: bool
    before: bool
    after: bool


def settings_of(family: str | None, url: str | None, model: str | None) -> Settings:
    settings = load_settings()
    if url is None:
        return settings
    wanted = GuardianSettings(family=family or "slm_guardian", base_url=url, model=model)
    return settings.model_copy(update={"guardians": {GUARDIAN: wanted}})


async def judged(settings: Settings, texts: Collection[str], resume: Path | None) -> Outcomes:
    """Each text once; those that the file has are not asked again. The rows' labels are not used."""
    rows = [Row(digest(text), text, "safe") for text in texts]
    with OutcomeFile(resume, GUARDIAN) if resume is not None else nullcontext() as store:
        async with open_raw(settings) as judge:
            return {one.row.text: one.outcome for one in await evaluate(rows, judge, concurrency=AT_ONCE, store=store)}


@asynccontextmanager
async def open_raw(settings: Settings) -> AsyncIterator[Judge]:
    """The guardian without what stands before it in service: there it would be asked about the readings already."""
    alone = settings.model_copy(update={"guardians": {GUARDIAN: settings.guardians[GUARDIAN]}})
    async with open_models(alone, progress=lambda share: None) as complete:
        guardian = open_guardians(complete, families(), Metrics().guardian)[GUARDIAN]

        async def judge(text: str) -> Outcome:
            judgement = await guardian.judge(Passage((Message("user", (text,)),)))
            await judgement.aclose()
            return judgement.outcome

        try:
            yield judge
        finally:
            await guardian.aclose()


def texts_of(wanted: Sequence[Case]) -> list[str]:
    readings = (view.text for case in wanted for view in views(case.disguised))
    return list(dict.fromkeys([*(case.plain for case in wanted), *readings]))


def found(case: Case, outcomes: Outcomes) -> Found:
    readings = views(case.disguised)
    flags = [flagged(outcomes[view.text]) for view in readings]
    read = says(readings, case.plain)
    return Found(case, read, flagged(outcomes[case.plain]), flags[0], any(flags))


def flagged(outcome: Outcome) -> bool:
    """An error is no detection here; a gateway may be told to treat it as one."""
    return not isinstance(outcome, GuardianError) and outcome.label != "safe"


def lookalikes() -> list[Case]:
    rows = yaml.safe_load((FOLDER / "benign.yaml").read_text("utf-8"))
    return [Case("look-alike", "-", row["plain"], row["text"]) for row in rows]


TITLES = ("cases", "read", "plain flagged", "before", "after", "of the plain flagged: before", "after")


def table(name: str, groups: Mapping[str, Sequence[Found]]) -> list[list[str]]:
    return [[name, *TITLES], *([group, *cells(members)] for group, members in groups.items())]


def cells(members: Sequence[Found]) -> list[str]:
    known = [one for one in members if one.plain]
    shares = [
        share([one.read for one in members]),
        share([one.plain for one in members]),
        share([one.before for one in members]),
        share([one.after for one in members]),
        share([one.before for one in known]),
        share([one.after for one in known]),
    ]
    return [str(len(members)), *shares]


def share(values: Sequence[bool]) -> str:
    return f"{sum(values) / len(values):.0%}" if values else "-"


def by_technique(all_of: Sequence[Found]) -> dict[str, list[Found]]:
    ordered = sorted(all_of, key=lambda one: one.case.technique)
    return {name: list(members) for name, members in groupby(ordered, key=lambda one: one.case.technique)}


def overall(harmful: Sequence[Found], harmless: Sequence[Found], alike: Sequence[Found]) -> dict[str, Sequence[Found]]:
    return {
        "harmful, disguised": harmful,
        "of them English": [one for one in harmful if one.case.language == "en"],
        "of them Korean": [one for one in harmful if one.case.language == "ko"],
        "harmless, disguised": harmless,
        "harmless look-alikes": alike,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family")
    parser.add_argument("--url", help="the guardian's OpenAI base URL, with /v1")
    parser.add_argument("--model")
    parser.add_argument("--resume", type=Path, help="keep the verdicts here, and go on from what is there")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    kinds = [[*cases("harmful"), *written()], lookalikes(), cases("harmless", HARMLESS_SEEDS)]
    texts = texts_of([case for kind in kinds for case in kind])
    outcomes = asyncio.run(judged(settings_of(asked.family, asked.url, asked.model), texts, asked.resume))
    harmful, alike, harmless = ([found(case, outcomes) for case in kind] for kind in kinds)
    print(rendered(table("all", overall(harmful, harmless, alike)), markdown=asked.markdown))
    print(rendered(table("harmful, by disguise", by_technique(harmful)), markdown=asked.markdown))
    print(rendered(table("harmless, by disguise", by_technique(harmless)), markdown=asked.markdown))
    errors = sum(isinstance(outcome, GuardianError) for outcome in outcomes.values())
    print(f"{len(texts)} texts were judged; {errors} gave an error.")


if __name__ == "__main__":
    main()
