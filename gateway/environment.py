"""The settings as environment variables (`GATEWAY_*`) or lines of a `.env` file: read, explained where they are wrong,
and listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Literal, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import DotEnvSettingsSource, SettingsError

from gateway.errors import ConfigurationError
from gateway.settings import (
    AccessSettings,
    AuditSettings,
    CacheSettings,
    EmbeddedSettings,
    GuardianSettings,
    LimitSettings,
    Section,
    Settings,
    UpstreamSettings,
)

KINDS: Mapping[object, str] = MappingProxyType(
    {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", Path: "path", SecretStr: "secret"}
)
REFERENCE = "see docs/reference/settings.md"
SECTIONS: Mapping[str, tuple[type[Section], str]] = MappingProxyType(
    {
        "upstream": (UpstreamSettings, ""),
        "upstreams": (UpstreamSettings, "NAME__"),
        "guardians": (GuardianSettings, "NAME__"),
        "audit": (AuditSettings, ""),
        "cache": (CacheSettings, ""),
        "limits": (LimitSettings, ""),
        "access": (AccessSettings, ""),
        "embedded": (EmbeddedSettings, ""),
    }
)
"""The groups of settings, and what stands before the names of theirs."""


def load_settings() -> Settings:
    """The settings of this process, or a ConfigurationError of one line a wrong setting."""
    unknown = [misspelt(name) for name in given() if not is_known(name)]
    if unknown:
        raise ConfigurationError("\n".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(map(explain, error.errors()))) from None
    except SettingsError as error:
        raise ConfigurationError(f"a `GATEWAY_*` setting cannot be read: {error}") from None


def given() -> list[str]:
    """Every variable of ours that is set, here or in the file."""
    names = {*os.environ, *(name.upper() for name in DotEnvSettingsSource(Settings).env_vars)}
    return sorted(name for name in names if name.startswith("GATEWAY_"))


def is_known(name: str) -> bool:
    return name.removeprefix("GATEWAY_").partition("__")[0].lower() in Settings.model_fields


def misspelt(name: str) -> str:
    """A setting that nothing reads is a mistake: a guardian that was never configured must not look configured."""
    head, _, rest = name.removeprefix("GATEWAY_").partition("__")
    near = get_close_matches(head.lower(), Settings.model_fields, n=1)
    hint = f": did you mean `GATEWAY_{near[0].upper()}{'__' + rest if rest else ''}`?" if near else f": {REFERENCE}"
    return f"setting `{name}` is not known{hint}"


def explain(error: ErrorDetails) -> str:
    place = [str(part) for part in error["loc"]]
    return f"setting `GATEWAY_{'__'.join(place).upper()}`: {told(place, error)}"


def told(place: list[str], error: ErrorDetails) -> str:
    section, key = SECTIONS.get(place[0], (None, ""))
    if section is not None and error["type"] == "extra_forbidden":
        near = get_close_matches(place[-1].lower(), section.model_fields, n=1)
        return f"is not known: {f'did you mean `{near[0].upper()}`?' if near else REFERENCE}"
    if section is not None and error["type"] in ("dict_type", "model_type"):
        example = f"GATEWAY_{place[0].upper()}__{key}{next(iter(section.model_fields)).upper()}"
        return f"is a group of settings: set those in it, as `{example}`"
    return error["msg"].removeprefix("Value error, ")


def reference() -> str:
    """Every setting as a Markdown table: what `docs/reference/settings.md` is generated from."""
    lines = ["| variable | type | default | what it is |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + [row for name, field in Settings.model_fields.items() for row in rows(name, field)])


def rows(name: str, field: FieldInfo) -> Iterator[str]:
    section, key = SECTIONS.get(name, (None, ""))
    if section is None:
        yield row(f"GATEWAY_{name.upper()}", field)
        return
    for inner, detail in section.model_fields.items():
        yield row(f"GATEWAY_{name.upper()}__{key}{inner.upper()}", detail)


def row(name: str, field: FieldInfo) -> str:
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    default = "required" if field.is_required() else "" if value in (None, "") else f"`{value}`"
    return f"| `{name}` | {kind(field.annotation)} | {default} | {field.description} |"


def kind(annotation: object) -> str:
    """A type as one writes its values: `None` is a setting that is left out."""
    options = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{option}`" for option in options)
    return " or ".join(KINDS[option] for option in options or (annotation,) if option is not NoneType)
