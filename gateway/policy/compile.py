"""Items into rules: what each file may hold, and what each name must be."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import cast

from gateway.policy import conditions as package
from gateway.policy.actions import action, error_action
from gateway.policy.diagnostics import Findings, Span, near
from gateway.policy.rules import Condition, ConditionModule, Match, Rule, Scope
from gateway.policy.source import Item
from gateway.types import Action, Block, Catalog, SafeResponse

FIELDS = ("version", "guardian", "applies_to", "on_error", "default", "responses", "rules")
RULE_FIELDS = ("name", "match", "action", "mode", "on_error", "reason")
MODES = ("enforce", "shadow")
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FAIL_CLOSED = Block(503)


@dataclass(slots=True)
class Draft:
    """A set that is being compiled. Responses of all files are known before the first rule is."""

    catalog: Catalog
    categories: Collection[str]
    findings: Findings
    modules: Mapping[str, ConditionModule]
    responses: dict[str, SafeResponse] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    default: Action | None = None
    default_span: Span | None = None


def condition_modules() -> Mapping[str, ConditionModule]:
    found = [import_module(f"{package.__name__}.{module.name}") for module in pkgutil.iter_modules(package.__path__)]
    return {module.NAME: cast(ConditionModule, module) for module in found}


def compile_responses(draft: Draft, file: Item) -> None:
    responses = file.get("responses")
    if responses is None:
        return
    if not isinstance(responses.value, dict):
        draft.findings.error("P007", responses.span, f"`responses` must be a mapping, not {responses.kind}")
        return
    for name, item in responses.value.items():
        response = compile_response(draft.findings, name, item)
        if name in draft.responses or name == "guardian":
            draft.findings.error(
                "P008", responses.keys[name], f"two responses are called `{name}`", "choose another name"
            )
        elif response is not None:
            draft.responses[name] = response


def compile_response(findings: Findings, name: str, item: Item) -> SafeResponse | None:
    text, finish = item.get("text"), item.get("finish_reason")
    check_fields(findings, item, ("text", "finish_reason"), "response")
    if text is None or not isinstance(text.value, str) or not text.value:
        findings.error("P005", item.span, f"response `{name}` has no `text`", 'write `{text: "..."}`')
        return None
    if finish is None:
        return SafeResponse(name, text.value)
    if finish.value == "stop":
        return SafeResponse(name, text.value, "stop")
    if finish.value != "content_filter":
        findings.error(
            "P010", finish.span, f"unknown finish reason `{finish.value}`", "it is `stop` or `content_filter`"
        )
    return SafeResponse(name, text.value)


def compile_file(draft: Draft, file: Item) -> None:
    """One file's rules, in written order."""
    findings = draft.findings
    if not isinstance(file.value, dict):
        findings.error("P007", file.span, f"a policy file is a mapping, not {file.kind}", "begin with `version: 1`")
        return
    check_fields(findings, file, FIELDS, "policy file")
    version = file.get("version")
    if version is None or version.value != 1 or isinstance(version.value, bool):
        span = file.span if version is None else version.span
        findings.error("P013", span, "the version of the language is missing or unknown", "write `version: 1`")
    scope = scope_of(draft, file)
    applies_to = compile_matches(draft, scope, file.get("applies_to"))
    on_error_item = file.get("on_error")
    on_error = error_action(on_error_item, draft) if on_error_item is not None else FAIL_CLOSED
    compile_default(draft, file)
    rules = file.get("rules")
    if rules is not None and not isinstance(rules.value, tuple):
        findings.error(
            "P007", rules.span, f"`rules` must be a list, not {rules.kind}", "begin each rule with `- name:`"
        )
    elif rules is not None:
        for item in rules.items:
            rule = compile_rule(draft, scope, item, applies_to, on_error or FAIL_CLOSED, on_error_item)
            if rule is not None:
                draft.rules.append(rule)


