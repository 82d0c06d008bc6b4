"""`gateway policy show`: the files as the gateway reads them."""

from __future__ import annotations

import typer

from gateway.cli.policy.reading import POLICIES, Folder
from gateway.policy.diagnostics import Findings, escaped
from gateway.policy.load import policy_files
from gateway.policy.printing import printed
from gateway.policy.source import read


def show(folder: Folder = POLICIES) -> None:
    """Prints every file as it is read: values, without comments and ways of writing. Exit status 1 where it is no
    YAML.
    """
    findings = Findings()
    items = [(path, read(path, raw, findings)) for path, raw in policy_files(folder, findings)]
    if findings.failed:
        typer.echo(str(findings.diagnostics()))
        raise typer.Exit(1)
    shown = (f"# {escaped(path)}\n{printed(item)}" for path, item in items if item is not None)
    typer.echo("---\n".join(shown), nl=False)
