"""Policy sets that hypothesis makes up: as data first, so that a test can take rules out or swap them, and as YAML.

What is written is small on purpose: a few tenants, labels and scores, so that rules meet and queries hit them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.policy.diagnostics import Findings
from gateway.policy.load import drafted, finished
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Phase, Query, Verdict
from tests.policy.sets import CATALOG, TAXONOMY

GUARDIANS = ("slm_guardian", "qwen3guard")
TENANTS = ("acme", "school-1")
KINDS = ERROR_KINDS[:2]
Written = Mapping[str, Any]
"""A match as it stands in a file."""


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """A rule of a file. `matches` are alternatives; none at all matches everything."""

    name: str
    matches: tuple[Written, ...] = ()
    action: Any = "block"
    mode: Any = "enforce"
    on_error: Any = None
    phase: Phase = "input"

    def as_yaml(self) -> dict[str, Any]:
        found = {"name": self.name, "action": self.action, "mode": self.mode, "phase": self.phase}
        return {**found, **given(match=list(self.matches), on_error=self.on_error)}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file and its rules."""

    guardian: str
    rules: tuple[WrittenRule, ...]
    applies_to: tuple[Written, ...] = ()
    on_error: Any = None

    def as_yaml(self, default: Any = None) -> dict[str, Any]:
        found = {"version": 1, "guardian": self.guardian, "rules": [rule.as_yaml() for rule in self.rules]}
        return {**found, **given(applies_to=list(self.applies_to), on_error=self.on_error, default=default)}


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """All files, in their order."""

    files: tuple[WrittenFile, ...]
    default: Any = "forward"

    @property
    def rules(self) -> Iterator[tuple[WrittenFile, WrittenRule]]:
        return ((file, rule) for file in self.files for rule in file.rules)

    def texts(self) -> list[str]:
        """YAML files: JSON is YAML."""
        return [json.dumps(file.as_yaml(None if i else self.default)) for i, file in enumerate(self.files)]

    def compiled(self) -> PolicySet:
        """The set, not linted: that is the slow part, and no part of what is decided."""
        findings = Findings()
        files = [(f"{10 + i}.yaml", text.encode()) for i, text in enumerate(self.texts())]
        draft = drafted(files, {}, CATALOG, TAXONOMY, findings)
        assert not findings.found, str(findings.diagnostics())
        return finished(draft, "generated")

    def with_rules(self, at: int, rules: Sequence[WrittenRule]) -> WrittenSet:
        """The same with these rules in the file at this place."""
        changed = replace(self.files[at], rules=tuple(rules))
        return replace(self, files=(*self.files[:at], changed, *self.files[at + 1 :]))


def given(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in (None, [])}


