"""`gateway policy check | test | explain`: policies without a running gateway and without a model."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import catalog
from gateway.errors import ConfigurationError
from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import Diagnostic, Diagnostics, PolicySet, load_with_warnings
from gateway.policy.explain import explain as explained
from gateway.policy.testing import load_tests, never_fired, run, summary
from gateway.settings import load_settings
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Query, Verdict

app = typer.Typer(no_args_is_help=True)
STRICT = frozenset({"P101", "P106", "P107"})
Folder = Annotated[Path, typer.Argument(help="The folder with the policy files.")]


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


@app.command()
def check(
    folder: Folder = Path("policies"),
    format: Annotated[Format, typer.Option(help="How findings are printed.")] = Format.text,
    strict: Annotated[bool, typer.Option(help="Warnings P101, P106 and P107 fail too.")] = False,
) -> None:
    """Prints every error and warning of every file. Exit status 1 when there is an error."""
    policy, diagnostics = read(folder)
    printed = shown(diagnostics, format)
    if printed:
        typer.echo(printed)
    failed = policy is None or (strict and any(d.code in STRICT for d in diagnostics.found))
    if not failed and policy is not None and format is Format.text:
        typer.echo(f"{len(policy.rules)} rules, version {policy.version}: no errors")
    raise typer.Exit(1 if failed else 0)


@app.command()
def test(
    folder: Folder = Path("policies"),
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


@app.command()
def explain(
    folder: Folder = Path("policies"),
    text: Annotated[str, typer.Option(help="The query's text.")] = "",
    tenant: Annotated[str, typer.Option(help="Its tenant.")] = "default",
    model: Annotated[str, typer.Option(help="The model it asks for.")] = "",
    tools: Annotated[bool, typer.Option(help="It offers tools.")] = False,
    label: Annotated[str | None, typer.Option(help=f"The verdict: {', '.join(LABELS)}.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="A category of the verdict; may be repeated.")] = None,
    score: Annotated[float | None, typer.Option(min=0, max=1, help="The verdict's score.")] = None,
    error: Annotated[str | None, typer.Option(help=f"Or the guardian's failure: {', '.join(ERROR_KINDS)}.")] = None,
    guardian: Annotated[str, typer.Option(help="Whose verdict it is.")] = "default",
) -> None:
    """Prints what is decided about a query, and for every rule why or why not."""
    policy = loaded(folder)
    outcome = given_outcome(guardian, label, category or [], score, error)
    query = Query("chat", b"", {}, model, (Message("user", (text,)),), "explain", tenant, tools=tools)
    typer.echo(str(explained(policy, query, {} if outcome is None else {guardian: outcome})))


def given_outcome(
    guardian: str, label: str | None, categories: list[str], score: float | None, error: str | None
) -> Outcome | None:
    for kind in ERROR_KINDS:
        if error == kind:
            return GuardianError(guardian, kind)
    for known in LABELS:
        if label == known:
            return Verdict(guardian, known, tuple(categories), score)
    if error is not None or label is not None:
        raise ConfigurationError(f"`{error or label}` is none of {', '.join((*LABELS, *ERROR_KINDS))}")
    return None


def read(folder: Path) -> tuple[PolicySet | None, Diagnostics]:
    return load_with_warnings(folder, catalog(load_settings(), families()), TAXONOMY)


def loaded(folder: Path) -> PolicySet:
    """The set; with an error the command ends here, with every error printed."""
    policy, diagnostics = read(folder)
    if policy is None:
        typer.echo(str(diagnostics))
        raise typer.Exit(1)
    return policy


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