def scope_of(draft: Draft, file: Item) -> Scope:
    item = file.get("guardian")
    name = "default" if item is None else str(item.value)
    cards = draft.catalog.guardians
    if name not in cards:
        span = file.span if item is None else item.span
        draft.findings.error("P010", span, f"unknown guardian `{name}`", near(name, cards))
    card = cards.get(name) or next(iter(cards.values()))
    return Scope(name, card, draft.categories, draft.findings)


def compile_default(draft: Draft, file: Item) -> None:
    item = file.get("default")
    if item is None:
        return
    if draft.default_span is not None:
        first = f"{draft.default_span.path}:{draft.default_span.line}"
        draft.findings.error("P008", item.span, "`default` is set twice", f"the first is at {first}")
        return
    draft.default, draft.default_span = action(item, draft), item.span


def compile_rule(
    draft: Draft, scope: Scope, item: Item, applies_to: tuple[Match, ...], on_error: Action, inherited: Item | None
) -> Rule | None:
    findings = draft.findings
    if not isinstance(item.value, dict):
        findings.error("P007", item.span, f"a rule is a mapping, not {item.kind}", "write `- name: ...`")
        return None
    check_fields(findings, item, RULE_FIELDS, "rule")
    name = rule_name(draft, item)
    taken, own_error, reason = item.get("action"), item.get("on_error"), item.get("reason")
    if taken is None:
        findings.error(
            "P005", item.span, f"rule `{name}` has no `action`", "add `action: forward`, `block` or `{respond: ...}`"
        )
    matches = compile_matches(draft, scope, item.get("match"))
    rule = Rule(
        name=name,
        matches=matches,
        applies_to=applies_to,
        action=(action(taken, draft) if taken is not None else None) or Block(),
        on_error=(error_action(own_error, draft) if own_error is not None else None) or on_error,
        guardian=scope.guardian,
        shadow=is_shadow(findings, item),
        reason=str(reason.value) if reason is not None else "",
        span=item.keys.get("name", item.span),
        on_error_span=(own_error or inherited or item).span if own_error or inherited else None,
    )
    return blocking_as_unavailable(rule)


def blocking_as_unavailable(rule: Rule) -> Rule:
    """A plain `block` of a rule about errors says what happened: the guardian is unavailable."""
    return replace(rule, action=FAIL_CLOSED) if rule.needs("error") and rule.action == Block() else rule


def rule_name(draft: Draft, item: Item) -> str:
    name = item.get("name")
    if name is None or not isinstance(name.value, str):
        draft.findings.error(
            "P005", item.span if name is None else name.span, "a rule needs a name", "add `name: what-it-does`"
        )
        return "unnamed"
    if not KEBAB.fullmatch(name.value):
        draft.findings.error(
            "P009", name.span, f"`{name.value}` is not a rule's name", "use lower-case words and hyphens"
        )
    same = next((rule for rule in draft.rules if rule.name == name.value), None)
    if same is not None or name.value in ("default", "none"):
        where = f"the first is at {same.span.path}:{same.span.line}" if same else "choose another name"
        draft.findings.error("P008", name.span, f"two rules are called `{name.value}`", where)
    return name.value


def is_shadow(findings: Findings, item: Item) -> bool:
    mode = item.get("mode")
    if mode is None:
        return False
    if mode.value not in MODES:
        findings.error("P010", mode.span, f"unknown mode `{mode.value}`", near(str(mode.value), MODES))
    return mode.value == "shadow"


def compile_matches(draft: Draft, scope: Scope, item: Item | None) -> tuple[Match, ...]:
    """A match, or a list of which any may hold; none at all matches everything."""
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
            module = draft.modules[name]
            test = module.compile(inner, scope)
            if test is not None:
                found.append(Condition(name, module.NEEDS, test, inner))
        else:
            draft.findings.error(
                "P004", item.keys[name], f"unknown field `{name}` in match", near(name, [*draft.modules, "not"])
            )
    return Match(tuple(found), tuple(nots))


def check_fields(findings: Findings, item: Item, known: Collection[str], what: str) -> None:
    for name, span in item.keys.items():
        if name not in known:
            findings.error("P004", span, f"unknown field `{name}` in {what}", near(name, known))
