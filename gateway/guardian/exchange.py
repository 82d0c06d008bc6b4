"""Turns as guardians are shown them that read no whole chat, and how a question about an answer is marked."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.types import Message, Passage

ANSWER = "answer"
"""`Ask.about` where an answer is judged: the completion is then read for what it says of that."""
THOUGHT = r"\s*(?:<think>(?:(?!</?think>).)*</think>\s*)?"
"""Reasoning before a verdict, for patterns with DOTALL: one block that is ended, so that none of it is a verdict."""


def about(passage: Passage) -> str:
    return "" if passage.answer is None else ANSWER


def exchange(turns: Sequence[Message]) -> tuple[Message, ...]:
    """A user's turn and, where it is judged, the answer to it, for a model that reads no more. A longer conversation
    stands in the user's turn as a text: what was said before is read too.
    """
    answer = tuple(turns[-1:] if turns[-1].role == "assistant" else ())
    before = turns[: len(turns) - len(answer)]
    if len(before) == 1:
        return tuple(turns)
    text = transcript(before, user="User: ", assistant="Assistant: ", between="\n\n")
    return (Message("user", (text,)), *answer)


def transcript(turns: Sequence[Message], *, user: str, assistant: str, between: str) -> str:
    """All of them as one text, each behind its side's name."""
    return between.join((user if turn.role == "user" else assistant) + turn.text for turn in turns)
