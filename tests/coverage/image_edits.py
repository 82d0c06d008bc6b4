"""A query about pictures, as a form, for each cell of its coverage."""

from __future__ import annotations

from tests.coverage.mark import SEEN
from tests.surfaces.forms import Form, file, form_of, text

OPEN = "image"
PICTURE = file("image", b"\x89PNG", "boat.png", "image/png")


def body_of(place: str) -> Form:
    return form_of(*parts_of(place, text("prompt", "a boat"), PICTURE))


def parts_of(place: str, *usual: bytes) -> tuple[bytes, ...]:
    """The usual parts with the mark in that place."""
    marked = SEEN.encode()
    extra: dict[str, tuple[bytes, ...]] = {
        "`prompt`": (text("prompt", SEEN), *usual[1:]),
        "any other field that is a text": (*usual, text("negative_prompt", SEEN)),
        "setting that is more than a word or a number": (*usual, text("response_format", f"{SEEN} and more")),
        "setting that is a word or a number": (*usual, text("response_format", SEEN)),
        "name of a file that is more than a name": (
            usual[0],
            usual[1].replace(b'filename="', b'filename="%b x' % marked),
        ),
        "field whose name some readers take for another": (*usual, text("prompt[0]", SEEN)),
        "field of a form that is there twice": (*usual, text("model", "m"), text("model", SEEN)),
        "text field of a form that is sent as a file": (usual[1], file("prompt", marked)),
        "form that two readers would read differently": (*usual, text("user", "x") + b"\n--x9-boundary\n" + marked),
    }
    if not place.startswith("media in"):
        return extra[place]
    name = place.split("`")[1]
    as_text = name.startswith(("images", "image_url", "url", "known_speaker"))
    others = tuple(part for part in usual if b'name="%b"' % name.removesuffix("[]").encode() not in part)
    return (*others, text(name, SEEN) if as_text else file(name, marked))
