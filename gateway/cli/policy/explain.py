"""`gateway policy explain`: one query, and for every rule why or why not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

import typer

from gateway.cli.policy.live import Asked, judged
from gateway.cli.policy.reading import POLICIES, Folder, loaded
from gateway.errors import ConfigurationError
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.policy.diagnostics import near, quoted
from gateway.policy.explain import explain as explained
from gateway.policy.testing import asked_alone
from gateway.policy.testvalues import moment
from gateway.types import ERROR_KINDS, LABELS, PHASES, GuardianError, Message, Outcome, Outcomes, Query, Verdict

N = TypeVar("N", bound=str)


def explain(
    folder: Folder = POLICIES,
    *,
    text: Annotated[str, typer.Option(help="The query's text; in the output phase, the answer's.")] = "",
    tenant: Annotated[str, typer.Option(help="Its tenant.")] = "default",
    model: Annotated[str, typer.Option(help="The model it asks for.")] = "",
    surface: Annotated[str, typer.Option(help="The API shape.")] = "chat",
    stream: Annotated[bool, typer.Option("--stream", help="It asks for a stream.")] = False,
    tools: Annotated[bool, typer.Option("--tools", help="It offers tools.")] = False,
    header: Annotated[list[str] | None, typer.Option(help="A header as NAME=VALUE; may be repeated.")] = None,
    time: Annotated[str | None, typer.Option(help="When it came, as 2026-12-01T09:30+09:00; 1970 if left out.")] = None,
    conversation: Annotated[str, typer.Option(help="Its conversation, for canaries.")] = "",
    phase: Annotated[str, typer.Option(help=f"What is judged: {' or '.join(PHASES)}.")] = "input",
    label: Annotated[str | None, typer.Option(help=f"The verdict: {', '.join(LABELS)}.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="A category of the verdict; may be repeated.")] = None,
    score: Annotated[float | None, typer.Option(min=0, max=1, help="The verdict's score.")] = None,
    error: Annotated[str | None, typer.Option(help=f"Or the guardian's failure: {', '.join(ERROR_KINDS)}.")] = None,
    guardian: Annotated[str | None, typer.Option(help="Whose verdict it is; else of the one that is asked.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the guardians of the settings about the text.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Prints what is decided about a query, which guardians are asked, and for every rule why or why not."""
    policy = loaded(folder)
    judged_phase = one_of(phase, PHASES, "--phase")
    query = Query(
        surface=surface,
        raw=b"",
        body={},
        model=model,
        messages=(Message("user" if judged_phase == "input" else "assistant", (text,)),),
        request_id="explain",
        tenant=tenant,
        stream=stream,
        tools=tools,
        headers=dict(map(named_value, header or [])),
        received=0.0 if time is None else instant(time),
        conversation=conversation,
        phase=judged_phase,
    )
    given = given_outcome(label, category or [], score, error)
    if live and (given is not None or not text):
        raise ConfigurationError("`--live` asks the guardians about `--text`: give it that, and no verdict or error")
    outcomes = judged([Asked(text, policy.plan(query))])[0] if live else of_guardian(policy, query, given, guardian)
    for name in policy.plan(query):
        if name not in outcomes:
            typer.echo(
                f"the guardian `{name}` would be asked: say what it answers with --label or --error, or --live",
                err=True,
            )
    found = explained(policy, query, outcomes)
    typer.echo(json.dumps(found.as_json(), indent=2, ensure_ascii=False) if as_json else str(found))


def one_of(given: str, known: Sequence[N], what: str) -> N:
    for name in known:
        if name == given:
            return name
    raise unknown(given, known, what)


def unknown(given: str, known: Iterable[str], what: str) -> ConfigurationError:
    return ConfigurationError(f"unknown `{what}` {quoted(given)}: {near(given, known)}")


def named_value(header: str) -> tuple[str, str]:
    name, separator, value = header.partition("=")
    if not name or not separator:
        raise ConfigurationError(f"`--header` is written NAME=VALUE, not {quoted(header)}")
    return name.lower(), value


def instant(text: str) -> float:
    found = moment(text)
    if found is None:
        raise ConfigurationError(f"`--time` is no time with a zone: {quoted(text)}; write 2026-12-01T09:30+09:00")
    return found


def given_outcome(
    label: str | None, categories: Sequence[str], score: float | None, error: str | None
) -> Outcome | None:
    """What the guardian said, of a guardian that is not named yet."""
    if error is not None and (label is not None or categories or score is not None):
        raise ConfigurationError(
            "a guardian gives a verdict or an error: leave out `--error`, or the verdict's options"
        )
    if error is not None:
        return GuardianError("", one_of(error, ERROR_KINDS, "--error"))
    if label is None and (categories or score is not None):
        raise ConfigurationError(f"a verdict has a `--label`: add one of {', '.join(LABELS)}")
    for name in categories:
        if name not in TAXONOMY:
            raise unknown(name, TAXONOMY, "--category")
    return None if label is None else Verdict("", one_of(label, LABELS, "--label"), tuple(categories), score)


def of_guardian(policy: PolicySet, query: Query, outcome: Outcome | None, guardian: str | None) -> Outcomes:
    """The outcome under its guardian's name: the one that is given, else the only one that the query asks."""
    known = {"default", *(rule.guardian for rule in policy.rules)}
    if guardian is not None and guardian not in known:
        raise unknown(guardian, known, "--guardian")
    name = guardian or asked_alone(policy, query)
    return {} if outcome is None else {name: replace(outcome, guardian=name)}
