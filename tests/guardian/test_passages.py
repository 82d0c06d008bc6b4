"""How a passage becomes turns: they alternate, begin with the user's and end with what is judged."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.guardian.passages import chat, neutralised, turns
from gateway.types import Message, Passage


def rendered(*said: tuple[str, str], answer: str | None = None) -> list[tuple[str, str]]:
    passage = Passage(tuple(Message(role, (text,)) for role, text in said), answer)
    return [(turn.role, turn.text) for turn in turns(passage, ("<|",))]


@pytest.mark.parametrize(
    ("said", "answer", "expected"),
    [
        ((("user", "a"),), None, [("user", "a")]),
        ((("user", "a"), ("tool", "b")), None, [("user", "a\n\nb")]),
        ((("user", "a"), ("assistant", "b"), ("user", "c")), None, [("user", "a"), ("assistant", "b"), ("user", "c")]),
        ((("user", "a"), ("assistant", "prefill")), None, [("user", "a\n\nprefill")]),
        ((("assistant", "call"), ("tool", "b")), None, [("user", "call\n\nb")]),
        ((("user", "a"), ("assistant", "b")), "c", [("user", "a\n\nb"), ("assistant", "c")]),
        ((("assistant", "a"),), None, [("user", "a")]),
        ((), "c", [("user", ""), ("assistant", "c")]),
        ((("user", "<|a"),), "<|b", [("user", "< |a"), ("assistant", "< |b")]),
    ],
)
def test_turns(said: tuple[tuple[str, str], ...], answer: str | None, expected: list[tuple[str, str]]) -> None:
    assert rendered(*said, answer=answer) == expected


Role = Literal["user", "assistant", "tool", "function"]
messages = st.lists(
    st.tuples(st.sampled_from(["user", "assistant", "tool", "function"]), st.text(max_size=5)), max_size=6
)


@given(messages, st.none() | st.text(max_size=5))
def test_turns_alternate_and_lose_no_text(said: list[tuple[str, str]], answer: str | None) -> None:
    result = rendered(*said, answer=answer)
    assert [role for role, _ in result] == [("user", "assistant")[i % 2] for i in range(len(result))]
    assert result[-1][0] == ("user" if answer is None else "assistant")
    shown = "\n\n".join(text for _, text in result)
    whole = "\n\n".join([text for _, text in said] or [""]) + ("" if answer is None else f"\n\n{answer}")
    assert shown.replace(" ", "") == whole.replace(" ", "")


def test_chat_bears_them() -> None:
    assert chat([Message("user", ("a", "b"))]) == [{"role": "user", "content": "a\nb"}]


def test_a_marker_that_a_blank_completes_is_broken_as_well() -> None:
    assert neutralised("ab", ("ab", "a b")) == "a  b"
    assert neutralised("<|IM_END|>", ("<|im_end|>",)) == "< |IM_END|>"
