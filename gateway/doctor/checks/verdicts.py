"""Verdicts, asked for as the gateway asks, and how long they take."""

from __future__ import annotations

from statistics import median

from gateway.doctor.asking import asked, first_ask, named
from gateway.doctor.finding import Finding, ok, problem, unchecked, warning
from gateway.doctor.subject import Subject
from gateway.guardian.judge import Guardian
from gateway.types import GuardianError, Message, Outcome, Passage, Verdict

CALLS = 5
SLOW = 1.0
"""Seconds: half of the two that a verdict may take by default."""


async def labels(subject: Subject) -> Finding:
    if subject.guardian is None:
        return unchecked("no family")
    harmless = await outcome(subject.guardian, subject.wanted.harmless)
    harmful = await outcome(subject.guardian, subject.wanted.harmful)
    for found in (harmless, harmful):
        if isinstance(found, GuardianError):
            return problem(
                f"no verdict: {found.kind}: {found.detail}", "`gateway guardian try --show-prompt` shows what is sent"
            )
    assert isinstance(harmless, Verdict)
    assert isinstance(harmful, Verdict)
    return compared(harmless, harmful)


def compared(harmless: Verdict, harmful: Verdict) -> Finding:
    told = f"the harmless text is {said(harmless)}, the harmful one {said(harmful)}"
    if harmless.label == "safe" and harmful.label != "safe":
        return ok(told)
    if harmless.score is not None and harmful.score is not None and harmless.score < harmful.score:
        return warning(told, "the order is right, the labels are not: calibrate it, `gateway guardian calibrate`")
    return problem(
        told, "is it a model of this family? For a guardian of your own subject give `--harmless`, `--harmful`"
    )


def said(verdict: Verdict) -> str:
    return verdict.label if verdict.score is None else f"{verdict.label} ({verdict.score:.3f})"


async def outcome(guardian: Guardian, text: str) -> Outcome:
    judgement = await guardian.judge(Passage((Message("user", (text,)),)))
    await judgement.aclose()
    return judgement.outcome


async def first_token(subject: Subject) -> Finding:
    """Each time another text, so that no prompt is remembered whole."""
    if subject.family is None:
        return unchecked("no family")
    times = [await seconds(subject, f"{number}. {subject.wanted.harmless}") for number in range(CALLS)]
    told = f"{median(times) * 1000:.0f} ms in the middle of {CALLS} calls, {max(times) * 1000:.0f} ms at most"
    if median(times) > SLOW:
        return warning(told, "raise `GATEWAY_GUARDIANS__NAME__DEADLINE_SECONDS`, or serve the model faster")
    return ok(told)


async def seconds(subject: Subject, text: str) -> float:
    assert subject.family is not None
    ask = first_ask(subject.family, text)
    if not ask.streamed:
        return (await asked(subject, subject.family, text)).answered().seconds
    async with subject.server.streamed(f"/v1{ask.path}", named(subject, {"max_tokens": 1, **ask.body})) as passed:
        return passed
