"""The fields of a form, by what a surface knows of them: which are judged, which are files, which may be repeated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import BadRequest
from gateway.surfaces.members import is_prose, prose_of
from gateway.surfaces.multipart import Part, parse_form
from gateway.unscanned import Unscanned


@dataclass(frozen=True, slots=True)
class Fields:
    """What a surface knows of its form. A text that is not among the `settings` is judged, whatever its name; one that
    is, where it is no plain word or number.
    """

    settings: frozenset[str]
    files: Mapping[str, str]
    """The fields that are files, and what policies call what is in them."""
    repeated: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    """Settings whose members come as fields of their own, `name[member]`."""
    texts: frozenset[str] = frozenset({"prompt"})
    media_texts: Mapping[str, str] = field(default_factory=dict)
    """Fields that hold media as a text, as an address or as base64, and what policies call it."""

    @property
    def known(self) -> frozenset[str]:
        return self.settings | self.texts | self.files.keys() | self.media_texts.keys()


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was read: its texts by name, those of them that are judged, and what no guardian can see."""

    values: Mapping[str, str | list[str]]
    judged: tuple[str, ...]
    unscanned: tuple[Unscanned, ...]


def read_form(raw: bytes, headers: Mapping[str, str], fields: Fields) -> Form:
    parts = parse_form(raw, headers)
    check_names(parts, fields)
    found = [one for part in parts for one in contents(part, fields) if one]
    judged = tuple(one for one in found if isinstance(one, str))
    return Form(values(parts), judged, tuple(one for one in found if isinstance(one, Unscanned)))


def check_names(parts: Sequence[Part], fields: Fields) -> None:
    """A name that another reader takes for a known one, and one that is there twice, would be judged as one thing and
    read as another.
    """
    known = {plain(name, fields): name for name in fields.known}
    counts, seen = Counter(part.name for part in parts), dict[str, str]()
    for part in parts:
        name, alike = part.name, plain(part.name, fields)
        if name not in fields.known and alike in known:
            told = f"the field `{name}` is one that some upstreams take for `{known[alike]}`: write it so"
            raise BadRequest(told, code="ambiguous_key", param=name)
        if seen.setdefault(alike, name) != name:
            told = f"some upstreams take the fields `{seen[alike]}` and `{name}` for one: send one of them"
            raise BadRequest(told, code="ambiguous_key", param=name)
        if name not in fields.repeated and counts[name] > 1:
            raise BadRequest(f"the field `{name}` is there twice: send it once", code="duplicate_key", param=name)


def plain(name: str, fields: Fields) -> str:
    """As the most lenient reader has it: `Prompt[0]` and `prompt.text` are parts of `prompt` to some."""
    base, member, _ = re.split(r"([\[.]|$)", name, maxsplit=1)
    return name if member and base in fields.objects else base.casefold()


def contents(part: Part, fields: Fields) -> Iterator[str | Unscanned]:
    """What one part says. A file's name is judged where it is more than a name."""
    if (part.filename is not None) != (part.name in fields.files):
        kind = "a file" if part.name in fields.files else "a text, without `filename`"
        raise BadRequest(f"the field `{part.name}` must be {kind}", code="invalid_multipart", param=part.name)
    if part.filename is not None:
        yield Unscanned(fields.files[part.name], part.name, fields.files[part.name])
        yield from prose_of(part.filename)
    elif part.name in fields.media_texts:
        yield Unscanned(fields.media_texts[part.name], part.name, fields.media_texts[part.name])
        yield from prose_of(part.text)
    elif part.name not in fields.settings or is_prose(part.text):
        yield part.text


def values(parts: Sequence[Part]) -> dict[str, str | list[str]]:
    """The texts by name: of one that is repeated, a list."""
    found: dict[str, list[str]] = {}
    for part in parts:
        if part.filename is None:
            found.setdefault(part.name, []).append(part.text)
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}
