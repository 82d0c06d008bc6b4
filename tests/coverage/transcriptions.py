"""Sound to transcribe for each cell of its coverage."""

from __future__ import annotations

from tests.coverage.image_edits import parts_of
from tests.surfaces.forms import Form, file, form_of, text

OPEN = "audio"


def body_of(place: str) -> Form:
    return form_of(*parts_of(place, text("prompt", "names"), file("file")))
