"""Surfaces whose answers are numbers: embeddings, scores, ranks. What they are asked is judged like any query. They
have no words of their own, so they tell as an error what a policy would say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.errors import RequestError
from gateway.surfaces.asked import no_system_prompt, query_of
from gateway.surfaces.conversation import conversation, read_messages
from gateway.surfaces.coverage import Cell, State, input_cells
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.members import refuse_lookalikes
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.prompt_fields import other_cells, other_fields
from gateway.surfaces.splice import replaced
from gateway.surfaces.surface import Annotation, AnswerWriter
from gateway.surfaces.texts import read_texts, something, stray
from gateway.types import Arrival, Query

HARMLESS = frozenset({"model", "messages", "encoding_format", "dimensions", "user", "top_n", "truncate_prompt_tokens"})
ELSEWHERE = ("input", "prompt", "messages", "query", "queries", "documents", "text_1", "text_2")


class Wordless:
    """One such endpoint. `fields` hold its texts, the first of them what errors name; `messages` are read as turns of a
    conversation, where it takes them.
    """

    answer_member = ""
    speaks = False

    def __init__(self, name: str, fields: tuple[str, ...], *, turns: bool = False) -> None:
        self.name = self.route = name
        self.upstream_path = f"/{name}"
        self.path = f"/v1{self.upstream_path}"
        self.fields = fields
        self.turns = turns
        self.judged_field = fields[0]
        known = {*fields, *(["messages"] if turns else [])}
        self.stray = tuple(name for name in ELSEWHERE if name not in known)
        """Fields of its like, which an upstream may take."""

    def cells(self) -> Iterator[Cell]:
        judged = [place for name in self.fields for place in (f"`{name}`", f"`{name}`, one of a list")]
        judged += [f"`{name}`, of another endpoint" for name in self.stray] + ["`messages`"] * self.turns
        refused = ["field that differs from a known one in its case only"]
        cells: dict[State, Iterable[str]] = {
            "judged": judged,
            "refused": refused,
        }
        yield from input_cells(self.name, cells)
        yield from other_cells(self.name)
        yield Cell(self.name, "input", f"`{self.judged_field}` of token numbers", "refused", "tokens")
        yield Cell(self.name, "input", "picture among the parts of a text", "refused", "image")
        yield Cell(self.name, "output", "answer of the upstream", "unscanned")

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        body = parse_object(raw, headers)
        refuse_lookalikes(body, {*self.fields, *ELSEWHERE, "model"}, "body")
        found = tuple(turn for name in self.fields for turn in read_texts(body.get(name), name))
        if self.turns and body.get("messages") is not None:
            found += read_messages(body["messages"])
        others = other_fields(body, {*self.fields, *ELSEWHERE})
        unscanned = tuple(one for turn in (*found, *others) for one in turn.unscanned)
        if not unscanned:
            something(found, self.judged_field)
        judged = (
            *(turn for turn in found if turn.texts),
            *stray(body, self.stray),
            *(one for one in others if one.texts),
        )
        return query_of(
            self.name,
            raw,
            body,
            headers,
            arrival,
            judged,
            conversation=conversation(judged, body, arrival.conversation_key),
            unscanned=unscanned,
        )

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        if system_prompt is not None:
            raise no_system_prompt(self.name)
        return query.raw if model is None else replaced(query.raw, "model", model)

    def without_effects(self, query: Query) -> bool:
        return query.body.keys() <= HARMLESS.union(self.fields)

    def tokens(self, events: Sequence[bytes]) -> int:
        del events
        return 0

    def answer(self) -> None:
        return None

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        raise NotImplementedError(f"`{self.path}` does not speak")

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        raise NotImplementedError(f"`{self.path}` does not speak")

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def wordless() -> tuple[Wordless, ...]:
    """OpenAI's embeddings, and what vLLM serves beside them below `/v1`."""
    scored = ("text_1", "text_2", "queries", "documents", "items", "data_1", "data_2")
    return (
        Wordless("embeddings", ("input",), turns=True),
        Wordless("rerank", ("query", "documents")),
        Wordless("score", scored),
    )
