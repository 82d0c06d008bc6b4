"""`GET /v1/models` and `GET /v1/models/{model}`: they hold no query, so they pass to the upstream as they are."""

from __future__ import annotations

from gateway.errors import RequestError
from gateway.surfaces.messages.error import error_body as message_error_body
from gateway.surfaces.openai_error import error_body


class Models:
    """One models endpoint; `upstream_path` is the path below the upstream's base URL."""

    name = "models"

    def __init__(self, model: str | None = None, *, anthropic: bool = False) -> None:
        self.route = "messages" if anthropic else self.name
        self.upstream_path = "/models" if model is None else f"/models/{model}"

    def error(self, error: RequestError) -> bytes:
        return message_error_body(error) if self.route == "messages" else error_body(error)
