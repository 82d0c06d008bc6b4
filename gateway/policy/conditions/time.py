"""`time`: when the query came: days, hours of the day in a time zone, and dates.

    time: {days: [sat, sun]}
    time: {from: "22:00", to: "06:00", zone: Asia/Seoul}
    time: {after: 2026-12-01, before: 2027-01-01}

`from` and `after` are inside, `to` and `before` are not. A window that goes over midnight belongs to the day on which
it began.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.diagnostics import near, quoted
from gateway.policy.matching import given, names, names_schema
from gateway.policy.source import Item

NAME = "time"
NEEDS: Needs = "request"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = ("days", "from", "to", "zone", "after", "before")
WINDOW = {
    "type": "object",
    "properties": {
        "days": names_schema(DAYS),
        **{key: {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"} for key in ("from", "to")},
        **{key: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"} for key in ("after", "before")},
        "zone": {"type": "string", "description": "An IANA time zone; UTC when left out."},
    },
    "minProperties": 1,
    "additionalProperties": False,
}
SCHEMA = {"anyOf": [WINDOW, {"type": "array", "items": WINDOW, "minItems": 1}]}
T = TypeVar("T")
MIDNIGHT = time_of_day()
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week, within dates. `start` after `end` goes over midnight; both the same is the whole day."""

    days: frozenset[int]
    start: time_of_day
    end: time_of_day
    zone: ZoneInfo
    after: date
    before: date

    def holds(self, moment: float) -> bool:
        local = datetime.fromtimestamp(moment, self.zone)
        clock, began = local.time(), local.date()
        if self.start < self.end:
            inside = self.start <= clock < self.end
        else:
            inside = clock >= self.start or clock < self.end
            began -= timedelta(days=clock < self.end and self.start != self.end)
        return inside and began.weekday() in self.days and self.after <= began < self.before


def compile(item: Item, scope: Scope) -> Compiled | None:
    windows = [window(one, scope) for one in item.items]
    found = [one for one in windows if one is not None]
    if not windows:
        scope.findings.error("P007", item.span, "`time` has an empty list, which nothing matches", "name a window")
    if len(found) < len(windows) or not found:
        return None
    return Compiled(lambda facts: any(one.holds(facts.query.received) for one in found))


def window(item: Item, scope: Scope) -> Window | None:
    findings = scope.findings
    if not isinstance(item.value, dict) or not item.value:
        hint = 'write `time: {days: [mon, fri], from: "09:00", to: "18:00"}`'
        findings.error("P007", item.span, f"`time` needs a window, not {item.kind}", hint)
        return None
    for name, span in item.keys.items():
        if name not in FIELDS:
            findings.error("P004", span, f"unknown field {quoted(name)} in `time`", near(name, FIELDS))
            return None
    days = item.get("days")
    named = frozenset(DAYS) if days is None else names(days, "day", DAYS, findings)
    start, end = read(item, "from", MIDNIGHT, clock, scope), read(item, "to", MIDNIGHT, clock, scope)
    after, before = read(item, "after", date.min, day, scope), read(item, "before", date.max, day, scope)
    zone = read(item, "zone", ZoneInfo("UTC"), ZoneInfo, scope)
    if named is None or start is None or end is None or after is None or before is None or zone is None:
        return None
    return Window(frozenset(DAYS.index(name) for name in named), start, end, zone, after, before)


def read(item: Item, name: str, default: T, convert: Callable[[str], T], scope: Scope) -> T | None:
    inner = item.get(name)
    if inner is None:
        return default
    try:
        if isinstance(inner.value, str):
            return convert(inner.value)
    except (ValueError, LookupError, OSError):
        pass
    hints = {"zone": "write a name such as `Asia/Seoul`", "after": "write `2026-12-01`", "before": "write `2026-12-01`"}
    hint = hints.get(name, 'write `"09:00"`')
    scope.findings.error("P016", inner.span, f"`time.{name}` cannot be read: {given(inner)}", hint)
    return None


def clock(text: str) -> time_of_day:
    if not CLOCK.fullmatch(text):
        raise ValueError(text)
    return MIDNIGHT if text == "24:00" else time_of_day.fromisoformat(text)


def day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)
