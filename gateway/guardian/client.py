"""One guardian model over HTTP: render, send, read up to the verdict. One attempt; the outcome is a value."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import orjson

from gateway.guardian.calibration import Calibration
from gateway.guardian.deadline import Deadline
from gateway.guardian.family import Ask, Family, Reading, Unparseable
from gateway.guardian.generation import Answer, Generation
from gateway.guardian.judgement import Judgement, gathered, worst
from gateway.guardian.reply import MalformedReply
from gateway.types import ErrorKind, GuardianError, Passage, Verdict
from gateway.upstream.endpoint import Endpoint, Response

JSON = [(b"content-type", b"application/json"), (b"accept", b"text/event-stream")]
OVERLOADED = frozenset({429, 503})
TOO_LONG = (b"context length", b"context size", b"exceed_context", b"input tokens", b"upper bound")
"""What vLLM and llama.cpp say, with status 400, of a prompt over their context."""
LONGEST_ERROR = 1 << 16


@dataclass(frozen=True, slots=True)
class Client:
    """A model as it is reached. `silence` is how long it may pause within a safe response, in seconds."""

    name: str
    family: Family
    endpoint: Endpoint
    model: str | None
    silence: float
    answer_tokens: int
    calibration: Calibration | None

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        """The verdict on a passage, of one question or the worst of several that are asked at the same time."""
        asks = self.family.render(passage, forced=False)
        if len(asks) == 1:
            return await self.attempt(asks[0], deadline)
        return await worst(await gathered([self.attempt(ask, deadline) for ask in asks]))

    async def attempt(self, ask: Ask, deadline: Deadline) -> Judgement:
        opened = await self.begin(ask, deadline)
        if isinstance(opened, GuardianError):
            return Judgement(opened)
        reading, generation = opened
        verdict = self.verdict(reading, deadline.passed)
        if verdict.label == "safe" or reading.answer_at is None:
            generation.dismiss()
            return Judgement(verdict)
        return Judgement(verdict, Answer(generation, reading.answer_at, self.silence, quoted=reading.quoted))

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        """The safe response, whatever the verdict: the label is put into the prompt (the paper's Figures 1 and 3)."""
        opened = await self.begin(self.family.render(passage, forced=True)[0], deadline)
        if isinstance(opened, GuardianError):
            return opened
        reading, generation = opened
        if reading.answer_at is None:
            await generation.aclose()
            told = "the family does not say where its response begins"
            return GuardianError(self.name, "unparseable", told, deadline.passed)
        return Answer(generation, reading.answer_at, self.silence, quoted=reading.quoted)

    async def aclose(self) -> None:
        await self.endpoint.aclose()

    async def begin(self, ask: Ask, deadline: Deadline) -> tuple[Reading, Generation] | GuardianError:
        """A generation that was read up to its verdict and is still open; on an error it is closed."""
        generation = await self.open(ask, deadline)
        if isinstance(generation, GuardianError):
            return generation
        try:
            async with deadline.timeout():
                reading = await generation.reading(self.family)
        except (TimeoutError, httpx.TransportError, MalformedReply) as error:
            await generation.aclose()
            return self.failure(error, deadline)
        except BaseException:
            await generation.aclose()
            raise
        if isinstance(reading, Unparseable):
            await generation.aclose()
            return GuardianError(self.name, "unparseable", reading.detail, deadline.passed)
        return reading, generation

    def verdict(self, reading: Reading, seconds: float) -> Verdict:
        """A calibrated two-label guardian is read at probability one half; without calibration its own label stands."""
        label, score = reading.label, reading.score
        if self.calibration is not None and score is not None:
            score = self.calibration.probability(score)
            if "controversial" not in self.family.CARD.labels:
                label = "unsafe" if score >= 0.5 else "safe"
        return Verdict(self.name, label, reading.categories if label != "safe" else (), score, seconds)

    async def open(self, ask: Ask, deadline: Deadline) -> Generation | GuardianError:
        try:
            async with deadline.timeout():
                body = request_body(ask, self.model, self.answer_tokens)
                response = await self.endpoint.send("POST", ask.path, JSON, body)
                if response.status == 200:
                    return Generation(response, ask)
                refused = refusal(response.status, await told(response))
        except (TimeoutError, httpx.TransportError) as error:
            return self.failure(error, deadline)
        return GuardianError(self.name, *refused, deadline.passed)

    def failure(self, error: Exception, deadline: Deadline) -> GuardianError:
        kind: ErrorKind = "unparseable" if isinstance(error, MalformedReply) else "unavailable"
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            kind = "timeout"
        return GuardianError(self.name, kind, f"{type(error).__name__}: {error}".rstrip(": "), deadline.passed)


def request_body(ask: Ask, model: str | None, answer_tokens: int) -> bytes:
    named = {} if model is None else {"model": model}
    streamed = {"max_tokens": answer_tokens, **ask.body, "stream": True}
    return orjson.dumps({**(streamed if ask.streamed else ask.body), **named})


async def told(response: Response) -> bytes:
    """The beginning of an error's body."""
    text = b""
    try:
        async for piece in response:
            text += piece
            if len(text) > LONGEST_ERROR:
                break
    finally:
        await response.aclose()
    return text


def refusal(status: int, text: bytes) -> tuple[ErrorKind, str]:
    if status in OVERLOADED:
        return "overloaded", f"status {status}"
    if status in (400, 413, 422) and any(words in text for words in TOO_LONG):
        return "too_long", f"status {status}: the query is over the guardian's context"
    return "unavailable", f"status {status}"
