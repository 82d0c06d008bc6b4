"""What kept a rule from matching, or from being told, in the words of its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.policy.condition import Condition
from gateway.policy.facts import Answer, Facts
from gateway.policy.rules import Match, Rule, any_match
from gateway.policy.source import Item
from gateway.types import GuardianError, Verdict

MOST_WRITTEN = 5


def why(rule: Rule, answer: Answer, facts: Facts) -> str:
    """`answer` is the rule's, and not True: the first part of the rule that has it too."""
    for where, matches in (("applies_to: ", rule.applies_to), ("", rule.matches)):
        if any_match(matches, facts) is answer:
            return where + "; or ".join(dict.fromkeys(kept(matches, facts, answer)))
    raise AssertionError(f"`{rule.name}` matches")


def kept(matches: Sequence[Match], facts: Facts, answer: Answer) -> Iterator[str]:
    """For each alternative that has this answer, the first thing that made it so."""
    for match in matches:
        if match.test(facts) is answer:
            found = next((c for c in match.conditions if c.test.holds(facts) is answer), None)
            yield by_not(match, facts, answer) if found is None else by_condition(found, facts, answer)


def by_not(match: Match, facts: Facts, answer: Answer) -> str:
    """A match under `not` that holds, or that cannot be told."""
    wanted: Answer = True if answer is False else None
    inner = next(one for matches in match.nots for one in matches if one.test(facts) is wanted)
    return f"not: {holding(inner)} holds" if wanted else f"not: {next(kept((inner,), facts, None))}"


def holding(match: Match) -> str:
    parts = [f"{c.name} {written(c.item)}" for c in match.conditions]
    parts += [f"not {' or '.join(holding(one) for one in matches)}" for matches in match.nots]
    return "{" + ", ".join(parts) + "}"


def by_condition(condition: Condition, facts: Facts, answer: Answer) -> str:
    if answer is None:
        return f"{condition.name} cannot be told: {missing(condition, facts)}"
    actual = value(condition, facts)
    return f"{condition.name} is not {written(condition.item)}{f': it is {actual}' if actual else ''}"


def missing(condition: Condition, facts: Facts) -> str:
    match facts.outcomes.get(condition.guardian):
        case GuardianError(kind=kind):
            return f"the guardian `{condition.guardian}` gave no verdict ({kind})"
        case Verdict():
            return f"the verdict of `{condition.guardian}` has no {condition.name}"
        case None:
            return f"nothing is known of the guardian `{condition.guardian}`"


def value(condition: Condition, facts: Facts) -> str:
    """What the condition looked at, where that is short."""
    outcome = facts.outcomes.get(condition.guardian)
    if condition.name == "characters":
        return str(facts.query.characters)
    if condition.name == "score" and isinstance(outcome, Verdict):
        return f"{outcome.score:g}"
    if condition.name == "error" and isinstance(outcome, Verdict):
        return "a verdict"
    shown = condition.values is not None and condition.name not in ("message", "tools", "stream")
    found = condition.values(facts, condition.guardian) if condition.values is not None and shown else None
    return "" if found is None else " and ".join(f'"{one}"' for one in found) or "none"


def written(item: Item) -> str:
    if isinstance(item.value, tuple):
        shown = [written(one) for one in item.value[:MOST_WRITTEN]]
        return " or ".join([*shown, *(["…"] if len(item.value) > MOST_WRITTEN else [])])
    if isinstance(item.value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in item.value.items()) + "}"
    if isinstance(item.value, bool):
        return str(item.value).lower()
    return f'"{item.value}"' if isinstance(item.value, str) else str(item.value)
