"""What is allowed but probably not meant. Each code has a page in docs/reference/lint."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.policy.compile import Draft
from gateway.policy.rules import Match, Rule
from gateway.policy.source import Item
from gateway.types import GUARDIAN, Card, Forward, Respond


def lint(draft: Draft) -> None:
    for i, rule in enumerate(draft.rules):
        card = draft.catalog.guardians.get(rule.guardian)
        if card is not None:
            lint_against_card(draft, rule, card)
        lint_forwarding(draft, rule)
        earlier = next((r for r in draft.rules[:i] if not r.shadow and covers(r, rule)), None)
        if earlier is not None:
            draft.findings.warning(
                "P103",
                rule.span,
                f"`{rule.name}` can never fire: `{earlier.name}` matches all that it matches",
                "move it up, or make the earlier one narrower",
            )
    lint_default(draft)


def lint_forwarding(draft: Draft, rule: Rule) -> None:
    guarded = rule.needs("verdict") or rule.needs("error")
    if isinstance(rule.action, Forward) and not guarded and not rule.reason and not rule.shadow:
        draft.findings.warning(
            "P101",
            rule.span,
            f"`{rule.name}` forwards without asking a guardian",
            "add `reason:` to say why, or match on `verdict`",
        )
    if isinstance(rule.on_error, Forward) and rule.needs("verdict"):
        draft.findings.warning(
            "P106",
            rule.on_error_span or rule.span,
            f"`{rule.name}` forwards when the guardian fails",
            "block instead, or name the errors in a rule of its own",
        )


def lint_against_card(draft: Draft, rule: Rule, card: Card) -> None:
    reported = frozenset(card.categories.values())
    for condition in rule.conditions:
        if condition.name == "score" and not card.scores:
            draft.findings.warning("P105", condition.values.span, f"`{card.name}` gives no score", "match on `verdict`")
        if condition.name == "category":
            for item in unreported(condition.values, reported):
                draft.findings.warning("P102", item.span, f"`{card.name}` never reports `{item.value}`", "leave it out")
    if rule.action == Respond(GUARDIAN) and not card.writes_response:
        draft.findings.warning(
            "P104", rule.span, f"`{card.name}` writes no response of its own", "respond with a named response"
        )


def unreported(values: Item, reported: frozenset[str]) -> Iterator[Item]:
    return (item for item in values.items if item.value not in reported)


def lint_default(draft: Draft) -> None:
    if draft.default_span is None:
        if draft.rules:
            draft.findings.warning(
                "P107",
                draft.rules[-1].span,
                "there is no `default:`: a query that no rule matches is blocked",
                "add `default: forward`",
            )
    elif isinstance(draft.default, Forward) and not any(catches_unsafe(rule) for rule in draft.rules):
        draft.findings.warning(
            "P107",
            draft.default_span,
            "`default: forward` with no rule on an unsafe verdict",
            "add a rule that matches `{verdict: unsafe}`",
        )


def catches_unsafe(rule: Rule) -> bool:
    if rule.shadow or isinstance(rule.action, Forward):
        return False
    return any(
        c.name in ("category", "score") or (c.name == "verdict" and "unsafe" in texts(c.values))
        for c in rule.conditions
    )


def texts(item: Item) -> frozenset[object]:
    return frozenset(one.value for one in item.items if isinstance(one.value, str))


def covers(earlier: Rule, later: Rule) -> bool:
    """Sure cases only: the earlier rule matches everything, or each of the later's matches holds all that one of its
    own asks.
    """
    if earlier.applies_to and shape(earlier.applies_to) != shape(later.applies_to):
        return False
    if not earlier.matches:
        return True
    return bool(later.matches) and all(any(implied(e, match) for e in earlier.matches) for match in later.matches)


def implied(weaker: Match, stronger: Match) -> bool:
    if weaker.nots:
        return False
    written = {(c.name, plain(c.values)) for c in stronger.conditions}
    return all((c.name, plain(c.values)) in written or within(c.name, c.values, stronger) for c in weaker.conditions)


def within(name: str, values: Item, stronger: Match) -> bool:
    """The stronger match's names are among the weaker's. Only where one value is looked at: a verdict or an error."""
    if name not in ("verdict", "error"):
        return False
    return any(c.name == name and texts(c.values) <= texts(values) for c in stronger.conditions)


def shape(matches: tuple[Match, ...]) -> frozenset[object]:
    return frozenset(
        (tuple((c.name, plain(c.values)) for c in m.conditions), tuple(shape(n) for n in m.nots)) for m in matches
    )


def plain(item: Item) -> object:
    """The value without its places."""
    if isinstance(item.value, tuple):
        return tuple(plain(one) for one in item.value)
    if isinstance(item.value, dict):
        return tuple((key, plain(one)) for key, one in item.value.items())
    return item.value
