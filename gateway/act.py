"""Carries a decision out: forward the query, answer it, or block it. Each gives a Reply; none sends anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from time import time

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from gateway.errors import BadGateway, BadRequest, RequestError, Unavailable
from gateway.gateway import Gateway
from gateway.guardian.judge import Judgement
from gateway.incoming import Incoming
from gateway.policy import PolicySet
from gateway.speech import Speech, canned_speech, guardian_speech
from gateway.surfaces.surface import Place, Surface
from gateway.types import GUARDIAN, Block, Decision, Forward, Query, Respond, Taken
from gateway.upstream.endpoint import Response
from gateway.upstream.headers import Header, request_headers, response_headers

JSON: list[Header] = [(b"content-type", b"application/json")]
EVENTS: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
NO_RETRY: list[Header] = [(b"x-should-retry", b"false")]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client will get. `upstream` is the response to close when it is done with."""

    action: Taken
    status: int
    headers: Sequence[Header]
    body: bytes | AsyncIterator[bytes]
    upstream_name: str | None = None
    upstream: Response | None = None
    speech: Speech | None = None


async def act(
    gateway: Gateway,
    policy: PolicySet,
    surface: Surface,
    incoming: Incoming,
    query: Query,
    judgements: Mapping[str, Judgement],
    decision: Decision,
) -> Reply:
    match decision.action:
        case Forward(upstream=name):
            return await forward(gateway, surface, incoming, query.raw, name or "default")
        case Respond(response=name) if name == GUARDIAN:
            return await respond(surface, query, guardian_speech(gateway, policy, query, judgements))
        case Respond(response=name):
            return await respond(surface, query, canned_speech(policy.responses[name]))
        case Block(status=status):
            return refuse(surface, blocked(decision, status), action="block")


async def forward(
    gateway: Gateway, surface: Place, incoming: Incoming, body: bytes, name: str, method: str = "POST"
) -> Reply:
    """The upstream's response as it is. Only a connection that was never made is tried again."""
    endpoint = gateway.upstreams[name]
    headers = request_headers(
        incoming.raw_headers, request_id=incoming.request_id, own_key=endpoint.authorization is not None
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
    return Reply(
        "forward", response.status, list(response_headers(response.headers)), response.aiter_raw(), name, response
    )


def reconnecting() -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type((httpx.ConnectError, httpx.ConnectTimeout)),
        stop=stop_after_attempt(2),
        wait=wait_random_exponential(0.05, max=0.5),
        reraise=True,
    )


async def respond(surface: Surface, query: Query, speech: Speech) -> Reply:
    """An answer in the surface's own shape: streamed piece by piece when the caller asked for a stream."""
    created = int(time())
    if query.stream:
        return Reply("respond", 200, EVENTS, events(surface, query, speech, created), speech=speech)
    text = "".join([piece async for piece in speech.pieces()])
    body = surface.completion(query, text, speech.finish_reason, created=created)
    return Reply("respond", 200, JSON, body, speech=speech)


async def events(surface: Surface, query: Query, speech: Speech, created: int) -> AsyncIterator[bytes]:
    yield surface.opening(query, created=created)
    async for piece in speech.pieces():
        yield surface.delta(query, piece, created=created)
    yield surface.closing(query, speech.finish_reason, created=created)


def blocked(decision: Decision, status: int) -> RequestError:
    """A block that a failed guardian caused is never told as one that a verdict caused."""
    if decision.reason == "guardian_error":
        error: RequestError = Unavailable(
            "the guardian could not judge the query, so it was not forwarded: try again later",
            code="guardian_unavailable",
        )
    else:
        error = BadRequest("the query was blocked by policy", code="content_filter", param="messages")
    error.status = status
    return error


def unreachable(name: str, error: httpx.TransportError) -> RequestError:
    if isinstance(error, httpx.TimeoutException):
        failure: RequestError = BadGateway(f"the upstream `{name}` did not answer in time", code="upstream_timeout")
        failure.status = 504
        return failure
    return BadGateway(f"the upstream `{name}` cannot be reached: is it running?", code="upstream_unavailable")


def refuse(surface: Place, error: RequestError, *, action: Taken) -> Reply:
    headers = [*JSON, *NO_RETRY] if error.code == "guardian_unavailable" else JSON
    return Reply(action, error.status, headers, surface.error(error))
