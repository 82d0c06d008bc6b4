"""What edited policies would do with recorded traffic."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.replay.again import Again, before
from gateway.replay.known import Unknown
from tests.flow.policies import saying
from tests.processes import finished
from tests.replay.traffic import POLICY, SENT, folder, policies, recorded_in, records
from tests.servers import HARMFUL, GuardianScript, running

Changes = Counter[tuple[str, str]]


async def changes(url: str, place: Path, text: str) -> Changes:
    """From which rule to which, or to what is unknown; what stays is left out."""
    again, found = Again(policies(place, text)), Counter[tuple[str, str]]()
    for record in await records(url):
        was, now = before(record), again.decide(record, record.outcomes)
        after = now.needs if isinstance(now, Unknown) else now.rule
        found[was.rule, after] += isinstance(now, Unknown) or (was.action, was.rule) != (now.action, now.rule)
    return +found


@pytest.mark.parametrize("content", [False, True])
async def test_the_same_policies_decide_the_same_and_need_no_text_for_it(tmp_path: Path, *, content: bool) -> None:
    url = await recorded_in(tmp_path, content=content)
    assert len(await records(url)) == len(SENT)
    assert {record.rule for record in await records(url)} >= {"app", "bluebird", "unsafe", "default", "trial"}
    assert await changes(url, tmp_path / "same", POLICY) == Counter()


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("verdict: unsafe", "verdict: unsafe, tenant: default"), {("unsafe", "default"): 1}),
        (("{respond: guardian}", "block"), {("unsafe", "unsafe"): 2}),
        (("name: unsafe,", "name: harmful,"), {("unsafe", "harmful"): 2}),
        (("verdict: unsafe", "score: {gte: 0.999}"), {("unsafe", "default"): 2}),
        (("verdict: unsafe", "category: crime"), {}),
    ],
)
async def test_an_edit_changes_what_it_should(tmp_path: Path, edit: tuple[str, str], expected: Any) -> None:
    url = await recorded_in(tmp_path)
    assert await changes(url, tmp_path / "edited", POLICY.replace(*edit)) == Counter(expected)


async def test_a_new_rule_on_texts_hangs_on_them_only_where_it_could_decide(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path)
    new = "rules:\n  - {name: tree, match: {tenant: school-1, message: {words: again}}, action: block}"
    found = await changes(url, tmp_path / "edited", POLICY.replace("rules:", new))
    assert found == {("default", "message"): 1, ("bluebird", "message"): 1, ("unsafe", "message"): 1}


async def test_with_stored_texts_it_is_decided(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path, content=True)
    new = "rules:\n  - {name: tree, match: {tenant: school-1, message: {words: again}}, action: block}"
    assert await changes(url, tmp_path / "edited", POLICY.replace("rules:", new)) == {("default", "tree"): 1}


async def test_a_verdict_that_nobody_asked_for_is_unknown(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path)
    without = POLICY.replace("  - {name: bluebird, match: {message: {words: bluebird}}, action: block}\n", "")
    assert (await changes(url, tmp_path / "edited", without))["bluebird", "guardian default"] == 1


OUTPUT = "rules:\n  - {name: leak, phase: output, match: {verdict: unsafe}, action: block}\n"


async def test_verdicts_on_answers_are_replayed_too(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path, OUTPUT, upstream=saying(f"a {HARMFUL} answer"))
    assert await changes(url, tmp_path / "same", OUTPUT) == Counter()
    softer = await changes(url, tmp_path / "edited", OUTPUT.replace("unsafe}", "safe}"))
    assert softer == {("leak", "default"): len(SENT)}


async def test_an_answers_words_are_never_known(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path, OUTPUT, content=True)
    words = OUTPUT.replace("verdict: unsafe", "message: {words: x}")
    assert await changes(url, tmp_path / "edited", words) == {("default", "message of the answer"): len(SENT)}


async def replayed(place: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    status, out, err = await finished("policy", "replay", *arguments, "--json", "out.json", cwd=place, **variables)
    assert status == 0, out + err
    found: dict[str, Any] = json.loads((place / "out.json").read_text())
    return found


async def test_the_command_reads_the_database_or_its_export(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path)
    edited = str(folder(tmp_path / "edited", POLICY.replace("verdict: unsafe", "verdict: unsafe, tenant: default")))
    status, exported, _ = await finished("audit", "export", "--url", url)
    (tmp_path / "records.jsonl").write_text(exported)
    of_database = await replayed(tmp_path, edited, "--url", url, "--plot", "picture.png")
    assert status == 0
    assert of_database == await replayed(tmp_path, edited, "--records", "records.jsonl")
    assert (of_database["queries"], of_database["changed"], of_database["left_out"]) == (len(SENT), 1, 1)
    assert of_database["transitions"][0]["from"] == "respond (unsafe)"
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


async def test_texts_are_shown_only_when_asked_for(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path, content=True)
    edited = str(folder(tmp_path / "edited", POLICY.replace("name: unsafe,", "name: harmful,")))
    _, shown, _ = await finished("policy", "replay", edited, "--url", url, "--show-text")
    _, hidden, _ = await finished("policy", "replay", edited, "--url", url)
    assert ("HARMFUL" in shown, "HARMFUL" in hidden) == (True, False)


async def test_guardians_can_be_asked_again(tmp_path: Path) -> None:
    url = await recorded_in(tmp_path, content=True)
    place = str(folder(tmp_path / "same", POLICY))
    async with running(GuardianScript(harm=0.2)) as guardian:
        again = {"GATEWAY_GUARDIANS__DEFAULT__BASE_URL": guardian.base_url}
        found = await replayed(tmp_path, place, "--url", url, "--rejudge", **again)
    moved = {(one["from"], one["to"]): one["queries"] for one in found["transitions"]}
    assert moved["respond (unsafe)", "forward (default)"] == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [("{", "records.jsonl:2: not JSON"), ("[]", "records.jsonl:2: not a record"), ("{}", "has no `request_id`")],
)
async def test_a_broken_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    place = str(folder(tmp_path / "p", POLICY))
    (tmp_path / "records.jsonl").write_text(f"\n{line}\n")
    status, _, err = await finished("policy", "replay", place, "--records", "records.jsonl", cwd=tmp_path)
    assert status == 2
    assert told in err


async def test_a_picture_of_an_unknown_kind_is_told_before_the_work(tmp_path: Path) -> None:
    place = str(folder(tmp_path / "p", POLICY))
    status, _, err = await finished("policy", "replay", place, "--plot", "x.bmp", cwd=tmp_path)
    assert (status, "`x.bmp`: a picture is one of .png" in err) == (2, True)
