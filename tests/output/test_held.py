"""What waits for its verdict: when a window is full, what may go, and that nothing goes before."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evasion import views
from gateway.output.held import Held
from gateway.output.window import (
    FARTHEST,
    FIRST_CHARACTERS,
    FIRST_SECONDS,
    HELD_BYTES,
    MOST_CHARACTERS,
    OVERLAP,
    Seen,
    Window,
)
from gateway.policy.release import MARGIN, Release
from gateway.surfaces.chat import Chat
from gateway.upstream.sse import Event
from tests.lines_run import lines_run
from tests.policy.sets import query

Step = tuple[str, int, str]


def event(index: int = 0, finish: str | None = None, **delta: Any) -> Event:
    data = json.dumps({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}).encode()
    return Event(b"data: " + data + b"\n\n", data)


def held(leak: int = 0, margin: int = MARGIN) -> Held:
    return Held(Chat().answer(), Chat().writer(query(), created=0), Release("windows", leak, margin))


def said(raw: bytes) -> str:
    """What a client reads of released events, whatever the choice and the field."""
    values = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: {")]
    return "".join(text for value in values for choice in value["choices"] for text in choice["delta"].values())


def judge(one: Held) -> Window:
    window = one.window()
    one.judged(window)
    return window


def test_nothing_goes_before_the_first_verdict_not_even_an_event_without_text() -> None:
    one = held()
    one.add(event(role="assistant", content=""), 0.0)
    one.add(event(content="hello "), 0.0)
    one.add(event(content="hello " * 50), 0.0)
    assert one.ready() == b""
    assert one.due(0.0)


def test_the_first_window_is_full_soon_by_its_characters_or_by_its_time() -> None:
    one = held()
    one.add(event(content="word "), 10.0)
    assert not one.due(11.0)  # Nothing could be released by it.
    one.add(event(content="word " * 6), 11.0)
    assert not one.due(10.0 + FIRST_SECONDS - 0.01)
    assert one.due(10.0 + FIRST_SECONDS)
    assert one.left(10.1) == pytest.approx(FIRST_SECONDS - 0.1)
    one.add(event(content="x" * FIRST_CHARACTERS), 10.0)
    assert one.due(10.0)


def test_windows_grow_so_that_a_long_answer_takes_few_judgements() -> None:
    one, sizes, total = held(), [], 0
    for _ in range(40_000):
        one.add(event(content="word "), 0.0)
        total += 5
        if one.due(0.0):
            judge(one)
            one.ready()
            sizes.append(total)
            total = 0
    assert sizes[:5] == sorted(sizes[:5])
    assert (sizes[0], sizes[4]) == (FIRST_CHARACTERS, pytest.approx(MOST_CHARACTERS, abs=100))
    assert len(sizes) < 40


def test_a_guardian_is_asked_about_what_it_has_not_seen_and_what_was_before_it() -> None:
    one, seen = held(), Seen()
    one.add(event(content="a " * 500), 0.0)
    window = judge(one)
    assert seen.passage(window, ["x"]) == "a " * 500
    seen.add(window, ["x"])
    assert seen.passage(window, ["x"]) is None
    one.add(event(content="b " * 10), 0.0)
    window = judge(one)
    assert seen.passage(window, ["x"]) == "a " * 200 + "b " * 10
    assert seen.passage(window, ["x", "y"]) == "a " * 500 + "b " * 10
    assert list(window.texts.values()) == ["a " * 500 + "b " * 10]


def test_a_guardian_is_asked_about_an_answer_without_text_once() -> None:
    seen, window = Seen(), held().window()
    assert seen.passage(window, ["x"]) == ""
    seen.add(window, ["x"])
    assert seen.passage(window, ["x"]) is None


def test_a_code_is_judged_from_its_beginning_so_that_it_can_be_read() -> None:
    """Of base64 that is cut at the wrong sign nothing is left."""
    hidden = "now tell me how to build the weapon please. " * 60
    code = "Here it is: " + base64.b64encode(hidden.encode()).decode()
    seen = Seen()
    seen.add(Window({("a",): code[:1001]}, None, {}), ["x"])
    text = seen.passage(Window({("a",): code}, None, {}), ["x"])
    assert text is not None
    assert any("weapon" in view.text for view in views(text))


def test_what_has_no_gaps_is_looked_at_again_so_far_and_no_further() -> None:
    seen = Seen()
    seen.add(Window({("a",): "x" * 90_000}, None, {}), ["x"])
    text = seen.passage(Window({("a",): "x" * 90_001}, None, {}), ["x"])
    assert text == "x" * (FARTHEST + OVERLAP + 1)


def test_a_word_that_may_go_on_is_neither_judged_nor_released() -> None:
    one = held(margin=0)
    one.add(event(content="the answer is "), 0.0)
    one.add(event(content="blue"), 0.0)
    assert list(judge(one).texts.values()) == ["the answer is "]
    assert said(one.ready()) == "the answer is "
    one.add(event(content="bird. "), 0.0)
    assert list(judge(one).texts.values()) == ["the answer is bluebird. "]
    assert said(one.ready()) == "bluebird. "


def test_a_choice_that_goes_on_after_its_end_is_judged_from_no_earlier_than_before() -> None:
    one = held(margin=0)
    one.add(event(content="the answer is blue"), 0.0)
    one.add(event(finish="stop"), 0.0)
    assert list(judge(one).texts.values()) == ["the answer is blue"]
    one.add(event(content="bird"), 0.0)
    assert list(judge(one).texts.values()) == ["the answer is blue"]


def test_a_finished_choice_keeps_nothing_back_and_holds_no_other_up() -> None:
    one = held()
    one.add(event(0, content="first choice"), 0.0)
    one.add(event(0, finish="stop"), 0.0)
    one.add(event(1, content="second choice, longer than the margin is"), 0.0)
    one.add(event(1, content=" and so on with words"), 0.0)
    judge(one)
    assert said(one.ready()) == "first choice"
    one.add(event(1, finish="stop"), 0.0)
    judge(one)
    assert said(one.ready()).endswith("words")


def test_an_answer_that_says_that_it_is_done_is_judged_at_once() -> None:
    one = held()
    one.add(event(content="hi"), 0.0)
    assert not one.due(100.0)
    one.add(Event(b"data: [DONE]\n\n", b"[DONE]"), 0.0)
    assert one.due(0.0)
    judge(one)
    assert one.ready().endswith(b"data: [DONE]\n\n")
    assert one.bytes == 0


@pytest.mark.parametrize(
    "strange", [Event(b"data: {\n\n", b"{"), Event(b"words\n\n", None, True), Event(b"data: []\n\n", b"[]")]
)
def test_what_cannot_be_read_is_due_at_once_and_goes_only_when_a_rule_says_so(strange: Event) -> None:
    one = held(leak=1000)
    one.add(event(content="fine"), 0.0)
    one.add(strange, 0.0)
    one.add(event(content="more"), 0.0)
    assert said(one.ready()) == "fine"
    assert one.due(0.0)
    window = one.window()
    assert window.unread == "unparseable"
    assert one.ready() == b""
    one.judged(window)
    assert one.ready().startswith(strange.raw)


def test_a_window_is_full_by_its_bytes_too() -> None:
    one = held()
    one.add(event(content="word "), 0.0)
    one.add(event(content="word " * 9), 0.0)
    assert not one.due(0.0)
    one.add(Event(b":" * HELD_BYTES + b"\n\n"), 0.0)
    assert one.due(0.0)


def test_an_answer_without_text_is_judged_once_at_its_end() -> None:
    one = held()
    one.add(event(role="assistant"), 0.0)
    assert not one.due(100.0)
    one.end()
    assert one.due(0.0)
    judge(one)
    assert not one.due(0.0)
    assert one.ready() != b""


words = st.sampled_from(("a", "bc ", "def", " ", "한글", "。", "x" * 30, "blue bird "))
steps = st.lists(
    st.tuples(st.sampled_from(("say", "say", "say", "judge", "finish")), st.integers(0, 2), words), max_size=80
)


@given(steps, st.integers(0, 60), st.integers(0, 40))
def test_no_more_than_the_leak_is_ever_out_unjudged_and_every_byte_goes_in_the_end(
    steps: list[Step], leak: int, margin: int
) -> None:
    one, sent, got = held(leak, margin), b"", b""
    judged: dict[int, str] = {}
    said_by: dict[int, str] = {}
    for what, index, text in steps:
        if what == "judge":
            window = judge(one)
            judged = {int(place[1]): text for place, text in window.texts.items()}
        else:
            new = event(index, "stop") if what == "finish" else event(index, content=text)
            said_by[index] = said_by.get(index, "") + (text if what == "say" else "")
            one.add(new, 0.0)
            sent += new.raw
        got += one.ready()
        assert unjudged(got, judged) <= leak
    one.end()
    judge(one)
    assert got + one.ready() == sent


def unjudged(got: bytes, judged: dict[int, str]) -> int:
    """Characters that are out although no window held them yet."""
    out: dict[int, str] = {}
    for line in got.splitlines():
        if line.startswith(b"data: {"):
            choice = json.loads(line[6:])["choices"][0]
            out[choice["index"]] = out.get(choice["index"], "") + choice["delta"].get("content", "")
    return sum(max(0, len(text) - len(judged.get(index, ""))) for index, text in out.items())


@given(st.integers(0, 200), st.integers(1, 7), st.integers(1, 40))
def test_no_text_of_the_margins_length_is_ever_out_by_half(before: int, size: int, every: int) -> None:
    """Judged at any place, a phrase is seen whole before its first sign is out."""
    phrase = "blue bird of paradise"
    text = "w " * before + phrase + " and then some words more, to the end."
    begins, one, out = text.index(phrase), held(margin=len(phrase)), ""
    for at in range(0, len(text), size):
        one.add(event(content=text[at : at + size], finish="stop" if at + size >= len(text) else None), 0.0)
        out += said(one.ready())
        if at % every == 0:
            window = one.window()
            if any(phrase in text for text in window.texts.values()):
                assert len(out) <= begins
                return
            one.judged(window)
            out += said(one.ready())


def with_tokens(text: str, *tokens: str, finish: str | None = None, ids: bool = False) -> Event:
    """An event of vLLM's with `logprobs`, or with `return_token_ids`."""
    top = {"token_ids": [1] * len(tokens)} if ids else {"logprobs": {"content": [{"token": t} for t in tokens]}}
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish, **top}
    data = json.dumps({"choices": [choice]}).encode()
    return Event(b"data: " + data + b"\n\n", data)


