"""Queries to tell two sets apart by, when there is no traffic: every kind of query that one of them speaks of.

Each label with no category and with each that is named, scores at and between all bounds, each kind of error, each
tenant, model and text that is named (of a `glob` one that it matches) and one that is not, with and without tools and
stream, in and out of each canary; answers too, where they are judged. Regular expressions, list files, headers,
languages and times are not made up: `untried` names them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations, product
from math import prod
from random import Random

from gateway.policy import PolicySet
from gateway.policy.condition import Condition
from gateway.policy.source import Item
from gateway.replay.callers import CHAT, callers_of
from gateway.replay.facts import Past
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Outcomes, Query, Verdict

MOST = 50_000
MOST_TEXTS = 3
FIELDS = ("model", "surface", "tools", "stream", "characters", "message")
OTHER = "other"
Sampled = tuple[Query, Outcomes]


def sample(policies: Sequence[PolicySet], *, most: int = MOST) -> tuple[list[Sampled], int]:
    """The queries, and how many there would be without the bound. Where it is reached they are drawn, the same ones
    each time.
    """
    conditions = [c for policy in policies for rule in policy.rules for c in rule.conditions]
    phases: list[object] = ["input", *(["output"] if any(policy.judges_output for policy in policies) else [])]
    callers: list[object] = list(callers_of(policies, [str(name) for name in each(conditions, "tenant")]))
    choices = [phases, callers, *(each(conditions, name) for name in FIELDS)]
    guardians = sorted({c.guardian for c in conditions if c.needs != "request"})
    choices += [list(outcomes_of(guardian, conditions)) for guardian in guardians]
    total = prod(map(len, choices))
    taken: Iterable[Sequence[object]] = product(*choices) if total <= most else drawn(choices, most)
    return [made(number, values) for number, values in enumerate(taken)], total


def drawn(choices: Sequence[Sequence[object]], count: int) -> Iterator[Sequence[object]]:
    """A regular step would meet only some values of the last choices."""
    draw = Random(0).choice  # noqa: S311
    return (tuple(map(draw, choices)) for _ in range(count))


def made(number: int, values: Sequence[object]) -> Sampled:
    phase, caller, model, surface, tools, stream, characters, text, *outcomes = values
    assert isinstance(characters, int)
    assert isinstance(caller, tuple)
    tenant, conversation = caller
    query = Past(
        surface=str(surface),
        raw=b"",
        body={},
        model=str(model),
        messages=(Message("user", (str(text),)),),
        request_id=f"sample-{number}",
        tenant=tenant,
        tools=tools is True,
        stream=stream is True,
        conversation=conversation,
        phase="output" if phase == "output" else "input",
        length=characters,
    )
    return query, {one.guardian: one for one in outcomes if isinstance(one, Verdict | GuardianError)}


def described(query: Query) -> str:
    """A made-up query in a few words, but for its tenant."""
    (message,) = query.messages
    words = message.text.strip()
    facets = [query.phase if query.phase == "output" else "", query.surface if query.surface != CHAT else ""]
    facets += [query.model if query.model != OTHER else "", f'"{words}"' if words != OTHER else ""]
    facets += ["tools" if query.tools else "", "stream" if query.stream else ""]
    facets += [f"{query.characters} characters" if query.characters > len(words) else ""]
    return " ".join(facet for facet in facets if facet)


def each(conditions: Iterable[Condition], name: str) -> list[object]:
    """The values of a field of the query that are worth trying: what is named, and something else."""
    items = [c.item for c in conditions if c.name == name]
    if name in ("tools", "stream"):
        return [False, True] if items else [False]
    if name == "characters":
        lengths = sorted({int(one) for item in items for one in numbers(item.value)})
        return list(dict.fromkeys([0, *(n + d for n in lengths for d in (-1, 0, 1) if 0 <= n + d <= 10_000)]))
    named = dict.fromkeys(text for item in items for one in item.items for text in witnesses(one))
    return [*sorted(named), unnamed(named, CHAT if name == "surface" else OTHER)]


def unnamed(named: Collection[str], wanted: str) -> str:
    return wanted if wanted not in named else unnamed(named, f"{wanted}-")


def witnesses(item: Item) -> Iterator[str]:
    """A text that the item holds for, where one is easily told."""
    if isinstance(item.value, str):
        yield item.value
    elif isinstance(item.value, dict):
        for way, inner in item.value.items():
            texts = [str(one.value) for one in inner.items if isinstance(one.value, str)]
            if way == "glob":
                yield from (text.replace("*", "x").replace("?", "x") for text in texts)
            elif way in ("contains", "words"):
                yield from texts[:MOST_TEXTS]


def untried(policies: Sequence[PolicySet]) -> list[str]:
    """What these sets ask about and no sample has."""
    conditions = [c for policy in policies for rule in policy.rules for c in rule.conditions]
    found = {c.name for c in conditions if c.name in ("header", "language", "time")}
    for condition in conditions:
        for one in condition.item.items:
            written = one.value.items() if isinstance(one.value, dict) else ()
            found |= {way for way, inner in written if way == "regex"}
            found |= {"list files" for _, inner in written if inner.get("file") is not None}
    return sorted(found)


def outcomes_of(guardian: str, conditions: Sequence[Condition]) -> Iterator[Outcome]:
    own = [c for c in conditions if c.guardian == guardian]
    named = sorted({one for c in own if c.name == "category" for one in c.test.exact or ()})
    bounds = sorted({float(one) for c in own if c.name == "score" for one in numbers(c.item.value)})
    between = [(a + b) / 2 for a, b in zip([0.0, *bounds], [*bounds, 1.0], strict=True)]
    scores: list[float | None] = [*sorted({*between, *bounds}), *([None] if bounds else [])]
    categories = [(), *((one,) for one in named), *combinations(named, 2)]
    categories += [tuple(named)] if len(named) > 2 else []
    for label, found, score in product(LABELS, categories, scores):
        yield Verdict(guardian, label, found, score)
    yield from (GuardianError(guardian, kind) for kind in ERROR_KINDS)


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (float(one.value) for one in value.values() if isinstance(one.value, int | float))
