"""What serves there, and whether it is the model and the family that are meant."""

from __future__ import annotations

import re

from gateway.doctor.asking import first_ask
from gateway.doctor.finding import Finding, ok, problem, unchecked, warning
from gateway.doctor.subject import Subject, fitting
from gateway.guardian.family import families

OLDEST = (0, 12)
"""The vLLM that renamed the fields for structured output; older ones were never looked at."""
SHORT_CONTEXT = 2048


async def health(subject: Subject) -> Finding:
    status = subject.health.status
    if status == 200:
        return ok("`/health` says 200: the process is up; a stuck engine would say so too")
    if status == 404:
        return warning("there is no `/health`", "the gateway's `/readyz` asks for `/v1/models` instead")
    return problem(f"`/health` says {status}", "look at the server's log, and start it again")


async def server(subject: Subject) -> Finding:
    if subject.kind == "unknown":
        return warning(
            "neither vLLM nor llama.cpp: it has no `/version` and no `/props`",
            "the families are written for these two; some checks cannot be done here",
        )
    told = f"{subject.kind} {subject.version}".strip()
    numbers = tuple(map(int, re.findall(r"\d+", subject.version)[:2]))
    if subject.kind == "vLLM" and numbers and numbers < OLDEST:
        return warning(f"{told} is old", f"take {'.'.join(map(str, OLDEST))} or newer: fields have changed since")
    return ok(told)


async def key(subject: Subject) -> Finding:
    bare = await subject.server.get("/v1/models", with_key=False)
    given, private = subject.server.key is not None, "keep its port private"
    if subject.locked:
        told = "the key is refused" if given else "it wants a key"
        return problem(f"{told}: status {subject.listed.status}", "name the variable that holds it: `--api-key-env`")
    if bare.status in (401, 403):
        return ok(
            f"it wants the key under `/v1`; vLLM's `/tokenize`, `/metrics` and `/invocations` never do: {private}"
        )
    if given:
        return warning("it takes requests without the key too", "start it with `--api-key`")
    return ok(f"it takes requests without a key: {private}")


async def model(subject: Subject) -> Finding:
    names = ", ".join(f"`{name}`" for name in subject.models)
    if subject.listed.status == 404:
        return problem("there is no `/v1/models`", "give the base URL of an OpenAI-compatible server, with `/v1`")
    if not names:
        return unchecked(f"`/v1/models` names no model (status {subject.listed.status})")
    if subject.model not in subject.models:
        return problem(f"`{subject.model}` is not served: there is {names}", "set `--served-model-name`, or `--model`")
    if subject.wanted.model is None and len(subject.models) > 1:
        return warning(f"it serves {names}: `{subject.model}` is looked at", "say which with `--model`")
    return ok(f"`{subject.model}` is served")


async def context(subject: Subject) -> Finding:
    if subject.context is None:
        return unchecked("the server does not tell its context length")
    told = f"{subject.context:,} tokens for a prompt and its answer"
    if subject.context < SHORT_CONTEXT:
        return warning(told, "longer queries are refused as `too_long`: raise `--max-model-len` if the model can")
    return ok(told)


async def family(subject: Subject) -> Finding:
    if subject.family is None:
        named = "a model that is not named" if subject.model is None else f"`{subject.model}`"
        return problem(f"no family is known for {named}", "name it: `--family`; `gateway guardian families` lists them")
    name, own = subject.family.CARD.name, fitting(subject, families())
    if name in own:
        return ok(f"`{name}`, as the model's name says")
    if own:
        return warning(
            f"`{name}` is taken, the model's name says {', '.join(f'`{one}`' for one in own)}",
            "give the right one with `--family`: another family's answers cannot be read",
        )
    return unchecked(f"`{name}` is taken; the name `{subject.model}` does not tell")


async def chat_template(subject: Subject) -> Finding:
    if subject.family is None:
        return unchecked("no family")
    ask = first_ask(subject.family, subject.wanted.harmless)
    if not ask.path.endswith("/chat/completions"):
        return unchecked(f"the family `{subject.family.CARD.name}` renders its prompt itself")
    body = {**ask.body, "max_tokens": 1, **({} if subject.model is None else {"model": subject.model})}
    answer = await subject.server.post(f"/v1{ask.path}", body)
    if answer.status == 200:
        return ok("the server has one")
    return problem(
        f"a chat completion is refused: {answer.complaint}",
        "the model's folder needs its `chat_template`, or name one with `--chat-template`",
    )
