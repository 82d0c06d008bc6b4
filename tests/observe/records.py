"""A plain record to vary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.types import Record, Verdict

FORWARDED = Record(
    request_id="r-1",
    started=1_800_000_000.0,
    surface="chat",
    tenant="default",
    model="m",
    stream=False,
    action="forward",
    rule="none",
    reason="default",
    policy_version="p1",
    scanned="input",
    unscanned="",
    output={},
    answer_characters=None,
    told={"1f": True},
    tools=False,
    characters=5,
    conversation="c0ffee",
    outcomes={"default": Verdict("default", "safe", (), 0.02, 0.05)},
    shadow=(),
    status=200,
    upstream="default",
    upstream_status=200,
    ended="complete",
    speculation=None,
    wasted_tokens=0,
    judge_seconds=0.05,
    first_byte_seconds=0.3,
    total_seconds=0.5,
)


def record(**changes: Any) -> Record:
    return replace(FORWARDED, **changes)
