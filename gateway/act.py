"""Carries a decision out: forward the query, answer it, or block it. Each gives a Reply; none sends anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from time import time
from typing import Protocol

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from gateway.annotate import annotated
from gateway.errors import BadGateway, BadRequest, RequestError, Unavailable
from gateway.gateway import Gateway
from gateway.guardian.judgement import Judgement
from gateway.incoming import Incoming
from gateway.overload.retry_advice import retry_after, retry_headers
from gateway.policy import PolicySet
from gateway.speech import Speech, canned_speech, guardian_speech, refusal_speech
from gateway.surfaces.surface import Annotation, Place, Surface
from gateway.types import GUARDIAN, Block, Decision, Forward, Query, Respond, Taken
from gateway.upstream.endpoint import Response
from gateway.upstream.headers import Header, request_headers, response_headers

JSON: list[Header] = [(b"content-type", b"application/json")]
EVENTS: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class Work(Protocol):
    """What must not outlive its request."""

    async def aclose(self) -> None:
        """Ends it. May be called twice."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client will get. `upstream` is the response to close when it is done with, `work` what goes on meanwhile
    for the body.
    """

    action: Taken
    status: int
    headers: list[Header]
    body: bytes | AsyncIterator[bytes]
    upstream_name: str | None = None
    upstream: Response | None = None
    speech: Speech | None = None
    work: Work | None = None


async def act(
    gateway: Gateway,
    policy: PolicySet,
    surface: Surface,
    incoming: Incoming,
    query: Query,
    judgements: Mapping[str, Judgement],
    decision: Decision,
    moderation: Annotation = None,
) -> Reply:
    """`moderation` is the field for the answer, where the policy asks for it."""
    if not isinstance(decision.action, Forward):
        return await carried_out(gateway, policy, surface, query, judgements, decision, moderation)
    action = decision.action
    body = query.raw
    if action.model is not None or action.system_prompt is not None:
        body = surface.rewritten(query, action.model, action.system_prompt)
    plain = policy.judges_output or moderation is not None
    name = action.upstream or gateway.route(surface)
    return await forward(gateway, surface, incoming, body, name, plain=plain)


def noted(surface: Surface, reply: Reply, query: Query, moderation: Annotation) -> Reply:
    """A forwarded answer with the verdict in it, where the policy asks for that. A caller who asks the upstream itself
    for the field gets the upstream's.
    """
    if moderation is None or "moderation" in query.body or isinstance(reply.body, bytes):
        return reply
    if reply.action != "forward" or reply.status != 200:
        return reply
    headers = [(name, value) for name, value in reply.headers if name != b"content-length"]
    return replace(reply, headers=headers, body=annotated(reply.body, moderation, surface.answer_member))


async def carried_out(
    gateway: Gateway,
    policy: PolicySet,
    surface: Surface,
    query: Query,
    judgements: Mapping[str, Judgement],
    decision: Decision,
    moderation: Annotation = None,
) -> Reply:
    """What the gateway says itself: a response or a block, each as an object of the surface or as an error."""
    if isinstance(decision.action, Respond):
        speech = spoken(gateway, policy, query, judgements, decision.action, decision.guardian)
        return await respond(surface, query, speech, decision, judgements, moderation)
    assert isinstance(decision.action, Block)
    if decision.signal == "completion":
        return await respond(surface, query, refusal_speech(policy, query), decision, judgements, moderation)
    error = blocked(surface, decision, decision.action.status)
    error.retry_after = retry_after(decision, judgements)
    return refuse(surface, error, action="block")


def spoken(
    gateway: Gateway,
    policy: PolicySet,
    query: Query,
    judgements: Mapping[str, Judgement],
    action: Respond,
    guardian: str,
) -> Speech:
    if action.response == GUARDIAN:
        return guardian_speech(gateway, policy, query, judgements, guardian)
    response = policy.responses[action.response]
    return canned_speech(response, policy.words(response, query))


async def forward(
    gateway: Gateway,
    surface: Place,
    incoming: Incoming,
    body: bytes,
    name: str,
    method: str = "POST",
    *,
    plain: bool = False,
) -> Reply:
    """The upstream's response as it is. Only a connection that was never made is tried again. `plain`: it is read
    here, so it must not be compressed.
    """
    endpoint = gateway.upstreams[name]
    headers = request_headers(
        incoming.raw_headers, request_id=incoming.request_id, own_key=endpoint.key is not None, plain=plain
    )

    async def send() -> Response:
        return await endpoint.send(method, surface.upstream_path, headers, body, incoming.query_string)

    try:
        try:
            response = await send()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            response = await reconnecting()(send)
    except httpx.TransportError as error:
        return refuse(surface, unreachable(name, error), action="error")
    passed = list(response_headers(response.headers, response.status, limited=bool(incoming.limits)))
    return Reply("forward", response.status, passed, response.aiter_raw(), name, response)


def reconnecting() -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type((httpx.ConnectError, httpx.ConnectTimeout)),
        stop=stop_after_attempt(2),
        wait=wait_random_exponential(0.05, max=0.5),
        reraise=True,
    )


async def respond(
    surface: Surface,
    query: Query,
    speech: Speech,
    decision: Decision,
    judgements: Mapping[str, Judgement],
    moderation: Annotation,
) -> Reply:
    """An answer in the surface's own shape: streamed piece by piece when the caller asked for a stream; or, where the
    policy wants that, as an error.
    """
    created = int(time())
    action: Taken = "respond" if isinstance(decision.action, Respond) else "block"
    as_error = decision.signal == "error" or not surface.speaks
    if query.stream and not as_error:
        return Reply(action, 200, EVENTS, events(surface, query, speech, created, moderation), speech=speech)
    text = "".join([piece async for piece in speech.pieces()])
    if as_error:
        failed = decision.reason == "guardian_error"
        error = blocked(surface, decision, 503 if failed else 400, text)
        error.retry_after = retry_after(decision, judgements)
        return replace(refuse(surface, error, action="block"), speech=speech)
    body = surface.completion(query, text, speech.finish_reason, created=created, moderation=moderation)
    return Reply(action, 200, JSON, body, speech=speech)


async def events(
    surface: Surface, query: Query, speech: Speech, created: int, moderation: Annotation
) -> AsyncIterator[bytes]:
    writer = surface.writer(query, created=created, moderation=moderation)
    yield writer.opening()
    async for piece in speech.pieces():
        yield writer.delta(piece)
    yield writer.closing(speech.finish_reason)


def blocked(surface: Surface, decision: Decision, status: int, text: str | None = None) -> RequestError:
    """A block that a failed guardian caused is never told as one that a verdict caused. `text`: the policy's words."""
    if decision.reason == "guardian_error":
        told = text or "the guardian could not judge the query, so it was not forwarded: try again later"
        error: RequestError = Unavailable(told, code="guardian_unavailable")
    else:
        error = BadRequest(text or "the query was blocked by policy", code="content_filter", param=surface.judged_field)
    error.status = status
    return error


def unreachable(name: str, error: httpx.TransportError) -> RequestError:
    if isinstance(error, httpx.TimeoutException):
        failure: RequestError = BadGateway(f"the upstream `{name}` did not answer in time", code="upstream_timeout")
        failure.status = 504
        return failure
    if isinstance(error, httpx.RemoteProtocolError):
        return BadGateway(f"the upstream `{name}` gave no valid answer: {error}", code="upstream_invalid_response")
    return BadGateway(f"the upstream `{name}` cannot be reached: is it running?", code="upstream_unavailable")


def refuse(surface: Place, error: RequestError, *, action: Taken) -> Reply:
    return Reply(action, error.status, [*JSON, *retry_headers(error)], surface.error(error))
