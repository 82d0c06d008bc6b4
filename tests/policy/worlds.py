"""Generated sets of rules over a small domain, and every world of that domain: what a set decides in all of them is
what it can decide at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.policy.rules import Rule
from gateway.types import ERROR_KINDS, LABELS, Block, GuardianError, Outcome, Query, Verdict
from tests.policy.sets import query

HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"
NAMES = ("r0", "r1", "r2", "r3", "r4")
TENANTS = ("acme", "school", "nobody-names-this-one", "s-nor-this-one")
CATEGORIES = ("crime", "hate")
BOUNDS = (0, 0.3, 0.7, 1)
SCORES = (None, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
"""None, each bound, and one in every gap."""
CONVERSATIONS = tuple(str(i) for i in range(600))
FORWARDS = "forwards"
"""In a mode's place: enforced, and the rule forwards."""
MODES = ("enforce", "enforce", FORWARDS, FORWARDS, "shadow", "{canary: 50%}", "{canary: 0%}", "{canary: 100%}")


def any_of(values: Sequence[str]) -> st.SearchStrategy[str]:
    """One value, or a list of some."""
    lists = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    return lists.map(lambda found: found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def bounds() -> st.SearchStrategy[str]:
    ways = st.lists(st.sampled_from(("gt", "gte", "lt", "lte")), min_size=1, max_size=2, unique=True)
    pairs = ways.flatmap(lambda found: st.tuples(*(st.tuples(st.just(w), st.sampled_from(BOUNDS)) for w in found)))
    return pairs.map(lambda found: "{" + ", ".join(f"{way}: {bound}" for way, bound in found) + "}")


CONDITIONS: Mapping[str, st.SearchStrategy[str]] = {
    "verdict": any_of(LABELS),
    "category": any_of(CATEGORIES),
    "score": bounds(),
    "error": any_of(ERROR_KINDS[:2]),
    "tenant": any_of((*TENANTS[:2], '{glob: "s*"}')),
    "stream": st.sampled_from(("true", "false")),
    "tools": st.sampled_from(("true", "false")),
}


def mappings(more: Mapping[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """A match of up to three fields."""
    fields = {**CONDITIONS, **more}
    chosen = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    written = chosen.flatmap(lambda names: st.tuples(*(fields[name].map(f"{name}: {{}}".format) for name in names)))
    return written.map(lambda parts: "{" + ", ".join(parts) + "}")


PLAIN = mappings({})
NEGATED = st.lists(PLAIN, min_size=1, max_size=2).map(lambda found: f"[{', '.join(found)}]")
MATCHES = st.lists(mappings({"not": NEGATED}), min_size=1, max_size=2).map(lambda found: f"[{', '.join(found)}]")
FILES = st.tuples(st.one_of(st.none(), PLAIN), st.lists(st.tuples(MATCHES, st.sampled_from(MODES)), max_size=5))


def written(applies_to: str | None, rules: Iterable[tuple[str, str]]) -> str:
    """Rule i blocks with 410 + i when it matches, or forwards to `onprem`; on an error it blocks with 510: so a
    decision tells which it was.
    """
    head = HEAD + "on_error: {block: {status: 510}}\n" + (f"applies_to: {applies_to}\n" if applies_to else "")
    lines = [f"  - {{name: r{i}, match: {match}, {done(i, mode)}}}\n" for i, (match, mode) in enumerate(rules)]
    return head + ("rules:\n" + "".join(lines) if lines else "")


def done(number: int, mode: str) -> str:
    if mode == FORWARDS:
        return "action: {forward: onprem}"
    return f"mode: {mode}, action: {{block: {{status: {410 + number}}}}}"


@dataclass(frozen=True, slots=True)
class World:
    """One query and what the guardian says of it."""

    query: Query
    outcome: Outcome


def outcomes() -> Iterator[Outcome]:
    named = chain.from_iterable(combinations(CATEGORIES, n) for n in range(len(CATEGORIES) + 1))
    for label, categories, score in product(LABELS, named, SCORES):
        yield Verdict("slm_guardian", label, categories, score)
    for kind in ERROR_KINDS:
        yield GuardianError("slm_guardian", kind)


def conversations(rules: Sequence[Rule], tenant: str) -> Iterable[str]:
    """One for each way in which the canaries can come out."""
    found: dict[tuple[bool, ...], str] = {}
    trials = [rule for rule in rules if rule.mode.kind == "canary"]
    for conversation in CONVERSATIONS if trials else ("",):
        asked = query(tenant=tenant, conversation=conversation)
        found.setdefault(tuple(rule.mode.enforces(rule.name, asked) for rule in trials), conversation)
    return found.values()


def worlds(rules: Sequence[Rule]) -> Iterator[World]:
    asked = {condition.name for rule in rules for condition in rule.conditions}
    streams = (True, False) if "stream" in asked else (False,)
    tools = (True, False) if "tools" in asked else (False,)
    for tenant in TENANTS:
        for conversation, stream, tool in product(conversations(rules, tenant), streams, tools):
            one = query(tenant=tenant, conversation=conversation, stream=stream, tools=tool)
            yield from (World(one, outcome) for outcome in outcomes())


def fired(policy: PolicySet) -> set[str]:
    """The rules that decide by matching, or are recorded as matching, in some world."""
    found: set[str] = set()
    for world in worlds(policy.rules):
        decision = policy.decide(world.query, {"slm_guardian": world.outcome})
        found.update(decision.shadow)
        if decision.action != Block(510) and decision.rule != "default":
            found.add(decision.rule)
    return found
