"""Requests: fields that are dropped without a word, and prompts that are too long."""

from __future__ import annotations

from typing import Any

from gateway.doctor.asking import asked, completed, first_ask, text_of
from gateway.doctor.finding import Finding, ok, problem, unchecked
from gateway.doctor.subject import Subject
from gateway.guardian.client import refusal

GUIDED = ("guided_choice", "guided_regex", "guided_json", "guided_grammar")
REFUSALS = (400, 422)
PROBE = "zq"
"""A choice that no model makes by itself."""


async def fields(subject: Subject) -> Finding:
    """Every field of the family's question must be in the server's own description of its requests."""
    if subject.family is None:
        return unchecked("no family")
    ask = first_ask(subject.family, subject.wanted.harmless)
    described = await subject.server.get("/openapi.json")
    known = properties(described.json, f"/v1{ask.path}")
    if not known:
        return unchecked("the server does not describe its requests (`/openapi.json`)")
    unknown = [f"`{name}`" for name in ask.body if name not in known]
    if unknown:
        return problem(
            f"{', '.join(unknown)} would be ignored without a word", "take the vLLM that the gateway is tested with"
        )
    return ok(f"all {len(ask.body)} fields that the family sends are known")


def properties(described: dict[str, Any], path: str) -> frozenset[str]:
    post = described.get("paths", {}).get(path, {}).get("post", {})
    schema = post.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found = described.get("components", {}).get("schemas", {}).get(name, schema)
    return frozenset(found.get("properties", ()))


async def unknown(subject: Subject) -> Finding:
    """The fields of structured output had other names once. A server that does not know one answers as if it had not
    been sent.
    """
    answer = await completed(subject, "The", max_tokens=4, guided_choice=[PROBE])
    if answer.status in REFUSALS:
        return ok(f"unknown fields are refused: {answer.complaint}")
    answer.answered()
    sent = first_ask(subject.family, subject.wanted.harmless).body if subject.family is not None else {}
    used = [f"`{name}`" for name in GUIDED if name in sent]
    if text_of(answer).strip() == PROBE:
        return ok("`guided_choice` is honoured: this is vLLM before 0.12")
    if used:
        return problem(f"{', '.join(used)} is ignored, and the family sends it", "take a family that does not")
    return ok("unknown fields, `guided_choice` too, are ignored without a word; the family sends none of them")


async def long_prompt(subject: Subject) -> Finding:
    if subject.family is None or subject.context is None:
        return unchecked("the family or the context length is not known")
    answer = await asked(subject, subject.family, "bread " * (subject.context + 1), max_tokens=1)
    if answer.status == 200:
        return problem(
            "a prompt over the context is answered: it was cut, and what was cut off was not judged",
            "serve it so that it refuses: no `truncate_prompt_tokens`, no context shift",
        )
    kind, _ = refusal(answer.status, answer.body)
    if kind != "too_long":
        return problem(
            f"a prompt over the context is refused in words that mean `{kind}` here: {answer.complaint}",
            "policies cannot tell it from a failure: please report the server's version",
        )
    return ok(f"a prompt over the context is refused with status {answer.status}: `too_long` to policies")
