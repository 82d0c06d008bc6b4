"""Every trick, family by family, and the page that lists them. A surface's own tricks are a family of its own."""

from __future__ import annotations

from collections.abc import Iterator

from tests.tricks import addresses, content, fields, framing, spellings, turns
from tests.tricks.trick import Family, Trick

NOTE = "<!-- generated from tests/tricks by `make docs`: edit the tricks -->\n"
INTRO = """\
Requests that show one reader a harmless text and another a harmful one. Each is sent, byte for byte, to a gateway that is served, between a guardian and an upstream that
write down what they get (`tests/tricks`). *Judged*: the guardian reads the hidden text and, as it calls that unsafe, not a byte reaches the upstream. *Refused*: the error
has this status and code, and not a byte reaches the upstream. *Left behind*: the rest of the request is served, that text does not pass. *Trusted*: it passes, and
[the coverage](coverage.md) says so.
"""


def families() -> tuple[Family, ...]:
    return (
        Family("Keys", (*spellings.keys(),)),
        Family("Encodings of JSON", (*spellings.encodings(),)),
        Family("Numbers", (*spellings.numbers(),)),
        Family("Around the object", (*spellings.surroundings(),)),
        Family("Content types", (*content.types(),)),
        Family("Content encodings", (*content.codings(),)),
        Family("Lengths", (*framing.lengths(),)),
        Family("Transfer codings", (*framing.codings(),)),
        Family("Chunks", (*framing.chunk_lines(),)),
        Family("Lines of a head", (*framing.lines(),)),
        Family("Versions and upgrades", (*framing.versions(),)),
        Family("Paths", (*addresses.paths(),)),
        Family("Methods", (*addresses.methods(),)),
        Family("Query strings", (*addresses.queries(),)),
        Family("Headers", (*addresses.headers(),)),
        Family("Chat: parts", (*turns.parts(),)),
        Family("Chat: media", (*turns.media(),)),
        Family("Chat: roles", (*turns.roles(),)),
        Family("Chat: lists of messages", (*turns.lists(),)),
        Family("Chat: members of a message", (*turns.members(),)),
        Family("Chat: control tokens and disguises", (*turns.control(),)),
        Family("Chat: prompts in other fields", (*fields.prompts(),)),
        Family("Chat: templates", (*fields.templates(),)),
        Family("Chat: what the model may say", (*fields.constraints(),)),
        Family("Chat: definitions and names", (*fields.definitions(),)),
        Family("Chat: other fields", (*fields.others(),)),
    )


def tricks() -> Iterator[Trick]:
    return (trick for family in families() for trick in family.tricks)


def page() -> str:
    tables = "\n".join(f"## {family.title}\n\n{table(family)}" for family in families())
    return f"# Tricks\n\n{NOTE}\n{INTRO}\nThere are {len([*tricks()])}.\n\n{tables}"


def table(family: Family) -> str:
    rows = (f"| {cell(one.name)} | {cell(one.tries)} | {end(one)} |\n" for one in family.tricks)
    return "| trick | what it tries | what happens |\n| --- | --- | --- |\n" + "".join(rows)


def end(trick: Trick) -> str:
    return f"refused: {trick.status} `{trick.code}`" if trick.end == "refused" else trick.end


def cell(text: str) -> str:
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text).replace("|", "\\|")
