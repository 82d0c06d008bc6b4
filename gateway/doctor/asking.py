"""The family's own question as a request that comes back whole, and tokens as the server counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.doctor.server import Answer
from gateway.doctor.subject import Subject
from gateway.guardian.family import Ask, Family, Token
from gateway.guardian.reply import tokens
from gateway.types import Message, Passage

SHORT = 8
"""Tokens of an answer that nobody reads."""


def first_ask(family: Family, text: str) -> Ask:
    """The question about a text; of several the first, which is built as the others are."""
    return family.render(Passage((Message("user", (text,)),)), forced=False)[0]


async def asked(subject: Subject, family: Family, text: str, **changed: Any) -> Answer:
    ask = first_ask(family, text)
    body = {"max_tokens": SHORT, **ask.body, **changed} if ask.streamed else ask.body
    return await subject.server.post(f"/v1{ask.path}", named(subject, body))


async def completed(subject: Subject, prompt: str, **more: Any) -> Answer:
    """A raw completion, without the family."""
    return await subject.server.post("/v1/completions", named(subject, {"prompt": prompt, "temperature": 0, **more}))


def named(subject: Subject, body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, **({} if subject.model is None else {"model": subject.model})}


def text_of(answer: Answer) -> str:
    choice = answer.choice
    text = choice["text"] if "text" in choice else (choice.get("message") or {}).get("content")
    return text or ""


def tokens_of(answer: Answer) -> list[Token]:
    return list(tokens(answer.choice.get("logprobs") or {}))


def tops_wanted(ask: Ask) -> int | None:
    """How many alternatives of a token the family reads; None when it reads none."""
    wanted = ask.body.get("top_logprobs", ask.body.get("logprobs"))
    return None if wanted is None or isinstance(wanted, bool) else int(wanted)


def label_tokens(family: Family) -> Sequence[str]:
    """The family's labels that are tokens of their own: `LABEL_TOKENS`, or `HARM` and `SAFE`, of its module."""
    named_ones: Sequence[str] = getattr(family, "LABEL_TOKENS", ())
    return named_ones or [value for name in ("HARM", "SAFE") if isinstance(value := getattr(family, name, None), str)]


async def ids_of(subject: Subject, text: str) -> list[int] | None:
    """Control tokens are read as such. None where the server does not tell."""
    body = (
        {"content": text, "add_special": False, "parse_special": True}
        if subject.kind == "llama.cpp"
        else named(subject, {"prompt": text, "add_special_tokens": False})
    )
    return ids_in(await subject.server.post("/tokenize", body))


async def prompt_ids(subject: Subject, ask: Ask) -> list[int] | None:
    """The tokens of the whole prompt that a question becomes."""
    if "prompt" in ask.body:
        prompt = ask.body["prompt"]
        return await ids_of(subject, prompt) if isinstance(prompt, str) else list(prompt)
    if subject.kind == "llama.cpp":
        applied = await subject.server.post("/apply-template", {"messages": ask.body.get("messages")})
        prompt = applied.json.get("prompt")
        return await ids_of(subject, prompt) if isinstance(prompt, str) else None
    kept = ("messages", "add_generation_prompt", "continue_final_message", "chat_template_kwargs")
    body = {name: ask.body[name] for name in kept if name in ask.body}
    return ids_in(await subject.server.post("/tokenize", named(subject, body)))


def ids_in(answer: Answer) -> list[int] | None:
    found = answer.json.get("tokens") if answer.status == 200 else None
    return [one["id"] if isinstance(one, dict) else one for one in found] if isinstance(found, list) else None
