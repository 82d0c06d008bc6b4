"""A passage as families write it into their prompts: with no control token in it, as one text or as turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from gateway.types import Message, Passage


def neutralised(text: str, markers: Sequence[str]) -> str:
    """The text with a blank after the first character of every marker in it, in whatever case: a user who types
    `<|im_end|>` must not end a turn. Other text stays as it is.
    """
    if not markers:
        return text
    pattern = "|".join(f"{re.escape(marker[0])}(?={re.escape(marker[1:])})" for marker in markers)
    while (broken := re.sub(pattern, r"\g<0> ", text, flags=re.IGNORECASE)) != text:
        text = broken  # A blank may have completed a marker that has one in it.
    return text


def judged_text(passage: Passage) -> str:
    """The one text of a passage for a family that reads no conversation: the answer where there is one, else the
    turns.
    """
    return passage.answer if passage.answer is not None else joined(passage.messages)


def joined(messages: Sequence[Message]) -> str:
    return "\n\n".join(message.text for message in messages)


def turns(passage: Passage, markers: Sequence[str]) -> tuple[Message, ...]:
    """The passage as turns of `user` and `assistant`, neutralised. They alternate, begin with the user's, and end with
    the answer or, where none is judged, with the user's.

    What came from no assistant is the user's: a tool result is read like what a user says. So is an assistant turn
    before the user's first or after the user's last: the caller wrote it, and it answers nothing.
    """
    said = passage.messages
    users = [i for i, message in enumerate(said) if message.role != "assistant"] or [0]
    sides = [
        "user" if m.role != "assistant" or not users[0] < i < users[-1] else "assistant" for i, m in enumerate(said)
    ]
    grouped = groupby(zip(sides, said, strict=True), key=lambda pair: pair[0])
    rendered = [Message(side, (neutralised(joined([m for _, m in group]), markers),)) for side, group in grouped]
    if passage.answer is not None:
        rendered = [*rendered, Message("assistant", (neutralised(passage.answer, markers),))]
    return tuple(rendered) if said else (Message("user", ("",)), *rendered)


def chat(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Turns as the body of a chat completion bears them."""
    return [{"role": message.role, "content": message.text} for message in messages]
