"""How every guardian is asked: in parts, and not twice about the same."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from hashlib import blake2b

from gateway.errors import ConfigurationError
from gateway.guardian.cache import Cache
from gateway.guardian.expansion import Bounds
from gateway.guardian.in_parts import InParts
from gateway.guardian.judge import Guardian
from gateway.guardian.memory import Memory
from gateway.guardian.sealed import Seal
from gateway.guardian.shared_verdicts import SharedVerdicts, open_store
from gateway.guardians import calibration
from gateway.observe.passage_metrics import PassageMetrics
from gateway.settings import GuardianSettings, Settings

WINDOW = 4000
NO_VERDICT = {
    "api_key", "deadline_seconds", "concurrency", "answer_tokens", "view", "window_characters", "passages", "queue",
    "breaker_failures", "breaker_share", "breaker_seconds", "hedge_seconds", "hedge_share", "fallback",
    "fallback_share", "cascade", "cascade_low", "cascade_high", "responder",
}  # fmt: skip
"""Settings of a guardian that change nothing about what its own model says of a passage."""


def in_parts(guardian: Guardian, settings: GuardianSettings, metrics: PassageMetrics | None = None) -> Guardian:
    """The guardian, asked about every part of a passage."""
    return replace(guardian, source=InParts(guardian.name, guardian.source, bounds(settings), metrics))


def bounds(settings: GuardianSettings) -> Bounds:
    """One query takes a quarter of the guardian's places at most."""
    return Bounds(
        window=settings.window_characters or WINDOW,
        passages=settings.passages,
        conversation=settings.view == "conversation",
        at_once=max(1, settings.concurrency // 4),
    )


def open_cache(settings: Settings, metrics: PassageMetrics) -> Cache:
    """Where verdicts are kept; `settings` have the addresses of all guardians."""
    wanted = settings.cache
    key = "" if settings.conversation_key is None else settings.conversation_key.get_secret_value()
    if wanted.url is not None and not key:
        raise ConfigurationError(
            "`GATEWAY_CACHE__URL` needs `GATEWAY_CONVERSATION_KEY`, the same on all replicas: without it the judged"
            " texts could be guessed from what is stored"
        )
    secret = blake2b(key.encode() if key else os.urandom(64), person=b"verdict cache").digest()
    store = None if wanted.url is None else open_store(wanted.url.get_secret_value())
    shared = None if store is None else SharedVerdicts(store, Seal(secret), metrics.failures.inc)
    return Cache(Memory(wanted.entries), shared, wanted.seconds, secret, configuration(settings), metrics)


def configuration(settings: Settings) -> str:
    """All settings of all guardians but those that change no verdict. Of a calibration it is what the file says that
    counts, not its name.
    """
    guardians = {
        name: {**one.model_dump(exclude=NO_VERDICT), "calibration": str(calibration(name, one))}
        for name, one in sorted(settings.guardians.items())
    }
    return json.dumps(guardians, default=str)
