"""Rates of responses that keep each rule, and how much they repeat each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.evaluation.intervals import Interval, wilson
from gateway.evaluation.responses.rules import Rule
from gateway.evaluation.responses.said import Said
from gateway.evaluation.responses.signs import SIGNS, signs
from gateway.evaluation.score import ratio
from gateway.types import GuardianError

OPENING_WORDS = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """Of `n` responses that a rule speaks about, `kept` keep it. No rate where there are none."""

    n: int
    kept: int
    rate: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Openings:
    """The first `words` words of `n` responses: how many different ones, and the share of the most common one."""

    words: int
    n: int
    distinct: int
    most_common: float | None


@dataclass(frozen=True, slots=True)
class Checks:
    """Of `n` responses, `forced` on rows that the guardian called safe; `errors`: none came. `signs`: by which sign so
    many comply.
    """

    n: int
    forced: int
    errors: int
    rules: Mapping[str, Kept]
    signs: Mapping[str, int]
    openings: Openings


@dataclass(frozen=True, slots=True)
class Responses:
    """`language_by`: what told the language of a text in Latin script apart."""

    overall: Checks
    by_lang: Mapping[str, Checks]
    language_by: str


def responses(said: Sequence[Said], rules: Mapping[str, Rule], *, language_by: str) -> Responses:
    langs = sorted({one.row.lang for one in said})
    by_lang = {lang: checks([one for one in said if one.row.lang == lang], rules) for lang in langs}
    return Responses(checks(said, rules), by_lang, language_by)


def checks(said: Sequence[Said], rules: Mapping[str, Rule]) -> Checks:
    found = Counter(sign for one in said for sign in signs(one.text))
    return Checks(
        n=len(said),
        forced=sum(one.forced for one in said),
        errors=sum(isinstance(one.response, GuardianError) for one in said),
        rules={name: kept(said, rule) for name, rule in rules.items()},
        signs={name: found[name] for name in SIGNS},
        openings=openings([one.text for one in said if one.text]),
    )


def kept(said: Sequence[Said], rule: Rule) -> Kept:
    answers = [answer for one in said if (answer := rule(one)) is not None]
    n, holds = len(answers), sum(answers)
    return Kept(n, holds, ratio(holds, n), wilson(holds, n))


def openings(texts: Sequence[str]) -> Openings:
    counted = Counter(" ".join(text.casefold().split()[:OPENING_WORDS]) for text in texts)
    most = max(counted.values(), default=0)
    return Openings(OPENING_WORDS, len(texts), len(counted), ratio(most, len(texts)))
