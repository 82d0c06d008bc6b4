"""What is allowed but probably not meant. Each code has a page in docs/reference/lint."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from gateway.policy.answers import lint_answers
from gateway.policy.compile import actions_of
from gateway.policy.diagnostics import quoted
from gateway.policy.draft import Draft
from gateway.policy.rules import Match, Rule, conditions_of
from gateway.policy.source import Item
from gateway.policy.unreachable import unreachable
from gateway.types import GUARDIAN, PHASES, Card, Forward, Respond

RAISED = frozenset({"P101", "P106", "P107", "P114"})
"""The warnings that `gateway policy check --strict` fails on."""
OLD_DAYS = 30
MOST_NAMED = 5


def lint(draft: Draft, today: str = "") -> None:
    """Adds warnings to the findings. `today`, as `2026-12-01`, is for what is too old."""
    for rule in draft.rules.values():
        card = draft.catalog.guardians.get(rule.guardian)
        if card is not None:
            lint_against_card(draft, rule, card)
        lint_forwarding(draft, rule)
        lint_mode(draft, rule, today)
    lint_reach(draft)
    lint_default(draft)
    lint_responses(draft)
    lint_speculative(draft)
    lint_answers(draft)


def lint_forwarding(draft: Draft, rule: Rule) -> None:
    guarded = rule.phase == "output" or asks(rule.applies_to) or asks(rule.matches)
    if isinstance(rule.action, Forward) and not guarded and not rule.reason and rule.mode.kind != "shadow":
        told = f"{quoted(rule.name)} forwards without asking a guardian"
        draft.findings.warning("P101", rule.span, told, "add `reason:` to say why, or match on `verdict`")
    if any(isinstance(one, Forward) for one in rule.on_error.actions) and rule.needs("verdict"):
        told = f"{quoted(rule.name)} forwards when the guardian fails"
        hint = "block instead, or name the errors in a rule of its own"
        draft.findings.warning("P106", rule.on_error_span or rule.span, told, hint)


def asks(matches: tuple[Match, ...]) -> bool:
    """Whether every alternative needs a guardian."""
    return bool(matches) and all(any(c.needs != "request" for c in conditions_of(match)) for match in matches)


def lint_against_card(draft: Draft, rule: Rule, card: Card) -> None:
    reported = frozenset(card.categories.values())
    for condition in rule.conditions:
        span = condition.item.span
        if condition.name == "score" and not card.scores:
            draft.findings.warning("P105", span, f"`{card.name}` gives no score", "match on `verdict`")
        if condition.name == "category":
            for item in unreported(condition.item, reported):
                told = f"`{card.name}` never reports {quoted(item.value)}"
                draft.findings.warning("P102", item.span, told, "leave it out")
    if Respond(GUARDIAN) in actions_of(rule) and not any(c.writes_response for c in draft.catalog.guardians.values()):
        told = f"`{card.name}` writes no response of its own"
        draft.findings.warning("P104", rule.span, told, "respond with a named response")


def unreported(values: Item, reported: Collection[str]) -> Iterator[Item]:
    return (item for item in values.items if item.value not in reported)


def lint_mode(draft: Draft, rule: Rule, today: str) -> None:
    """P110: a trial that nobody ended. P111: a canary that is none."""
    mode = rule.mode
    if mode.kind == "canary" and mode.percent in (0, 100):
        told = f"{quoted(rule.name)} is a canary of {mode.percent:g} %"
        hint = "write `mode: shadow`" if mode.percent == 0 else "leave `mode` out: it is enforced for all"
        draft.findings.warning("P111", rule.span, told, hint)
    if mode.kind == "enforce" or not rule.since or not today:
        return
    age = (date.fromisoformat(today) - date.fromisoformat(rule.since)).days
    if age > OLD_DAYS:
        told = f"{quoted(rule.name)} has been on trial for {age} days"
        draft.findings.warning("P110", rule.span, told, "enforce it, or take it out")


def lint_reach(draft: Draft) -> None:
    """P103. A condition that could not be read is missing from its rule: with an error nothing is said."""
    if draft.findings.failed:
        return
    for phase in PHASES:
        for rule, takers in unreachable([one for one in draft.rules.values() if one.phase == phase]):
            why, hint = taken_by(takers)
            draft.findings.warning("P103", rule.span, f"{quoted(rule.name)} can never fire: {why}", hint)


def taken_by(takers: Sequence[Rule]) -> tuple[str, str]:
    if not takers:
        return "nothing can meet its match", "take out the condition that excludes the others"
    names = [quoted(one.name) for one in takers[:MOST_NAMED]]
    more = f" and {len(takers) - MOST_NAMED} more" if len(takers) > MOST_NAMED else ""
    if len(takers) == 1:
        return f"{names[0]} matches all that it matches", "move it up, or make the earlier one narrower"
    told = f"{', '.join(names)}{more} together match all that it matches"
    return told, "move it up, or make the earlier ones narrower"


def lint_default(draft: Draft) -> None:
    rules = [rule for rule in draft.rules.values() if rule.phase == "input"]
    if draft.default_span is None:
        if rules:
            told = "there is no `default:`: a query that no rule matches is blocked"
            draft.findings.warning("P107", rules[-1].span, told, "add `default: forward`")
    elif isinstance(draft.default, Forward) and not any(catches_unsafe(rule) for rule in rules):
        told = "`default: forward` with no rule on an unsafe verdict"
        hint = "add a rule that matches `{verdict: unsafe}`"
        draft.findings.warning("P107", draft.default_span, told, hint)


def catches_unsafe(rule: Rule) -> bool:
    if rule.mode.kind != "enforce" or isinstance(rule.action, Forward):
        return False
    return any(
        c.name in ("category", "score") or (c.name == "verdict" and "unsafe" in (c.test.exact or ()))
        for match in (*rule.applies_to, *rule.matches)
        for c in match.conditions
    )


def lint_responses(draft: Draft) -> None:
    """P112: a response that nothing uses, but for the `refusal` that stands in when a guardian breaks off."""
    used = {one.response for rule in draft.rules.values() for one in actions_of(rule) if isinstance(one, Respond)}
    used |= {draft.default.response} if isinstance(draft.default, Respond) else set()
    used |= {str(item.value) for one in draft.response_items.values() if (item := one.get("extends")) is not None}
    for name, item in draft.response_items.items():
        if name not in used and name != "refusal":
            hint = "use it in a rule, or take it out"
            draft.findings.warning("P112", item.span, f"no rule responds with {quoted(name)}", hint)


def lint_speculative(draft: Draft) -> None:
    """P115: nothing to be ahead of."""
    if not any(
        rule.phase == "input" and any(c.needs != "request" for c in rule.conditions) for rule in draft.rules.values()
    ):
        for _, span in draft.speculative:
            told = "`speculative` has nothing to be ahead of: no rule asks a guardian about a query"
            draft.findings.warning("P115", span, told, "take it out")
