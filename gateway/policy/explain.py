"""Why a decision came out as it did: every rule, and what kept it from matching."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gateway.policy.canary import bucket
from gateway.policy.facts import Answer, Facts
from gateway.policy.policyset import PolicySet
from gateway.policy.rules import Rule
from gateway.policy.whynot import why
from gateway.types import Action, Block, Decision, Forward, GuardianError, Outcome, Outcomes, Query, Respond, Verdict

Role = Literal["decided", "undecidable", "shadow", "passed", "not reached"]
MARKS: Mapping[Role, str] = {"decided": "*", "undecidable": "?", "shadow": "~", "passed": "-", "not reached": " "}

SPECULATIVE = "   speculative: may be forwarded before the verdict"


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in an explanation: what became of it, and why."""

    rule: str
    place: str
    mode: str
    role: Role
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and every rule of its phase in order. `guardians` are the ones that are asked, by what they said."""

    action: str
    rule: str
    reason: str
    policy_version: str
    phase: str
    guardians: Mapping[str, str]
    default: str
    speculative: bool
    unscanned: tuple[str, ...]
    """What no guardian can see, and would pass."""
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        """The decision, who was asked, then a line a rule: `*` marks the one that decided, `?` one that could not be
        told, `~` one that only would have.
        """
        named = [f"{one.rule}{f' ({one.mode})' if one.mode else ''}" for one in self.lines]
        width = max(map(len, named), default=0)
        places = max((len(one.place) for one in self.lines), default=0)
        asked = ", ".join(f"{name}: {said}" for name, said in self.guardians.items())
        early = SPECULATIVE if self.speculative else ""
        unseen = f"   unscanned: {', '.join(self.unscanned)} may pass" if self.unscanned else ""
        return "\n".join(
            [
                f"decision: {self.action}   rule: {self.rule}   because: {self.reason}",
                f"guardians: {asked or 'none is asked'}   default: {self.default}{early}{unseen}",
                *(
                    f"  {MARKS[one.role]} {name:<{width}}  {one.place:<{places}}  {one.why}".rstrip()
                    for name, one in zip(named, self.lines, strict=True)
                ),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def explain(policy: PolicySet, query: Query, outcomes: Outcomes) -> Explanation:
    decision = policy.decide(query, outcomes)
    return Explanation(
        action=told(decision.action),
        rule=decision.rule,
        reason=decision.reason,
        policy_version=policy.version,
        phase=query.phase,
        guardians={name: said(outcomes.get(name)) for name in policy.plan(query)},
        default=told(policy.default if query.phase == "input" else Forward()),
        speculative=policy.speculates(query),
        unscanned=tuple(sorted(policy.lets_pass(query))),
        lines=tuple(lines(policy, policy.facts(query, outcomes), decision)),
    )


def told(action: Action) -> str:
    match action:
        case Forward(upstream=name, model=model, system_prompt=prompt):
            details = f"{f' as {model}' if model else ''}{' with a system prompt' if prompt else ''}"
            return f"forward {name or 'default'}{details}"
        case Respond(response=name):
            return f"respond {name}"
        case Block(status=status):
            return f"block {status}"


def said(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "nothing"
        case GuardianError(kind=kind):
            return f"error {kind}"
        case Verdict(label=label, categories=categories, score=score):
            return " ".join([label, *categories, *([] if score is None else [f"{score:.3g}"])])


def lines(policy: PolicySet, facts: Facts, decision: Decision) -> Iterator[Line]:
    """Follows `PolicySet.decide`: the rules before the decision, the one that decided, those after it."""
    failed: Rule | None = None
    over = False
    for rule, answer in policy.answers(facts.query, facts.outcomes):
        if over:
            yield line(rule, "not reached", "not reached")
        elif failed is not None:
            yield after_failure(rule, answer, failed, facts, decision)
        else:
            yield in_order(rule, answer, facts, decision)
            undecidable = answer is None and rule.mode.enforces(rule.name, facts.query)
            failed = rule if undecidable else None
        over = over or (rule.name == decision.rule and rule is not failed)


def line(rule: Rule, role: Role, why: str) -> Line:
    return Line(rule.name, f"{rule.span.path}:{rule.span.line}", mode_told(rule), role, why)


def in_order(rule: Rule, answer: Answer, facts: Facts, decision: Decision) -> Line:
    """A rule that is reached while every verdict that was needed is there."""
    share = canary(rule, facts.query)
    enforced = rule.mode.enforces(rule.name, facts.query)
    if answer:
        return line(rule, "decided", f"matched{share}") if enforced else line(rule, "shadow", would(rule) + share)
    kept = why(rule, answer, facts)
    if answer is False:
        return line(rule, "passed", kept)
    if not enforced:
        return line(rule, "passed", f"{kept}; it does not decide{share}")
    if rule.name == decision.rule:
        return line(rule, "decided", f"{kept}: on_error is {told(decision.action)}{share}")
    return line(rule, "undecidable", f"{kept}{share}")


def after_failure(rule: Rule, answer: Answer, failed: Rule, facts: Facts, decision: Decision) -> Line:
    """A rule behind one that could not be told: it decides only if it names the error, or keeps the query back for
    certain.
    """
    if rule.name == decision.rule:
        by_error = decision.reason == "guardian_error"
        told = "it names the error" if by_error else f"it holds whatever `{failed.name}` would have said"
        return line(rule, "decided", f"matched: {told}{canary(rule, facts.query)}")
    if answer is False:
        return line(rule, "passed", why(rule, answer, facts))
    why_not = "a rule before this one forwards" if rule.keeps_back else "this forwards without naming the error"
    return line(rule, "passed", f"passed over: `{failed.name}` cannot be told, and {why_not}")


def would(rule: Rule) -> str:
    return f"matched, would {told(rule.action)}"


def mode_told(rule: Rule) -> str:
    mode = rule.mode
    return {"enforce": "", "shadow": "shadow", "canary": f"canary {mode.percent:g}% by {mode.by}"}[mode.kind]


def canary(rule: Rule, query: Query) -> str:
    """Where this query's conversation or tenant stands."""
    if rule.mode.kind != "canary":
        return ""
    where = "in" if rule.mode.enforces(rule.name, query) else "not in"
    return f"; {where} the canary: this {rule.mode.by} draws {bucket(rule.name, rule.mode.key(query)):.1f}"
