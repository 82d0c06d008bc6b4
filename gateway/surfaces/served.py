"""Every surface that is served, and what all of them cover."""

from __future__ import annotations

from itertools import chain

from gateway.surfaces.audio import Speech, Transcriptions, Translations
from gateway.surfaces.chat import Chat
from gateway.surfaces.completions import Completions
from gateway.surfaces.coverage import Cell
from gateway.surfaces.images import ImageEdits, ImageGenerations, ImageVariations
from gateway.surfaces.messages.count_tokens import CountTokens
from gateway.surfaces.messages.surface import Messages
from gateway.surfaces.moderations import Moderations
from gateway.surfaces.passing import passing_cells
from gateway.surfaces.responses.surface import Responses
from gateway.surfaces.surface import Surface
from gateway.surfaces.wordless import wordless
from gateway.unscanned import ENDPOINTS


def surfaces() -> tuple[Surface, ...]:
    """The ones that are judged. Adding one is its file, its test, and a line here."""
    return (
        Chat(),
        Completions(),
        Responses(),
        Messages(),
        CountTokens(),
        ImageGenerations(),
        ImageEdits(),
        ImageVariations(),
        Speech(),
        Transcriptions(),
        Translations(),
        *wordless(),
    )


def served_names() -> frozenset[str]:
    """Of all that may be served: what settings and keys name."""
    return frozenset({"models", Moderations.name}.union(ENDPOINTS, (surface.name for surface in surfaces())))


def coverage() -> tuple[Cell, ...]:
    """Every cell; `tests/coverage/` has a request for each and looks at what the guardian and the
    upstream got.
    """
    return (*chain.from_iterable(surface.cells() for surface in surfaces()), *elsewhere())


def elsewhere() -> tuple[Cell, ...]:
    return (
        *Moderations().cells(),
        Cell("models", "input", "model name", "unscanned"),
        *passing_cells(),
        Cell("realtime", "input", "WebSocket", "refused"),
        Cell("any other endpoint", "input", "anything", "refused"),
    )
