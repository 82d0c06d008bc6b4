"""Texts, patterns, lists of words and list files: what each finds and what it does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.asking import fires, matched, one_rule


@pytest.mark.parametrize(
    ("glob", "text", "holds"),
    [
        ("school-*", "school-7", True),
        ("school-*", "school-", True),
        ("school-*", "my-school-7", False),
        ("*-school", "my-school", True),
        ("*-school", "my-school-2", False),
        ("a*c*e", "abcde", True),
        ("a*c*e", "aec", False),
        ("a*a", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("??", "한국", True),
        ("a.c", "abc", False),
        ("a.c", "a.c", True),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a\\*", "a\\b", True),
        ("(a|b)+", "(a|b)+", True),
        ("A*", "abc", False),
        ("a*z", "a\nb\nz", True),
        ("a*", "b\na", False),
        ("*", "", True),
    ],
)
def test_a_glob_is_the_whole_text_with_stars_and_question_marks(glob: str, text: str, *, holds: bool) -> None:
    assert matched(f"{{tenant: {{glob: {json.dumps(glob)}}}}}", tenant=text) == holds


@pytest.mark.parametrize(
    ("regex", "text", "holds"),
    [
        ("^gpt-4", "gpt-4o", True),
        ("^gpt-4", "my gpt-4", False),
        ("gpt", "my gpt-4", True),
        ("(?i)GPT", "my gpt-4", True),
        ("GPT", "my gpt-4", False),
        (r"\p{Hangul}{2}", "ok 한국", True),
        (r"\w", "한국", False),
        (["^a$", "b+c"], "xbbcx", True),
        (["^a$", "b+c"], "ab", False),
        (["(?i)^secret", "^end$"], "SECRET", True),
        (["(?i)^secret", "^end$"], "END", False),
        ([r"\Qa.c", "x(y|z)"], "a.c", True),
        ([r"\Qa.c", "x(y|z)"], "abc", False),
        ([r"\Qa.c", "x(y|z)"], "xz", True),
        (["a|b", "c|d"], "d", True),
    ],
)
def test_an_expression_is_found_anywhere_and_a_list_means_any(
    regex: str | list[str], text: str, *, holds: bool
) -> None:
    assert matched(f"{{message: {{regex: {json.dumps(regex)}}}}}", text=text) == holds


def test_a_list_of_expressions_may_be_larger_than_what_re2_takes_by_itself() -> None:
    many = [rf"(?i)\pL{{{i % 9 + 1}}}x.{{0,40}}word{i}\b" for i in range(300)]
    policy = one_rule(f"{{message: {{regex: {json.dumps(many)}}}}}")
    assert fires(policy, text="hello ABCX and word2")
    assert not fires(policy, text="hello abcx and word")


@pytest.mark.parametrize(
    ("way", "entries", "text", "holds"),
    [
        ("contains", "PassWord", "my PASSWORDS", True),
        ("contains", "password", "pass word", False),
        ("contains", ["bomb", "gun"], "a GUNNER", True),
        ("contains", ["bomb", "gun"], "nothing", False),
        ("contains", "폭탄", "폭탄을 만드는", True),
        ("contains", "STRASSE", "die straße", True),
        ("words", "gun", "a gun, please", True),
        ("words", "gun", "a GUN!", True),
        ("words", "gun", "gunner", False),
        ("words", "gun", "begun", False),
        ("words", "gun", "gun_2", False),
        ("words", "gun", "gun2", False),
        ("words", "gun", "gun-shy", True),
        ("words", "gun", "gunner and gun", True),
        ("words", "blue bird", "a blue bird sings", True),
        ("words", "blue bird", "a blue birdcage", False),
        ("words", "폭탄", "폭탄 제조", True),
        ("words", "폭탄", "폭탄을 제조", False),
        ("words", ["new york", "york"], "in york", True),
        ("words", ["new york city", "york"], "new yorks york", True),
        ("words", ["a", "ab", "abc"], "abc", True),
        ("words", ["a", "ab"], "abc", False),
        ("words", "c++", "in c++ today", True),
        ("words", "naïve", "a NAÏVE one", True),
    ],
)
def test_words_stand_alone_and_parts_do_not_both_in_any_case(
    way: str, entries: str | list[str], text: str, *, holds: bool
) -> None:
    assert matched(f"{{message: {{{way}: {json.dumps(entries)}}}}}", text=text) == holds


@given(st.lists(st.text("ab ", min_size=1, max_size=4), min_size=1, max_size=4), st.text("ab c", max_size=20))
def test_words_are_found_wherever_a_plain_search_finds_them(words: list[str], text: str) -> None:
    def stands(word: str, at: int) -> bool:
        after = at + len(word)
        before_free = at == 0 or not text[at - 1].isalnum()
        return text.startswith(word, at) and before_free and (after == len(text) or not text[after].isalnum())

    expected = any(stands(word, at) for word in words for at in range(len(text)))
    assert matched(f"{{message: {{words: {json.dumps(words)}}}}}", text=text) == expected


LIST = b"# words\n\n  Bluebird  \n# hawk\nnightjar\r\nC#\n"


@pytest.mark.parametrize(
    ("way", "text", "holds"),
    [
        ("words", "the BLUEBIRD project", True),
        ("words", "bluebirds", False),
        ("contains", "bluebirds", True),
        ("words", "nightjar", True),
        ("words", "hawk", False),
        ("words", "words", False),
        ("words", "in c#", True),
        ("words", "", False),
    ],
)
def test_a_list_file_has_an_entry_a_line_less_comments_and_blank_lines(way: str, text: str, *, holds: bool) -> None:
    policy = one_rule(f"{{message: {{{way}: {{file: lists/x.txt}}}}}}", lists={"lists/x.txt": LIST})
    assert fires(policy, text=text) == holds


@pytest.mark.parametrize(("way", "entry"), [("glob", b"school-*\nclinic\n"), ("regex", b"^school-[0-9]$\n^clin.c$\n")])
def test_a_list_file_may_hold_patterns(way: str, entry: bytes) -> None:
    policy = one_rule(f"{{tenant: {{{way}: {{file: lists/x.txt}}}}}}", lists={"lists/x.txt": entry})
    found = [tenant for tenant in ("school-7", "clinic", "acme", "my clinic") if fires(policy, tenant=tenant)]
    assert found == ["school-7", "clinic"]


def test_what_a_list_file_says_is_part_of_the_sets_version() -> None:
    match = "{message: {words: {file: lists/x.txt}}}"
    versions = {one_rule(match, lists={"lists/x.txt": raw}).version for raw in (b"a\n", b"b\n", b"a\n# new\n")}
    assert len(versions) == 3


@pytest.mark.parametrize(
    ("match", "headers", "holds"),
    [
        ("{X-App: mobile}", {"x-app": "mobile"}, True),
        ("{x-app: mobile}", {"x-app": "Mobile"}, False),
        ("{x-app: mobile}", {}, False),
        ('{x-app: {glob: "*"}}', {}, False),
        ('{x-app: {glob: "*"}}', {"x-app": ""}, True),
        ("{x-app: [mobile, {regex: ^web}]}", {"x-app": "web-2"}, True),
        ("{x-app: mobile, x-beta: yes}", {"x-app": "mobile", "x-beta": "yes"}, True),
        ("{x-app: mobile, x-beta: yes}", {"x-app": "mobile"}, False),
    ],
)
def test_every_header_that_is_named_was_sent_and_fits(match: str, headers: dict[str, str], *, holds: bool) -> None:
    assert matched(f"{{header: {match}}}", headers=headers) == holds


@pytest.mark.parametrize(
    ("bounds", "characters", "holds"),
    [
        ("{gte: 5}", 5, True),
        ("{gt: 5}", 5, False),
        ("{lte: 5}", 5, True),
        ("{lt: 5}", 5, False),
        ("{gte: 3, lt: 6}", 4, True),
        ("{gte: 3, lt: 6}", 6, False),
        ("{lte: 0}", 0, True),
    ],
)
def test_characters_are_counted_within_bounds(bounds: str, characters: int, *, holds: bool) -> None:
    assert matched(f"{{characters: {bounds}}}", text="한" * characters) == holds


def test_any_text_of_any_message_counts() -> None:
    from dataclasses import replace

    from gateway.types import Message
    from tests.policy.sets import query

    policy = one_rule("{message: {contains: bomb}}")
    turns = (Message("user", ("hello", "a BOMB")), Message("user", ("bye",)))
    assert policy.decide(replace(query(), messages=turns), {}).rule == "a"
    assert policy.decide(replace(query(), messages=turns[1:]), {}).rule == "default"
