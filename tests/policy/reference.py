"""The language once more, as plainly as it can be said: it reads what is written, tests every rule in order, and knows
nothing of how the engine compiles or finds rules. What it decides is what the engine must decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.policy.canary import bucket
from gateway.types import Action, Block, Forward, GuardianError, Outcome, Outcomes, Query, Respond, Verdict
from tests.policy.generated import Written, WrittenFile, WrittenRule, WrittenSet

Told = tuple[Action, str, str, tuple[str, ...]]
"""Action, rule, reason, shadow."""


def decided(written: WrittenSet, query: Query, outcomes: Outcomes) -> Told:
    shadow: list[str] = []
    failed: tuple[WrittenFile, WrittenRule] | None = None
    forwarded = False
    for file, rule in written.rules:
        if rule.phase != query.phase:
            continue
        outcome = outcomes.get(file.guardian)
        answer, named = holds(file.applies_to, rule.matches, query, outcome), names_it(file, rule, query, outcome)
        by_name = named and (failed is None or file.guardian == failed[0].guardian)
        keeps_back = not isinstance(meant(rule.action, failed=False), Forward)
        if not enforced(rule, query):
            if answer and failed is None:
                shadow.append(rule.name)
        elif by_name or (answer and (failed is None or (keeps_back and not forwarded))):
            by_error = named and (failed is not None or not names_it(file, rule, query, outcome, error=False))
            reason = "guardian_error" if by_error else "matched"
            return meant(rule.action, failed=by_error), rule.name, reason, tuple(shadow)
        elif answer is None and failed is None:
            failed = file, rule
        elif answer:
            forwarded = forwarded or not keeps_back
    if failed is not None:
        outcome = outcomes.get(failed[0].guardian)
        return on_error(*failed, outcome), failed[1].name, "guardian_error", tuple(shadow)
    action = meant(written.default, failed=False) if query.phase == "input" else Forward()
    return action, "default", "default", tuple(shadow)


def enforced(rule: WrittenRule, query: Query) -> bool:
    if isinstance(rule.mode, str):
        return rule.mode == "enforce"
    by_tenant = rule.mode.get("by") == "tenant"
    key = query.tenant if by_tenant else f"{query.tenant}\n{query.conversation}"
    return bucket(rule.name, key) < float(rule.mode["canary"].removesuffix("%"))


def meant(action: Any, *, failed: bool) -> Action:
    match action:
        case "forward":
            return Forward()
        case {"forward": upstream}:
            return Forward(upstream)
        case {"respond": name}:
            return Respond(name)
        case {"block": {"status": status}}:
            return Block(status)
    return Block(503 if failed else 400)


def on_error(file: WrittenFile, rule: WrittenRule, outcome: Outcome | None) -> Action:
    kind = outcome.kind if isinstance(outcome, GuardianError) else "other"
    for written in (rule.on_error, file.on_error):
        by_kind = isinstance(written, Mapping) and not {"forward", "respond", "block"} & set(written)
        said = written if by_kind else {} if written is None else {"all": written}
        if kind in said or "all" in said:
            return meant(said.get(kind, said.get("all")), failed=True)
        if "other" in said:
            return meant(said["other"], failed=True)
    return Block(503)


def names_it(
    file: WrittenFile, rule: WrittenRule, query: Query, outcome: Outcome | None, *, error: bool = True
) -> bool:
    """Whether it holds by an alternative of the file or of the rule that names an error, or by one that names none."""
    pairs = ((of_file, of_rule) for of_file in file.applies_to or ({},) for of_rule in rule.matches or ({},))
    return any(
        holds((of_file,), (of_rule,), query, outcome) is True
        for of_file, of_rule in pairs
        if ("error" in of_file or "error" in of_rule) is error
    )


def holds(file: Sequence[Written], rule: Sequence[Written], query: Query, outcome: Outcome | None) -> bool | None:
    return all_of([any_of(file, query, outcome), any_of(rule, query, outcome)])


def any_of(matches: Sequence[Written], query: Query, outcome: Outcome | None) -> bool | None:
    answers = [match_holds(match, query, outcome) for match in matches]
    return True if True in answers or not matches else None if None in answers else False


def all_of(answers: Sequence[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def match_holds(match: Written, query: Query, outcome: Outcome | None) -> bool | None:
    return all_of([condition(name, value, query, outcome) for name, value in match.items()])


def condition(name: str, value: Any, query: Query, outcome: Outcome | None) -> bool | None:
    wanted = value if isinstance(value, list) else [value]
    if name == "not":
        inner = any_of(wanted, query, outcome)
        return None if inner is None else not inner
    if name == "error":
        return None if outcome is None else isinstance(outcome, GuardianError) and outcome.kind in wanted
    if name in ("verdict", "category", "score"):
        return by_verdict(name, wanted, outcome) if isinstance(outcome, Verdict) else None
    if name == "characters":
        return bounded(len(query.messages[0].text), value)
    if name == "header":
        return all(text_holds(query.headers.get(key.lower(), ""), inner) for key, inner in value.items())
    if name in ("tools", "stream"):
        return getattr(query, name) is value
    text = query.messages[0].text if name == "message" else getattr(query, name)
    return any(text_holds(text, one) for one in wanted)


def by_verdict(name: str, wanted: list[Any], verdict: Verdict) -> bool | None:
    if name == "verdict":
        return verdict.label in wanted
    if name == "category":
        return any(one in wanted for one in verdict.categories)
    if verdict.score is None:
        return None
    (bounds,) = wanted
    return bounded(verdict.score, bounds)


def bounded(number: float, bounds: Mapping[str, float]) -> bool:
    low = number > bounds.get("gt", -1.0) and number >= bounds.get("gte", 0.0)
    return low and number < bounds.get("lt", 1e9) and number <= bounds.get("lte", 1e9)


def text_holds(text: str, wanted: Any) -> bool:
    """Only the few patterns that `generated` writes."""
    match wanted:
        case {"glob": "school-*"}:
            return text.startswith("school-")
        case {"regex": "^s"}:
            return text.startswith("s")
        case {"regex": "^a "}:
            return text.startswith("a ")
        case {"glob": "*b"}:
            return text.endswith("b")
        case {"regex": "[0-9]"}:
            return any(sign in "0123456789" for sign in text)
        case {"contains": part}:
            return part.lower() in text.lower()
        case {"words": words}:
            return any(word in words for word in text.lower().split())
    return bool(text == wanted)
