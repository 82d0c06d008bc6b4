"""What a guardian family is, and where the families are found: one module each in `families/`, and the entry points
`gateway.guardians`.
"""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, cast

from gateway.errors import ConfigurationError
from gateway.guardian import families as package
from gateway.types import Card, Label, Passage

GROUP = "gateway.guardians"


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
    MARKERS: Sequence[str]
    """What this model's prompt is made of and no user may write: its control tokens, the marks around the judged text.
    What it renders has been through `neutralised` with these.
    """

    def render(self, passage: Passage, *, forced: bool) -> Sequence[Ask]:
        """The questions about a passage, mostly one: the worst answer counts. `forced` asks for the safe response
        whatever the verdict would be.
        """

    def parse(self, completion: Completion) -> Reading | Unparseable | None:
        """The verdict, or why there is none, or None while more text is needed."""


def families() -> Mapping[str, Family]:
    """Every family by its card's name: ours, then those of other packages."""
    ours = [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    theirs = [loaded(point) for point in entry_points(group=GROUP)]
    known: dict[str, Family] = {}
    for family in map(checked, (*ours, *theirs)):
        if family.CARD.name in known:
            raise ConfigurationError(
                f"two guardian families have the name `{family.CARD.name}`: rename or uninstall one"
            )
        known[family.CARD.name] = family
    return known


def loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:
        package_name = point.dist.name if point.dist is not None else "an unknown package"
        raise ConfigurationError(
            f"guardian family `{point.name}` of the package `{package_name}` cannot be imported from `{point.value}`: "
            f"{type(error).__name__}: {error}; repair or uninstall that package"
        ) from error


def checked(module: object) -> Family:
    for name in ("CARD", "MARKERS", "render", "parse"):
        if not hasattr(module, name):
            raise ConfigurationError(
                f"guardian family `{module!r}` has no `{name}`: see docs/tutorial/add-a-guardian.md"
            )
    family = cast(Family, module)
    for marker in family.MARKERS:
        if len(marker) < 2 or any(character.isspace() for character in marker[:2]):
            raise ConfigurationError(
                f"guardian family `{family.CARD.name}`: the marker {marker!r} cannot be broken by a blank: give one "
                "that begins with two other characters"
            )
    return family


def share(top: Mapping[str, float], *, of: str, among: Sequence[str]) -> float | None:
    """P(`of`) renormalised over the tokens `among`, from log-probabilities; None when none of them was reported."""
    weights = {name: math.exp(top[name]) for name in among if name in top}
    total = sum(weights.values())
    return weights.get(of, 0.0) / total if total > 0 else None
