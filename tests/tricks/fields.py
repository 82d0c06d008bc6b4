"""One body, two prompts: fields beside the messages that a server may read to the model, or make it say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.tricks.requests import chat
from tests.tricks.trick import MARK, Trick, judged, refused, trusted

TOOL = {"type": "function", "function": {"name": "f", "description": MARK}}
TURN = [{"role": "user", "content": MARK}]


def prompts() -> Iterator[Trick]:
    for name in (
        "prompt",
        "input",
        "inputs",
        "instructions",
        "system",
        "prefix",
        "suffix",
        "text",
        "query",
        "context",
        "question",
        "preamble",
        "message",
        "history",
        "conversation",
        "template",
        "options",
        "custom_input",
    ):
        yield judged(f"`{name}`", "a field of another API, or none, beside `messages`", chat(**{name: MARK}))
    yield judged("`prompt`, a word", "one word is enough there", chat(prompt=MARK.split()[3]))
    yield judged("`input` of another API", "its turns beside `messages`", chat(input=TURN))
    yield judged("`extra_body`", "a proxy that puts its members into the body", chat(extra_body={"messages": TURN}))
    yield judged(
        "`prediction`", "a text that the model may repeat", chat(prediction={"type": "content", "content": MARK})
    )
    yield judged(
        "`prediction` in parts",
        "the same, in parts",
        chat(prediction={"type": "content", "content": [{"type": "text", "text": MARK}]}),
    )
    yield judged("`documents`", "templates for retrieval", chat(documents=[{"title": "a", "text": MARK}]))
    yield judged("title of a document", "the same", chat(documents=[{MARK: ""}]))
    for name in ("prompt", "input", "prompt_token_ids", "prompt_embeds"):
        yield refused(
            f"`{name}` of numbers", "tokens that no guardian reads", chat(**{name: [39, 1503]}), "unscannable_content"
        )


def templates() -> Iterator[Trick]:
    no = "unscannable_content"
    program = "{{ 'HARM' ~ 'FUL' }}"
    for name, fields in {
        "`chat_template`": {"chat_template": program},
        "`Chat_Template`": {"Chat_Template": program},
        "`chat_template` in `chat_template_kwargs`": {"chat_template_kwargs": {"chat_template": program}},
        "`chat_template` in `extra_body`": {"extra_body": {"chat_template": program}},
        "`chat_template` of several": {"chat_template": [{"name": "default", "template": program}]},
    }.items():
        yield refused(name, "a program that writes the prompt", chat(**fields), no)
    yield judged("`chat_template_kwargs`", "what a template writes", chat(chat_template_kwargs={"date": MARK}))
    yield judged("key of `chat_template_kwargs`", "the same, by its name", chat(chat_template_kwargs={MARK: True}))
    flags = {"add_generation_prompt": False, "continue_final_message": True, "echo": True}
    yield judged(
        "`continue_final_message`",
        "the model goes on with the caller's words",
        chat([{"role": "user", "content": "hello"}, {"role": "assistant", "content": MARK}], **flags),
    )


def constraints() -> Iterator[Trick]:
    schema = {"type": "object", "properties": {"a": {"enum": [MARK]}}}
    for name, fields in {
        "`guided_regex`": {"guided_regex": f"{MARK}.*"},
        "`guided_grammar`": {"guided_grammar": f'root ::= "{MARK}"'},
        "`guided_choice`": {"guided_choice": [MARK, "no"]},
        "`guided_json`": {"guided_json": schema},
        "`structured_outputs`": {"structured_outputs": {"choice": [MARK]}},
        "`grammar`": {"grammar": f'root ::= "{MARK}"'},
        "`response_format` with an `enum`": {
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
        },
        "`response_format` with a `const`": {
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"const": MARK}}}
        },
        "`response_format` with a `pattern`": {
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"pattern": f"{MARK}.*"}}}
        },
        "`bad_words`": {"bad_words": [MARK]},
    }.items():
        yield judged(name, "the model can say nothing else", chat(**fields))
    said = {"type": "json_schema", "json_schema": {"name": "a", "description": MARK, "schema": {}}}
    yield trusted(
        "description in a `response_format`",
        "the application's definition",
        chat(response_format=said),
        "response format",
    )


def definitions() -> Iterator[Trick]:
    defined = "tool definition"
    yield trusted("description of a tool", "the application's definition", chat(tools=[TOOL]), defined)
    yield trusted("name of a tool", "the same", chat(tools=[{"type": "function", "function": {"name": MARK}}]), defined)
    yield trusted("description of a function", "the older form", chat(functions=[TOOL["function"]]), defined)
    yield judged("`Tools`-like key", "`tools_` is none", chat(tools_=[TOOL]))
    yield refused("`TOOLS`", "Go folds case", chat(TOOLS=[TOOL]), "ambiguous_key")
    for name in ("metadata", "user", "safety_identifier", "prompt_cache_key", "stop", "logit_bias"):
        value: Any = {"note": MARK} if name in ("metadata", "logit_bias") else MARK
        yield trusted(f"`{name}`", "kept or compared, read to no model", chat(**{name: value}), f"`{name}`")


def others() -> Iterator[Trick]:
    for name, value in {
        "mm_processor_kwargs": {"note": MARK},
        "web_search_options": {"user_location": {"approximate": {"city": MARK}}},
        "service_tier": MARK,
        "reasoning_effort": MARK,
        "plugins": [{"id": "web", "search_prompt": MARK}],
        "provider": {"note": MARK},
        "vllm_xargs": {"a": MARK},
        "stream_options": {"note": MARK},
    }.items():
        yield judged(f"`{name}`", "a text where a switch is looked for", chat(**{name: value}))
    yield judged("`model` that is a text", "a router that asks a model", chat(model=MARK))
    yield refused("`model` that is a list", "one of them, or the first", chat(model=["m", MARK]), "invalid_type")
    yield refused("`stream` that is a text", "true to some readers", chat(stream=MARK), "invalid_type")
