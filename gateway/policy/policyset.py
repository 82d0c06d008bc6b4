"""A loaded set of policies: which guardians a query needs, and what is decided about it. Pure, and the same for every
caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.policy.rules import Answer, Facts, Rule
from gateway.types import Action, Decision, Outcomes, Query, Reason, SafeResponse

NONE_YET: Outcomes = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Rules in the order in which they decide: the first that matches."""

    rules: tuple[Rule, ...]
    default: Action
    responses: Mapping[str, SafeResponse]
    version: str

    def plan(self, query: Query) -> tuple[str, ...]:
        """The guardians to ask: none when a rule decides on the request alone."""
        facts, needed = Facts(query, NONE_YET), dict[str, None]()
        for rule in self.rules:
            answer = rule.test(facts)
            if answer is None:
                needed[rule.guardian] = None
            elif answer and not rule.shadow:
                break
        return tuple(needed)

    def decide(self, query: Query, outcomes: Outcomes) -> Decision:
        """Always a decision. From the first undecidable rule on, only rules about errors may decide; else its
        `on_error` does.
        """
        shadow: list[str] = []
        undecidable: Rule | None = None
        for rule, answer in self.answers(query, outcomes):
            if rule.shadow:
                if answer and undecidable is None:
                    shadow.append(rule.name)
            elif answer and (undecidable is None or rule.needs("error")):
                reason: Reason = "guardian_error" if rule.needs("error") else "matched"
                return Decision(rule.action, rule.name, reason, self.version, tuple(shadow))
            elif answer is None and undecidable is None:
                undecidable = rule
        if undecidable is not None:
            return Decision(undecidable.on_error, undecidable.name, "guardian_error", self.version, tuple(shadow))
        return Decision(self.default, "default", "default", self.version, tuple(shadow))

    def answers(self, query: Query, outcomes: Outcomes) -> Iterator[tuple[Rule, Answer]]:
        facts = Facts(query, outcomes)
        return ((rule, rule.test(facts)) for rule in self.rules)
