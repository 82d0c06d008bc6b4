"""The queries that two sets are told apart by: made up, written by someone, or recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.policy.diff import add_sample
from gateway.errors import ConfigurationError
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.replay.compare import Comparison
from gateway.replay.edits import edits
from gateway.replay.given import given
from gateway.replay.sample import sample
from gateway.types import GuardianError, Verdict
from tests.policy.sets import policy
from tests.processes import finished
from tests.replay.traffic import POLICY, folder, policies, recorded_in

HEAD = "version: 1\nguardian: slm_guardian\ndefault: forward\n"


def rule(match: str, action: str = "block", more: str = "") -> PolicySet:
    return policy(f"{HEAD}rules:\n  - {{name: a, match: {match}, action: {action}{more}}}\n")


def changed(old: PolicySet, new: PolicySet) -> int:
    found = Comparison(("old", "new"), 1)
    add_sample(found, sample([old, new])[0], old, new)
    return found.changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{verdict: unsafe}", "{verdict: [unsafe, controversial]}"),
        ("{category: crime}", "{category: [crime, pii]}"),
        ("{category: crime, not: {category: pii}}", "{category: crime, not: {category: [pii, hate]}}"),
        ("{score: {gte: 0.5}}", "{score: {gt: 0.5}}"),
        ("{score: {gte: 0.5}}", "{score: {gte: 0.55}}"),
        ("{error: timeout}", "{error: [timeout, overloaded]}"),
        ("{tenant: a}", "{tenant: [a, b]}"),
        ("{tenant: other}", "{tenant: [other, other-]}"),
        ('{tenant: {glob: "school-*"}}', '{tenant: {glob: "school-?"}}'),
        ("{model: a}", "{not: {model: a}}"),
        ("{surface: chat}", "{surface: embeddings}"),
        ("{tools: true}", "{tools: false}"),
        ("{stream: true}", "{}"),
        ("{characters: {gt: 3}}", "{characters: {gte: 3}}"),
        ("{message: hello, characters: {gt: 300}}", "{message: hello, characters: {gt: 299}}"),
        ("{message: {words: blue}}", "{message: {words: [blue, red]}}"),
    ],
)
def test_every_kind_of_edit_is_found(old: str, new: str) -> None:
    if "glob" in old:
        assert changed(rule(old), rule('{tenant: {glob: "house-*"}}')) > 0
    else:
        assert changed(rule(old), rule(new)) > 0
    assert changed(rule(old), rule(old)) == 0


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("block", "{block: {status: 403}}", ""),
        ("forward", "{forward: onprem}", ""),
        ("forward", "{forward: {model: small}}", ""),
        ("block", "{respond: guardian}", ", signal: error"),
        ("block", "forward", ", phase: output"),
        ("block", "forward", ", mode: {canary: 50%}"),
        ("block", "forward", ", mode: {canary: 1%, by: tenant}"),
    ],
)
def test_another_action_is_found(old: str, new: str, more: str) -> None:
    assert changed(rule("{verdict: unsafe}", old, more), rule("{verdict: unsafe}", new, more)) > 0


def test_a_larger_canary_is_found() -> None:
    old, new = (rule("{tenant: x, verdict: safe}", more=f", mode: {{canary: {share}%}}") for share in (50, 60))
    assert changed(old, new) > 0


def test_where_not_all_can_be_tried_every_value_still_is() -> None:
    old = rule(
        "[{tenant: [a, b, c, d]}, {model: [a, b, c, d]}, {score: {gte: 0.1, lt: 0.9}}, {stream: true, tools: true}]"
    )
    queries, total = sample([old], most=200)
    assert (len(queries), total > 2_000) == (200, True)
    assert {query.tenant for query, _ in queries} == {query.tenant for query, _ in sample([old])[0]}
    assert {query.stream for query, _ in queries} == {True, False}
    assert sample([old], most=200) == (queries, total)


def test_words_of_a_list_file_and_of_a_response_are_part_of_a_set(tmp_path: Path) -> None:
    rule = "{name: a, match: {message: {words: {file: w.txt}}}, action: {respond: no}}"
    text = f"responses: {{no: {{text: No.}}}}\nrules:\n  - {rule}\n"
    for name, words in (("old", "blue"), ("new", "red")):
        folder(tmp_path / name, text)
        (tmp_path / name / "w.txt").write_text(words)
    old, new = policies(tmp_path / "old", text), policies(tmp_path / "new", text.replace("No.", "Never."))
    assert list(edits(old, new)) == [("changed", "a"), ("changed", "response no")]


def test_a_written_query_has_the_names_of_policy_tests(tmp_path: Path) -> None:
    lines = [
        {"text": "hi", "tenant": "x", "tools": True, "headers": {"X-App": "kiosk"}, "verdict": {"label": "unsafe"}},
        {"error": "timeout", "guardian": "big"},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (first, said), (second, failed) = given(tmp_path / "q.jsonl", TAXONOMY)
    assert (first.tenant, first.tools, first.stream, first.headers) == ("x", True, False, {"x-app": "kiosk"})
    assert said == {"default": Verdict("default", "unsafe")}
    assert (second.tenant, failed) == ("default", {"big": GuardianError("big", "timeout")})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"txt": "hi"}', "unknown field `txt` in a query: did you mean `text`?"),
        ('{"tools": "yes"}', "`tools` must be true or false"),
        ('{"verdict": {"label": "bad"}}', "guardian `default` is neither a verdict nor an error"),
        ('{"verdict": {"label": "unsafe", "categories": ["crme"]}}', "did you mean `crime`?"),
        ('{"verdict": {"label": "safe"}, "error": "timeout"}', "not both"),
        ("[1]", "not a record"),
    ],
)
def test_what_is_wrong_with_a_written_query_is_told_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(f'{{"text": "fine"}}\n{line}\n')
    with pytest.raises(ConfigurationError) as error:
        list(given(path, TAXONOMY))
    assert str(error.value).startswith(f"{path}:2: ")
    assert told in str(error.value)


async def test_the_command_takes_written_queries_and_a_database(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path)
    old = str(folder(tmp_path / "old", POLICY))
    new = str(folder(tmp_path / "new", POLICY.replace("words: bluebird", "words: [bluebird, robin]")))
    (tmp_path / "q.jsonl").write_text('{"text": "a robin"}\n{"text": "a wren"}\n')
    status, out, err = await finished("policy", "diff", old, new, "--sample", str(tmp_path / "q.jsonl"))
    assert (status, "2 queries, 1 decided otherwise" in out) == (1, True), out + err
    status, out, _ = await finished("policy", "diff", old, old, "--url", url)
    assert (status, " 0 decided otherwise" in out) == (0, True)


@pytest.mark.parametrize("more", [("--records", "x", "--sample", "y"), ("--sample", "missing.jsonl")])
async def test_trouble_has_its_own_status(tmp_path: Path, more: tuple[str, ...]) -> None:
    good, bad = str(folder(tmp_path / "good", POLICY)), str(folder(tmp_path / "bad", "rulez: []\n"))
    assert (await finished("policy", "diff", good, good, *more, cwd=tmp_path))[0] == 2
    assert (await finished("policy", "diff", good, bad))[0] == 2
