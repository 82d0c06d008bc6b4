"""The parts that a request meets, made once at start by `app`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.access.access import Access
from gateway.guardian.judge import Guardian
from gateway.observe.audit import Audit
from gateway.observe.metrics import Metrics
from gateway.overload.workload import Workload
from gateway.policies import Policies
from gateway.surfaces.surface import Place
from gateway.types import Record
from gateway.upstream.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Gateway:
    """What `flow` works with. `upstreams` has the default one under `default`."""

    policies: Policies
    guardians: Mapping[str, Guardian]
    upstreams: Mapping[str, Endpoint]
    audit: Audit | None
    metrics: Metrics
    workload: Workload
    body_bytes: int
    body_seconds: float
    tenant_header: str | None
    conversation_key: bytes
    routes: Mapping[str, str]
    """The upstream that a surface's queries go to, where it is not the default one."""
    access: Access | None = None
    """None: whoever reaches the gateway may ask."""

    def route(self, place: Place) -> str:
        """The name of the upstream that serves this endpoint."""
        return self.routes.get(place.route, "default")

    def reload(self) -> None:
        """Has the files of policies and keys read again at once."""
        self.policies.ask()
        if self.access is not None:
            self.access.ring.ask()

    async def record(self, record: Record) -> None:
        self.metrics.observe(record)
        if self.audit is not None:
            await self.audit.write(record)

    async def aclose(self) -> None:
        """What opened the audit closes it, last."""
        for endpoint in self.upstreams.values():
            await endpoint.aclose()
        for guardian in self.guardians.values():
            await guardian.aclose()
