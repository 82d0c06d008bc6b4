"""A printed Item reads as itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.policy.diagnostics import Findings, Span
from gateway.policy.load import compile_set
from gateway.policy.printing import printed
from gateway.policy.source import Item, read
from gateway.types import LABELS, Decision, GuardianError, Verdict
from tests.policy.sets import CATALOG, TAXONOMY, query
from tests.policy.test_hostile import LISTS, RICH
from tests.policy.valid import files
from tests.processes import finished

pytestmark = pytest.mark.usefixtures("no_language_model")
AT = Span("10.yaml")
letters = st.characters(exclude_categories=["Cs"])
WORDS = """null true no On ~ 12 -1e5 .5 0x1f 12:30 2026-12-01 --- %a @ ' " \\ <<"""
SIGNS = ("", "- a", "a: b", "a #b", "\x00", "\x1b[31m", "\u0085", "\u2028", "\ufeff", "\uffff", " a", "a ", "a\n")
texts = st.text(letters) | st.sampled_from((*WORDS.split(), *SIGNS))
numbers = st.integers(-(10**17), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts).map(lambda value: Item(value, AT))
keys = texts | st.text(letters, min_size=900, max_size=1100)


def mapping(values: dict[str, Item]) -> Item:
    return Item(values, AT, dict.fromkeys(values, AT))


trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda found: Item(tuple(found), AT))
        | st.dictionaries(keys, inner, max_size=4).map(mapping)
    ),
    max_leaves=20,
)


def again(item: Item) -> Item:
    findings = Findings()
    found = read("10.yaml", printed(item).encode(), findings)
    assert found is not None, f"{findings.diagnostics()}\n{printed(item)}"
    return found


@given(trees)
@example(mapping({"a" * 1100: mapping({"b": Item((mapping({"c" * 2000: Item((), AT)}),), AT)})}))
def test_a_printed_tree_reads_as_itself(item: Item) -> None:
    assert again(item).plain() == item.plain()
    assert printed(again(item)) == printed(item)


pieces = st.sampled_from(
    [
        *RICH.decode().splitlines(),
        "a: |",
        "  b",
        "- - c",
        "? d",
        ": e",
        "'f'",
        '"\\n"',
        "{g: [h, {}]}",
        "~",
        "i: >-",
        "!j",
    ]
)


@given(st.lists(pieces | st.text(letters, max_size=5), max_size=8).map("\n".join))
def test_whatever_is_read_is_printed_as_itself(text: str) -> None:
    item = read("10.yaml", text.encode(), Findings())
    if item is not None:
        assert again(item).plain() == item.plain()


def test_as_deep_as_can_be_read() -> None:
    item = read("10.yaml", ("[" * 20 + "{a: " * 20 + "b" + "}" * 20 + "]" * 20).encode(), Findings())
    assert item is not None
    assert again(item).plain() == item.plain()


def decisions(rules: PolicySet) -> list[Decision]:
    """But for the version, which is a hash of the bytes."""
    outcomes = [GuardianError("slm_guardian", "timeout"), *(Verdict("slm_guardian", o, ("pii",), 0.4) for o in LABELS)]
    asked = [query(text, phase=phase, tools=True) for text in ("a", "secret 안녕") for phase in ("input", "output")]
    decided = (rules.decide(one, {"slm_guardian": outcome}) for one in asked for outcome in outcomes)
    return [replace(decision, policy_version="") for decision in decided]


@given(files())
def test_a_set_that_is_printed_decides_the_same(file: dict[str, Any]) -> None:
    item = read("10.yaml", json.dumps(file, ensure_ascii=False).encode(), Findings())
    assert item is not None
    sets = [
        compile_set([("10.yaml", raw)], CATALOG, TAXONOMY, Findings(), LISTS)
        for raw in (json.dumps(file, ensure_ascii=False).encode(), printed(item).encode())
    ]
    before, after = (found for found in sets if found is not None)
    assert decisions(before) == decisions(after)
    assert before.responses == after.responses


def test_it_is_printed_as_a_person_would_write_it() -> None:
    text = """version: 1
rules:
  - name: night-shift
    match:
      - tenant: acme
        not:
          message:
            contains: [" a", "no", "7"]
      - {score: true, stream: null}
    action: {respond: refusal}
"""
    item = read("10.yaml", text.encode(), Findings())
    assert item is not None
    assert printed(item) == text


async def test_the_command_names_each_file(tmp_path: Path) -> None:
    (tmp_path / "10.yaml").write_text("version: 1 # one\n")
    (tmp_path / "20.yaml").write_text('"default": &a block\n')
    assert (await finished("policy", "show", str(tmp_path)))[0] == 1
    (tmp_path / "20.yaml").write_text('"default": "block"\n')
    status, out, _ = await finished("policy", "show", str(tmp_path))
    assert (status, out) == (0, f"# {tmp_path}/10.yaml\nversion: 1\n---\n# {tmp_path}/20.yaml\ndefault: block\n")
