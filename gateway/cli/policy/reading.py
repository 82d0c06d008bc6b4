"""What the commands about policies share: a folder is read with the catalog of this process's settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from gateway.assembly.preflight import catalog
from gateway.environment import load_settings
from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import Diagnostics, PolicySet, load_with_warnings

Folder = Annotated[Path, typer.Argument(envvar="GATEWAY_POLICIES", help="The folder with the policy files.")]
POLICIES = Path("policies")


def read(folder: Path) -> tuple[PolicySet | None, Diagnostics]:
    today = date.today().isoformat()
    return load_with_warnings(folder, catalog(load_settings(), families()), TAXONOMY, today=today)


def loaded(folder: Path, *, status: int = 1) -> PolicySet:
    """The set; with an error the command ends here, with every error printed and this exit status."""
    policy, diagnostics = read(folder)
    if policy is None:
        typer.echo(str(diagnostics))
        raise typer.Exit(status)
    return policy
