"""What a check has found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem", "not checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`told` is one sentence of what was seen; `advice` what to do where it is not right."""

    status: Status
    told: str
    advice: str = ""


def ok(told: str) -> Finding:
    return Finding("ok", told)


def warning(told: str, advice: str) -> Finding:
    return Finding("warning", told, advice)


def problem(told: str, advice: str) -> Finding:
    return Finding("problem", told, advice)


def unchecked(why: str) -> Finding:
    return Finding("not checked", why)
