"""Which rules are new, gone or changed between two sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.policy import PolicySet
from gateway.policy.diagnostics import Span
from gateway.policy.rules import Match, Rule

PLACE = Span("")


def edits(old: PolicySet, new: PolicySet) -> Iterator[tuple[str, str]]:
    """`new`, `gone`, `changed` or `moved`, and the rule's name; the default and the responses too."""
    before, after = {rule.name: rule for rule in old.rules}, {rule.name: rule for rule in new.rules}
    yield from (("gone", name) for name in before if name not in after)
    yield from (("new", name) for name in after if name not in before)
    shared = [name for name in after if name in before]
    yield from (("changed", name) for name in shared if written(before[name]) != written(after[name]))
    yield from (("moved", name) for name in moved([name for name in before if name in after], shared))
    if old.default != new.default:
        yield "changed", "default"
    if speculative(old) != speculative(new):
        yield "changed", "speculative"
    if unscanned(old) != unscanned(new):
        yield "changed", "unscanned"
    names = dict.fromkeys((*old.responses, *new.responses))
    yield from ((how(name, old, new), f"response {name}") for name in names if differ(name, old, new))


def speculative(policy: PolicySet) -> object:
    """The queries that may be forwarded before their verdict."""
    return [tuple(map(plain, applies_to)) for applies_to in policy.speculative]


def unscanned(policy: PolicySet) -> object:
    """What may pass unseen, of which queries."""
    return [(one.names, tuple(map(plain, one.applies_to))) for one in policy.passing]


def differ(response: str, old: PolicySet, new: PolicySet) -> bool:
    return old.responses.get(response) != new.responses.get(response)


def how(response: str, old: PolicySet, new: PolicySet) -> str:
    return "gone" if response not in new.responses else "changed" if response in old.responses else "new"


def moved(before: list[str], after: list[str]) -> Iterator[str]:
    """Rules that come before another one now which they came after."""
    place = {name: i for i, name in enumerate(before)}
    earliest = len(before)
    found = []
    for name in reversed(after):
        if place[name] > earliest:
            found.append(name)
        earliest = min(earliest, place[name])
    return reversed(found)


def written(rule: Rule) -> object:
    """What the rule says, wherever it stands, with the words of its list files. Its reason is not part of it."""
    said = replace(rule, span=PLACE, on_error_span=None, matches=(), applies_to=(), reason="", since="")
    return said, tuple(map(plain, rule.matches)), tuple(map(plain, rule.applies_to))


def plain(match: Match) -> object:
    conditions = frozenset((one.name, one.guardian, one.item.plain(), one.key) for one in match.conditions)
    return conditions, tuple(tuple(map(plain, inner)) for inner in match.nots)
