"""The cache of verdicts that stands before each guardian, and what its entries hold under."""

from __future__ import annotations

import json
import os
from hashlib import blake2b

from gateway.assembly.guardians import calibration
from gateway.errors import ConfigurationError
from gateway.guardian.cache import Cache
from gateway.guardian.memory import Memory
from gateway.guardian.sealed import Seal
from gateway.guardian.shared_verdicts import SharedVerdicts, open_store
from gateway.observe.passage_metrics import PassageMetrics
from gateway.settings import Settings

NO_VERDICT = {
    "api_key", "deadline_seconds", "concurrency", "answer_tokens", "view", "window_characters", "passages", "queue",
    "breaker_failures", "breaker_share", "breaker_seconds", "hedge_seconds", "hedge_share", "fallback",
    "fallback_share", "cascade", "cascade_low", "cascade_high", "responder",
}  # fmt: skip
"""Settings of a guardian that change nothing about what its own model says of a passage."""


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
