"""The turns of a conversation, put together from the items of `input`.

Here a model's turn is a run of items: its reasoning, its message, its calls. It is one message again, with what came of
its calls behind it, so that the view of it is the same as of a chat.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.errors import BadRequest
from gateway.surfaces.responses.items import KINDS, content_texts, further_texts, kind_of, role_of
from gateway.types import Message
from gateway.unscanned import Unscanned

MODEL, TOOL = "assistant", "tool"


@dataclass(slots=True)
class Turn:
    """`thought` is the model's reasoning, `called` what stands in its calls."""

    role: str
    said: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    unscanned: list[Unscanned] = field(default_factory=list)

    def add(self, found: Iterable[str | Unscanned], to: list[str]) -> None:
        for one in found:
            if isinstance(one, Unscanned):
                self.unscanned.append(one)
            elif one:
                to.append(one)

    @property
    def message(self) -> Message:
        """Reasoning that led to calls is judged as they are: it is the caller who says that the model thought so. Where
        it led to nothing, nobody was answered: the turn before it is not over.
        """
        role = TOOL if self.role == MODEL and not self.said and not self.called else self.role
        called = [*self.thought, *self.called] if self.called else []
        said = self.said if called else [*self.thought, *self.said]
        return Message(role, (*said, *called), len(called), tuple(self.unscanned))


@dataclass(slots=True)
class Turns:
    """All turns so far. `model` is where the model's turn stands that nothing but `results` has followed, so many."""

    all: list[Turn] = field(default_factory=list)
    model: int | None = None
    results: int = 0

    def add(self, role: str) -> Turn:
        self.model, self.results = (self.model, self.results + 1) if role == TOOL else (None, 0)
        self.all.append(Turn(role))
        return self.all[-1]

    def of_model(self, *, goes_on: bool) -> Turn:
        """The model's turn that is under way, or a new one. A call behind results `goes_on` with the turn before them:
        the order of calls and results does not say which of them the model had seen, so that none passes as seen
        already.
        """
        if self.model is None or (self.results and not goes_on):
            self.results = self.results if goes_on else 0
            self.model = len(self.all) - self.results
            self.all.insert(self.model, Turn(MODEL))
        return self.all[self.model]


def read_input(value: object) -> tuple[Message, ...]:
    """A text is a turn of the user's."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (Message("user", (value,)),) if value else ()
    if not isinstance(value, list):
        raise BadRequest("`input` must be a string or a list of items", code="invalid_input", param="input")
    turns = Turns()
    for i, item in enumerate(value):
        add_item(turns, item, f"input[{i}]")
    return tuple(turn.message for turn in turns.all)


def add_item(turns: Turns, item: object, at: str) -> None:
    name = kind_of(item, at)
    assert isinstance(item, dict)
    kind = KINDS[name]
    if kind.said == "message":
        role = role_of(item, at)
        turn = turns.of_model(goes_on=False) if role == MODEL else turns.add(role)
    elif kind.said == "result":
        turn = turns.add(TOOL)
    else:
        turn = turns.of_model(goes_on=kind.said == "call")
    first = {"reasoning": turn.thought, "call": turn.called}.get(kind.said, turn.said)
    turn.add(content_texts(item, kind, at), first)
    turn.add(further_texts(item, kind, at), turn.called if turn.role == MODEL and first is turn.said else first)
