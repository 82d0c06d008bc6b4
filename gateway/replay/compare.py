"""Counts where two ways to decide differ: by transition, rule, tenant and category, with a few examples of each. It
holds counters, not the traffic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gateway.replay.known import Unknown

ERROR = "error"
"""The action of a record whose decision could not be carried out: the upstream was out of reach, the client gone."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule in shadow or canary mode that matched and did not decide, and what it would do; or what it `needs`, where
    it cannot be told whether it matches.
    """

    rule: str
    action: str
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What was, or would be, done with a query: the action in a word or a few, and the rule."""

    action: str
    rule: str
    trials: tuple[Trial, ...] = ()

    @property
    def kept_back(self) -> bool:
        return not self.action.startswith("forward")

    def __str__(self) -> str:
        return f"{self.action} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Case:
    """A query as reports speak of it. `text` is there only when someone asked to see it; `time` is UNIX time."""

    id: str
    tenant: str
    categories: tuple[str, ...]
    outcome: str
    time: float | None = None
    text: str | None = None


@dataclass(slots=True)
class Tally:
    """Of a group of queries: how many, how many were kept from the upstream, and how many would be."""

    queries: int = 0
    before: int = 0
    after: int = 0
    changed: int = 0

    def add(self, *, before: bool, after: bool, changed: bool) -> None:
        self.queries += 1
        self.before += before
        self.after += after
        self.changed += changed


@dataclass(slots=True)
class TrialTally:
    """Of a rule on trial: how many queries it matches, of how many of them it would change what is done, and of how
    many queries it cannot be told.
    """

    matched: int = 0
    different: int = 0
    unknown: int = 0


Transition = tuple[str, str]


@dataclass(slots=True)
class Comparison:
    """What changes between two ways to decide. `names` are what they are called, such as versions."""

    names: tuple[str, str]
    examples_each: int
    same: int = 0
    changed: int = 0
    left_out: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    transitions: Counter[Transition] = field(default_factory=Counter)
    rules: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    tenants: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    categories: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    trials: defaultdict[str, TrialTally] = field(default_factory=lambda: defaultdict(TrialTally))
    examples: defaultdict[Transition, list[Case]] = field(default_factory=lambda: defaultdict(list))

    @property
    def queries(self) -> int:
        return self.same + self.changed + self.unknown.total()

    def add(self, case: Case, before: Made | Unknown, after: Made | Unknown) -> None:
        """One query, decided both ways."""
        for one in (before, after):
            if isinstance(one, Unknown):
                self.unknown[one.needs] += 1
                return
        assert isinstance(before, Made)
        assert isinstance(after, Made)
        before = settled(before, after)
        changed = (before.action, before.rule) != (after.action, after.rule)
        self.same += not changed
        self.changed += changed
        self.count_trials(after)
        self.count(case, before, after, changed=changed)
        if changed:
            self.remember(case, (str(before), str(after)))

    def count(self, case: Case, before: Made, after: Made, *, changed: bool) -> None:
        for rule in {before.rule, after.rule}:
            self.rules[rule].add(before=rule == before.rule, after=rule == after.rule, changed=changed)
        for group, keys in ((self.tenants, (case.tenant,)), (self.categories, case.categories or ("none",))):
            for key in keys:
                group[key].add(before=before.kept_back, after=after.kept_back, changed=changed)

    def count_trials(self, after: Made) -> None:
        for trial in after.trials:
            tally = self.trials[trial.rule]
            tally.unknown += trial.needs is not None
            tally.matched += trial.needs is None
            tally.different += trial.needs is None and trial.action != after.action

    def remember(self, case: Case, transition: Transition) -> None:
        self.transitions[transition] += 1
        if len(self.examples[transition]) < self.examples_each:
            self.examples[transition].append(case)


def settled(before: Made, after: Made) -> Made:
    """What was to be done, where it could not be: what the same rule does now; else most likely to forward."""
    if before.action != ERROR:
        return before
    return replace(before, action=after.action if before.rule == after.rule else "forward")


def compared(
    names: tuple[str, str], cases: Iterable[tuple[Case, Made | Unknown, Made | Unknown]], *, examples_each: int
) -> Comparison:
    found = Comparison(names, examples_each)
    for case, before, after in cases:
        found.add(case, before, after)
    return found
