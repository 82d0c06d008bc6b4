"""How a guardian is asked about a whole query: in parts, each of a size that it can read."""

from __future__ import annotations

from dataclasses import replace

from gateway.guardian.expansion import Bounds
from gateway.guardian.in_parts import InParts
from gateway.guardian.judge import Guardian
from gateway.observe.passage_metrics import PassageMetrics
from gateway.settings import GuardianSettings

WINDOW = 4000


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
