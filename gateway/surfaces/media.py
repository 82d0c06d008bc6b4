"""What the endpoints for pictures and sound have in common: a prompt that is judged, as JSON or in a form; media that
no guardian can see; an answer that is no conversation, so that a block is told as an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.asked import no_system_prompt, query_of
from gateway.surfaces.conversation import conversation
from gateway.surfaces.coverage import Cell
from gateway.surfaces.form import Fields, Form, read_form
from gateway.surfaces.json_body import parse_object
from gateway.surfaces.media_coverage import media_cells
from gateway.surfaces.members import is_prose, prose_of, refuse_lookalikes, text_of
from gateway.surfaces.multipart import FORM, with_field
from gateway.surfaces.openai_error import error_body
from gateway.surfaces.splice import replaced
from gateway.surfaces.surface import Annotation, AnswerText, AnswerWriter
from gateway.types import Arrival, Message, Query
from gateway.unscanned import Unscanned


class Media:
    """One such endpoint. Each is a class with its own names and fields."""

    name = ""
    path = ""
    upstream_path = ""
    route = ""
    answer_member = ""
    judged_field = "prompt"
    speaks = False
    bodies: frozenset[str] = frozenset({"json"})
    """How its queries may be written: `json`, `form`."""
    required: tuple[str, ...] = ()
    fields = Fields(frozenset(), {})

    def cells(self) -> Iterable[Cell]:
        return media_cells(self.name, self.fields, self.bodies, answered=self.answer() is not None)

    def read(self, raw: bytes, headers: Mapping[str, str], arrival: Arrival) -> Query:
        form = self.form(raw, headers)
        check(form, self.required, self.fields)
        messages = (Message("user", form.judged),)
        return query_of(
            self.name,
            raw,
            form.values,
            headers,
            arrival,
            messages,
            model=str(form.values.get("model", "")),
            stream=form.values.get("stream") in (True, "true"),
            conversation=conversation(messages, form.values, arrival.conversation_key),
            unscanned=form.unscanned,
        )

    def form(self, raw: bytes, headers: Mapping[str, str]) -> Form:
        if "form" in self.bodies and ("json" not in self.bodies or is_form(headers)):
            return read_form(raw, headers, self.fields)
        return read_json(parse_object(raw, headers), self.fields)

    def rewritten(self, query: Query, model: str | None, system_prompt: str | None) -> bytes:
        if system_prompt is not None:
            raise no_system_prompt(self.name)
        if model is None:
            return query.raw
        if "form" in self.bodies and is_form(query.headers):
            return with_field(query.raw, query.headers, "model", model)
        return replaced(query.raw, "model", model)

    def without_effects(self, query: Query) -> bool:
        """Each answer is billed, whether it is wanted or not."""
        del query
        return False

    def tokens(self, events: Sequence[bytes]) -> int:
        del events
        return 0

    def answer(self) -> AnswerText | None:
        return None

    def completion(
        self, query: Query, text: str, finish_reason: str, *, created: int, moderation: Annotation = None
    ) -> bytes:
        raise NotImplementedError(f"`{self.name}` does not speak")

    def writer(self, query: Query, *, created: int, moderation: Annotation = None) -> AnswerWriter:
        raise NotImplementedError(f"`{self.name}` does not speak")

    def error(self, error: RequestError) -> bytes:
        return error_body(error)


def is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").strip().lower().startswith(FORM)


def read_json(body: dict[str, Any], fields: Fields) -> Form:
    """The same of a body in JSON."""
    refuse_lookalikes(body, fields.known | {"stream"}, "body")
    texts = (body[name] for name in sorted(fields.texts) if isinstance(body.get(name), str))
    media = sorted((fields.files.keys() | fields.media_texts.keys()) & body.keys())
    others = {key: value for key, value in body.items() if key not in {*fields.texts, *media}}
    judged = (*texts, *other_texts(others, fields.settings), *(text for name in media for text in prose_of(body[name])))
    names = {**fields.files, **fields.media_texts}
    seen = (Unscanned(names[name], name, names[name]) for name in media if body[name] is not None)
    return Form(body, tuple(text for text in judged if text), tuple(seen))


def other_texts(others: Mapping[str, Any], settings: Collection[str]) -> Iterator[str]:
    """What stands in all other members: of a setting, what is more than a word or a number."""
    for key, value in others.items():
        if key not in settings or is_prose(value) or isinstance(value, dict | list):
            yield text_of(value)


def check(form: Form, required: Iterable[str], fields: Fields) -> None:
    for name in missing(form, required):
        raise BadRequest(f"`{name}` is missing", code="missing_field", param=name)
    for name in ("model", *sorted(fields.texts)):
        if not isinstance(form.values.get(name) or "", str):
            raise BadRequest(f"`{name}` must be a string", code="invalid_type", param=name)


def missing(form: Form, required: Iterable[str]) -> Iterator[str]:
    there = form.values.keys() | {one.at for one in form.unscanned}
    return (name for name in required if name not in there)
