"""A gateway key: `gg_<id>_<secret>`. The id is public and names the key in files and logs; the secret is 256 random
bits, and only its hash is kept.
"""

from __future__ import annotations

import re
import secrets
import string
from hashlib import sha256

PREFIX = b"gg_"
FORM = re.compile(rb"gg_([a-z0-9]{4,32})_([A-Za-z0-9]{27,128})")
"""27 signs of 62 are 160 bits: shorter secrets are none."""
ID = re.compile(r"[a-z0-9]{4,32}")
HASH = re.compile(r"sha256:[0-9a-f]{64}")
LETTERS = string.ascii_letters + string.digits
ID_SIGNS, SECRET_SIGNS = 10, 43


def new_id() -> str:
    return drawn(string.ascii_lowercase + string.digits, ID_SIGNS)


def new_key(id: str) -> str:
    return f"gg_{id}_{drawn(LETTERS, SECRET_SIGNS)}"


def drawn(signs: str, count: int) -> str:
    return "".join(secrets.choice(signs) for _ in range(count))


def digest(key: bytes) -> bytes:
    """Of the whole key, so that a secret is good for its own id only. A plain hash is enough for 256 random bits."""
    return sha256(key).digest()


def written_hash(key: str) -> str:
    return f"sha256:{digest(key.encode()).hex()}"


def id_of(key: bytes) -> str | None:
    """The id, if the whole text has the form of a key."""
    found = FORM.fullmatch(key)
    return found[1].decode() if found else None


def holds_key(text: bytes) -> bool:
    """Whether something of the form of a key stands in the text."""
    return PREFIX in text and FORM.search(text) is not None
