"""The file of keys: read strictly, told by place, and changed without touching what else is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.allowance import Allowance, Allowances, Rate
from gateway.access.editing import EMPTY, with_key, with_time
from gateway.access.file import parse
from gateway.access.key import digest
from gateway.access.keyset import Key, KeySet
from gateway.policy.diagnostics import Diagnostics, Findings
from gateway.policy.source import Item, read
from tests.access.ring import PAST, key, secret, text

PLACES = ("chat", "models", "messages")
GOOD = text(key("first"), key("second", tenant="a: b", scopes="chat,models"))
words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
moments = st.integers(0, 4_000_000_000).map(float)
keys = st.builds(
    Key,
    id=st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True),
    hash=st.binary(min_size=32, max_size=32),
    tenant=words,
    scopes=st.frozensets(st.sampled_from((*PLACES, "*"))),
    created=moments,
    expires=st.none() | moments,
    revoked=st.none() | moments,
)


def parsed(content: str | bytes, *, tenant_header: bool = True) -> KeySet | Diagnostics:
    raw = content.encode() if isinstance(content, str) else content
    return parse("keys.yaml", raw, places=PLACES, tenant_header=tenant_header)


def root_of(content: str) -> Item:
    found = read("keys.yaml", content.encode(), Findings())
    assert found is not None
    return found


def told(content: str, **more: bool) -> str:
    found = parsed(content, **more)
    assert isinstance(found, Diagnostics)
    return str(found)


@given(st.lists(keys, max_size=5, unique_by=lambda one: one.id))
def test_what_is_written_is_what_is_read(made: list[Key]) -> None:
    content = EMPTY
    for one in made:
        content = with_key(content, root_of(content), one)
    assert parsed(content) == KeySet({one.id: one for one in made})
    assert [one["id"] for one in yaml.load(content, yaml.BaseLoader)["keys"] or []] == [one.id for one in made][::-1]


@given(st.lists(keys, min_size=1, max_size=4, unique_by=lambda one: one.id), st.data(), moments)
def test_a_time_is_written_into_its_own_key_and_nothing_else_changes(
    made: list[Key], data: st.DataObject, when: float
) -> None:
    content = f"# ours\n{text(*made)}  # the end\n"
    one, field = data.draw(st.sampled_from(made)), data.draw(st.sampled_from(("expires", "revoked")))
    changed = with_time(content, root_of(content), one.id, field, when)
    found, before = parsed(changed), parsed(content)
    assert isinstance(found, KeySet)
    assert isinstance(before, KeySet)
    assert getattr(found.keys[one.id], field) == when
    assert {id: key for id, key in found.keys.items() if id != one.id} == {
        id: key for id, key in before.keys.items() if id != one.id
    }
    gone = set(content.splitlines()) - set(changed.splitlines())
    assert all(line.strip().startswith(f"{field}:") for line in gone)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_set_or_findings(raw: bytes) -> None:
    assert isinstance(parsed(raw), KeySet | Diagnostics)


@given(st.integers(0, len(GOOD) - 1), st.sampled_from(["", "x", ":", "\n", " ", "[", "{", "'", "#", "-", "\t", "0"]))
def test_any_slip_of_the_pen_is_a_set_or_findings_and_no_line_is_shown(at: int, slip: str) -> None:
    found = parsed(GOOD[:at] + slip + GOOD[at + 1 :])
    if isinstance(found, Diagnostics):
        assert key("first").hash.hex()[8:24] not in str(found)
    else:
        assert all((len(one.hash), one.id != "", one.tenant != "") == (32, True, True) for one in found.keys.values())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("version: 1", "version: 2"), "1:1: error[K001]: the file does not say `version: 1`"),
        (("version: 1", "version: 1\nfoo: 2"), "2:1: error[K001]: the file has an unknown field"),
        (("keys:", "kees:"), "did you mean `keys`?"),
        (("- id: first", "- id: FIRST"), "3:9: error[K001]: `id` is not what it should be"),
        (("- id: second", "- id: first"), "an id that is there twice"),
        (("- id: second", "- id: second\n    id: third"), "P003"),
        (("hash: sha256:", "hash: "), "never the key itself"),
        (("hash: sha256:", f"hash: {secret('first')} #"), "never the key itself"),
        (("tenant: school", "tenant: ''"), "`tenant` is not what it should be"),
        (("tenant: school", "tenant: from_header"), "set `GATEWAY_TENANT_HEADER` too"),
        (("    tenant: school\n", ""), "a key has no `tenant`"),
        (('["*"]', "[chta]"), "did you mean `chat`?"),
        (('["*"]', "chat"), "`scopes` is not a list"),
        (("created: 2023-11-14T22:13:20Z", "created: 2023-11-14"), "a time with its zone"),
        (("expires:", "expire:"), "did you mean `expires`?"),
        (("keys:", "keys: !!python/object:os.system"), "P002"),
        (("keys:", "keys: &all"), "P002"),
        (("keys:", f"{secret('first')}: 1\n{secret('first')}: 1\nkeys:"), "P003"),
    ],
)
def test_what_is_wrong_is_told_by_place_and_never_shown(change: tuple[str, str], expected: str) -> None:
    assert change[0] in GOOD
    found = told(GOOD.replace(*change, 1), tenant_header=False)
    assert expected in found
    assert "ssss" not in found


@pytest.mark.parametrize(
    ("tenants", "expected"),
    [
        ("x", "`tenants` is not a mapping"),
        ("\n  school: {request: 1/day}", "did you mean `requests`?"),
        ("\n  school: {requests: 60}", "it is `60/minute`"),
        ("\n  school: {requests: [1/day, 2/day]}", "two rates for the same time"),
        ("\n  school: {concurrency: 0}", "a whole number from 1 on"),
        ("\n  school: {concurrency: true}", "a whole number from 1 on"),
        ("\n  school: 5", "a tenant is not a mapping"),
    ],
)
def test_what_is_wrong_with_a_limit_is_told(tenants: str, expected: str) -> None:
    assert expected in told(text(tenants=" " + tenants))


def test_a_tenants_entry_takes_what_it_does_not_say_from_the_default_one() -> None:
    found = parsed(
        text(
            tenants="\n  default: {requests: [500/day, 60/minute], concurrency: 4}"
            "\n  school: {concurrency: 9}\n  lab: {requests: unlimited, concurrency: unlimited}"
        )
    )
    assert isinstance(found, KeySet)
    rates = Rate(60, 60), Rate(500, 86_400)
    assert found.allowances == Allowances(
        Allowance(rates, 4), {"school": Allowance(rates, 9), "lab": Allowance((), None)}
    )


def test_a_key_that_ends_now_has_ended() -> None:
    assert key("first", expires=PAST).standing(PAST) == "expired"
    assert key("first", expires=PAST).standing(PAST - 1) == "valid"
    assert key("first", revoked=PAST, expires=PAST).standing(PAST) == "revoked"
    assert key("first", revoked=PAST).standing(PAST - 1) == "valid"


def test_a_file_with_comments_and_limits_keeps_them(tmp_path: Path) -> None:
    content = "version: 1  # ours\n# all of them\nkeys: []\ntenants: {default: {concurrency: 3}}  # for everybody\n"
    made = Key("first", digest(b""), "school", frozenset({"chat"}), PAST)
    changed = with_key(content, root_of(content), made)
    assert {"version: 1  # ours", "# all of them"} <= set(changed.splitlines())
    assert parsed(changed) == KeySet({"first": made}, Allowances(Allowance(concurrency=3)))
