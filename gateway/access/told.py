"""What a response says of the limits: OpenAI's `x-ratelimit-*` headers, and the errors over them."""

from __future__ import annotations

from math import ceil

from gateway.access.allowance import Rate
from gateway.access.caller import Refusal
from gateway.access.window import Standing
from gateway.errors import TooMany

UNITS = {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}
BUSY_SECONDS = 1.0


def limit_headers(standing: Standing | None) -> tuple[tuple[bytes, bytes], ...]:
    if standing is None:
        return ()
    return (
        (b"x-ratelimit-limit-requests", b"%d" % standing.rate.requests),
        (b"x-ratelimit-remaining-requests", b"%d" % standing.remaining),
        (b"x-ratelimit-reset-requests", duration(standing.reset).encode()),
    )


def duration(seconds: float) -> str:
    """As OpenAI writes it: `850ms`, `1s`, `6m0s`, `23h59m59s`."""
    if seconds < 1:
        return f"{ceil(seconds * 1000)}ms" if seconds > 0 else "0s"
    minutes, rest = divmod(ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return "".join((f"{hours}h" if hours else "", f"{minutes}m" if hours or minutes else "", f"{rest}s"))


def over_rate(standing: Standing, key: str) -> Refusal:
    told = f"the limit of {written(standing.rate)} is reached: try again in {duration(standing.retry)}"
    return Refusal("requests", after(told, standing.retry), key)


def over_concurrency(limit: int | None, key: str) -> Refusal:
    told = f"the limit of {limit} requests at the same time is reached: try again when one has ended"
    return Refusal("concurrency", after(told, BUSY_SECONDS), key)


def after(told: str, seconds: float) -> TooMany:
    error = TooMany(told, code="rate_limit_exceeded")
    error.retry_after = seconds
    return error


def written(rate: Rate) -> str:
    return f"{rate.requests} requests a {UNITS[rate.seconds]}"
