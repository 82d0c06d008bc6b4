"""Every setting, with what it means and may be. Read only by `assembly` and `cli`; `environment` fills them in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hedge_share": ("hedge_seconds",),
        "fallback_share": ("fallback", "responder"),
        "cascade_low": ("cascade",),
        "cascade_high": ("cascade",),
    }
)
"""What a guardian's setting is about, where that is off by default."""
STORES = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UpstreamSettings(Section):
    """An OpenAI-compatible service that answers the queries that pass."""

    base_url: str = Field(description="Its base URL, with `/v1`, as an OpenAI SDK takes it.")
    api_key: SecretStr | None = Field(
        None, description="Sent as its bearer token; without it the caller's own is passed on."
    )
    key_header: Literal["authorization", "x-api-key", "api-key"] = Field(
        "authorization", description="The header that the key goes in: `x-api-key` for Anthropic, `api-key` for Azure."
    )
    connect_seconds: float = Field(5.0, gt=0, description="How long a connection may take.")
    read_seconds: float = Field(600.0, gt=0, description="How long the upstream may be silent.")
    max_connections: int = Field(1000, gt=0, description="Connections to it at the same time.")

    @field_validator("base_url")
    @classmethod
    def check_url(cls, value: str) -> str:
        return checked_url(value)


class GuardianSettings(Section):
    """A guardian model: how it is reached and how it is prompted."""

    family: str = Field("slm_guardian", description="Which file of `gateway/guardian/families/` prompts and reads it.")
    base_url: str | None = Field(
        None, description="Its OpenAI base URL, with `/v1`. Unset: the embedded guardian is started."
    )
    model: str | None = Field(None, description="The model's name there; unset: the family's own.")
    api_key: SecretStr | None = Field(None, description="Sent as its bearer token.")
    deadline_seconds: float | None = Field(
        None, gt=0, description="The budget for a verdict, retries included. Unset: 2 seconds, and 20 when embedded."
    )
    concurrency: int = Field(64, gt=0, description="Judgements at the same time; more wait, within their deadline.")
    queue: int | None = Field(
        None, ge=0, description="Judgements that may wait; more are `overloaded` at once. Unset: 4 times `concurrency`."
    )
    breaker_failures: int = Field(
        5,
        ge=0,
        description="After so many failed calls in a row it is not asked for a while, and is `unavailable` at once;"
        " 0: it is always asked.",
    )
    breaker_share: float = Field(
        0.5, gt=0, le=1, description="So does this share of failed calls, of at least 20 within 10 seconds."
    )
    breaker_seconds: float = Field(
        1.0,
        gt=0,
        le=30,
        description="How long it is left alone before one call is tried; twice as long each time that fails, up to 30.",
    )
    hedge_seconds: float | None = Field(
        None,
        gt=0,
        description="When a call takes longer, a second one is made, and the first verdict counts. Unset: never.",
    )
    hedge_share: float = Field(0.1, gt=0, le=1, description="The share of calls that may be made a second time so.")
    fallback: str | None = Field(
        None, description="The guardian that is asked when this one fails, within the same deadline."
    )
    fallback_share: float = Field(
        0.6, gt=0, lt=1, description="How much of the time this one has, when there is a fallback."
    )
    cascade: str | None = Field(
        None, description="The larger guardian that decides where this one is uncertain: its verdict then counts."
    )
    cascade_low: float = Field(0.2, ge=0, le=1, description="Scores from here ...")
    cascade_high: float = Field(0.8, ge=0, le=1, description="... to here are uncertain, and so is `controversial`.")
    responder: str | None = Field(
        None, description="The guardian that writes the safe response, where this one only classifies."
    )
    answer_tokens: int = Field(256, gt=0, description="The longest safe response it may write, in tokens.")
    view: Literal["turn", "conversation"] = Field(
        "turn",
        description="What it sees: all since the last assistant turn, or the turns before that too.",
    )
    window_characters: int | None = Field(
        None,
        ge=250,
        description="Longer texts are judged in overlapping windows of this size. Unset: 4000, and 2000 when embedded.",
    )
    passages: int = Field(
        64,
        gt=0,
        description="Passages that one query may be judged in: messages, readings of disguised texts, windows of long"
        " ones. More is the guardian error `too_long`.",
    )
    calibration_slope: float | None = Field(
        None, description="Platt slope on the log-odds; unset: the model's manifest, else 1."
    )
    calibration_intercept: float | None = Field(
        None, description="Platt intercept; unset: the model's manifest, else 0."
    )
    calibration: Path | None = Field(
        None, description="A file of `gateway guardian calibrate`, instead of a slope and an intercept."
    )

    @field_validator("base_url")
    @classmethod
    def check_url(cls, value: str | None) -> str | None:
        return value and checked_url(value)

    @model_validator(mode="after")
    def check_band(self) -> Self:
        if self.cascade_low > self.cascade_high:
            raise ValueError(f"`cascade_low` {self.cascade_low:g} is over `cascade_high` {self.cascade_high:g}")
        return self

    @model_validator(mode="after")
    def check_idle(self) -> Self:
        """A value that nothing reads is a mistake: what it was meant for is off."""
        for name, others in NEEDS.items():
            given = getattr(self, name) != type(self).model_fields[name].default
            if given and all(getattr(self, other) is None for other in others):
                raise ValueError(f"`{name.upper()}` needs {' or '.join(f'`{other.upper()}`' for other in others)}")
        return self

    @model_validator(mode="after")
    def check_calibration(self) -> Self:
        if self.calibration is not None and (self.calibration_slope, self.calibration_intercept) != (None, None):
            raise ValueError("set `CALIBRATION`, or `CALIBRATION_SLOPE` and `CALIBRATION_INTERCEPT`, not both")
        return self


