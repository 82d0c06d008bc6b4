"""A verdict as bytes that only a gateway with the same secret can have made, and only for this key. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

import orjson

from gateway.types import LABELS, Verdict

TAG_BYTES = 16
FORMAT = b"verdict 1"
"""Changed with what is written, so that replicas of two versions do not read each other."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals verdicts with `secret`, of 64 bytes at most."""

    secret: bytes

    def sealed(self, key: bytes, verdict: Verdict, until: float) -> bytes:
        """`until` is UNIX time: who copies the bytes to outlive the store's own expiry gains nothing."""
        said = (verdict.guardian, verdict.label, verdict.categories, verdict.score, verdict.model)
        payload = orjson.dumps([*said, until])
        return self.tag(key, payload) + payload

    def opened(self, key: bytes, raw: object, now: float) -> tuple[Verdict, float] | None:
        """The verdict and how many seconds it is still good for; None for whatever is not one."""
        if not isinstance(raw, bytes) or not compare_digest(raw[:TAG_BYTES], self.tag(key, raw[TAG_BYTES:])):
            return None
        guardian, label, categories, score, model, until = orjson.loads(raw[TAG_BYTES:])
        if label not in LABELS or until <= now:
            return None
        return Verdict(guardian, label, tuple(categories), score, model=model), until - now

    def tag(self, key: bytes, payload: bytes) -> bytes:
        return blake2b(key + payload, key=self.secret, digest_size=TAG_BYTES, person=FORMAT).digest()
