"""Which guardian a command is about: one of the settings by its name, or a family at a URL."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import SecretStr

from gateway.assembly.joining import family_of
from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.guardian.family import Family, families
from gateway.settings import GuardianSettings, Settings, checked_url

Name = Annotated[str, typer.Argument(metavar="GUARDIAN", help="A guardian's name in the settings, or a family.")]
Url = Annotated[str | None, typer.Option(help="Where the model is served, with `/v1`.")]
Model = Annotated[str | None, typer.Option(help="The model's name there.")]
KeyName = Annotated[str | None, typer.Option("--api-key-env", help="The environment variable that holds its key.")]
EMBEDDED = "slm_guardian"


class Format(StrEnum):
    """How a result is printed."""

    text = "text"
    json = "json"


AsFormat = Annotated[Format, typer.Option(help="How the result is printed.")]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A guardian's settings under its name, and its family."""

    name: str
    settings: Settings
    family: Family

    @property
    def wanted(self) -> GuardianSettings:
        return self.settings.guardians[self.name]

    def but(self, **changed: object) -> Chosen:
        guardians = {**self.settings.guardians, self.name: self.wanted.model_copy(update=changed)}
        return replace(self, settings=self.settings.model_copy(update={"guardians": guardians}))

    @property
    def writes(self) -> bool:
        """Whether it writes safe responses, itself or by its responder."""
        return self.family.CARD.writes_response or self.wanted.responder is not None

    @property
    def alone(self) -> Chosen:
        """Without the guardians that it refers to: only its own model answers."""
        return self.but(fallback=None, cascade=None, responder=None)


def choose(name: str, url: str | None, model: str | None, key_name: str | None) -> Chosen:
    """A guardian of the settings goes before a family of the same name; what is given replaces what is set."""
    settings, known = load_settings(), families()
    wanted = settings.guardians.get(name)
    if wanted is None and name not in known:
        raise ConfigurationError(
            f"`{name}` is neither a guardian of the settings ({', '.join(sorted(settings.guardians))})"
            f" nor a family ({', '.join(sorted(known))})"
        )
    wanted = wanted or GuardianSettings(family=name)
    given = {"base_url": url and checked(url), "model": model, "api_key": key_of(key_name)}
    wanted = wanted.model_copy(update={field: value for field, value in given.items() if value is not None})
    if wanted.base_url is None and wanted.family != EMBEDDED:
        raise ConfigurationError(f"`{name}` is of the family `{wanted.family}`, which is not embedded: add `--url`")
    complete = settings.model_copy(update={"guardians": {**settings.guardians, name: wanted}})
    chosen = Chosen(name, complete, family_of(name, wanted, known))
    return chosen if url is None else chosen.alone


def checked(url: str) -> str:
    try:
        return checked_url(url)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def key_of(name: str | None) -> SecretStr | None:
    if name is None:
        return None
    if not os.environ.get(name):
        raise ConfigurationError(f"the environment variable `{name}` is not set: `--api-key-env` names the key's")
    return SecretStr(os.environ[name])
