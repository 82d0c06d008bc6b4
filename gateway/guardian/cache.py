"""Verdicts that were given are not asked for again. A guardian decodes at temperature 0: it would say the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b

import orjson

from gateway.guardian.deadline import Deadline
from gateway.guardian.generation import Answer
from gateway.guardian.judgement import Judgement
from gateway.guardian.memory import Memory
from gateway.guardian.shared_verdicts import SharedVerdicts
from gateway.guardian.single_flight import Flights
from gateway.guardian.source import Source
from gateway.observe.passage_metrics import PassageMetrics
from gateway.types import GuardianError, Outcome, Passage, Verdict


@dataclass(frozen=True, slots=True)
class Cache:
    """What all guardians keep their verdicts in, for `seconds`. The keys are hashes keyed with `secret`, of 64 bytes at
    most; no text is stored.

    `configuration` stands for all that makes the models answer as they do: families, addresses, calibrations.
    """

    memory: Memory
    shared: SharedVerdicts | None
    seconds: float
    secret: bytes
    configuration: str
    metrics: PassageMetrics
    flights: Flights = field(default_factory=Flights)

    async def aclose(self) -> None:
        if self.shared is not None:
            await self.shared.aclose()

    def before(self, name: str, source: Source) -> Source:
        """The guardian of this name, asked only what it was not asked before."""
        seed = blake2b(f"{name}\n{self.configuration}".encode(), key=self.secret, person=b"guardian")
        return Cached(name, source, self, seed.digest())


@dataclass(frozen=True, slots=True)
class Cached:
    """Stands before a source. Only verdicts are kept, and only of passages that have a scope."""

    name: str
    source: Source
    cache: Cache
    seed: bytes

    async def ask(self, passage: Passage, deadline: Deadline) -> Judgement:
        if not passage.scope:
            return await self.source.ask(passage, deadline)
        key = self.key(passage)
        kept = self.cache.memory.get(key)
        if kept is not None:
            return self.hit(kept, "memory", deadline)
        if key in self.cache.flights.under_way and (judgement := await self.joined(key, deadline)) is not None:
            return judgement
        flight = self.cache.flights.begin(key)
        try:
            judgement = await self.found(key, passage, deadline)
            flight.outcome = judgement.outcome
            return judgement
        finally:
            self.cache.flights.end(key)

    async def joined(self, key: bytes, deadline: Deadline) -> Judgement | None:
        """What came of an identical question; None when this one is to be asked."""
        try:
            outcome = await self.cache.flights.join(key, deadline)
        except TimeoutError:
            return Judgement(GuardianError(self.name, "timeout", "an identical question", deadline.passed))
        if outcome is None:
            return None
        self.cache.metrics.joined[(self.name,)].inc()
        return Judgement(replace(outcome, seconds=deadline.passed))

    async def found(self, key: bytes, passage: Passage, deadline: Deadline) -> Judgement:
        """The verdict that another replica has kept, or a new one."""
        shared = self.cache.shared
        kept = await shared.get(key) if shared is not None else None
        if kept is not None:
            self.cache.memory.put(key, *kept)
            return self.hit(kept[0], "shared", deadline)
        self.cache.metrics.lookups[self.name, "miss"].inc()
        judgement = await self.source.ask(passage, deadline)
        self.keep(key, judgement.outcome)
        return judgement

    def keep(self, key: bytes, outcome: Outcome) -> None:
        if isinstance(outcome, Verdict):
            self.cache.memory.put(key, outcome, self.cache.seconds)
            if self.cache.shared is not None:
                self.cache.shared.put(key, outcome, self.cache.seconds)

    def hit(self, verdict: Verdict, found: str, deadline: Deadline) -> Judgement:
        self.cache.metrics.lookups[self.name, found].inc()
        return Judgement(replace(verdict, seconds=deadline.passed, cached=True))

    def key(self, passage: Passage) -> bytes:
        """A hash of all that the guardian sees and of the scope. Lists in lists: no two passages are written alike."""
        turns = [[message.role, *message.texts] for message in passage.messages]
        return blake2b(orjson.dumps([passage.scope, passage.answer, turns]), key=self.seed, digest_size=32).digest()

    async def forced(self, passage: Passage, deadline: Deadline) -> Answer | GuardianError:
        return await self.source.forced(passage, deadline)

    async def aclose(self) -> None:
        await self.source.aclose()
