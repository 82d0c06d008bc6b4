"""Messages as turns of a conversation: what is judged of them, and what is refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.surfaces.messages.surface import Messages
from gateway.types import Arrival, Message, Query

CALL = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"q": "weather"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "sunny"}]}


def read(messages: Any, **more: Any) -> Query:
    return Messages().read(orjson.dumps({"model": "m", "messages": messages, **more}), {}, Arrival("r"))


def user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_a_plain_turn_is_judged_and_the_system_prompt_trusted() -> None:
    query = read([user("hello")], system="Be kind.")
    assert query.messages == (Message("user", ("hello",)),)
    assert (query.model, query.stream, query.tools) == ("m", False, False)


def test_what_a_tool_returned_is_a_turn_of_its_own_and_is_judged_with_the_call() -> None:
    asked = [
        user("what is it like?"),
        {"role": "assistant", "content": [CALL]},
        user([RESULT, {"type": "text", "text": "so?"}]),
    ]
    assert [(turn.role, turn.texts) for turn in read(asked).messages] == [
        ("assistant", ("search", '{"q":"weather"}')),
        ("tool", ("sunny",)),
        ("user", ("so?",)),
    ]


def test_the_turns_before_the_last_answered_one_are_history() -> None:
    query = read([user("one"), {"role": "assistant", "content": "two"}, user("three")])
    assert query.messages == (Message("user", ("three",)),)
    assert [turn.text for turn in query.history] == ["one", "two"]


def test_thinking_that_comes_back_is_text_and_its_signature_is_not() -> None:
    block = {"type": "thinking", "thinking": "let me see", "signature": "c2lnbmVk"}
    assert read([user("hi"), {"role": "assistant", "content": [block]}]).messages[-1].texts == ("let me see",)


@pytest.mark.parametrize("name", ["signature", "data", "encrypted_content"])
def test_what_should_be_encrypted_and_is_written_in_words_is_judged(name: str) -> None:
    block = {"type": "thinking", "thinking": "hm", name: "say it in words"}
    assert "say it in words" in read([user("hi"), {"role": "assistant", "content": [block]}]).messages[-1].texts


def test_switches_and_marks_say_nothing() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "a page"}
    cached = {"cache_control": {"type": "ephemeral", "ttl": "5m"}}
    document = {"type": "document", "source": source, "citations": {"enabled": True}, **cached}
    call = {**CALL, "caller": {"type": "direct"}}
    assert read([user([document])]).messages == (Message("user", ("a page",)),)
    turns = read([user("hi"), {"role": "assistant", "content": [call]}, user([RESULT])]).messages
    assert turns[0].texts == ("search", '{"q":"weather"}')


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ({"type": "base64", "data": "AAAA"}, True),
        ({"type": "url", "url": "https://x/y"}, True),
        ({"type": "file", "file_id": "f"}, True),
        ({"type": "text", "data": ["x"]}, True),
        ("somewhere", True),
        ({"type": "text", "data": "words"}, False),
        ({"type": "content", "content": "words"}, False),
    ],
)
def test_a_document_that_is_no_text_has_a_name_for_policies(source: object, *, passes: bool) -> None:
    query = read([user([{"type": "document", "source": source}])])
    assert [one.name for one in query.unscanned] == ["file"] * passes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"messages": None}, "invalid_messages"),
        ({"messages": []}, "invalid_messages"),
        ({"messages": ["hi"]}, "invalid_messages"),
        ({"messages": [{"role": "oracle", "content": "hi"}]}, "unknown_role"),
        ({"messages": [{"role": ["user"], "content": "hi"}]}, "unknown_role"),
        ({"messages": [user(5)]}, "invalid_messages"),
        ({"messages": [user(["hi"])]}, "invalid_messages"),
        ({"messages": [user([{"type": "poem", "text": "hi"}])]}, "unknown_content_part"),
        ({"messages": [user([{"type": "Text", "text": "hi"}])]}, "unknown_content_part"),
        ({"messages": [user([{"text": "hi"}])]}, "unknown_content_part"),
        ({"messages": [user([{"type": "text"}])]}, "invalid_messages"),
        ({"messages": [user([{"type": "text", "text": "hi", "Text": "ho"}])]}, "ambiguous_key"),
        ({"messages": [user([{"type": "text", "text": "hi", "source": {}}])]}, "unknown_content_part"),
        ({"messages": [user("hi")], "system": [{"type": "poem"}]}, "unknown_content_part"),
        ({"messages": [user("hi")], "System": "ho"}, "ambiguous_key"),
        ({"messages": [user("hi")], "stream": "yes"}, "invalid_type"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(body: dict[str, Any], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Messages().read(orjson.dumps({"model": "m", **body}), {}, Arrival("r"))
    assert refused.value.code == code


def test_what_is_nested_too_deeply_is_refused() -> None:
    block: dict[str, Any] = {"type": "text", "text": "hi"}
    for _ in range(60):
        block = {"type": "tool_result", "content": [block]}
    with pytest.raises(BadRequest):
        read([user([block])])


MARK = "a marked text"
leaves = st.sampled_from([MARK, "x", 3, None, True])
objects = st.sampled_from(["a", "b"])
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(objects, inner))
kinds = st.sampled_from(["text", "tool_use", "tool_result", "thinking", "search_result", "document", "image"])
names = ["text", "content", "input", "source", "title", "name", "id", "signature", "data", "citations", "note"]
keys = st.sampled_from(names)
blocks = st.builds(lambda kind, rest: {**rest, "type": kind}, kinds, st.dictionaries(keys, values, max_size=3))


@given(st.lists(blocks, min_size=1, max_size=3), st.sampled_from(["user", "assistant"]))
def test_a_text_in_any_place_is_judged_or_refused(content: list[dict[str, Any]], role: str) -> None:
    body = orjson.dumps({"model": "m", "messages": [{"role": role, "content": content}]})
    try:
        query = Messages().read(body, {}, Arrival("r"))
    except BadRequest:
        return
    judged = sum(turn.text.count(MARK) for turn in query.messages)
    assert judged >= body.decode().count(MARK)


def test_the_model_and_the_system_prompt_are_rewritten_and_nothing_else() -> None:
    surface = Messages()
    for system, expected in (
        (None, "Be brief."),
        ("Be kind.", "Be brief.\n\nBe kind."),
        ([{"type": "text", "text": "Be kind."}], [{"type": "text", "text": t} for t in ("Be brief.", "Be kind.")]),
        ([], "Be brief."),
    ):
        more = {} if system is None else {"system": system}
        query = read([user("hi")], max_tokens=5, **more)
        found = orjson.loads(surface.rewritten(query, "small", "Be brief."))
        assert found == {"model": "small", "messages": [user("hi")], "max_tokens": 5, "system": expected}
    assert surface.rewritten(query, None, None) == query.raw


@pytest.mark.parametrize(
    ("more", "messages", "expected"),
    [
        ({"max_tokens": 3, "metadata": {"user_id": "u"}}, [user("hi")], True),
        ({"tools": []}, [user("hi")], False),
        ({"store": True}, [user("hi")], False),
        ({}, [user([RESULT])], False),
        ({}, [user("hi"), {"role": "assistant", "content": [CALL]}], False),
    ],
)
def test_an_agents_turn_is_not_without_effects(more: Any, messages: Any, *, expected: bool) -> None:
    assert Messages().without_effects(read(messages, **more)) is expected


def test_a_conversation_has_one_name_by_user() -> None:
    names = {read([user("hi")], metadata={"user_id": name}).conversation for name in ("a", "b")}
    assert len(names) == 2
    turns = [user("hi"), {"role": "assistant", "content": "ho"}, user("then")]
    assert read(turns).conversation == read([user("hi")]).conversation


@pytest.mark.parametrize("kind", [[], {}, None, 1])
def test_a_type_that_is_no_string_is_unknown(kind: object) -> None:
    with pytest.raises(BadRequest, match="unknown type"):
        read([user([{"type": kind, "text": "hi"}])])


@pytest.mark.parametrize("own", [{"type": "text", "data": "words"}, {"type": "content", "content": "words"}])
@pytest.mark.parametrize("name", ["text", "url", "data", "content", "media_type"])
def test_all_of_a_documents_source_is_judged(own: dict[str, str], name: str) -> None:
    source = {name: "more words", **own}
    (turn,) = read([user([{"type": "document", "source": source}])]).messages
    assert turn.texts == ("words", *["more words"] * (name not in own))


def test_a_member_of_a_source_that_some_take_for_another_is_refused() -> None:
    source = {"type": "text", "data": "words", "Data": "more words"}
    with pytest.raises(BadRequest, match="which some upstreams take for"):
        read([user([{"type": "document", "source": source}])])
