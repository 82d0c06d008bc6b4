"""`answers:` of a policy file: how streamed answers are released. Set once in all files."""

from __future__ import annotations

from gateway.policy.actions import text
from gateway.policy.diagnostics import near, quoted
from gateway.policy.draft import Draft, check_fields
from gateway.policy.matching import given
from gateway.policy.release import STREAMS, Answers, Streams, needing_whole
from gateway.policy.source import Item

FIELDS = ("stream", "leak", "reason")
MOST_LEAKED = 1_000_000


def compile_answers(draft: Draft, file: Item) -> Answers | None:
    """What this file says, or an earlier one; a second one is an error."""
    item = file.get("answers")
    if item is None:
        return draft.answers
    if draft.answers is not None:
        first = f"{draft.answers.span.path}:{draft.answers.span.line}"
        draft.findings.error("P008", item.span, "`answers` is set twice", f"the first is at {first}")
        return draft.answers
    if not isinstance(item.value, dict):
        told = f"`answers` is a mapping, not {item.kind}"
        draft.findings.error("P007", item.span, told, "write `answers: {stream: whole}`")
        return None
    check_fields(draft.findings, item, FIELDS, "answers")
    reason = item.get("reason")
    why = text(reason, "reason", draft.findings) if reason is not None else None
    leak = item.get("leak")
    span = leak.span if leak is not None else None
    return Answers(item.span, stream(draft, item), leaked(draft, item), span, why or "")


def stream(draft: Draft, item: Item) -> Streams | None:
    inner = item.get("stream")
    if inner is None:
        return None
    found = next((name for name in STREAMS if name == inner.value), None)
    if found is None:
        draft.findings.error("P010", inner.span, f"unknown stream {given(inner)}", near(inner.value, STREAMS))
    return found


def leaked(draft: Draft, item: Item) -> int:
    leak, held = item.get("leak"), item.get("stream")
    if leak is None:
        return 0
    number = leak.value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_LEAKED:
        told = f"`leak` is a number of characters up to {MOST_LEAKED}, not {given(leak)}"
        draft.findings.error("P011", leak.span, told, "leave it out: nothing is released unjudged")
        return 0
    if number and held is not None and held.value == "whole":
        draft.findings.error("P007", leak.span, "`leak` of answers that are held whole", "leave one of them out")
    return number


def lint_answers(draft: Draft) -> None:
    """P113: answers that are held whole although nobody asked for it. P114: a leak without a reason."""
    answers = draft.answers
    if answers is None or answers.stream != "whole":
        found = next(needing_whole(draft.rules.values()), None)
        if found is not None:
            rule, why = found
            told = f"{quoted(rule.name)} makes streamed answers be held until they are complete: {why}"
            draft.findings.warning("P113", rule.span, told, "say so: `answers: {stream: whole}`; or change the rule")
    if answers is not None and answers.leak and not answers.reason and answers.leak_span is not None:
        told = f"up to {answers.leak} characters of a streamed answer get out before they were judged"
        draft.findings.warning("P114", answers.leak_span, told, "add `reason:` to say why, or leave `leak` out")
