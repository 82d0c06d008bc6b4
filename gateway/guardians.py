"""Opens the guardians of the settings: starts those that are embedded, and joins the parts of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from gateway.errors import ConfigurationError
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
from gateway.joining import family_of, joined
from gateway.observe.guardian_metrics import GuardianMetrics, Meter
from gateway.settings import GuardianSettings, Settings
from gateway.upstream.endpoint import Endpoint, open_endpoint

REMOTE_DEADLINE, EMBEDDED_DEADLINE = 2.0, 20.0
QUEUE_PER_PLACE = 4
CALLS_PER_PLACE = 16
EMBEDDED_WINDOW = 2000
Progress = Callable[[float], None]


@asynccontextmanager
async def open_models(settings: Settings, *, progress: Progress) -> AsyncIterator[Settings]:
    """The settings with every embedded guardian started and its address filled in, as if it were served elsewhere."""
    async with AsyncExitStack() as stack:
        guardians = {
            name: await stack.enter_async_context(reachable(settings, name, progress)) for name in settings.guardians
        }
        yield settings.model_copy(update={"guardians": guardians})


@asynccontextmanager
async def reachable(settings: Settings, name: str, progress: Progress) -> AsyncIterator[GuardianSettings]:
    """A guardian that is served elsewhere, or one that is started here."""
    wanted = settings.guardians[name]
    if wanted.base_url is not None:
        yield wanted
        return
    from gateway.embedded.models import GUARDIAN_ALIAS, guardian_calibration, guardian_model
    from gateway.embedded.process import model_server

    if wanted.family != "slm_guardian":
        raise ConfigurationError(
            f"guardian `{name}` of family `{wanted.family}` needs `GATEWAY_GUARDIANS__{name.upper()}__BASE_URL`"
        )
    embedded = settings.embedded
    path = await asyncio.to_thread(guardian_model, embedded.cache, embedded.quantization, progress)
    async with model_server(path, GUARDIAN_ALIAS, embedded) as base_url:
        yield located(wanted, base_url, guardian_calibration())


def located(wanted: GuardianSettings, base_url: str, fitted: Platt) -> GuardianSettings:
    own: dict[str, object] = {
        "base_url": base_url,
        "deadline_seconds": wanted.deadline_seconds or EMBEDDED_DEADLINE,
        "window_characters": wanted.window_characters or EMBEDDED_WINDOW,
    }
    if calibration_settings(wanted) == (None, None, None):
        own |= {"calibration_slope": fitted.slope, "calibration_intercept": fitted.intercept}
    return wanted.model_copy(update=own)


def open_guardians(settings: Settings, known: Mapping[str, Family], metrics: GuardianMetrics) -> dict[str, Guardian]:
    """Those whose addresses are known, each joined with the guardians that it refers to."""
    own = {name: open_guardian(name, one, known, metrics) for name, one in settings.guardians.items()}
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
    return Guardian(name, family.CARD, source, endpoint, seconds)


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
