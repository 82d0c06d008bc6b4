"""`language`: the language of the judged text (ISO 639-1, such as `ko`); `und` where it cannot be told."""

from __future__ import annotations

from gateway.policy.condition import Compiled, Needs, Scope
from gateway.policy.languages import LANGUAGES
from gateway.policy.matching import names, names_schema
from gateway.policy.source import Item

NAME = "language"
NEEDS: Needs = "request"
CONTENT = True
SCHEMA = names_schema(LANGUAGES)


def compile(item: Item, scope: Scope) -> Compiled | None:
    wanted = names(item, NAME, LANGUAGES, scope.findings)
    if wanted is None or scope.names.identifier(item.span) is None:
        return None
    return Compiled(lambda facts: facts.language in wanted, wanted, whole=True)
