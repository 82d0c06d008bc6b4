"""The values that flow through one request, from the caller's bytes to the audit record. Frozen; no behaviour but
what names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Label = Literal["safe", "controversial", "unsafe"]
ErrorKind = Literal["timeout", "unavailable", "overloaded", "too_long", "unparseable"]
Reason = Literal["matched", "default", "guardian_error"]
Taken = Literal["forward", "respond", "block", "error"]
"""What was done with a request: the header `x-guardian-action`."""

LABELS: tuple[Label, ...] = ("safe", "controversial", "unsafe")
ERROR_KINDS: tuple[ErrorKind, ...] = ("timeout", "unavailable", "overloaded", "too_long", "unparseable")
GUARDIAN = "guardian"
"""The name of the response that the guardian writes itself, in `respond: guardian`."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation: its role and every text it bears, in order."""

    role: str
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True)
class Query:
    """The caller's request, read and checked once. `raw` is what is forwarded; `messages` are the turns of it that
    are judged.
    """

    surface: str
    raw: bytes
    body: Mapping[str, Any]
    model: str
    messages: tuple[Message, ...]
    request_id: str
    tenant: str = "default"
    stream: bool = False
    tools: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def characters(self) -> int:
        return sum(len(text) for message in self.messages for text in message.texts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guardian said. `score` is P(unsafe) in 0..1, or None when the family gives none; `seconds` is the time
    to the verdict.
    """

    guardian: str
    label: Label
    categories: tuple[str, ...] = ()
    score: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GuardianError:
    """Why a guardian gave no verdict: a value, so that a policy decides about it and no `except` does."""

    guardian: str
    kind: ErrorKind
    detail: str = ""
    seconds: float = 0.0


Outcome = Verdict | GuardianError
Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the caller's bytes to an upstream (None: the default one)."""

    upstream: str | None = None


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer with a named response, or with the guardian's own when it is called `guardian`."""

    response: str


@dataclass(frozen=True, slots=True)
class Block:
    """Answer with an error of this HTTP status."""

    status: int = 400


Action = Forward | Respond | Block


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a query and which rule said so; `shadow` names the rules that would have decided otherwise."""

    action: Action
    rule: str
    reason: Reason
    policy_version: str
    shadow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SafeResponse:
    """A named answer that a policy file holds."""

    name: str
    text: str
    finish_reason: Literal["stop", "content_filter"] = "content_filter"


@dataclass(frozen=True, slots=True)
class Card:
    """What a family can say; the policy linter reads it."""

    name: str
    models: tuple[str, ...]
    labels: tuple[Label, ...]
    categories: Mapping[str, str]
    """The family's own code or wording -> our taxonomy name."""
    scores: bool
    writes_response: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that a policy may name, as plain data."""

    guardians: Mapping[str, Card]
    upstreams: frozenset[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One request in the audit: facts and times, no content. Times are seconds; `started` is UNIX time."""

    request_id: str
    started: float
    surface: str
    tenant: str
    model: str
    stream: bool
    action: Taken
    rule: str
    reason: str
    policy_version: str
    scanned: str
    outcomes: Outcomes
    shadow: tuple[str, ...]
    status: int
    upstream: str | None
    upstream_status: int | None
    ended: Literal["complete", "cut", "disconnected", "failed"]
    judge_seconds: float
    first_byte_seconds: float | None
    total_seconds: float
    query: str | None = None
    """The judged text, only where settings ask for content."""
    answer: str | None = None
