"""What can be told of the settings before anything is started, and what policies may name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from gateway.assembly.access import read_keys
from gateway.assembly.guardians import calibration
from gateway.assembly.joining import family_of, joined_cards
from gateway.errors import ConfigurationError
from gateway.guardian.family import Family, families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policies import Loaded
from gateway.policy import Diagnostics, load
from gateway.policy.folder import Load, read_steadily
from gateway.settings import Settings
from gateway.surfaces.served import served_names
from gateway.types import Catalog


def checked(settings: Settings) -> Loaded:
    """What can be told before anything is started: that there is an upstream, that calibrations and policies load."""
    if not settings.all_upstreams:
        raise ConfigurationError(
            "no upstream: set `GATEWAY_UPSTREAM__BASE_URL` to an OpenAI-compatible service,"
            " or run `gateway demo` for a local one"
        )
    for surface, upstream in settings.routes.items():
        check_route(settings, surface, upstream)
    if settings.access.keys is not None:
        read_keys(settings, settings.access.keys)
    for name, guardian in settings.guardians.items():
        calibration(name, guardian)
    reading = read_steadily(settings.policies, policy_loader(settings, families()))
    if isinstance(reading.result, Diagnostics):
        raise ConfigurationError(f"the policies in `{settings.policies}` have errors:\n{reading.result}")
    return Loaded(reading.signature, reading.result)


def check_route(settings: Settings, surface: str, upstream: str) -> None:
    served = sorted(served_names())
    if surface not in served:
        raise ConfigurationError(
            f"`GATEWAY_ROUTES` names the surface `{surface}`, which is not served: known are {', '.join(served)}"
        )
    if upstream not in settings.all_upstreams:
        known = ", ".join(sorted(settings.all_upstreams))
        raise ConfigurationError(
            f"`GATEWAY_ROUTES__{surface.upper()}` names the unknown upstream `{upstream}`: known are {known}"
        )


def policy_loader(settings: Settings, known: Mapping[str, Family]) -> Load:
    return partial(load, catalog=catalog(settings, known), categories=TAXONOMY)


def catalog(settings: Settings, known: Mapping[str, Family]) -> Catalog:
    """What policies may name."""
    own = {name: family_of(name, guardian, known).CARD for name, guardian in settings.guardians.items()}
    return Catalog(
        guardians=joined_cards(own, settings.guardians),
        upstreams=frozenset(settings.all_upstreams) | {"default"},
    )
