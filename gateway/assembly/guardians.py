"""The guardians of the settings, each with all that stands before its model, joined with those that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
from pydantic import SecretStr

from gateway.assembly.joining import family_of, joined
from gateway.guardian.admission import Admission
from gateway.guardian.breaker import Breaker
from gateway.guardian.calibration import Calibration, Platt
from gateway.guardian.circuit import Circuit, Limits
from gateway.guardian.client import Client
from gateway.guardian.family import Family
from gateway.guardian.fitted import load_calibration
from gateway.guardian.hedge import Budget, Hedged
from gateway.guardian.judge import Guardian
from gateway.guardian.measured import Measured
from gateway.guardian.responding import Classifying
from gateway.guardian.retrying import Retrying
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import GuardianMetrics, Meter
from gateway.settings import GuardianSettings, Settings
from gateway.upstream.endpoint import Endpoint, open_endpoint

REMOTE_DEADLINE = 2.0
QUEUE_PER_PLACE = 4
CALLS_PER_PLACE = 16
Kept = Callable[[str, Source], Source]


def open_guardians(
    settings: Settings, known: Mapping[str, Family], metrics: GuardianMetrics, *, kept: Kept | None = None
) -> dict[str, Guardian]:
    """Those whose addresses are known, each joined with the guardians that it refers to. `kept` puts a cache before
    each: before they are joined, so that what a fallback said is not kept as if its guardian had.
    """
    own = {name: open_guardian(name, one, known, metrics) for name, one in settings.guardians.items()}
    if kept is not None:
        own = {name: replace(guardian, source=kept(name, guardian.source)) for name, guardian in own.items()}
    return joined(own, settings.guardians, metrics)


def open_guardian(
    name: str, settings: GuardianSettings, known: Mapping[str, Family], metrics: GuardianMetrics
) -> Guardian:
    """A guardian by itself: its model, with all that stands before it. Decision 16 says why in this order."""
    seconds = settings.deadline_seconds or REMOTE_DEADLINE
    family = family_of(name, settings, known)
    endpoint = guardian_endpoint(settings, seconds)
    client = Client(
        name=name,
        family=family,
        endpoint=endpoint,
        model=settings.model,
        silence=seconds,
        answer_tokens=settings.answer_tokens,
        calibration=calibration(name, settings),
    )
    source = guarded(name, client, settings, Meter(metrics, name))
    if not family.CARD.writes_response:
        source = Classifying(name, source)
    return Guardian(name, family.CARD, source, endpoint, seconds, settings.concurrency)


def guarded(name: str, client: Client, settings: GuardianSettings, meter: Meter) -> Source:
    """From the inside out: each part sees what those within it make of a call."""
    source: Source = Measured(client, meter)
    if settings.breaker_failures:
        limits = Limits(settings.breaker_failures, settings.breaker_share, cooldown=settings.breaker_seconds)
        source = Breaker(name, source, Circuit(limits), meter)
    source = Retrying(source, meter)
    if settings.hedge_seconds is not None:
        source = Hedged(source, after=settings.hedge_seconds, budget=Budget(settings.hedge_share), meter=meter)
    queue = settings.concurrency * QUEUE_PER_PLACE if settings.queue is None else settings.queue
    return Admission(name, source, places=settings.concurrency, queue=queue, meter=meter)


def guardian_endpoint(settings: GuardianSettings, seconds: float) -> Endpoint:
    """Admission is the limit: the pool has room for all that one judgement may ask at the same time."""
    assert settings.base_url is not None
    return open_endpoint(
        settings.base_url,
        plain(settings.api_key),
        httpx.Timeout(seconds),
        connections=settings.concurrency * CALLS_PER_PLACE,
        idempotent=True,
    )


def calibration(name: str, settings: GuardianSettings) -> Calibration | None:
    file, slope, intercept = calibration_settings(settings)
    if file is not None:
        setting = f"GATEWAY_GUARDIANS__{name.upper()}__CALIBRATION"
        return load_calibration(file, setting, settings.family, settings.model)
    return None if slope is None and intercept is None else Platt(slope or 1.0, intercept or 0.0)


def calibration_settings(settings: GuardianSettings) -> tuple[Path | None, float | None, float | None]:
    return settings.calibration, settings.calibration_slope, settings.calibration_intercept


def plain(key: SecretStr | None) -> str | None:
    return None if key is None else key.get_secret_value()
