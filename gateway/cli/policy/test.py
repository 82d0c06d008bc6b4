"""`gateway policy test`: the tests beside the policies."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.policy.reading import POLICIES, Folder, loaded
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy.testing import load_tests, never_fired, run, summary


def test(
    folder: Folder = POLICIES,
    coverage: Annotated[int, typer.Option(min=0, max=100, help="Fail when fewer rules, in percent, fired.")] = 0,
) -> None:
    """Runs FOLDER/tests/*.yaml. Verdicts are given there, so no model is asked. Exit status 1 when a test fails."""
    policy = loaded(folder)
    tests, diagnostics = load_tests(folder, TAXONOMY)
    if diagnostics.errors:
        typer.echo(str(diagnostics))
        raise typer.Exit(1)
    results = [run(policy, one) for one in tests]
    typer.echo(summary(policy, results))
    unfired = len(list(never_fired(policy, results)))
    fired = 100 * (len(policy.rules) - unfired) / max(1, len(policy.rules))
    raise typer.Exit(1 if any(r.differences for r in results) or fired < coverage else 0)
