"""Named safe responses: a text, its translations, and what they take over from another response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.policy.actions import text
from gateway.policy.diagnostics import Findings, near, quoted
from gateway.policy.languages import SUPPORTED
from gateway.policy.matching import given
from gateway.policy.source import Item
from gateway.types import GUARDIAN, FinishReason, SafeResponse

FIELDS = ("text", "finish_reason", "locales", "extends")
MOST_SHOWN = 6
FINISH_REASONS: tuple[FinishReason, ...] = ("stop", "content_filter")


def gather(files: list[Item], findings: Findings) -> dict[str, Item]:
    """Every file's responses by name; each is written once."""
    found: dict[str, Item] = {}
    for file in files:
        responses = file.get("responses")
        if responses is None:
            continue
        if not isinstance(responses.value, dict):
            findings.error("P007", responses.span, f"`responses` must be a mapping, not {responses.kind}")
            continue
        for name, item in responses.value.items():
            if name in found or name == GUARDIAN:
                where = f"the first is at {place(found[name])}" if name in found else "choose another name"
                findings.error("P008", responses.keys[name], f"two responses are called {quoted(name)}", where)
            else:
                found[name] = replace(item, span=responses.keys[name])
    return found


def place(item: Item) -> str:
    return f"{item.span.path}:{item.span.line}"


def compile_responses(items: Mapping[str, Item], findings: Findings) -> dict[str, SafeResponse]:
    """The responses; one that extends another has what that one has and it does not say itself."""
    made: dict[str, SafeResponse] = {}
    for name in items:
        for link in reversed(chain(name, items, made, findings)):
            parent = items[link].get("extends")
            made[link] = compile_response(link, items[link], made.get(str(parent.value)) if parent else None, findings)
    return made


def chain(name: str, items: Mapping[str, Item], made: Mapping[str, SafeResponse], findings: Findings) -> list[str]:
    """The response and those that it extends, up to one that is made already."""
    found: dict[str, None] = {}
    while name not in made:
        found[name] = None
        parent = items[name].get("extends")
        if parent is None:
            break
        if not isinstance(parent.value, str) or parent.value not in items:
            findings.error("P010", parent.span, f"unknown response {given(parent)}", near(parent.value, items))
            break
        name = parent.value
        if name in found:
            circle = [*list(found)[list(found).index(name) :], name]
            shown = circle if len(circle) <= MOST_SHOWN else [*circle[: MOST_SHOWN - 1], "…", name]
            told = " extends ".join(quoted(one) for one in shown)
            findings.error(
                "P017", parent.span, f"responses in a circle: {told}", "give one of them a `text` of its own"
            )
            break
    return list(found)


def compile_response(name: str, item: Item, parent: SafeResponse | None, findings: Findings) -> SafeResponse:
    """The response; with an error among the findings, as much of it as there is."""
    made = SafeResponse(name, "") if parent is None else replace(parent, name=name)
    if not isinstance(item.value, dict):
        findings.error("P007", item.span, f"a response is a mapping, not {item.kind}", 'write `{text: "..."}`')
        return made
    for key, span in item.keys.items():
        if key not in FIELDS:
            findings.error("P004", span, f"unknown field {quoted(key)} in response", near(key, FIELDS))
    own, finish, extends = item.get("text"), item.get("finish_reason"), item.get("extends")
    if own is not None:
        made = replace(made, text=text(own, "text", findings) or "")
    elif extends is None:
        findings.error("P005", item.span, f"response {quoted(name)} has no `text`", 'write `{text: "..."}`')
    if finish is not None:
        reason = next((one for one in FINISH_REASONS if one == finish.value), None)
        if reason is None:
            hint = "it is `stop` or `content_filter`"
            findings.error("P010", finish.span, f"unknown finish reason {given(finish)}", hint)
        made = replace(made, finish_reason=reason or made.finish_reason)
    return replace(made, locales={**made.locales, **locales(item.get("locales"), findings)})


def locales(item: Item | None, findings: Findings) -> dict[str, str]:
    if item is None:
        return {}
    if not isinstance(item.value, dict):
        hint = 'write `locales: {ko: "..."}`'
        findings.error("P007", item.span, f"`locales` must be a mapping, not {item.kind}", hint)
        return {}
    for language, span in item.keys.items():
        if language not in SUPPORTED:
            findings.error("P010", span, f"unknown language {quoted(language)}", near(language, SUPPORTED))
    texts = {language: text(inner, language, findings) or "" for language, inner in item.value.items()}
    return {language: found for language, found in texts.items() if language in SUPPORTED}
