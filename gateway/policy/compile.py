"""Items into rules: what each file may hold, and what each name must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.policy.actions import FAIL_CLOSED, UNAVAILABLE, action, on_error, text
from gateway.policy.answers import compile_answers
from gateway.policy.condition import Scope
from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.draft import Draft, check_fields
from gateway.policy.fields import annotates, flagged, kebab_name, mode, one_name, since
from gateway.policy.matches import compile_matches
from gateway.policy.matching import given
from gateway.policy.responses import compile_responses, gather
from gateway.policy.rules import Match, OnError, Rule, naming_error
from gateway.policy.source import Item
from gateway.policy.speculative import speculative
from gateway.policy.unscanned import compile_unscanned
from gateway.types import PHASES, Action, Block, Forward, Phase

FIELDS = (
    "version",
    "guardian",
    "phase",
    "applies_to",
    "on_error",
    "default",
    "answers",
    "signal",
    "annotate",
    "speculative",
    "unscanned",
    "responses",
    "rules",
)
RULE_FIELDS = ("name", "phase", "match", "action", "mode", "since", "on_error", "signal", "annotate", "reason")
VERSION = 1


@dataclass(frozen=True, slots=True)
class File:
    """What a file says for all of its rules."""

    scope: Scope
    phase: Phase
    applies_to: tuple[Match, ...]
    on_error: OnError
    item: Item


def compile_all(draft: Draft, files: Sequence[Item]) -> None:
    """Every file's rules, in the order of the files."""
    mappings = [file for file in files if checked_file(draft.findings, file)]
    draft.response_items = gather(mappings, draft.findings)
    draft.responses = compile_responses(draft.response_items, draft.findings)
    localised = next((i for name, i in draft.response_items.items() if draft.responses[name].locales), None)
    if localised is not None:
        draft.identifier(localised.span)
    for file in mappings:
        compile_file(draft, file)


def checked_file(findings: Findings, file: Item) -> bool:
    """Whether it can be compiled at all; what is wrong with its head is told."""
    if not isinstance(file.value, dict):
        findings.error("P007", file.span, f"a policy file is a mapping, not {file.kind}", "begin with `version: 1`")
        return False
    check_fields(findings, file, FIELDS, "policy file")
    version = file.get("version")
    if version is None:
        findings.error(
            "P013", file.span, "the file does not say which version of the language it is in", "write `version: 1`"
        )
    elif version.value != VERSION or isinstance(version.value, bool):
        told = f"version {given(version)} of the language is not known: this gateway reads version {VERSION}"
        findings.error("P013", version.span, told, "write `version: 1`")
    return True


def compile_file(draft: Draft, item: Item) -> None:
    scope = scope_of(draft, item)
    phase = phase_of(draft.findings, item, "input")
    applies_to = compile_matches(draft, scope, item.get("applies_to"))
    file = File(scope, phase, applies_to, on_error(item.get("on_error"), draft, FAIL_CLOSED), item)
    compile_default(draft, item)
    if speculative(draft.findings, item, phase, applies_to):
        draft.speculative.append((applies_to, item.keys["speculative"]))
    if passing := compile_unscanned(draft.findings, item, phase, applies_to):
        draft.unscanned.append(passing)
    draft.answers = compile_answers(draft, item)
    rules = item.get("rules")
    if rules is not None and not isinstance(rules.value, tuple):
        hint = "begin each rule with `- name:`"
        draft.findings.error("P007", rules.span, f"`rules` must be a list, not {rules.kind}", hint)
    elif rules is not None:
        for one in rules.items:
            compile_rule(draft, file, one)


def scope_of(draft: Draft, file: Item) -> Scope:
    item = file.get("guardian")
    name = "default" if item is None else str(item.value)
    cards = draft.catalog.guardians
    if name not in cards:
        span = file.span if item is None else item.span
        draft.findings.error("P010", span, f"unknown guardian {quoted(name)}", near(name, cards))
    return Scope(name, cards.get(name) or next(iter(cards.values())), draft)


