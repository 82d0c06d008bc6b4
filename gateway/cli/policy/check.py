"""`gateway policy check`: every error and warning of every file."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.policy.reading import POLICIES, Folder, read
from gateway.policy import Diagnostic, Diagnostics
from gateway.policy.lint import RAISED


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


def check(
    folder: Folder = POLICIES,
    format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.text,
    strict: Annotated[bool, typer.Option(help="Warnings P101, P106 and P107 fail too.")] = False,
) -> None:
    """Prints every error and warning of every file. Exit status 1 when there is an error."""
    policy, diagnostics = read(folder)
    printed = shown(diagnostics, format)
    if printed:
        typer.echo(printed)
    failed = policy is None or (strict and any(d.code in RAISED for d in diagnostics.found))
    if not failed and policy is not None and format is Format.text:
        typer.echo(f"{len(policy.rules)} rules, version {policy.version}: no errors")
    raise typer.Exit(1 if failed else 0)


def shown(diagnostics: Diagnostics, format: Format) -> str:
    if format is Format.json:
        return json.dumps([as_json(d) for d in diagnostics.found], indent=2)
    if format is Format.github:
        return "\n".join(as_github(d) for d in diagnostics.found)
    return str(diagnostics)


def as_json(d: Diagnostic) -> dict[str, object]:
    place = {"path": d.span.path, "line": d.span.line, "column": d.span.column}
    return {"code": d.code, "severity": d.severity, "message": d.message, "help": d.help, **place}


def as_github(d: Diagnostic) -> str:
    place = f"file={d.span.path},line={d.span.line},col={d.span.column},title={d.code}"
    return f"::{d.severity} {place}::{d.message}{': ' + d.help if d.help else ''}"
