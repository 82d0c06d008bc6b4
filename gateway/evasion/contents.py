"""Bytes that came out of a code, as the text that they hold: UTF-8, UTF-16, or either of them compressed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
ASCII_HALF = b"\0"
"""Of UTF-16, whose spaces at least have it; prose in UTF-8 has none."""
LARGEST = 64 * 1024
RATIO = 16
"""How many times larger than it came a compressed text may be: prose is some 4 times. What is larger is no text."""
SURROGATES = range(0xD800, 0xE000)


def text_of(data: bytes) -> str | None:
    plain = inflated(data) if data.startswith(COMPRESSED) else data
    if plain is None:
        return None
    return decoded(plain, "utf-16-le" if ASCII_HALF in plain else "utf-8")


def decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def inflated(data: bytes) -> bytes | None:
    machine = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        plain = machine.decompress(data, min(LARGEST, RATIO * len(data)))
    except zlib.error:
        return None
    return plain if machine.eof else None


def text_of_numbers(numbers: Sequence[int]) -> str | None:
    """Bytes where they can be, else code points."""
    if max(numbers) < 256:
        return text_of(bytes(numbers))
    return None if any(n > 0x10FFFF or n in SURROGATES for n in numbers) else "".join(map(chr, numbers))
