"""The models of the guardians: those that are embedded are started, and their addresses filled in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.assembly.guardians import calibration_settings
from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Platt
from gateway.settings import GuardianSettings, Settings

EMBEDDED_DEADLINE = 20.0
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