class AuditSettings(Section):
    """Where the record of each request goes."""

    url: str = Field("sqlite+aiosqlite:///audit.db", description="A SQLAlchemy URL; empty: no audit.")
    content: bool = Field(False, description="Also store the judged text and the guardian's answer.")


class CacheSettings(Section):
    """Verdicts that need not be asked for again."""

    entries: int = Field(
        10_000, ge=0, description="Verdicts that a process keeps, about 0.6 KB each; 0: none are kept in memory."
    )
    seconds: float = Field(300.0, gt=0, description="How long a verdict is kept.")
    url: SecretStr | None = Field(
        None,
        description="A Valkey or Redis that replicas share verdicts in, as `valkey://host:6379/0`. Needs the extra"
        " `valkey` and `GATEWAY_CONVERSATION_KEY`.",
    )

    @field_validator("url")
    @classmethod
    def check_url(cls, value: SecretStr | None) -> SecretStr | None:
        return checked_store(value)


class LimitSettings(Section):
    """What one request may weigh, and how many there may be."""

    body_bytes: int = Field(8 * 1024 * 1024, gt=0, description="The largest request body.")
    body_seconds: float = Field(120.0, gt=0, description="How long a request's body may take to arrive.")
    requests: int = Field(
        0,
        ge=0,
        description="Requests at the same time, of each worker; more are refused unread, with 503; 0: no limit.",
    )


class AccessSettings(Section):
    """Who may ask, and how much."""

    keys: Path | None = Field(
        None,
        description="The file of the gateway's own keys and of the tenants' limits. Unset: whoever reaches the gateway"
        " may ask, and the caller's key is the upstream's.",
    )
    poll_seconds: float = Field(
        1.0, ge=0, description="How often that file is looked at for changes; 0: only a SIGHUP reads it again."
    )
    url: SecretStr | None = Field(
        None,
        description="A Valkey or Redis that replicas and workers count requests in, as `valkey://host:6379/0`. Needs"
        " the extra `valkey`. Unset: each worker counts by itself.",
    )

    @field_validator("url")
    @classmethod
    def check_url(cls, value: SecretStr | None) -> SecretStr | None:
        return checked_store(value)

    @model_validator(mode="after")
    def check_idle(self) -> Self:
        if self.url is not None and self.keys is None:
            raise ValueError("`URL` needs `KEYS`: limits stand in that file")
        return self


