"""`language`: the language of the judged text (ISO 639-1, such as `ko`); `und` where it cannot be told."""

from __future__ import annotations

from collections.abc import Collection

from gateway.policy.languages import LANGUAGES
from gateway.policy.matching import names, names_schema
from gateway.policy.rules import Compiled, Facts, Needs, Scope
from gateway.policy.source import Item

NAME = "language"
NEEDS: Needs = "request"
SCHEMA = names_schema(LANGUAGES)


def values(facts: Facts, guardian: str) -> Collection[str]:
    del guardian
    return (facts.language,)


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = names(item, NAME, LANGUAGES, scope.findings)
    if wanted is None or scope.names.identifier(item.span) is None:
        return None
    return Compiled(lambda facts: facts.language in wanted, wanted)
