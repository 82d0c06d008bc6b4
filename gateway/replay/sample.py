"""Queries to tell two sets apart by, when there is no traffic: every kind of query that one of them speaks of.

Each label with no category and with each that is named, scores at and between all bounds, each kind of error, each
tenant, model and text that is named (of a `glob` one that it matches) and one that is not, with and without tools and
stream. Regular expressions, list files, headers, languages and times are not made up: `untried` names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

from gateway.policy import PolicySet
from gateway.policy.rules import Condition
from gateway.policy.source import Item
from gateway.types import ERROR_KINDS, LABELS, GuardianError, Message, Outcome, Outcomes, Query, Verdict

MOST = 50_000
MOST_TEXTS = 3
OTHER = "other"
Sampled = tuple[Query, Outcomes]


def sample(policies: Sequence[PolicySet], *, most: int = MOST) -> tuple[list[Sampled], int]:
    """The queries, and how many there would be without the bound; those that are taken are spread over all."""
    conditions = [c for policy in policies for rule in policy.rules for c in rule.conditions]
    asked = [each(conditions, name) for name in ("tenant", "model", "tools", "stream", "characters", "message")]
    guardians = sorted({c.guardian for c in conditions if c.needs != "request"})
    outcomes: list[list[object]] = [list(outcomes_of(guardian, conditions)) for guardian in guardians]
    total = 1
    for choices in (*asked, *outcomes):
        total *= len(choices)
    step = max(1, -(-total // most))
    taken = islice(product(*asked, *outcomes), 0, None, step)
    return [made(i, values, len(asked)) for i, values in enumerate(taken)], total


def made(number: int, values: Sequence[object], asked: int) -> Sampled:
    tenant, model, tools, stream, characters, text = values[:asked]
    assert isinstance(characters, int)
    outcomes = {one.guardian: one for one in values[asked:] if isinstance(one, Verdict | GuardianError)}
    query = Query(
        surface="chat",
        raw=b"",
        body={},
        model=str(model),
        messages=(Message("user", (str(text).ljust(characters),)),),
        request_id=f"sample-{number}",
        tenant=str(tenant),
        tools=tools is True,
        stream=stream is True,
        conversation=f"sample-{number}",
    )
    return query, outcomes


def described(query: Query) -> str:
    """A made-up query in a few words, but for its tenant."""
    (message,) = query.messages
    words = message.text.strip()
    facets = [query.model if query.model != OTHER else "", f'"{words}"' if words != OTHER else ""]
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
    return [*sorted(named), OTHER]


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
    categories = [(), *((one,) for one in named), *([tuple(named)] if len(named) > 1 else [])]
    for label, found, score in product(LABELS, categories, scores):
        yield Verdict(guardian, label, found, score)
    yield from (GuardianError(guardian, kind) for kind in ERROR_KINDS)


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (float(one.value) for one in value.values() if isinstance(one.value, int | float))