def one_or_some(values: Sequence[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


scores = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
bounds = st.fixed_dictionaries({}, optional=dict.fromkeys(("gt", "gte", "lt", "lte"), scores)).filter(bool)
tenants = one_or_some(TENANTS) | st.just({"glob": "school-*"})
EXPRESSIONS: tuple[Any, ...] = ({"regex": "[0-9]"}, {"regex": "^a "}, {"glob": "*b"}, [{"regex": "^a "}, "Dog"])
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "tenant": tenants,
    "tools": st.booleans(),
    "stream": st.booleans(),
    "model": st.sampled_from(["small", "large", {"regex": "^s"}]),
    "message": st.sampled_from([{"contains": "BOMB"}, {"words": ["cat", "dog"]}, *EXPRESSIONS, "hello"]),
    "characters": st.sampled_from([{"gte": 5}, {"lt": 6}, {"gt": 4, "lte": 16}]),
    "header": st.just({"X-App": "mobile"}),
    "verdict": one_or_some(LABELS),
    "category": one_or_some(["crime", "pii"]),
    "score": bounds,
    "error": one_or_some(KINDS),
}
FEW = ("error", "tenant", "verdict")
"""With these alone, rules meet much more often."""


sizes = st.sampled_from([1, 1, 2, 3])


@st.composite
def plain_match(draw: st.DrawFn, names: tuple[str, ...]) -> Written:
    found = dict.fromkeys(draw(st.sampled_from(names)) for _ in range(draw(sizes)))
    return {name: draw(CONDITIONS[name]) for name in found}


@cache
def matches(names: tuple[str, ...] = tuple(CONDITIONS), depth: int = 2) -> st.SearchStrategy[Written]:
    """A match of up to three conditions, and of what must not hold."""
    plain = plain_match(names)
    if not depth:
        return plain
    inner = matches(names, depth - 1)
    nots = inner | st.lists(inner, min_size=1, max_size=2)
    return st.one_of(plain, plain, plain, st.builds(lambda match, no: {"not": no, **match}, plain, nots))


@cache
def alternatives(names: tuple[str, ...]) -> st.SearchStrategy[tuple[Written, ...]]:
    single = matches(names).map(lambda match: (match,))
    several = st.lists(matches(names), min_size=2, max_size=3).map(tuple)
    return st.one_of(single, single, single, several, st.just(()))


modes = st.one_of(
    st.just("enforce"),
    st.just("enforce"),
    st.just("shadow"),
    st.builds(
        lambda share, by: {"canary": share, "by": by},
        st.sampled_from(["0%", "30%", "50%", "100%"]),
        st.sampled_from(["tenant", "conversation"]),
    ),
)


@cache
def actions(phase: Phase) -> st.SearchStrategy[Any]:
    known: list[Any] = ["block", "forward", {"block": {"status": 418}}, {"respond": "guardian"}]
    return st.sampled_from(known if phase == "output" else [*known, {"forward": "onprem"}])


@cache
def on_errors(phase: Phase) -> st.SearchStrategy[Any]:
    by_kind = st.dictionaries(st.sampled_from([*KINDS, "other"]), actions(phase), min_size=1, max_size=3)
    return st.one_of(st.none(), st.none(), actions(phase), by_kind)


phases = st.sampled_from(["input", "input", "input", "input", "output"])


@cache
def rules_of(phase: Phase, names: tuple[str, ...]) -> st.SearchStrategy[WrittenRule]:
    parts = alternatives(names), actions(phase), modes, on_errors(phase)
    return st.builds(WrittenRule, st.just(""), *parts, st.just(phase))


@cache
def rules(names: tuple[str, ...] = tuple(CONDITIONS)) -> st.SearchStrategy[WrittenRule]:
    """A rule without a name."""
    return phases.flatmap(lambda phase: rules_of(phase, names))


@cache
def files(names: tuple[str, ...]) -> st.SearchStrategy[WrittenFile]:
    own = st.integers(1, 4).flatmap(lambda count: st.tuples(*[rules(names)] * count))
    applies_to = st.one_of(st.just(()), st.just(()), st.just(()), alternatives(names))
    return st.builds(WrittenFile, st.sampled_from(GUARDIANS), own, applies_to, on_errors("output"))


def named(files: Sequence[WrittenFile], default: Any) -> WrittenSet:
    """Every rule has a name of its own, which says where it was made."""
    found = (
        replace(file, rules=tuple(replace(rule, name=f"r{i}-{j}") for j, rule in enumerate(file.rules)))
        for i, file in enumerate(files)
    )
    return WrittenSet(tuple(found), default)


def sets_of(names: tuple[str, ...]) -> st.SearchStrategy[WrittenSet]:
    """Sets whose rules have these conditions."""
    made = st.integers(1, 3).flatmap(lambda count: st.tuples(*[files(names)] * count))
    return st.builds(named, made, st.sampled_from(["forward", "block"]))


sets = sets_of(tuple(CONDITIONS)) | sets_of(FEW)
queries = st.builds(
    lambda text, headers, **more: Query("chat", b"", {}, messages=(Message("user", (text,)),), headers=headers, **more),
    text=st.sampled_from(["hello", "a bomb", "my cat and 2 dogs", "Dog", "cats"]),
    headers=st.sampled_from([{}, {"x-app": "mobile"}]),
    model=st.sampled_from(["small", "large"]),
    request_id=st.just("r"),
    tenant=st.sampled_from(TENANTS),
    stream=st.booleans(),
    tools=st.booleans(),
    conversation=st.sampled_from(["", "c1", "c2", "c3"]),
    phase=phases,
)


def errors(guardian: str) -> st.SearchStrategy[GuardianError]:
    return st.builds(GuardianError, st.just(guardian), st.sampled_from(KINDS))


def verdicts(guardian: str) -> st.SearchStrategy[Verdict]:
    categories = st.lists(st.sampled_from(["crime", "pii", "hate"]), max_size=2, unique=True).map(tuple)
    return st.builds(
        Verdict, st.just(guardian), st.sampled_from(LABELS), categories, st.none() | scores | st.floats(0, 1)
    )


def outcomes_of(kinds: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Outcome]]:
    """By guardian; one that gave none is left out."""
    made = st.fixed_dictionaries({name: st.none() | kind for name, kind in kinds.items()})
    return made.map(lambda found: {name: one for name, one in found.items() if one is not None})


outcomes = outcomes_of({name: verdicts(name) | errors(name) for name in GUARDIANS})
failures = st.fixed_dictionaries({name: errors(name) for name in GUARDIANS})
