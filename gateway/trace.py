"""What becomes known of one request on its way: it makes the response's headers, and ends as the audit record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from time import monotonic, time
from types import MappingProxyType
from typing import Literal

from gateway.act import Reply
from gateway.incoming import Incoming
from gateway.policy import PolicySet
from gateway.speech import Speech
from gateway.surfaces.moderation import moderation
from gateway.surfaces.surface import Annotation
from gateway.types import Arrival, Decision, Forward, GuardianError, Outcomes, Query, Record, Speculation, Taken
from gateway.unscanned import Unscanned
from gateway.upstream.headers import Header

Ended = Literal["complete", "cut", "disconnected", "failed"]
NOTHING: Outcomes = MappingProxyType({})


class Trace:
    """Facts and times of one request. Times are seconds since it came."""

    def __init__(self, incoming: Incoming, surface: str, policy: PolicySet) -> None:
        self.incoming = incoming
        self.surface = surface
        self.policy = policy
        self.started, self.begun = time(), monotonic()
        self.query: Query | None = None
        self.outcomes = NOTHING
        self.output = NOTHING
        self.decision: Decision | None = None
        self.shadow: tuple[str, ...] = ()
        self.told: dict[str, bool] = {}
        self.answer_characters: int | None = None
        self.annotate = False
        self.reply: Reply | None = None
        self.judge_seconds = 0.0
        self.review_seconds = 0.0
        self.first_byte_seconds: float | None = None
        self.ended: Ended = "failed"
        self.speculation: Speculation | None = None
        self.wasted_tokens = 0
        self.unscanned = ""

    def admitted(self, unscanned: Iterable[Unscanned]) -> None:
        """What may pass although no guardian can see it."""
        self.unscanned = ",".join(sorted({one.name for one in unscanned}))

    def judged(self, outcomes: Outcomes) -> Outcomes:
        self.judge_seconds = monotonic() - self.begun if outcomes else 0.0
        self.outcomes = outcomes
        return outcomes

    def decided(self, decision: Decision) -> Decision:
        self.decision, self.shadow, self.annotate = decision, decision.shadow, decision.annotate
        self.told = dict(decision.told)
        return decision

    def judged_output(self, outcomes: Outcomes, *, characters: int, seconds: float | None = None) -> Outcomes:
        """`seconds`: how long its judging held the answer up, where that is known."""
        self.answer_characters = characters
        self.review_seconds = monotonic() - self.begun - self.judge_seconds if seconds is None else seconds
        self.output = outcomes
        return outcomes

    def reviewed(self, decision: Decision) -> None:
        """What was decided about the answer stands for the request, unless the answer was released."""
        self.shadow = tuple(dict.fromkeys((*self.shadow, *decision.shadow)))
        self.annotate = self.annotate or decision.annotate
        self.told |= {f"output {key}": answer for key, answer in decision.told.items()}
        if not isinstance(decision.action, Forward):
            self.decision = decision

    def stopped(self, action: Taken, speech: Speech | None) -> None:
        """A forwarded answer was stopped when a part of it was out already."""
        assert self.reply is not None
        self.reply = replace(self.reply, action=action, speech=speech)

    def moderation(self) -> Annotation:
        """The field for the answer, when there is something to say and a policy asks for it; or the caller, where the
        answer is ours: a caller's wish is the upstream's to grant in its own.
        """
        if not self.annotate and not (self.kept_back and self.query is not None and "moderation" in self.query.body):
            return None
        return moderation({"input": self.outcomes, "output": self.output}, self.surface) or None

    @property
    def kept_back(self) -> bool:
        """Whether it was decided that the client gets something else than the upstream's answer."""
        return self.decision is not None and not isinstance(self.decision.action, Forward)

    def arrival(self, conversation_key: bytes) -> Arrival:
        return Arrival(self.incoming.request_id, self.incoming.tenant, self.started, conversation_key)

    def first_byte(self) -> None:
        self.first_byte_seconds = monotonic() - self.begun

    @property
    def scanned(self) -> str:
        """What a guardian has judged: `input`, `output` or both; `failed` when one was asked and did not answer; `none`
        when none was asked.
        """
        if any(isinstance(one, GuardianError) for one in (*self.outcomes.values(), *self.output.values())):
            return "failed"
        return ",".join(name for name, found in (("input", self.outcomes), ("output", self.output)) if found) or "none"

    @property
    def rule(self) -> str:
        return self.decision.rule if self.decision is not None else "none"

    def headers(self) -> list[Header]:
        """The headers that say what happened."""
        assert self.reply is not None
        said = [
            (b"x-guardian-action", self.reply.action.encode()),
            (b"x-guardian-rule", self.rule.encode()),
            (b"x-guardian-policy", self.policy.version.encode()),
            (b"x-guardian-scanned", self.scanned.encode()),
            (b"x-request-id", self.incoming.request_id.encode()),
            *self.incoming.limits,
        ]
        if self.unscanned:
            said.append((b"x-guardian-unscanned", self.unscanned.encode()))
        if self.speculation is not None:
            said.append((b"x-guardian-speculation", self.speculation.encode()))
        if self.outcomes:
            said.append((b"server-timing", b"guardian;dur=%.1f" % (self.judge_seconds * 1000)))
        if self.output:
            said.append((b"server-timing", b"guardian-output;dur=%.1f" % (self.review_seconds * 1000)))
        return said

    def record(self) -> Record:
        reply, query, decision = self.reply, self.query, self.decision
        upstream = reply.upstream if reply is not None else None
        return Record(
            request_id=self.incoming.request_id,
            started=self.started,
            surface=self.surface,
            tenant=self.incoming.tenant,
            model=query.model if query is not None else "",
            stream=query is not None and query.stream,
            tools=query is not None and query.tools,
            characters=query.characters if query is not None else 0,
            conversation=query.conversation if query is not None else "",
            action=reply.action if reply is not None else "error",
            rule=self.rule,
            reason=decision.reason if decision is not None else "none",
            policy_version=self.policy.version,
            scanned=self.scanned,
            unscanned=self.unscanned,
            outcomes=self.outcomes,
            output=self.output,
            answer_characters=self.answer_characters,
            told=self.told,
            shadow=self.shadow,
            status=reply.status if reply is not None else 0,
            upstream=reply.upstream_name if reply is not None else None,
            upstream_status=upstream.status if upstream is not None else None,
            ended=self.ended,
            speculation=self.speculation,
            wasted_tokens=self.wasted_tokens,
            judge_seconds=self.judge_seconds,
            first_byte_seconds=self.first_byte_seconds,
            total_seconds=monotonic() - self.begun,
            query="\n\n".join(message.text for message in query.messages) if query is not None else None,
            answer="".join(reply.speech.said) if reply is not None and reply.speech is not None else None,
        )
