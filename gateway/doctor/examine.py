"""The checks in their order, and a whole examination."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType

import httpx

from gateway.doctor.checks import engine, reach, requests, scores, tokens, verdicts
from gateway.doctor.finding import Finding, problem, unchecked
from gateway.doctor.server import Refused
from gateway.doctor.subject import Subject

Check = Callable[[Subject], Awaitable[Finding]]
REACHABLE = "reachable"
OPEN = (REACHABLE, "server", "key")
"""Checks that need no key."""
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        REACHABLE: reach.health,
        "server": reach.server,
        "key": reach.key,
        "model": reach.model,
        "family": reach.family,
        "context length": reach.context,
        "chat template": reach.chat_template,
        "label tokens": tokens.labels,
        "typed control tokens": tokens.control,
        "log-probabilities": scores.logprobs,
        "logprobs mode": scores.mode,
        "labels are seen": scores.visible,
        "request fields": requests.fields,
        "unknown fields": requests.unknown,
        "long prompts": requests.long_prompt,
        "temperature": engine.temperature,
        "penalties": engine.penalties,
        "prefix cache": engine.prefix_cache,
        "cancelling": engine.cancelling,
        "time to first token": verdicts.first_token,
        "verdicts": verdicts.labels,
    }
)
NOT_UNDERSTOOD = (LookupError, TypeError, ValueError, AttributeError)
"""What reading an answer of an unknown shape raises."""


async def examine(subject: Subject) -> AsyncIterator[tuple[str, Finding]]:
    """Each check and what it found, as it is done: one after the other, so that none disturbs another's times."""
    for name, check in CHECKS.items():
        if subject.locked and name not in OPEN:
            yield name, unchecked("the server wants a key")
        else:
            yield name, await guarded(check, subject)


async def guarded(check: Check, subject: Subject) -> Finding:
    try:
        return await check(subject)
    except httpx.TransportError as error:
        return problem(
            f"the connection failed: {type(error).__name__} {error}".rstrip(), "look at the server's log: did it end?"
        )
    except Refused as error:
        return unchecked(f"a question is refused: {error}")
    except NOT_UNDERSTOOD as error:
        return unchecked(f"the answer is of an unknown shape ({type(error).__name__})")


def unreachable(url: str, error: Exception) -> Mapping[str, Finding]:
    """All findings of a server that does not answer."""
    missing = unchecked("the server is not reachable")
    told = f"`{url}` does not answer: {error or type(error).__name__}"
    return dict.fromkeys(CHECKS, missing) | {
        REACHABLE: problem(told, "start it, and give its address as `http://HOST:PORT/v1`")
    }