class EmbeddedSettings(Section):
    """The guardian and the demo's upstream that run on this machine under llama.cpp."""

    threads: int = Field(0, ge=0, description="CPU threads of a model server; 0: half of the cores, at least one.")
    slots: int = Field(2, gt=0, description="Queries that one model server works on at the same time.")
    context_tokens: int = Field(2048, gt=0, description="The longest prompt and answer of one query.")
    quantization: Literal["Q8_0", "Q4_0"] = Field("Q8_0", description="How the guardian's weights are stored.")
    cache: Path = Field(
        Path("~/.cache/guardian-gateway"),
        description="Where the guardian's weights are built, once, at the first start.",
    )


class Settings(BaseSettings):
    """The gateway's settings. A nested one is spelled with two underscores: `GATEWAY_UPSTREAM__BASE_URL`."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    host: str = Field("127.0.0.1", description="The address to listen on; `0.0.0.0` for all.")
    port: int = Field(8080, ge=1, le=65535, description="The port to listen on.")
    workers: int = Field(
        1,
        ge=1,
        le=256,
        description="Processes that serve the one port; a process more looks after them, unless it is 1.",
    )
    policies: Path = Field(Path("policies"), description="The folder with the policy files.")
    policies_poll_seconds: float = Field(
        1.0, ge=0, description="How often the folder is looked at for changes; 0: only a SIGHUP reads it again."
    )
    upstream: UpstreamSettings | None = Field(
        None, description="The upstream that queries are forwarded to by default."
    )
    upstreams: dict[str, UpstreamSettings] = Field({}, description="More upstreams, by the name that policies use.")
    routes: dict[str, str] = Field(
        {},
        description="The upstream, by its name, that a surface's queries go to by default: `GATEWAY_ROUTES__MESSAGES`.",
    )
    guardians: dict[str, GuardianSettings] = Field(
        {"default": GuardianSettings()}, min_length=1, description="The guardians, by the name that policies use."
    )
    tenant_header: str | None = Field(
        None, description="A request header that names the tenant. Set it only behind a proxy that sets or strips it."
    )
    conversation_key: SecretStr | None = Field(
        None,
        description="A secret, the same on all replicas, that the hashes of conversations and of judged texts are keyed"
        " with: without it the beginning of a stored conversation could be guessed.",
    )
    audit: AuditSettings = Field(AuditSettings(), description="The audit records.")
    cache: CacheSettings = Field(CacheSettings(), description="Verdicts that are kept.")
    limits: LimitSettings = Field(LimitSettings(), description="Limits on a request.")
    access: AccessSettings = Field(AccessSettings(), description="Keys of the gateway's own, and limits by tenant.")
    embedded: EmbeddedSettings = Field(EmbeddedSettings(), description="The embedded runtime.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The lowest level that is logged."
    )
    log_format: Literal["text", "json"] = Field("text", description="How a log line is written.")

    @property
    def all_upstreams(self) -> dict[str, UpstreamSettings]:
        """By name; the default one is called `default`."""
        default = {} if self.upstream is None else {"default": self.upstream}
        return {**default, **self.upstreams}


def checked_store(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(STORES):
        raise ValueError("is not the URL of a Valkey: write it as valkey://host:6379/0")
    return value


def checked_url(value: str) -> str:
    if not value.startswith(("http://", "https://")) or len(value.split("://", 1)[1]) == 0:
        raise ValueError(f"`{value}` is not a URL: write it as https://host/v1")
    return value.rstrip("/")


def as_json(settings: Settings) -> str:
    """For a process of ours, by a pipe: secrets are written out."""
    return json.dumps(
        settings.model_dump(),
        default=lambda value: value.get_secret_value() if isinstance(value, SecretStr) else str(value),
    )


def from_json(text: str) -> Settings:
    """What `as_json` wrote, and nothing of a `.env` file that may have changed since."""
    return Settings(_env_file=None, **json.loads(text))
