"""The values that flow through one request, from the caller's bytes to the audit record. Frozen; no behaviour but
what names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.unscanned import Unscanned

Label = Literal["safe", "controversial", "unsafe"]
ErrorKind = Literal["timeout", "unavailable", "overloaded", "too_long", "unparseable"]
Phase = Literal["input", "output"]
"""What is judged: the caller's query, or the upstream's answer to it."""
Reason = Literal["matched", "default", "guardian_error"]
Signal = Literal["completion", "error"]
"""How a caller is told: by a complete object of the surface, or by an HTTP error."""
FinishReason = Literal["stop", "content_filter"]
Judged = Literal["prompt", "response"]
Speculation = Literal["used", "wasted"]
"""What became of an upstream call that was begun before the verdict."""
Taken = Literal["forward", "respond", "block", "error"]
"""What was done with a request: the header `x-guardian-action`."""

LABELS: tuple[Label, ...] = ("safe", "controversial", "unsafe")
PHASES: tuple[Phase, ...] = ("input", "output")
ERROR_KINDS: tuple[ErrorKind, ...] = ("timeout", "unavailable", "overloaded", "too_long", "unparseable")
GUARDIAN = "guardian"
"""The name of the response that the guardian writes itself, in `respond: guardian`."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation: its role and every text it bears, in order. The last `calls` of them are names and
    arguments of tool calls.
    """

    role: str
    texts: tuple[str, ...]
    calls: int = 0
    unscanned: tuple[Unscanned, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True)
class Passage:
    """What a guardian is asked about: the caller's turns and, where an answer to them is judged, that answer.

    `history` are the turns before, for a guardian that is to see them. `scope` is what a verdict may be kept for: it is
    found again only under the same one, and without one it is not kept.
    """

    messages: tuple[Message, ...]
    answer: str | None = None
    history: tuple[Message, ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a request before its body is read. `received` is UNIX time."""

    request_id: str
    tenant: str = "default"
    received: float = 0.0
    conversation_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Query:
    """The caller's request, read and checked once. `raw` is what is forwarded; `messages` are the turns of it that
    are judged, `history` those before that are not trusted. `received` is UNIX time; `conversation` is the same for
    every turn of one conversation.
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
    received: float = 0.0
    conversation: str = ""
    phase: Phase = "input"
    history: tuple[Message, ...] = ()
    unscanned: tuple[Unscanned, ...] = ()
    """What no guardian can see of it, anywhere in the body."""

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
    techniques: tuple[str, ...] = ()
    """The disguises that were undone in the text that this rests on; empty when it rests on the text as it came."""
    model: str = ""
    """The guardian that said so, where it is not the one that was asked: its fallback, or the next of a cascade."""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class GuardianError:
    """Why a guardian gave no verdict: a value, so that a policy decides about it and no `except` does."""

    guardian: str
    kind: ErrorKind
    detail: str = ""
    seconds: float = 0.0
    retry_after: float | None = None
    """Where the gateway itself held the question back: in how many seconds it may ask again."""


Outcome = Verdict | GuardianError
Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the caller's bytes to an upstream (None: the default one). A `model` replaces the one that was asked for, a
    `system_prompt` is put before the messages.
    """

    upstream: str | None = None
    model: str | None = None
    system_prompt: str | None = None


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
    """What is done with a query and which rule said so; `shadow` names the rules before it that matched and do not
    decide (yet).
    """

    action: Action
    rule: str
    reason: Reason
    policy_version: str
    shadow: tuple[str, ...] = ()
    signal: Signal | None = None
    """None: what the action does by itself, `error` for a block and `completion` for a response."""
    guardian: str = ""
    """The guardian of the rule's file: whose own answer `respond: guardian` is."""
    annotate: bool = False
    """Whether the verdict goes into the answer, in OpenAI's own `moderation` field."""
    told: Mapping[str, bool] = field(default_factory=dict, compare=False)
    """What was asked of the content (texts, headers), by the conditions' keys, and the answers: for replay."""


@dataclass(frozen=True, slots=True)
class SafeResponse:
    """A named answer that a policy file holds, and its translations by language (ISO 639-1)."""

    name: str
    text: str
    finish_reason: FinishReason = "content_filter"
    locales: Mapping[str, str] = field(default_factory=dict)

    def spoken(self, language: str) -> str:
        return self.locales.get(language, self.text)


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
    judges: tuple[Judged, ...] = ("prompt",)
    """What it was made to judge. One that judges prompts only reads an answer as if a user had said it."""


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
    tools: bool
    characters: int
    conversation: str
    action: Taken
    rule: str
    reason: str
    policy_version: str
    scanned: str
    unscanned: str
    """The names of what passed and no guardian could see, with commas between."""
    outcomes: Outcomes
    output: Outcomes
    """What guardians said of the upstream's answer."""
    answer_characters: int | None
    """The length of the answer that was judged."""
    told: Mapping[str, bool]
    """`Decision.told`, and with `output ` before the key that of the output phase."""
    shadow: tuple[str, ...]
    status: int
    upstream: str | None
    upstream_status: int | None
    ended: Literal["complete", "cut", "disconnected", "failed"]
    speculation: Speculation | None
    wasted_tokens: int
    """What the upstream had generated of an answer that nobody was to see."""
    judge_seconds: float
    first_byte_seconds: float | None
    total_seconds: float
    query: str | None = None
    """The judged text, only where settings ask for content."""
    answer: str | None = None
