"""Two sets of policies, and what they treat differently."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import PolicySet
from gateway.replay.edits import edits
from gateway.replay.sample import sample, untried
from tests.policy.sets import policy
from tests.policy.worlds import HEAD, MATCHES, worlds, written
from tests.processes import finished
from tests.replay.traffic import POLICY, folder, policies, recorded_in

RULES = st.lists(st.tuples(MATCHES, st.just("enforce")), max_size=3)


def differs(old: PolicySet, new: PolicySet, queries: Iterable[object]) -> bool:
    return any(old.decide(*one).action != new.decide(*one).action for one in queries)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("  - {name: app", "  # nothing\n  - {name: app"), []),
        (("name: app", "name: kiosk"), [("gone", "app"), ("new", "kiosk")]),
        (("{block: {status: 403}}", "block"), [("changed", "app")]),
        (("canary: 50%", "canary: 60%"), [("changed", "trial")]),
        (("verdict: unsafe", "verdict: [unsafe, controversial]"), [("changed", "unsafe")]),
    ],
)
def test_edited_rules_are_named(tmp_path: Path, edit: tuple[str, str], told: list[tuple[str, str]]) -> None:
    old, new = policies(tmp_path / "old", POLICY), policies(tmp_path / "new", POLICY.replace(*edit))
    assert list(edits(old, new)) == told


def test_rules_that_changed_places_are_named() -> None:
    first, second = "  - {name: a, action: block}\n", "  - {name: b, match: {tenant: x}, action: forward}\n"
    old, new = (policy(f"{HEAD}rules:\n{text}") for text in (first + second, second + first))
    assert [what for what, _ in edits(old, new)] == ["moved"]


@given(RULES, RULES)
def test_the_made_up_sample_finds_a_difference_where_there_is_one(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    old, new = policy(written(None, one)), policy(written(None, other))
    every = [(world.query, {"slm_guardian": world.outcome}) for world in worlds([*old.rules, *new.rules])]
    if differs(old, new, every):
        assert differs(old, new, sample([old, new])[0])


def test_a_glob_and_a_word_are_tried_and_an_expression_is_named() -> None:
    blocked = "action: block}\n"
    old = policy(f"{HEAD}rules:\n  - {{name: a, match: {{tenant: {{regex: x}}}}, {blocked}")
    new = policy(
        f"{HEAD}rules:\n  - {{name: a, match: {{tenant: {{glob: 's-*'}}, message: {{words: blue}}}}, {blocked}"
    )
    assert differs(old, new, sample([old, new])[0])
    assert untried([old, new]) == ["regex"]


async def test_the_command_says_same_or_different_by_its_status(tmp_path: Path) -> None:
    old = str(folder(tmp_path / "old", POLICY))
    new = str(folder(tmp_path / "new", POLICY.replace("verdict: unsafe", "verdict: controversial")))
    status, out, _ = await finished("policy", "diff", old, new, "--json", str(tmp_path / "out.json"))
    assert (status, "changed  unsafe" in out) == (1, True)
    assert json.loads((tmp_path / "out.json").read_text())["changed"] > 0
    assert (await finished("policy", "diff", old, old))[0] == 0


async def test_the_command_takes_recorded_traffic(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path)
    _, exported, _ = await finished("audit", "export", "--url", url)
    (tmp_path / "records.jsonl").write_text(exported)
    old = str(folder(tmp_path / "old", POLICY))
    new = str(folder(tmp_path / "new", POLICY.replace("verdict: unsafe", "verdict: controversial")))
    status, out, _ = await finished("policy", "diff", old, new, "--records", str(tmp_path / "records.jsonl"))
    assert status == 1
    assert "2 decided otherwise" in out
