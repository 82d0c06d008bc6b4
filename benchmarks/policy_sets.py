"""Policy sets to measure, as text, and the queries that are decided by them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GUARDIAN = "slm_guardian"
CATEGORIES = ("crime", "violence", "weapons", "hate", "pii", "self_harm", "jailbreak", "cybercrime")
SIZES = (10, 100, 1000)
WORDS = 10_000
TEXT = "The quick brown fox jumps over the lazy dog and asks what the weather will be. " * 13
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A set of policies, and how many rules (or words) it has."""

    name: str
    size: int
    text: str


def cases() -> Iterator[Case]:
    for size in SIZES:
        yield Case("mixed", size, written([mixed(i) for i in range(size)]))
    for size in SIZES:
        yield Case("patterns and scores", size, written([patterns(i) for i in range(size)]))
    for size in SIZES:
        yield Case("one by one", size, written([one_by_one(i) for i in range(size)]))
    words = [f"w{i:05}x" for i in range(WORDS)]
    yield Case("words, one list", WORDS, written([{"match": {"message": {"words": words}}}]))
    parts = [{"contains": word} for word in words]
    yield Case("parts, each on its own", WORDS, written([{"match": {"message": parts}}]))


def written(rules: list[Rule]) -> str:
    """A file of these rules: JSON is YAML."""
    named = [{"name": f"r{i}", "action": "block", "reason": "measured", **rule} for i, rule in enumerate(rules)]
    return json.dumps({"version": 1, "guardian": GUARDIAN, "default": "forward", "rules": named})


def mixed(i: int) -> Rule:
    """The kinds of rule that a set has, ten in turn."""
    team, category, score = f"team-{i // 10}", CATEGORIES[i // 10 % len(CATEGORIES)], 0.5 + i % 50 / 100
    kinds: tuple[Mapping[str, Any], ...] = (
        {"tenant": team, "verdict": "unsafe"},
        {"tenant": [team, f"{team}-test"], "category": category, "verdict": ["unsafe", "controversial"]},
        {"tenant": team, "score": {"gte": score}},
        {"model": f"model-{i // 10}", "verdict": "unsafe"},
        {"category": category, "verdict": "unsafe", "not": {"tenant": [team, "clinic"]}},
        {"tenant": {"glob": f"school-{i // 10}-*"}, "verdict": "controversial"},
        {"tools": True, "tenant": team, "verdict": "unsafe"},
        {"category": category, "score": {"gte": score}},
        {"tenant": team, "message": {"contains": f"phrase {i}"}},
        {"tenant": team, "error": ["timeout", "unavailable"]},
    )
    return {"match": kinds[i % len(kinds)]}


def patterns(i: int) -> Rule:
    """Globs, expressions and scores: nothing that is compared exactly, and no two rules alike."""
    kinds: tuple[Mapping[str, Any], ...] = (
        {"tenant": {"glob": f"school-{i}-*"}},
        {"message": {"regex": rf"(?i)phrase{i}\s+[0-9]+"}},
        {"score": {"gte": 0.9 + i / 20_000, "lt": 0.99}},
    )
    return {"match": kinds[i % len(kinds)]}


def one_by_one(i: int) -> Rule:
    """What no table helps with: every rule is tested."""
    kinds: tuple[Mapping[str, Any], ...] = (
        {"message": {"contains": f"phrase {i}"}},
        {"header": {"x-app": f"app-{i}"}},
        {"tools": True, "stream": True},
    )
    return {"match": kinds[i % len(kinds)]}


QUERIES: tuple[Mapping[str, Any], ...] = (
    {"tenant": "team-1", "model": "model-1"},
    {"tenant": "team-7", "model": "small", "tools": True},
    {"tenant": "acme", "model": "small"},
    {"tenant": "school-x", "model": "model-2"},
)
"""Safe ones, which no rule matches: every rule must be ruled out."""
VERDICT: Mapping[str, Any] = {"label": "safe", "score": 0.05}
