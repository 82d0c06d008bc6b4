"""`gateway policy check`: every error and warning of every file."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.policy.reading import POLICIES, Folder, read
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import Diagnostics
from gateway.policy.diagnostics import Severity
from gateway.policy.formats import as_github, as_json, as_junit, as_sarif, as_text
from gateway.policy.lint import RAISED
from gateway.policy.load import SUFFIXES
from gateway.policy.untested import untested

NOT_CI = ("", "0", "false")
STRICT = f"The warnings {', '.join(sorted(RAISED))} are errors; the default where the variable CI is set."


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    junit = "junit"
    sarif = "sarif"
    github = "github"


def check(
    folder: Folder = POLICIES,
    format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.text,
    strict: Annotated[bool | None, typer.Option("--strict/--no-strict", help=STRICT)] = None,
) -> None:
    """Prints every error and warning of every file. Exit status 1 when there is an error."""
    folder = from_here(folder)
    policy, diagnostics = read(folder)
    if policy is not None:
        diagnostics = diagnostics.joined(untested(policy, folder, TAXONOMY))
    if in_ci() if strict is None else strict:
        diagnostics = diagnostics.raised(RAISED)
    printed = shown(diagnostics, format, folder)
    if printed:
        typer.echo(printed)
    if policy is not None and not diagnostics.errors and format is Format.text:
        typer.echo(f"{len(policy.rules)} rules, version {policy.version}: no errors")
    raise typer.Exit(1 if diagnostics.errors else 0)


def from_here(folder: Path) -> Path:
    """Relative where it can be: an annotation finds its file by the path in the repository."""
    here, there = Path.cwd(), folder.absolute()
    return there.relative_to(here) if there.is_relative_to(here) else folder


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in NOT_CI


def shown(diagnostics: Diagnostics, format: Format, folder: Path) -> str:
    match format:
        case Format.text:
            coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            return as_text(diagnostics, painted if coloured else plain)
        case Format.json:
            return as_json(diagnostics)
        case Format.junit:
            return as_junit(diagnostics, [str(path) for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES])
        case Format.sarif:
            return as_sarif(diagnostics)
        case Format.github:
            return as_github(diagnostics)


def painted(text: str, severity: Severity) -> str:
    return typer.style(text, fg="red" if severity == "error" else "yellow", bold=True)


def plain(text: str, severity: Severity) -> str:
    del severity
    return text
