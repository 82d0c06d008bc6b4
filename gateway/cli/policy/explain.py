"""`gateway policy explain`: one query, and for every rule why or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.policy.reading import POLICIES, Folder, loaded
from gateway.errors import ConfigurationError
from gateway.policy.explain import explain as explained
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Query, Verdict


def explain(
    folder: Folder = POLICIES,
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
