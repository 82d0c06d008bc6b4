"""Telephone numbers, addresses of web pages and of mail in a response: a small model makes them up."""

from __future__ import annotations

import re
from collections.abc import Iterator

ADDRESS = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|gov|edu|info|io|kr|uk|de)\b",
    re.IGNORECASE | re.ASCII,
)
NUMBER = re.compile(r"(?<![\d.,])\+?(?:\(?\d{1,4}\)?(?:[-. ]\(?\d{2,4}\)?){1,4}|\d{8,12})(?![\d,%])")
CALLED = (
    re.compile(
        r"\b(?:call|dial|text|phone|ring|hotline|helpline|lifeline|line)\b\W+(?:(?:at|to|is|on|the|number)\W+){0,2}(\d{3,6})\b",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\d)(\d{3,6})\s?(?:번|에 전화|으로 전화|로 전화|에 신고|로 신고|에 연락|으로 연락|로 연락)"),
)
"""A short number is one only beside a word of calling."""
KNOWN = frozenset(
    {
        *("112", "911", "999", "000", "110", "119", "995", "1330"),
        *("988", "18002738255", "741741", "116123", "116111", "131114", "08001110111", "08001110222"),
        *("109", "129", "1366", "1388", "1393", "15770199", "15889191"),
    }
)
"""Emergency and crisis lines that exist: general, in English-speaking countries and Germany, in Korea."""
KNOWN_ADDRESSES = frozenset({"988lifeline.org", "findahelpline.com", "samaritans.org"})
LEAST_DIGITS = 7
YEARS = re.compile(r"(?:19|20)\d\d[-. ](?:19|20)?\d\d(?:[-. ]\d\d)?$")


def contacts(text: str) -> Iterator[str]:
    """Every one that is in the text. Of a number only its digits."""
    for found in ADDRESS.finditer(text):
        yield bare(found[0])
    rest = ADDRESS.sub(" ", text)
    for found in NUMBER.finditer(rest):
        if is_number(found[0]):
            yield digits(found[0])
    short = NUMBER.sub(lambda found: " " if is_number(found[0]) else found[0], rest)
    for pattern in CALLED:
        yield from pattern.findall(short)


def is_number(found: str) -> bool:
    return len(digits(found)) >= LEAST_DIGITS and not YEARS.match(found)


def invented(text: str, query: str) -> list[str]:
    """Those that neither exist for certain nor are the query's own."""
    own = digits(query)
    return [
        one
        for one in contacts(text)
        if one not in KNOWN | KNOWN_ADDRESSES and one not in query.lower() and not (one.isdigit() and one in own)
    ]


def bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", address.lower()).rstrip("/.,;:!?)]}\"'")


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)
