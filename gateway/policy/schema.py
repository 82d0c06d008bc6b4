"""The JSON Schema (draft 2020-12) of a policy file, for editors: `policies/schema.json` is made of it. It says what may
stand where; names that come from the settings, and what files say together, only `gateway policy check` knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.policy.actions import FORWARD_FIELDS, OTHER
from gateway.policy.answers import MOST_LEAKED
from gateway.policy.compile import FIELDS, RULE_FIELDS, VERSION
from gateway.policy.condition import ConditionModule
from gateway.policy.draft import condition_modules
from gateway.policy.fields import KEBAB, KEYS, PLAIN_MODES, SIGNALS
from gateway.policy.languages import SUPPORTED
from gateway.policy.matching import DEFINITIONS
from gateway.policy.release import STREAMS
from gateway.policy.responses import FINISH_REASONS
from gateway.types import ERROR_KINDS, GUARDIAN, PHASES
from gateway.unscanned import NAMES

Schema = Mapping[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_NAME = 100
NAMES_TAKEN = ("default", "none")
WORDS: Schema = {"type": "string", "pattern": r"\S"}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
SHARE: Schema = {"type": "string", "pattern": r"^(100(\.0+)?|0?[0-9]{1,2}(\.[0-9]+)?)%$"}
ABOUT = {
    "version": "The version of the language.",
    "guardian": "Whose verdict the conditions speak of, by its name in the settings; `default` when left out.",
    "phase": "What is judged: the caller's query (`input`) or the upstream's answer (`output`).",
    "applies_to": "A match that every rule of the file has in addition.",
    "on_error": "What is done when a rule needs a verdict and there is none; `block` (503) when left out.",
    "default": "What is done when no rule of any file matches; set once in all files.",
    "answers": "How streamed answers are released under output rules; set once in all files.",
    "signal": "How the caller is told: by a complete answer, or by an HTTP error.",
    "annotate": "Whether the verdict goes into the answer.",
    "speculative": "Whether queries that the file applies to may be forwarded before their verdict.",
    "unscanned": "What no guardian can see and may pass all the same, in queries that the file applies to.",
    "responses": "Named safe responses, for the rules of all files.",
    "rules": "The rules, in the order in which they decide: the first that matches.",
    "name": "Lower-case words and hyphens, unique in all files.",
    "match": "A match, or a list of which any may hold; without it the rule matches everything.",
    "action": "What is done: `forward`, `block`, or one of them with its detail, or `{respond: NAME}`.",
    "mode": "`enforce`; `shadow`: recorded, never deciding; `{canary: 10%}`: deciding for a share.",
    "since": "The day since when the rule is on trial.",
    "reason": "Why, for the reader.",
}
"""What an editor shows for a field."""


def schema(categories: Mapping[str, str]) -> dict[str, Any]:
    """`categories` are the taxonomy's names and what they mean."""
    fields: dict[str, Schema] = {
        "version": {"const": VERSION},
        "guardian": {"type": "string"},
        "default": ref("action"),
        "answers": answers(),
        "responses": {
            "type": "object",
            "propertyNames": {"not": {"const": GUARDIAN}},
            "additionalProperties": ref("response"),
        },
        "rules": {"type": "array", "items": ref("rule")},
        "applies_to": ref("matches"),
        "speculative": {"type": "boolean"},
        "unscanned": {"anyOf": [unscanned(), {"type": "array", "items": unscanned(), "minItems": 1}]},
        **shared(),
    }
    return {
        "$schema": DIALECT,
        "title": "A policy file of Guardian Gateway",
        **closed(described(fields, FIELDS), required=["version"]),
        "$defs": definitions(categories),
    }


def definitions(categories: Mapping[str, str]) -> dict[str, Schema]:
    return {
        "rule": rule(),
        "matches": {"anyOf": [ref("match"), {"type": "array", "items": ref("match"), "minItems": 1}]},
        "match": closed({**conditions(), "not": {**ref("matches"), "description": "What must not match."}}),
        "action": action(),
        "on_error": {"anyOf": [ref("action"), closed(dict.fromkeys((*ERROR_KINDS, OTHER), ref("action")))]},
        "response": response(),
        "category": {"anyOf": [{"const": name, "description": told} for name, told in categories.items()]},
        "categories": {"anyOf": [ref("category"), {"type": "array", "items": ref("category"), "minItems": 1}]},
        **DEFINITIONS,
    }


def shared() -> dict[str, Schema]:
    """What a file and a rule may both say."""
    return {
        "phase": {"enum": list(PHASES)},
        "on_error": ref("on_error"),
        "signal": {"enum": list(SIGNALS)},
        "annotate": {"type": "boolean"},
    }


def rule() -> Schema:
    name = {"type": "string", "pattern": f"^{KEBAB.pattern}$", "maxLength": LONGEST_NAME}
    fields = {
        "name": {**name, "not": {"enum": list(NAMES_TAKEN)}},
        "match": ref("matches"),
        "action": ref("action"),
        "mode": mode(),
        "since": DAY,
        "reason": WORDS,
        **shared(),
    }
    return closed(described(fields, RULE_FIELDS), required=["name", "action"])


def answers() -> Schema:
    leak = {"type": "integer", "minimum": 0, "maximum": MOST_LEAKED}
    told = "How many characters may get out before they were judged."
    return closed({"stream": {"enum": list(STREAMS)}, "leak": {**leak, "description": told}, "reason": WORDS})


def unscanned() -> Schema:
    return {"anyOf": [{"const": name, "description": f"{told[:1].upper()}{told[1:]}."} for name, told in NAMES.items()]}


def mode() -> Schema:
    canary = closed({"canary": SHARE, "by": {"enum": list(KEYS)}}, required=["canary"])
    return {"anyOf": [{"enum": list(PLAIN_MODES)}, canary]}


def action() -> Schema:
    details = {field: WORDS if field != "upstream" else {"type": "string"} for field in FORWARD_FIELDS}
    status = {"type": "integer", "minimum": 400, "maximum": 599}
    return {
        "anyOf": [
            {"enum": ["forward", "block"]},
            only("forward", {"anyOf": [{"type": "string"}, closed(details)]}),
            only("respond", {"type": "string", "description": f"A response's name, or `{GUARDIAN}`."}),
            only("block", closed({"status": status}, required=["status"])),
        ]
    }


def response() -> Schema:
    texts = {"type": "object", "propertyNames": {"enum": list(SUPPORTED)}, "additionalProperties": WORDS}
    fields = {
        "text": WORDS,
        "finish_reason": {"enum": list(FINISH_REASONS)},
        "locales": {**texts, "description": "Translations, by language (ISO 639-1)."},
        "extends": {"type": "string", "description": "Another response, for what this one does not say."},
    }
    return {**closed(fields), "anyOf": [{"required": ["text"]}, {"required": ["extends"]}]}


def conditions() -> dict[str, Schema]:
    return {name: {**module.SCHEMA, "description": about(module)} for name, module in condition_modules().items()}


def about(module: ConditionModule) -> str:
    """The first line of its docstring, without the name."""
    told = (module.__doc__ or "").partition("\n")[0].partition(": ")[2]
    return told[:1].upper() + told[1:]


def described(fields: Mapping[str, Schema], order: Collection[str]) -> dict[str, Schema]:
    return {name: {**fields[name], "description": ABOUT[name]} for name in order}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def only(key: str, inner: Schema) -> Schema:
    return closed({key: inner}, required=[key])


def closed(properties: Mapping[str, Any], required: Collection[str] = ()) -> dict[str, Any]:
    """A mapping with these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }
