"""Who is in a canary: a share of the keys, the same ones each time and in each process."""

from __future__ import annotations

from hashlib import blake2b

STEPS = 1_000_000


def bucket(rule: str, key: str) -> float:
    """Where the key stands in 0..100, evenly spread and different from rule to rule."""
    digest = blake2b(f"{rule}\n{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) % STEPS / STEPS * 100
