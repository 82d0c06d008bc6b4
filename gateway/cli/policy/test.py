"""`gateway policy test`: the tests beside the policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from gateway.cli.policy.live import run_live, why_not_live
from gateway.cli.policy.reading import POLICIES, Folder, read
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.policy.testfile import PolicyTest
from gateway.policy.testing import load_tests, run
from gateway.policy.testreport import Report, as_json, as_junit, as_text

UNREADABLE = 2


class Format(StrEnum):
    """How results are printed."""

    text = "text"
    json = "json"
    junit = "junit"


def test(
    folder: Folder = POLICIES,
    *,
    coverage: Annotated[int, typer.Option(min=0, max=100, help="Fail when fewer rules, in percent, fired.")] = 0,
    format: Annotated[Format, typer.Option(help="How results are printed.")] = Format.text,
    live: Annotated[bool, typer.Option("--live", help="Ask the guardians of the settings about each text.")] = False,
) -> None:
    """Runs FOLDER/tests/*.yaml. Verdicts are given there, so no model is asked, unless with `--live`. Exit status 1
    when a test fails or too few rules fired, 2 when files have errors.
    """
    policy, tests = loaded_with_tests(folder)
    report = reported(policy, tests, live=live)
    typer.echo(printers()[format](report))
    short = report.coverage < coverage
    if short:
        typer.echo(f"{report.coverage:.1f} % of the rules fired, and `--coverage` asks for {coverage} %", err=True)
    raise typer.Exit(1 if report.failed or short else 0)


def printers() -> Mapping[Format, Callable[[Report], str]]:
    return {Format.text: as_text, Format.json: as_json, Format.junit: as_junit}


def loaded_with_tests(folder: Path) -> tuple[PolicySet, Sequence[PolicyTest]]:
    """The set and its tests; with an error in either the command ends here, with every error printed."""
    policy, diagnostics = read(folder)
    tests, wrong = load_tests(folder, TAXONOMY, policy)
    if policy is None or wrong.errors:
        typer.echo("\n".join(str(one) for one in (diagnostics, wrong) if one.errors), err=True)
        raise typer.Exit(UNREADABLE)
    return policy, tests


def reported(policy: PolicySet, tests: Sequence[PolicyTest], *, live: bool) -> Report:
    start = perf_counter()
    skipped = {test.name: why for test in tests if live and (why := why_not_live(test)) is not None}
    wanted = [test for test in tests if test.name not in skipped]
    results = run_live(policy, wanted) if live else [run(policy, test) for test in wanted]
    return Report(policy, results, perf_counter() - start, skipped)
