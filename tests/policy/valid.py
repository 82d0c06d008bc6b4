"""Generated policy files that are valid, as values: they know the language by heart and nothing of the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from gateway.types import ERROR_KINDS, LABELS
from gateway.unscanned import NAMES

Strategy = st.SearchStrategy[Any]
CATEGORIES = ("crime", "hate", "pii")
letters = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff")
words = st.text(letters, min_size=1, max_size=8).filter(str.strip)
texts = st.text(letters, max_size=6)
counts = st.integers(-9, 9999) | st.floats(-1, 9999, allow_nan=False)


def some_of(fields: Mapping[str, Strategy]) -> Strategy:
    return st.fixed_dictionaries({}, optional=dict(fields))


def at_least_one_of(fields: Mapping[str, Strategy]) -> Strategy:
    return some_of(fields).filter(bool)


def one_or_list(one: Strategy) -> Strategy:
    return one | st.lists(one, min_size=1, max_size=3)


def names(known: Sequence[str]) -> Strategy:
    return one_or_list(st.sampled_from(known))


def only(key: str, inner: Strategy) -> Strategy:
    return st.fixed_dictionaries({key: inner})


entries = one_or_list(st.text(letters, min_size=1, max_size=6)) | st.just({"file": "lists/words.txt"})
expressions = one_or_list(st.sampled_from(("^a+$", r"\bsecret\b", "(?i)x|y")))
text_tests = one_or_list(
    texts | only("glob", entries) | only("contains", entries) | only("words", entries) | only("regex", expressions)
)
bounds = at_least_one_of(dict.fromkeys(("gt", "gte", "lt", "lte"), counts))
clocks = st.sampled_from(("00:00", "09:30", "24:00"))
days = st.sampled_from(("2026-12-01", "2024-02-29"))
windows = at_least_one_of(
    {
        "days": names(("mon", "sat", "sun")),
        "from": clocks,
        "to": clocks,
        "zone": st.sampled_from(("UTC", "Asia/Seoul")),
        "after": days,
        "before": days,
    }
)
CONDITIONS: Mapping[str, Strategy] = {
    "tenant": text_tests,
    "model": text_tests,
    "surface": text_tests,
    "message": text_tests,
    "header": st.dictionaries(st.sampled_from(("x-app", "x-key")), text_tests, min_size=1),
    "characters": bounds,
    "language": names(("ko", "en", "und")),
    "time": one_or_list(windows),
    "stream": st.booleans(),
    "tools": st.booleans(),
    "verdict": names(LABELS),
    "category": names(CATEGORIES),
    "score": bounds,
    "error": names(ERROR_KINDS),
}
plain_matches = some_of(CONDITIONS).map(lambda match: dict(list(match.items())[:4]))
matches = one_or_list(
    st.tuples(plain_matches, st.none() | one_or_list(plain_matches)).map(
        lambda both: both[0] if both[1] is None else {**both[0], "not": both[1]}
    )
)


def actions(responses: Sequence[str], *, output: bool) -> Strategy:
    """An answer cannot be sent elsewhere."""
    status = st.fixed_dictionaries({"status": st.integers(400, 599)})
    found = st.sampled_from(("forward", "block")) | only("respond", st.sampled_from(responses)) | only("block", status)
    names = st.sampled_from(("default", "onprem"))
    detail = some_of({"upstream": names, "model": words, "system_prompt": words})
    return found if output else found | only("forward", names | detail)


def on_errors(responses: Sequence[str], *, output: bool) -> Strategy:
    one = actions(responses, output=output)
    return one | some_of(dict.fromkeys((*ERROR_KINDS, "other"), one))


modes = st.sampled_from(("enforce", "shadow")) | st.fixed_dictionaries(
    {"canary": st.sampled_from(("0%", "2.5%", "100%"))}, optional={"by": st.sampled_from(("conversation", "tenant"))}
)
told = {"signal": st.sampled_from(("completion", "error")), "annotate": st.booleans()}


answers = some_of({"stream": st.just("windows"), "leak": st.integers(0, 1000), "reason": words}) | only(
    "stream", st.just("whole")
)


def rules(responses: Sequence[str], *, output: bool) -> Strategy:
    return st.lists(
        st.fixed_dictionaries(
            {"action": actions(responses, output=output)},
            optional={
                "match": matches,
                "mode": modes,
                "since": days,
                "reason": words,
                "on_error": on_errors(responses, output=output),
                **told,
            },
        ),
        max_size=4,
    ).map(lambda found: [{"name": f"r{i}", **rule} for i, rule in enumerate(found)])


locales = some_of({"ko": words, "de": words})
written = st.fixed_dictionaries(
    {"text": words},
    optional={"finish_reason": st.sampled_from(("stop", "content_filter")), "locales": locales},
)
extending = st.fixed_dictionaries({"extends": st.just("refusal")}, optional={"text": words, "locales": locales})


unscanned = st.sampled_from(list(NAMES)) | st.lists(st.sampled_from(list(NAMES)), min_size=1, max_size=3)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    responses = {"refusal": draw(written), **draw(st.dictionaries(words, written | extending, max_size=2))}
    responses.pop("guardian", None)
    named = [*responses, "guardian"]
    output = draw(st.booleans())
    head = {
        "applies_to": matches,
        "on_error": on_errors(named, output=output),
        "default": actions(named, output=False),
        "answers": answers,
        "rules": rules(named, output=output),
        **told,
    }
    phase = {"phase": "output"} if output else {}
    found = {"version": 1, "guardian": "slm_guardian", **phase, "responses": responses, **draw(some_of(head))}
    early = not output and not asks(found.get("applies_to", {}))
    return {**found, **(draw(some_of({"speculative": st.booleans(), "unscanned": unscanned})) if early else {})}


def asks(value: Any) -> bool:
    """Whether a match needs a guardian."""
    if isinstance(value, Mapping):
        return any(key in ("verdict", "category", "score", "error") or asks(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(asks, value))
