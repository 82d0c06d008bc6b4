"""What a client is told about trying again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from types import MappingProxyType

from gateway.errors import RequestError
from gateway.guardian.judgement import Judgement
from gateway.types import Decision, GuardianError
from gateway.upstream.headers import Header

SHOULD_RETRY: Mapping[str | None, bytes] = MappingProxyType({"guardian_unavailable": b"false", "overloaded": b"true"})
"""For OpenAI's SDKs, which would else repeat every 503. A guardian was tried again as long as there was time, so more
of that only adds to its load; a request that was refused unread costs nothing to repeat.
"""


def retry_headers(error: RequestError) -> Iterator[Header]:
    if error.code in SHOULD_RETRY:
        yield b"x-should-retry", SHOULD_RETRY[error.code]
    if error.retry_after is not None:
        yield b"retry-after", b"%d" % max(1, ceil(error.retry_after))


def retry_after(decision: Decision, judgements: Mapping[str, Judgement]) -> float | None:
    """When the guardian of the rule, which was not even asked, will be asked again."""
    judgement = judgements.get(decision.guardian)
    if judgement is None or not isinstance(judgement.outcome, GuardianError):
        return None
    return judgement.outcome.retry_after
