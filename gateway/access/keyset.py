"""The keys that are known, and what a key that is presented turns out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Literal

from gateway.access.allowance import NO_LIMITS, Allowances
from gateway.access.key import digest, id_of

EVERYTHING = "*"
FROM_HEADER = "from_header"
"""As a key's tenant: a trusted application's, which names the tenant of each request in the header for it."""
Standing = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the file. `hash` is the digest of the whole key; times are UNIX time."""

    id: str
    hash: bytes
    tenant: str
    scopes: frozenset[str]
    created: float
    expires: float | None = None
    revoked: float | None = None

    def standing(self, now: float) -> Standing:
        if self.revoked is not None and self.revoked <= now:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"

    def allows(self, place: str) -> bool:
        return place in self.scopes or EVERYTHING in self.scopes


NOBODY = Key("", bytes(32), "", frozenset(), 0.0)
"""What an unknown id is compared with: no text is known to have this hash, and the work is the same."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """All that one state of the file says."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    allowances: Allowances = NO_LIMITS

    def find(self, presented: bytes) -> Key | None:
        """The key that was presented, in whatever standing. One hash and one comparison in constant time, whether its
        id is known, its secret wrong, or it is no key at all.
        """
        known = self.keys.get(id_of(presented) or "", NOBODY)
        same = compare_digest(digest(presented), known.hash)
        return known if same and known is not NOBODY else None
