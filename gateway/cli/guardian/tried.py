"""One question to a guardian, what came of it, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from time import monotonic
from types import MappingProxyType
from typing import Any

from gateway.guardian.generation import Answer
from gateway.guardian.judge import Guardian
from gateway.guardian.writing import read_whole
from gateway.types import ErrorKind, GuardianError, Outcome, Passage

ADVICE: Mapping[ErrorKind, str] = MappingProxyType(
    {
        "timeout": "give it more time with `--deadline`, or look at its server with `gateway guardian doctor`",
        "unavailable": "is it running there, and under that model's name? `gateway guardian doctor URL` looks",
        "overloaded": "it has no room: try again, or give its server more",
        "too_long": "the text is over the model's context: serve it with more, or send less",
        "unparseable": "it does not speak as its family does: is this model of that family? `--show-prompt` tells more",
    }
)
Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """`outcome` is None where the response was forced: there is no verdict then. `seconds` is until either was there;
    `cut`: the answer broke off.
    """

    outcome: Outcome | None
    seconds: float
    answer: str = ""
    cut: bool = False

    @property
    def failed(self) -> bool:
        return self.cut or isinstance(self.outcome, GuardianError)


async def ask_once(guardian: Guardian, passage: Passage, show: Show, *, forced: bool) -> Tried:
    """The verdict is shown when it is there, the answer as it comes."""
    started = monotonic()
    outcome, answer = await (opened_answer if forced else judged)(guardian, passage)
    seconds = monotonic() - started
    show(f"{line(outcome, seconds)}\n")
    if answer is None:
        return Tried(outcome, seconds)
    whole = await read_whole(answer, lambda piece: show(printable(piece)))
    show("\n(the answer was cut)\n" if whole.cut else "\n")
    return Tried(outcome, seconds, whole.text, whole.cut)


async def judged(guardian: Guardian, passage: Passage) -> tuple[Outcome | None, Answer | None]:
    judgement = await guardian.judge(passage)
    return judgement.outcome, judgement.answer


async def opened_answer(guardian: Guardian, passage: Passage) -> tuple[Outcome | None, Answer | None]:
    found = await guardian.forced(passage)
    return (found, None) if isinstance(found, GuardianError) else (None, found)


def printable(text: str) -> str:
    """What a model writes moves no cursor of a terminal."""
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in text)


def line(outcome: Outcome | None, seconds: float) -> str:
    after = f"after {seconds * 1000:.0f} ms"
    if outcome is None:
        return f"safe response, forced  ({after})"
    if isinstance(outcome, GuardianError):
        return f"error: {outcome.kind}: {outcome.detail}  ({after})\n  {ADVICE[outcome.kind]}"
    by = f"  by `{outcome.model}`" if outcome.model else ""
    score = "no score" if outcome.score is None else f"score {outcome.score:.4f}"
    undone = f"  under {', '.join(outcome.techniques)}" if outcome.techniques else ""
    return "  ".join((outcome.label, score, *outcome.categories, f"({after}){undone}{by}"))


def as_json(tried: Tried) -> dict[str, Any]:
    outcome = tried.outcome
    if isinstance(outcome, GuardianError):
        found = {"error": {"kind": outcome.kind, "detail": outcome.detail, "advice": ADVICE[outcome.kind]}}
    elif outcome is None:
        found = {}
    else:
        fields = asdict(outcome)
        found = {name: fields[name] for name in ("label", "score", "categories", "techniques", "model")}
    return {**found, "seconds": tried.seconds, "answer": tried.answer or None, "cut": tried.cut}
