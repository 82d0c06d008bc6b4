"""Asks a guardian about a query: render, send, read up to the verdict. The outcome is a value; nothing is raised but
cancellation.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

import httpx
import orjson
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from gateway.guardian.family import Family, Reading, Unparseable
from gateway.guardian.generation import Answer, Generation
from gateway.guardian.reply import MalformedReply
from gateway.types import ErrorKind, GuardianError, Message, Outcome, Verdict
from gateway.upstream.endpoint import Endpoint, Response

JSON = [(b"content-type", b"application/json"), (b"accept", b"text/event-stream")]
OVERLOADED = frozenset({429, 503})
TOO_LONG = (b"context length", b"context size", b"exceed_context", b"input tokens", b"upper bound")
"""What vLLM and llama.cpp say, with status 400, of a prompt over their context."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling: the model's log-odds become a probability."""

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, score: float) -> float:
        odds = math.log(max(score, 1e-12)) - math.log(max(1.0 - score, 1e-12))
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.slope * odds + self.intercept))))


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, and the generation that goes on as the safe response when the guardian wrote a harm label."""

    outcome: Outcome
    answer: Answer | None = None

    async def aclose(self) -> None:
        if self.answer is not None:
            await self.answer.aclose()


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian as it is reached: its name in policies, its family, where it is served, and its budget in seconds."""

    name: str
    family: Family
    endpoint: Endpoint
    model: str | None
    deadline: float
    answer_tokens: int
    calibration: Calibration | None
    slots: asyncio.Semaphore = field(repr=False)

    async def judge(self, messages: Sequence[Message]) -> Judgement:
        """The verdict on these messages, within the deadline, retries included."""
        started = monotonic()
        first = await self.attempt(messages, started)
        if not is_transient(first):
            return first
        retrying = AsyncRetrying(
            retry=retry_if_result(is_transient),
            stop=stop_before_delay(self.deadline) | stop_after_attempt(3),
            wait=wait_random_exponential(0.05, max=0.5),
            retry_error_callback=last_result,
        )
        return await retrying(self.attempt, messages, started)

    async def attempt(self, messages: Sequence[Message], started: float) -> Judgement:
        opened = await self.begin(messages, started, forced=False)
        if isinstance(opened, GuardianError):
            return Judgement(opened)
        reading, generation = opened
        verdict = self.verdict(reading, monotonic() - started)
        if verdict.label == "safe" or reading.answer_at is None:
            generation.dismiss()
            return Judgement(verdict)
        return Judgement(verdict, Answer(generation, reading.answer_at, self.deadline))

    async def forced(self, messages: Sequence[Message]) -> Answer | GuardianError:
        """The safe response, whatever the verdict: the label is put into the prompt (the paper's Figures 1 and 3)."""
        opened = await self.begin(messages, monotonic(), forced=True)
        if isinstance(opened, GuardianError):
            return opened
        reading, generation = opened
        return Answer(generation, reading.answer_at or 0, self.deadline)

    async def begin(
        self, messages: Sequence[Message], started: float, *, forced: bool
    ) -> tuple[Reading, Generation] | GuardianError:
        """A generation that was read up to its verdict and is still open; on an error it is closed."""
        generation = await self.open(messages, started, forced=forced)
        if isinstance(generation, GuardianError):
            return generation
        try:
            async with asyncio.timeout_at(self.limit(started)):
                reading = await generation.reading(self.family)
        except (TimeoutError, httpx.TransportError, MalformedReply) as error:
            await generation.aclose()
            return self.failure(error, started)
        except BaseException:
            await generation.aclose()
            raise
        if isinstance(reading, Unparseable):
            await generation.aclose()
            return GuardianError(self.name, "unparseable", reading.detail, monotonic() - started)
        return reading, generation

    def verdict(self, reading: Reading, seconds: float) -> Verdict:
        """A calibrated two-label guardian is read at probability one half; without calibration its own label stands."""
        label, score = reading.label, reading.score
        if self.calibration is not None and score is not None:
            score = self.calibration.probability(score)
            if "controversial" not in self.family.CARD.labels:
                label = "unsafe" if score >= 0.5 else "safe"
        return Verdict(self.name, label, reading.categories if label != "safe" else (), score, seconds)

    async def open(self, messages: Sequence[Message], started: float, *, forced: bool) -> Generation | GuardianError:
        ask = self.family.render(messages, forced=forced)
        named = {} if self.model is None else {"model": self.model}
        body = orjson.dumps({"max_tokens": self.answer_tokens, **ask.body, **named, "stream": True})
        try:
            async with asyncio.timeout_at(self.limit(started)):
                await self.slots.acquire()
                response = await self.send(ask.path, body)
        except (TimeoutError, httpx.TransportError) as error:
            return self.failure(error, started)
        if isinstance(response, Response):
            return Generation(response, ask.begun, self.slots.release)
        self.slots.release()
        return GuardianError(self.name, *response, monotonic() - started)

    async def send(self, path: str, body: bytes) -> Response | tuple[ErrorKind, str]:
        """The response when it is a success, else what kind of failure it is. Frees the slot when it raises."""
        response = None
        try:
            response = await self.endpoint.send("POST", path, JSON, body)
            if response.status == 200:
                return response
            return refusal(response.status, await response.aread())
        except BaseException:
            self.slots.release()
            raise
        finally:
            if response is not None and response.status != 200:
                await response.aclose()

    def limit(self, started: float) -> float:
        """The deadline in the event loop's own time."""
        return asyncio.get_running_loop().time() + self.deadline - (monotonic() - started)

    def failure(self, error: Exception, started: float) -> GuardianError:
        kind: ErrorKind = "unparseable" if isinstance(error, MalformedReply) else "unavailable"
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            kind = "timeout"
        return GuardianError(self.name, kind, f"{type(error).__name__}: {error}", monotonic() - started)


def refusal(status: int, text: bytes) -> tuple[ErrorKind, str]:
    if status in OVERLOADED:
        return "overloaded", f"status {status}"
    if status in (400, 413, 422) and any(words in text for words in TOO_LONG):
        return "too_long", f"status {status}: the query is over the guardian's context"
    return "unavailable", f"status {status}"


def is_transient(judgement: Judgement) -> bool:
    return isinstance(judgement.outcome, GuardianError) and judgement.outcome.kind in ("unavailable", "overloaded")


def last_result(state: RetryCallState) -> Judgement:
    assert state.outcome is not None
    result: Judgement = state.outcome.result()
    return result
