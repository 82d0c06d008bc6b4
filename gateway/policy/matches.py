"""A match as it is written into a match as it is tested: conditions, alternatives, and what must not hold."""

from __future__ import annotations

from hashlib import blake2b

from gateway.policy import lists as list_files
from gateway.policy.condition import Condition, ConditionModule, Scope, remembered
from gateway.policy.diagnostics import near, quoted
from gateway.policy.draft import Draft
from gateway.policy.rules import Match
from gateway.policy.source import Item


def compile_matches(draft: Draft, scope: Scope, item: Item | None) -> tuple[Match, ...]:
    """A match, or a list of which any may hold; none at all matches everything."""
    if item is not None and not item.items:
        draft.findings.error("P007", item.span, "an empty list of matches", "leave it out to match everything")
    return () if item is None else tuple(compile_match(draft, scope, one) for one in item.items)


def compile_match(draft: Draft, scope: Scope, item: Item) -> Match:
    if not isinstance(item.value, dict):
        draft.findings.error("P007", item.span, f"a match is a mapping, not {item.kind}", "write `{verdict: unsafe}`")
        return Match()
    found: list[Condition] = []
    nots: list[tuple[Match, ...]] = []
    for name, inner in item.value.items():
        if name == "not":
            nots.append(compile_matches(draft, scope, inner))
        elif name in draft.modules:
            found += compile_condition(draft, draft.modules[name], scope, inner)
        else:
            hint = near(name, [*draft.modules, "not"])
            draft.findings.error("P004", item.keys[name], f"unknown field {quoted(name)} in match", hint)
    return Match(tuple(found), tuple(nots))


def compile_condition(draft: Draft, module: ConditionModule, scope: Scope, item: Item) -> list[Condition]:
    test = module.compile(item, scope)
    if test is None:
        return []
    guardian = "" if module.NEEDS == "request" else scope.guardian
    key = content_key(draft, module.NAME, item) if getattr(module, "CONTENT", False) else ""
    values = getattr(module, "values", None)
    return [Condition(module.NAME, module.NEEDS, guardian, remembered(test, key) if key else test, item, values, key)]


def content_key(draft: Draft, name: str, item: Item) -> str:
    """A hash of what is asked: of what is written, and of the list files that are named."""
    named = [draft.lists[path] for path in sorted(list_files.named(item)) if path in draft.lists]
    digest = blake2b(repr((name, item.plain())).encode(), digest_size=6)
    for raw in named:
        digest.update(blake2b(raw).digest())
    return digest.hexdigest()
