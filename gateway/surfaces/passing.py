"""Endpoints that hold no query, or none that a guardian could read: each is refused unless a policy names its group.

What is sent to one that is open passes as it is, method, path and query string byte for byte. So a path must be written
exactly as here: an id is a plain word, nothing is encoded, nothing climbs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.errors import BadRequest, RequestError
from gateway.surfaces.coverage import Cell
from gateway.surfaces.messages.error import error_body as message_error_body
from gateway.surfaces.openai_error import error_body

ID = r"(?!\.)(?!.*\.\.)[A-Za-z0-9._:-]+"
"""An id as providers write them; a fine-tuned model's has colons."""
BASE = "/v1"
MESSAGES = "/v1/messages/"
"""Where Anthropic's own endpoints are; its clients say who they are at the others."""
TABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "files": (
            "GET POST /v1/files",
            "GET DELETE /v1/files/{id}",
            "GET /v1/files/{id}/content",
            "POST /v1/uploads",
            "POST /v1/uploads/{id}/parts",
            "POST /v1/uploads/{id}/complete",
            "POST /v1/uploads/{id}/cancel",
        ),
        "batches": (
            "GET POST /v1/batches",
            "GET /v1/batches/{id}",
            "POST /v1/batches/{id}/cancel",
            "GET POST /v1/messages/batches",
            "GET DELETE /v1/messages/batches/{id}",
            "GET /v1/messages/batches/{id}/results",
            "POST /v1/messages/batches/{id}/cancel",
        ),
        "fine_tuning": (
            "GET POST /v1/fine_tuning/jobs",
            "GET /v1/fine_tuning/jobs/{id}",
            "GET /v1/fine_tuning/jobs/{id}/events",
            "GET /v1/fine_tuning/jobs/{id}/checkpoints",
            "POST /v1/fine_tuning/jobs/{id}/cancel",
            "POST /v1/fine_tuning/jobs/{id}/pause",
            "POST /v1/fine_tuning/jobs/{id}/resume",
            "GET POST /v1/fine_tuning/checkpoints/{id}/permissions",
            "DELETE /v1/fine_tuning/checkpoints/{id}/permissions/{id}",
            "POST /v1/fine_tuning/alpha/graders/run",
            "POST /v1/fine_tuning/alpha/graders/validate",
        ),
        "assistants": (
            "GET POST /v1/assistants",
            "GET POST DELETE /v1/assistants/{id}",
            "POST /v1/threads",
            "POST /v1/threads/runs",
            "GET POST DELETE /v1/threads/{id}",
            "GET POST /v1/threads/{id}/messages",
            "GET POST DELETE /v1/threads/{id}/messages/{id}",
            "GET POST /v1/threads/{id}/runs",
            "GET POST /v1/threads/{id}/runs/{id}",
            "POST /v1/threads/{id}/runs/{id}/cancel",
            "POST /v1/threads/{id}/runs/{id}/submit_tool_outputs",
            "GET /v1/threads/{id}/runs/{id}/steps",
            "GET /v1/threads/{id}/runs/{id}/steps/{id}",
        ),
        "vector_stores": (
            "GET POST /v1/vector_stores",
            "GET POST DELETE /v1/vector_stores/{id}",
            "POST /v1/vector_stores/{id}/search",
            "GET POST /v1/vector_stores/{id}/files",
            "GET POST DELETE /v1/vector_stores/{id}/files/{id}",
            "GET /v1/vector_stores/{id}/files/{id}/content",
            "POST /v1/vector_stores/{id}/file_batches",
            "GET /v1/vector_stores/{id}/file_batches/{id}",
            "GET /v1/vector_stores/{id}/file_batches/{id}/files",
            "POST /v1/vector_stores/{id}/file_batches/{id}/cancel",
        ),
        "containers": (
            "GET POST /v1/containers",
            "GET DELETE /v1/containers/{id}",
            "GET POST /v1/containers/{id}/files",
            "GET DELETE /v1/containers/{id}/files/{id}",
            "GET /v1/containers/{id}/files/{id}/content",
        ),
        "evals": (
            "GET POST /v1/evals",
            "GET POST DELETE /v1/evals/{id}",
            "GET POST /v1/evals/{id}/runs",
            "GET POST DELETE /v1/evals/{id}/runs/{id}",
            "GET /v1/evals/{id}/runs/{id}/output_items",
            "GET /v1/evals/{id}/runs/{id}/output_items/{id}",
        ),
        "realtime": (
            "POST /v1/realtime/sessions",
            "POST /v1/realtime/transcription_sessions",
            "POST /v1/realtime/client_secrets",
            "POST /v1/realtime/calls",
            "POST /v1/realtime/calls/{id}/accept",
            "POST /v1/realtime/calls/{id}/hangup",
            "POST /v1/realtime/calls/{id}/refer",
            "POST /v1/realtime/calls/{id}/reject",
        ),
        "videos": (
            "GET POST /v1/videos",
            "GET DELETE /v1/videos/{id}",
            "GET /v1/videos/{id}/content",
            "POST /v1/videos/{id}/remix",
            "POST /v1/videos/edits",
            "POST /v1/videos/extensions",
            "POST /v1/videos/characters",
            "GET /v1/videos/characters/{id}",
        ),
        "conversations": (
            "POST /v1/conversations",
            "GET POST DELETE /v1/conversations/{id}",
            "GET POST /v1/conversations/{id}/items",
            "GET DELETE /v1/conversations/{id}/items/{id}",
        ),
        "stored_answers": (
            "GET DELETE /v1/responses/{id}",
            "POST /v1/responses/{id}/cancel",
            "GET /v1/responses/{id}/input_items",
            "GET /v1/chat/completions",
            "GET POST DELETE /v1/chat/completions/{id}",
            "GET /v1/chat/completions/{id}/messages",
        ),
        "vllm": ("POST /v1/load_lora_adapter", "POST /v1/unload_lora_adapter"),
    }
)
"""By the group's name in policies: methods and a path."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of the table."""

    group: str
    methods: tuple[str, ...]
    path: str

    def matches(self, raw_path: bytes) -> bool:
        """Whether a path, as it came over the wire, is written as this one."""
        pattern = "/".join(ID if step == "{id}" else re.escape(step) for step in self.path.split("/"))
        return re.fullmatch(pattern, raw_path.decode("latin-1")) is not None

    @property
    def route(self) -> str:
        """The path with a name of its own for each id."""
        steps = self.path.split("/")
        return "/".join(f"{{id{i}}}" if step == "{id}" else step for i, step in enumerate(steps))


class Passed:
    """A request to one of them. It holds no query: nothing of it is judged."""

    def __init__(self, group: str, path: str, *, anthropic: bool = False) -> None:
        self.name = group
        self.path = path
        self.upstream_path = path.removeprefix(BASE)
        self.route = "messages" if anthropic or path.startswith(MESSAGES) else group

    def error(self, error: RequestError) -> bytes:
        return message_error_body(error) if self.route == "messages" else error_body(error)

    def closed(self) -> RequestError:
        """What is said where no policy names it."""
        told = f"no guardian judges `{self.path}`, so it is refused"
        hint = f"it passes where a policy file names its group, in `unscanned: [{self.name}]`"
        error = BadRequest(f"{told}: {hint}", code="unscanned_endpoint")
        error.status = 403
        return error


def patterns() -> Iterator[Pattern]:
    for group, lines in TABLE.items():
        for line in lines:
            *methods, path = line.split(" ")
            yield Pattern(group, tuple(methods), path)


def passing_cells() -> Iterator[Cell]:
    return (Cell(group, "input", "anything", "refused", group) for group in TABLE)
