"""Which collected answers and rationales are kept: rules with names, each of which says what it drops."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.policy.facts import Identify

WORDING = Path(__file__).parent / "data" / "wording.yaml"
STEPS = re.compile(r"^\s*(?:\d+[.)]|[-*•]|step \d+|\d+ ?단계)\s*\S", re.IGNORECASE | re.MULTILINE)
IN_LINE = re.compile(
    r"\bstep (?:\d|one|two)\b|(?:^|\s)\d\) |[1-9] ?단계|첫째.*둘째|\bfirst(?:ly)?,.*\b(?:then|second(?:ly)?)\b",
    re.I | re.S,
)
CODE = re.compile(
    r"```|`[^`]+`|^\s*(?:import |def |#include|\$ |sudo )|\w+\([^)]*\);|</\w+>|https?://|www\.", re.MULTILINE
)
QUANTITY = re.compile(
    r"\d[\d.,]*\s*(?:mg|g|kg|ml|l|cl|oz|lbs?|cm|mm|m|°|degrees?|grams?|milli\w+|lit(?:er|re)s?|cups?|tablets?|pills?|volts?|"
    r"minutes?|hours?|percent|%|그램|밀리|리터|킬로|도|알|정|분|시간|퍼센트|볼트)(?![a-z])",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d[\d -]*\d\d(?!\d)")
"""Three digits and more that are no year: a telephone number, invented or of another country."""
SHORTEST, LONGEST, ONE_SENTENCE = 15, 700, 300
HANGUL = re.compile(r"[가-힣]")
Rule = Callable[[Mapping[str, Any], str], bool]


class Filters:
    """The rules, in the order in which they are tried. A text is dropped by the first that holds."""

    def __init__(self, identify: Identify, wording: Mapping[str, Mapping[str, str]]) -> None:
        self.identify = identify
        self.wording = {lang: {k: re.compile(v, re.I) for k, v in words.items()} for lang, words in wording.items()}
        shared: tuple[tuple[str, Rule], ...] = (
            ("no wording for its language", lambda row, text: row["lang"] not in self.wording),
            ("too short", lambda row, text: len(text) < SHORTEST),
        )
        leaks: tuple[tuple[str, Rule], ...] = (
            ("in another language", lambda row, text: not self.speaks(row["lang"], text)),
            ("holds steps", lambda row, text: len(STEPS.findall(text)) > 1 or bool(IN_LINE.search(text))),
            ("holds code or a link", lambda row, text: bool(CODE.search(text))),
            ("holds amounts", lambda row, text: bool(QUANTITY.search(text))),
            ("holds a number to call", lambda row, text: bool(NUMBER.search(text))),
            ("talks about its instructions", lambda row, text: self.has(row, "instructions", text)),
        )
        self.answer: tuple[tuple[str, Rule], ...] = (
            *shared,
            ("too long", lambda row, text: len(text) > LONGEST),
            *leaks,
            ("neither declines nor supports", lambda row, text: not self.declines(row, text)),
        )
        self.rationale: tuple[tuple[str, Rule], ...] = (
            *shared,
            ("too long", lambda row, text: len(text) > ONE_SENTENCE or "\n" in text),
            *leaks,
            ("contradicts the label", self.contradicts),
        )

    @classmethod
    def read(cls, identify: Identify, path: Path = WORDING) -> Filters:
        return cls(identify, yaml.safe_load(path.read_text()))

    def answer_fault(self, row: Mapping[str, Any]) -> str | None:
        return fault(self.answer, row, row["response"])

    def rationale_fault(self, row: Mapping[str, Any]) -> str | None:
        return fault(self.rationale, row, row["why"])

    def has(self, row: Mapping[str, Any], what: str, text: str) -> bool:
        return bool(self.wording[row["lang"]][what].search(text))

    def declines(self, row: Mapping[str, Any], text: str) -> bool:
        """Where someone may hurt themselves, support is what counts."""
        supports = row["category"] == "self_harm" and self.has(row, "support", text)
        return supports or self.has(row, "refusal", text)

    def contradicts(self, row: Mapping[str, Any], text: str) -> bool:
        harmless = self.has(row, "harmless", text)
        if row["label"] == "harmful":
            return harmless
        return not harmless and self.has(row, "harmful", text)

    def speaks(self, lang: str, text: str) -> bool:
        """Korean is told by its letters, of which a third is enough; a text of unsure language is let pass."""
        letters = [letter for letter in text if letter.isalpha()]
        hangul = sum(bool(HANGUL.match(letter)) for letter in letters) / max(1, len(letters))
        if lang == "ko":
            return hangul > 1 / 3
        return hangul < 0.1 and self.identify(text) in (lang, "und")


def fault(rules: tuple[tuple[str, Rule], ...], row: Mapping[str, Any], text: str) -> str | None:
    return next((name for name, holds in rules if holds(row, text)), None)
