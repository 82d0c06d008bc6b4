"""Opens the guardians of the settings: starts those that are embedded, and joins the parts of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Calibration, Platt
from gateway.guardian.client import Client
from gateway.guardian.family import Family
from gateway.guardian.fitted import load_calibration
from gateway.guardian.judge import Guardian
from gateway.guardian.retrying import Retrying
from gateway.settings import GuardianSettings, Settings
from gateway.upstream.endpoint import open_endpoint

REMOTE_DEADLINE, EMBEDDED_DEADLINE = 2.0, 20.0
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
    own: dict[str, object] = {"base_url": base_url, "deadline_seconds": wanted.deadline_seconds or EMBEDDED_DEADLINE}
    if calibration_settings(wanted) == (None, None, None):
        own |= {"calibration_slope": fitted.slope, "calibration_intercept": fitted.intercept}
    return wanted.model_copy(update=own)


def open_guardian(name: str, settings: GuardianSettings, known: Mapping[str, Family]) -> Guardian:
    """A guardian whose address is known, with all that stands before its model."""
    seconds = settings.deadline_seconds or REMOTE_DEADLINE
    family = family_of(name, settings, known)
    assert settings.base_url is not None
    endpoint = open_endpoint(
        settings.base_url,
        plain(settings.api_key),
        httpx.Timeout(seconds),
        connections=settings.concurrency,
        idempotent=True,
    )
    client = Client(
        name=name,
        family=family,
        endpoint=endpoint,
        model=settings.model,
        silence=seconds,
        answer_tokens=settings.answer_tokens,
        calibration=calibration(name, settings),
        slots=asyncio.Semaphore(settings.concurrency),
    )
    return Guardian(name, family.CARD, Retrying(client), endpoint, seconds)


def calibration(name: str, settings: GuardianSettings) -> Calibration | None:
    file, slope, intercept = calibration_settings(settings)
    if file is not None:
        setting = f"GATEWAY_GUARDIANS__{name.upper()}__CALIBRATION"
        return load_calibration(file, setting, settings.family, settings.model)
    return None if slope is None and intercept is None else Platt(slope or 1.0, intercept or 0.0)


def calibration_settings(settings: GuardianSettings) -> tuple[Path | None, float | None, float | None]:
    return settings.calibration, settings.calibration_slope, settings.calibration_intercept


def family_of(name: str, settings: GuardianSettings, known: Mapping[str, Family]) -> Family:
    if settings.family not in known:
        names = ", ".join(sorted(known))
        raise ConfigurationError(
            f"guardian `{name}` has the unknown family `{settings.family}`: the families are {names}"
        )
    return known[settings.family]


def plain(key: SecretStr | None) -> str | None:
    return None if key is None else key.get_secret_value()
