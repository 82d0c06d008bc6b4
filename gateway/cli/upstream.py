"""The demo's own upstream: a small model on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.cli.welcome import Steps
from gateway.settings import Settings, UpstreamSettings


@asynccontextmanager
async def upstream(settings: Settings, steps: Steps, *, local: bool) -> AsyncIterator[Settings]:
    """The settings, completed with the local upstream when that is wanted."""
    if not local:
        yield settings
        return
    from gateway.embedded.models import UPSTREAM_ALIAS, upstream_model
    from gateway.embedded.process import model_server

    steps.say("starting the local upstream (SmolLM2-135M-Instruct)")
    async with model_server(upstream_model(), UPSTREAM_ALIAS, settings.embedded) as base_url:
        own = UpstreamSettings(
            base_url=base_url, api_key=None, connect_seconds=5, read_seconds=600, max_connections=1000
        )
        yield settings.model_copy(update={"upstream": own})
