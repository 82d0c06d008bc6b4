"""When a query came: days, hours, zones, dates, over midnight, and the days on which clocks change."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.policy.asking import matched

NIGHT = '{from: "22:00", to: "06:00"}'
SEOUL = '{from: "09:00", to: "18:00", zone: Asia/Seoul}'
FRIDAY_NIGHT = '{days: fri, from: "22:00", to: "06:00"}'
BERLIN_EARLY = '{from: "02:00", to: "03:00", zone: Europe/Berlin}'


@pytest.mark.parametrize(
    ("window", "moment", "holds"),
    [
        ('{from: "09:00", to: "18:00"}', "2026-12-01T09:00Z", True),
        ('{from: "09:00", to: "18:00"}', "2026-12-01T18:00Z", False),
        ('{from: "09:00", to: "18:00"}', "2026-12-01T08:59:59Z", False),
        ('{from: "09:00"}', "2026-12-01T23:59:59Z", True),
        ('{to: "09:00"}', "2026-12-01T00:00Z", True),
        ('{to: "24:00"}', "2026-12-01T23:59:59Z", True),
        (SEOUL, "2026-12-01T00:00Z", True),
        (SEOUL, "2026-12-01T09:30+09:00", True),
        (SEOUL, "2026-12-01T09:30Z", False),
        (NIGHT, "2026-12-01T23:00Z", True),
        (NIGHT, "2026-12-01T05:59Z", True),
        (NIGHT, "2026-12-01T06:00Z", False),
        (NIGHT, "2026-12-01T12:00Z", False),
        ("{days: [sat, sun]}", "2026-12-05T12:00Z", True),
        ("{days: [sat, sun]}", "2026-12-04T12:00Z", False),
        ("{days: sat, zone: Asia/Seoul}", "2026-12-04T15:00Z", True),
        (FRIDAY_NIGHT, "2026-12-04T23:00Z", True),
        (FRIDAY_NIGHT, "2026-12-05T05:00Z", True),
        (FRIDAY_NIGHT, "2026-12-04T05:00Z", False),
        (FRIDAY_NIGHT, "2026-12-05T23:00Z", False),
        ("{after: 2026-12-01}", "2026-12-01T00:00Z", True),
        ("{after: 2026-12-01}", "2026-11-30T23:59:59Z", False),
        ("{before: 2026-12-01}", "2026-12-01T00:00Z", False),
        ("{after: 2026-12-01, before: 2026-12-02}", "2026-12-01T23:59Z", True),
        ("{after: 2026-12-01, zone: Asia/Seoul}", "2026-11-30T15:00Z", True),
        ('[{days: sun}, {from: "22:00", to: "23:00"}]', "2026-12-01T22:30Z", True),
        ('[{days: sun}, {from: "22:00", to: "23:00"}]', "2026-12-01T21:30Z", False),
        ('{days: mon, from: "09:00", to: "09:00"}', "2026-11-30T03:00Z", True),
        ('{days: mon, from: "09:00", to: "09:00"}', "2026-12-01T03:00Z", False),
    ],
)
def test_a_window_begins_inside_and_ends_outside(window: str, moment: str, *, holds: bool) -> None:
    assert matched(f"{{time: {window}}}", received=datetime.fromisoformat(moment).timestamp()) == holds


@pytest.mark.parametrize(
    ("window", "moment", "holds"),
    [
        (BERLIN_EARLY, "2026-03-28T01:30Z", True),
        (BERLIN_EARLY, "2026-03-29T00:59Z", False),
        (BERLIN_EARLY, "2026-03-29T01:00Z", False),
        (BERLIN_EARLY, "2026-10-25T00:30Z", True),
        (BERLIN_EARLY, "2026-10-25T01:30Z", True),
        (BERLIN_EARLY, "2026-10-25T02:00Z", False),
        ('{from: "09:00", to: "10:00", zone: Europe/Berlin}', "2026-07-01T07:30Z", True),
        ('{from: "09:00", to: "10:00", zone: Europe/Berlin}', "2026-12-01T08:30Z", True),
    ],
)
def test_clocks_that_change_are_followed(window: str, moment: str, *, holds: bool) -> None:
    assert matched(f"{{time: {window}}}", received=datetime.fromisoformat(moment).timestamp()) == holds
