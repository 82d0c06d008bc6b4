"""What is looked at: a server, the model there, and the family that is to prompt and read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from gateway.doctor.server import Answer, Server
from gateway.guardian.family import Family
from gateway.guardian.judge import Guardian

ANY = "*"
"""The models of a family that makes a guardian of any: no name tells that it is meant."""
Kind = Literal["vLLM", "llama.cpp", "unknown"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of the server; the texts are one that the guardian must find harmless, and one harmful."""

    family: str | None
    model: str | None
    harmless: str
    harmful: str


@dataclass(frozen=True, slots=True)
class Subject:
    """`model` is the name to ask for, `family` is None where nobody knows it, `guardian` asks as the gateway does."""

    server: Server
    wanted: Wanted
    kind: Kind
    version: str
    health: Answer
    listed: Answer
    model: str | None
    context: int | None
    family: Family | None
    guardian: Guardian | None = None

    @property
    def locked(self) -> bool:
        """Whether it wants a key, or another one."""
        return self.listed.status in (401, 403)

    @property
    def models(self) -> list[str]:
        return [str(entry.get("id")) for entry in entries(self.listed)]


def entries(listed: Answer) -> list[dict[str, Any]]:
    data = listed.json.get("data")
    return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


async def survey(server: Server, wanted: Wanted, known: Mapping[str, Family]) -> Subject:
    """What can be known before anything is checked. Raises httpx.TransportError when nothing listens."""
    health, listed = await server.get("/health"), await server.get("/v1/models")
    version, props = await server.get("/version"), await server.get("/props")
    kind: Kind = "unknown"
    if version.status == 200 and "version" in version.json:
        kind = "vLLM"
    elif "default_generation_settings" in props.json or "llamacpp" in [e.get("owned_by") for e in entries(listed)]:
        kind = "llama.cpp"
    model = wanted.model or next((str(entry.get("id")) for entry in entries(listed)), None)
    return Subject(
        server=server,
        wanted=wanted,
        kind=kind,
        version=str(version.json.get("version", "")),
        health=health,
        listed=listed,
        model=model,
        context=context_of(listed, props, model),
        family=known.get(wanted.family or next(iter(fitting_names(model, listed, known)), "")),
    )


def context_of(listed: Answer, props: Answer, model: str | None) -> int | None:
    """The most tokens of a prompt and its answer; llama.cpp tells those of one slot."""
    found = next((entry.get("max_model_len") for entry in entries(listed) if entry.get("id") == model), None)
    slot = props.json.get("default_generation_settings", {}).get("n_ctx")
    return next((value for value in (found, slot) if isinstance(value, int)), None)


def fitting(subject: Subject, known: Mapping[str, Family]) -> list[str]:
    """The families one of whose models this is, by its name or by where it was loaded from."""
    return fitting_names(subject.model, subject.listed, known)


def fitting_names(model: str | None, listed: Answer, known: Mapping[str, Family]) -> list[str]:
    roots = [str(entry.get("root")) for entry in entries(listed) if entry.get("id") == model]
    names = [name.lower() for name in (model, *roots) if name]
    globs = {name: [glob.lower() for glob in family.CARD.models if glob != ANY] for name, family in known.items()}
    return [name for name, own in globs.items() if any(fnmatchcase(n, glob) for n in names for glob in own)]
