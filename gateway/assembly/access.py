"""Keys and limits, opened by the settings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gateway.access.access import Access
from gateway.access.file import load
from gateway.access.limiter import Limiter
from gateway.access.ring import KeyRing, Load, Loaded, signature
from gateway.access.shared import open_shared
from gateway.errors import ConfigurationError
from gateway.observe.access_metrics import AccessMetrics
from gateway.policy.diagnostics import Diagnostics
from gateway.settings import Settings
from gateway.surfaces.served import served_names


def open_access(settings: Settings, metrics: AccessMetrics) -> Access | None:
    """None where there is no file of keys."""
    wanted = settings.access
    if wanted.keys is None:
        return None
    loaded = read_keys(settings, wanted.keys)
    shared = None if wanted.url is None else open_shared(wanted.url.get_secret_value(), metrics.store_failures.inc)
    return Access(KeyRing(wanted.keys, key_loader(settings), loaded, metrics), Limiter(shared))


def read_keys(settings: Settings, path: Path) -> Loaded:
    """The file as it is at the start."""
    before = signature(path)
    try:
        found = key_loader(settings)(path)
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no file of keys `{path}`: `gateway keys create` makes one, or unset `GATEWAY_ACCESS__KEYS`"
        ) from None
    if isinstance(found, Diagnostics):
        raise ConfigurationError(f"the keys in `{path}` have errors:\n{found}")
    return Loaded(before, found)


def key_loader(settings: Settings) -> Load:
    return partial(load, places=served_names(), tenant_header=settings.tenant_header is not None)