def phase_of(findings: Findings, item: Item, inherited: Phase) -> Phase:
    return one_name(findings, item, "phase", PHASES, inherited)


def compile_default(draft: Draft, file: Item) -> None:
    item = file.get("default")
    if item is None:
        return
    if draft.default_span is not None:
        first = f"{draft.default_span.path}:{draft.default_span.line}"
        draft.findings.error("P008", item.span, "`default` is set twice", f"the first is at {first}")
        return
    draft.default, draft.default_span = action(item, draft), item.span


def compile_rule(draft: Draft, file: File, item: Item) -> None:
    findings = draft.findings
    if not isinstance(item.value, dict):
        findings.error("P007", item.span, f"a rule is a mapping, not {item.kind}", "write `- name: ...`")
        return
    check_fields(findings, item, RULE_FIELDS, "rule")
    name, reason = rule_name(draft, item), item.get("reason")
    own, inherited = item.get("on_error"), file.item.get("on_error")
    rule = Rule(
        name=name,
        span=item.keys.get("name", item.span),
        guardian=file.scope.guardian,
        action=rule_action(draft, item, name),
        on_error=on_error(own, draft, file.on_error),
        matches=compile_matches(draft, file.scope, item.get("match")),
        applies_to=file.applies_to,
        phase=phase_of(findings, item, file.phase),
        mode=mode(findings, item.get("mode")),
        signal=flagged(findings, item, file.item),
        annotate=annotates(findings, item, file.item),
        reason=(text(reason, "reason", findings) or "") if reason is not None else "",
        since=since(findings, item.get("since")),
        on_error_span=own.span if own is not None else inherited.span if inherited is not None else None,
    )
    check_output(findings, rule, item)
    draft.rules.setdefault(name, about_errors(rule, item))


def rule_action(draft: Draft, item: Item, name: str) -> Action:
    """The action; with an error among the findings, a block."""
    taken = item.get("action")
    if taken is None:
        hint = "add `action: forward`, `block` or `{respond: ...}`"
        draft.findings.error("P005", item.span, f"rule {quoted(name)} has no `action`", hint)
        return Block()
    return action(taken, draft) or Block()


def about_errors(rule: Rule, item: Item) -> Rule:
    """A plain `block` of a rule about errors says what happened: the guardian is unavailable."""
    if not naming_error((*rule.applies_to, *rule.matches)):
        return rule
    taken = item.get("action")
    plain = taken is not None and taken.value == "block"
    return replace(rule, error_action=UNAVAILABLE if plain else rule.action)


def check_output(findings: Findings, rule: Rule, item: Item) -> None:
    """An answer is there already: it can be released or kept back, and not be asked of another."""
    if rule.phase == "output" and any(isinstance(one, Forward) and one != Forward() for one in actions_of(rule)):
        told = f"{quoted(rule.name)} judges an answer that is there already: it cannot be sent elsewhere"
        findings.error("P020", (item.get("action") or item).span, told, "write `forward`, which releases it")


def actions_of(rule: Rule) -> tuple[Action, ...]:
    return (rule.action, *rule.on_error.actions)


def rule_name(draft: Draft, item: Item) -> str:
    name = item.get("name")
    if name is None or not isinstance(name.value, str):
        span = item.span if name is None else name.span
        draft.findings.error("P005", span, "a rule needs a name", "add `name: what-it-does`")
        return f"unnamed {len(draft.rules)}"
    kebab_name(draft.findings, name)
    same = draft.rules.get(name.value)
    if name.value in ("default", "none"):
        draft.findings.error(
            "P008", name.span, f"{quoted(name.value)} says that no rule decided", "choose another name"
        )
    elif same is not None:
        where = f"the first is at {same.span.path}:{same.span.line}"
        draft.findings.error("P008", name.span, f"two rules are called {quoted(name.value)}", where)
    return name.value