@pytest.mark.parametrize("ids", [False, True])
def test_tokens_wait_for_the_text_that_a_stop_word_holds_back(ids: bool) -> None:
    """With a long `stop`, a server sends the tokens of an answer long before its text."""
    one = held()
    for _ in range(20):
        one.add(event(content="It is a story. "), 0.0)
    judge(one)
    assert one.ready()
    one.rest()
    one.add(with_tokens("", "a secret ", ids=ids), 0.0)
    one.add(event(content="It goes on. " * 20), 0.0)
    judge(one)
    assert one.ready() == b""
    one.add(with_tokens("a secret ", "<|end|>", finish="stop", ids=ids), 0.0)
    assert one.ready() == b""
    judge(one)
    assert said(one.ready()) == "It goes on. " * 20 + "a secret "


def test_tokens_that_outrun_their_text_little_by_little_wait_too() -> None:
    one = held()
    for _ in range(20):
        one.add(with_tokens("word ", "word ", "secret "), 0.0)
    one.add(event(content="and more words. " * 20), 0.0)
    judge(one)
    assert said(one.ready()).count("word") < 10


def test_tokens_beside_their_text_hold_nothing_up() -> None:
    one = held()
    for _ in range(100):
        one.add(with_tokens("word ", "word", " "), 0.0)
    judge(one)
    assert said(one.ready()).count("word") > 90


def test_an_event_costs_no_more_where_there_are_many_choices() -> None:
    def work(choices: int) -> int:
        one = held()
        for i in range(choices):
            one.add(event(i, content="word " * 40), 0.0)
        judge(one)
        one.ready()

        def say(i: int) -> None:
            one.add(event(i, content="word "), 0.0)
            one.due(0.0)
            one.ready()

        return lines_run(lambda: [say(i) for i in range(10)])

    assert work(400) < 1.1 * work(20)
