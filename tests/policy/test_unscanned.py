"""What no guardian can see, and passes where a file says so that applies to the query."""

from __future__ import annotations

import pytest

from gateway.policy.explain import explain
from gateway.replay.edits import edits
from tests.policy.asking import HEAD
from tests.policy.sets import compiled, policy, query

SET = f"{HEAD}default: forward\napplies_to: {{tenant: school}}\nunscanned: [image, files]\n"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({"tenant": "school"}, {"image", "files"}), ({"tenant": "other"}, set()), ({}, set())],
)
def test_a_file_lets_pass_what_it_names_for_the_queries_that_it_applies_to(
    asked: dict[str, object], expected: set[str]
) -> None:
    assert policy(SET).lets_pass(query(**asked)) == expected


def test_what_several_files_name_passes_together() -> None:
    assert policy(SET, f"{HEAD}unscanned: audio\n").lets_pass(query(tenant="school")) == {"image", "files", "audio"}


@pytest.mark.parametrize("condition", ["verdict: unsafe", "category: pii", "score: {gt: 0.5}", "error: timeout"])
def test_it_cannot_wait_for_a_verdict(condition: str) -> None:
    found, told = compiled(f"{HEAD}applies_to: {{not: {{{condition}}}}}\nunscanned: image\n")
    assert found is None
    assert [one.code for one in told.errors] == ["P022"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("phase: output\nunscanned: image\n", "P022"),
        ("unscanned: pictures\n", "P010"),
        ("unscanned: [image, 3]\n", "P010"),
        ("unscanned: {image: true}\n", "P010"),
        ("rules: [{name: a, action: block, unscanned: image}]\n", "P004"),
    ],
)
def test_what_is_written_wrong_is_told(text: str, code: str) -> None:
    found, told = compiled(HEAD + text)
    assert found is None
    assert [one.code for one in told.errors] == [code]


def test_an_explanation_and_a_difference_name_it() -> None:
    found = explain(policy(SET), query(tenant="school"), {})
    assert found.as_json()["unscanned"] == ("files", "image")
    assert "unscanned: files, image may pass" in str(found)
    for other in (SET.replace(", files", ""), SET.replace("school", "library")):
        assert ("changed", "unscanned") in list(edits(policy(SET), policy(other)))
    assert list(edits(policy(SET), policy(f"# the same\n{SET}"))) == []
