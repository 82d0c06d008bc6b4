"""What no guardian can see: media, references to what a provider has stored, endpoints that hold no query.

Each has a name. A query that holds one is refused, unless a policy file that applies to it names it in `unscanned:`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Unscanned:
    """One such thing: its name in policies, where in the request it stands, and what it is called there."""

    name: str
    at: str
    kind: str


CONTENT: Mapping[str, str] = MappingProxyType(
    {
        "image": "a picture, by its bytes or its address",
        "audio": "sound, by its bytes or its address",
        "video": "a film, by its bytes or its address",
        "file": "a document, by its bytes, its address or its id",
        "tokens": "a prompt as token numbers or embeddings",
        "chat_template": "a template of the caller's, by which a server writes the prompt",
        "previous_response": "an earlier answer that the provider has stored, with the turns before it",
        "stored_prompt": "a prompt that the provider has stored",
        "stored_item": "an item of an earlier answer, by its id",
        "background": "an answer that is fetched later, and so is never judged",
        "hidden_reasoning": "reasoning that only the provider can read, encrypted or redacted",
    }
)
"""Parts of a query that is judged otherwise."""
ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "files": "`/v1/files` and `/v1/uploads`",
        "batches": "`/v1/batches` and `/v1/messages/batches`",
        "fine_tuning": "`/v1/fine_tuning`",
        "assistants": "`/v1/assistants` and `/v1/threads`",
        "vector_stores": "`/v1/vector_stores`",
        "containers": "`/v1/containers`",
        "evals": "`/v1/evals`",
        "realtime": "`/v1/realtime`",
        "videos": "`/v1/videos`",
        "conversations": "`/v1/conversations`",
        "stored_answers": "answers that the provider has stored: `/v1/responses/ID` and `/v1/chat/completions/ID`",
        "vllm": "vLLM's own endpoints that are not judged",
    }
)
"""Whole endpoints: what is sent to one passes as it is."""
NAMES: Mapping[str, str] = MappingProxyType({**CONTENT, **ENDPOINTS})
