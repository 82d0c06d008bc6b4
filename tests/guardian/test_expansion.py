"""What one judgement asks about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evasion import View
from gateway.guardian import expansion
from gateway.guardian.expansion import Bounds, Part, expanded, halved, last, weight
from gateway.types import Message, Passage

BOUNDS = Bounds(window=400, passages=20)


def user(*texts: str) -> Passage:
    return Passage(tuple(Message("user", (text,)) for text in texts), scope="policies tenant")


def words(count: int, word: str = "word") -> str:
    return " ".join(f"{word}{i}" for i in range(count))


def texts(parts: tuple[Part, ...] | None) -> list[tuple[str, ...]]:
    assert parts is not None
    return [tuple(message.text for message in part.passage.messages) for part in parts]


def test_one_short_message_is_one_passage_as_it_came() -> None:
    assert expanded(user("hello"), BOUNDS) == (Part(user("hello")),)


def test_several_messages_are_judged_together_and_each_by_itself() -> None:
    assert texts(expanded(user("a", "b"), BOUNDS)) == [("a", "b"), ("a",), ("b",)]


def test_a_passage_is_asked_about_once() -> None:
    assert texts(expanded(user("a", "a", "b"), BOUNDS)) == [("a", "a", "b"), ("a",), ("b",)]


def test_roles_and_the_scope_stay() -> None:
    passage = replace(user("a"), messages=(Message("tool", ("a",)), Message("user", ("b",))))
    parts = expanded(passage, BOUNDS)
    assert parts is not None
    assert [part.passage.messages[0].role for part in parts] == ["tool", "tool", "user"]
    assert {part.passage.scope for part in parts} == {"policies tenant"}


def test_history_is_seen_only_where_that_is_asked_for() -> None:
    passage = replace(user("c"), history=user("a", "b").messages)
    assert texts(expanded(passage, BOUNDS)) == [("c",)]
    assert texts(expanded(passage, replace(BOUNDS, conversation=True))) == [("a", "b", "c"), ("c",)]


def test_a_long_message_is_judged_in_windows() -> None:
    parts = expanded(user(words(200)), BOUNDS)
    assert parts is not None
    assert len(parts) > 2
    assert all(part.window and weight(part.passage) <= 400 for part in parts)


def test_long_messages_are_judged_in_windows_over_all_of_them() -> None:
    parts = expanded(user(words(50, "first"), words(50, "second")), BOUNDS)
    assert parts is not None
    seen = [part.passage.messages[0].text for part in parts]
    assert any("first" in text and "second" in text for text in seen)


def test_more_passages_than_allowed_are_none_at_all() -> None:
    assert expanded(user(*map(str, range(19))), BOUNDS) is not None
    assert expanded(user(*map(str, range(20))), BOUNDS) is None
    assert expanded(user(words(5000)), BOUNDS) is None
    assert expanded(user("a" * 400 * 21), BOUNDS) is None, "windows that are alike count too: they may hide a disguise"


def test_an_answer_is_judged_with_the_turns_before_it() -> None:
    assert expanded(replace(user("a", "b"), answer="said"), BOUNDS) == (Part(replace(user("a", "b"), answer="said")),)


def test_a_long_answer_is_judged_in_windows_with_the_end_of_what_was_asked() -> None:
    asked = replace(user(words(100, "early") + "the question"), answer=words(200))
    parts = expanded(asked, BOUNDS)
    assert parts is not None
    assert all(weight(part.passage) <= 400 for part in parts)
    assert all(part.passage.messages[0].text.endswith("the question") for part in parts)
    judged = " ".join(part.passage.answer or "" for part in parts).split()
    assert set(words(200).split()) <= set(judged)


def reversing(text: str) -> tuple[View, ...]:
    """Undoes one disguise: a text that was written backwards."""
    return (View(text), View(text[1:][::-1], ("backwards",))) if text.startswith("<") else (View(text),)


def test_a_disguised_text_is_judged_as_it_came_and_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "complete_views", reversing)
    parts = expanded(user("<bmob", "hello"), BOUNDS)
    assert parts is not None
    assert [(part.passage.messages[0].text, part.techniques) for part in parts] == [
        ("<bmob", ()),
        ("<bmob", ()),
        ("hello", ()),
        ("olleh\n\nbomb", ("backwards",)),
        ("bomb", ("backwards",)),
    ]


def test_what_was_decoded_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "complete_views", lambda text: (View(text), View("\ud83d", ("codes",))))
    parts = expanded(user("a"), BOUNDS)
    assert parts is not None
    assert parts[1].passage.messages[0].text.encode()


@given(text=st.text(alphabet="ab \n", min_size=1, max_size=3000), answered=st.booleans())
def test_halves_hold_the_whole_text_and_end_at_a_floor(text: str, *, answered: bool) -> None:
    passage = Passage((), text) if answered else user(text)
    smaller = halved(passage)
    if weight(passage) < 400:
        assert smaller == ()
    else:
        assert all(weight(one) < weight(passage) for one in smaller)
        assert sum(weight(one) for one in smaller) >= weight(passage)


@given(st.text(alphabet="ab ", min_size=1, max_size=3000))
def test_the_last_is_the_end_of_the_whole(text: str) -> None:
    found = last(user(text), BOUNDS)
    assert text.endswith(found.messages[-1].text)
    assert weight(found) <= 400
