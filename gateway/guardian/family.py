"""What a guardian family is, and where the families are found: one module each in `families/`, and the entry points
`gateway.guardians`.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

from gateway.errors import ConfigurationError
from gateway.guardian import families as package
from gateway.types import Card, Label, Message, Passage


@dataclass(frozen=True, slots=True)
class Ask:
    """A rendered question to a guardian: the path below its base URL, and the body.

    `begun` is what the prompt has already put into the guardian's mouth: its completion is read as if it had said it.
    `about` names the one principle that is asked about, by families that take several questions for a verdict.
    A service that cannot stream is asked with `streamed` false: its whole body is then the completion's text.
    """

    path: str
    body: Mapping[str, Any]
    begun: str = ""
    about: str = ""
    streamed: bool = True


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token and the log-probabilities of its most likely alternatives, itself among them."""

    text: str
    top: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Completion:
    """What the guardian has generated so far."""

    text: str
    tokens: tuple[Token, ...] = ()
    finished: bool = False
    about: str = ""
    """The `about` of the question that this answers."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A verdict read from a completion. `score` is the family's raw P(unsafe); `answer_at` is where its safe response
    starts in the text; `quoted`: that it is the rest of a JSON string, up to its closing quote.
    """

    label: Label
    categories: tuple[str, ...] = ()
    score: float | None = None
    answer_at: int | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Unparseable:
    """The completion is not what this family says. `detail` describes its shape, never its text."""

    detail: str


class Family(Protocol):
    """A family module. `render` and `parse` are pure, so that serving, evaluation and training labels share them."""

    CARD: Card

    def render(self, passage: Passage, *, forced: bool) -> Sequence[Ask]:
        """The questions about a passage, mostly one: the worst answer counts. `forced` asks for the safe response
        whatever the verdict would be.
        """

    def parse(self, completion: Completion) -> Reading | Unparseable | None:
        """The verdict, or why there is none, or None while more text is needed."""


def families() -> Mapping[str, Family]:
    """Every family by its card's name: ours, then those of other packages."""
    ours = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    theirs = [point.load() for point in entry_points(group="gateway.guardians")]
    return {module.CARD.name: checked(module) for module in (*ours, *theirs)}


def checked(module: object) -> Family:
    for name in ("CARD", "render", "parse"):
        if not hasattr(module, name):
            raise ConfigurationError(
                f"guardian family `{module!r}` has no `{name}`: see docs/tutorial/add-a-guardian.md"
            )
    return cast(Family, module)


def neutralised(text: str) -> str:
    """The text with no control token in it: a user who types `<|im_end|>` must not end a turn."""
    return text.replace("<|", "< |")


def judged_text(passage: Passage) -> str:
    """The one text of a passage for a family that reads no conversation: the answer where there is one, else the
    turns.
    """
    return passage.answer if passage.answer is not None else joined(passage.messages)


def joined(messages: Sequence[Message]) -> str:
    return "\n\n".join(message.text for message in messages)


def share(top: Mapping[str, float], *, of: str, among: Sequence[str]) -> float | None:
    """P(`of`) renormalised over the tokens `among`, from log-probabilities; None when none of them was reported."""
    weights = {name: math.exp(top[name]) for name in among if name in top}
    total = sum(weights.values())
    return weights.get(of, 0.0) / total if total > 0 else None
