"""A loaded set of policies: which guardians a query needs, and what is decided about it. Pure, and the same for every
caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.policy.facts import NOTHING_TOLD, Answer, Facts, Identify
from gateway.policy.index import Index
from gateway.policy.release import Release
from gateway.policy.rules import Match, Rule, any_match
from gateway.policy.unscanned import Passing
from gateway.types import Action, Decision, Forward, Outcomes, Phase, Query, Reason, SafeResponse

NONE_YET: Outcomes = MappingProxyType({})
NOTHING_PASSES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Rules in the order in which they decide: the first that matches. `version` is a hash of all that was read."""

    rules: tuple[Rule, ...]
    phases: Mapping[Phase, Index]
    default: Action
    responses: Mapping[str, SafeResponse]
    version: str
    identify: Identify
    release: Release
    speculative: tuple[tuple[Match, ...], ...] = ()
    """What the files apply to that let queries be forwarded before their verdict."""
    passing: tuple[Passing, ...] = ()
    """What files let pass that no guardian can see."""

    @property
    def judges_output(self) -> bool:
        return bool(self.phases["output"].rules)

    @property
    def annotates(self) -> bool:
        """Whether a verdict on a query may have to go into its answer."""
        return any(rule.annotate for rule in self.phases["input"].rules)

    def speculates(self, query: Query) -> bool:
        """Whether a file lets this query be forwarded before its verdict. Never one that offers tools."""
        if not self.speculative or query.tools or query.phase != "input":
            return False
        facts = self.facts(query, NONE_YET)
        return any(any_match(applies_to, facts) is True for applies_to in self.speculative)

    def lets_pass(self, query: Query) -> frozenset[str]:
        """The names of what no guardian can see, and may pass in this query all the same."""
        if not self.passing:
            return NOTHING_PASSES
        facts = self.facts(query, NONE_YET)
        return NOTHING_PASSES.union(*(one.names for one in self.passing if any_match(one.applies_to, facts) is True))

    def plan(self, query: Query) -> tuple[str, ...]:
        """The guardians to ask: none when a rule decides on the request alone."""
        index, facts = self.phases[query.phase], self.facts(query, NONE_YET)
        needed: dict[str, None] = {}
        for rule in index.candidates(facts):
            if rule.guardian in needed and len(needed) == index.guardians:
                break
            answer = rule.test(facts)
            if answer is None:
                needed[rule.guardian] = None
            elif answer and rule.mode.enforces(rule.name, query):
                break
        return tuple(needed)

    def decide(self, query: Query, outcomes: Outcomes, told: Mapping[str, bool] = NOTHING_TOLD) -> Decision:
        """Always a decision. From the first undecidable rule on, only what rules say about errors of its guardian may
        decide and, until a rule forwards for certain, what keeps the query back for certain; else its `on_error` does.
        `told` are answers about content that are known already.
        """
        facts = self.facts(query, outcomes, told)
        shadow: list[str] = []
        undecidable: Rule | None = None
        forwarded = False
        for rule in self.phases[query.phase].candidates(facts):
            answer = rule.test(facts)
            if undecidable is not None:
                certain = answer is True
                answer = rule.test_on_error(facts, undecidable.guardian) or (
                    certain and rule.keeps_back and not forwarded
                )
                forwarded |= certain and not rule.keeps_back and rule.mode.enforces(rule.name, query)
            if answer is False:
                continue
            if not rule.mode.enforces(rule.name, query):
                if answer and undecidable is None:
                    shadow.append(rule.name)
            elif answer:
                by_error = rule.test_on_error(facts, rule.guardian) and (
                    undecidable is not None or not rule.plain(facts)
                )
                return self.matched(rule, facts, shadow, by_error=by_error)
            elif undecidable is None:
                undecidable = rule
        if undecidable is not None:
            action = undecidable.on_error.action(outcomes, undecidable.guardian)
            return self.decision(undecidable, action, shadow, facts, failed=True)
        default = self.default if query.phase == "input" else Forward()
        return Decision(default, "default", "default", self.version, tuple(shadow), told=facts.told)

    def matched(self, rule: Rule, facts: Facts, shadow: list[str], *, by_error: bool) -> Decision:
        """What the rule does about the query or a verdict, or about the error that it names."""
        if rule.error_action is not None and by_error:
            return self.decision(rule, rule.error_action, shadow, facts, failed=True)
        return self.decision(rule, rule.action, shadow, facts, failed=False)

    def decision(self, rule: Rule, action: Action, shadow: list[str], facts: Facts, *, failed: bool) -> Decision:
        reason: Reason = "guardian_error" if failed else "matched"
        said = (rule.signal, rule.guardian, rule.annotate, facts.told)
        return Decision(action, rule.name, reason, self.version, tuple(shadow), *said)

    def answers(self, query: Query, outcomes: Outcomes) -> Iterator[tuple[Rule, Answer]]:
        """Every rule of the query's phase with its answer."""
        facts = self.facts(query, outcomes)
        return ((rule, rule.test(facts)) for rule in self.phases[query.phase].rules)

    def facts(self, query: Query, outcomes: Outcomes, told: Mapping[str, bool] = NOTHING_TOLD) -> Facts:
        return Facts(query, outcomes, self.identify, told)

    def words(self, response: SafeResponse, query: Query) -> str:
        """The response's text in the query's language, where it has a translation."""
        if not response.locales:
            return response.text
        return response.spoken(self.facts(query, NONE_YET).language)
