"""The fields of a file of keys: each is what it should be, or a finding says where it is not, without its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from gateway.access.keyset import FROM_HEADER
from gateway.policy.diagnostics import Findings, Span, near
from gateway.policy.source import Item

FREE = "unlimited"
LONGEST = 200
TIME = "it is a time with its zone, as `2026-12-01T09:30:00Z`"
HELP: Mapping[str, str] = MappingProxyType(
    {
        "id": "it is 4 to 32 lower-case letters and digits",
        "hash": "it is `sha256:` and 64 hexadecimal digits, as `gateway keys create` writes it; never the key itself",
        "tenant": f"it is a tenant's name, or `{FROM_HEADER}`",
        "scopes": "it is a list of surfaces, as `[chat, models]`, or `['*']` for all",
        "created": TIME,
        "expires": TIME,
        "revoked": TIME,
        "requests": f"it is `60/minute`, a list as `[60/minute, 5000/day]`, or `{FREE}`; also per `second` and `hour`",
        "concurrency": f"it is a whole number from 1 on, or `{FREE}`",
    }
)


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads them into the findings."""

    findings: Findings

    def wrong(self, span: Span, told: str, help: str = "") -> None:
        self.findings.error("K001", span, told, help)

    def wrong_value(self, item: Item, name: str) -> None:
        self.wrong(item.span, f"`{name}` is not what it should be", HELP[name])

    def mapping(self, item: Item, names: tuple[str, ...], where: str) -> Mapping[str, Item]:
        if not isinstance(item.value, dict):
            self.wrong(item.span, f"{where} is not a mapping")
            return {}
        for name, span in item.keys.items():
            if name not in names:
                self.wrong(span, f"{where} has an unknown field", near(name, names))
        return item.value

    def listed(self, item: Item | None, where: str) -> tuple[Item, ...]:
        if item is None or item.value is None:
            return ()
        if not isinstance(item.value, tuple):
            self.wrong(item.span, f"`{where}` is not a list")
            return ()
        return item.value

    def text(self, item: Item, name: str, good: Callable[[str], bool] = bool) -> str:
        value = item.value
        if isinstance(value, str) and value.isprintable() and len(value) <= LONGEST and good(value):
            return value
        self.wrong_value(item, name)
        return ""

    def moment(self, item: Item | None, name: str) -> float | None:
        if item is None or item.value is None:
            return None
        return moment(self.text(item, name, lambda text: moment(text) is not None))


def moment(text: str) -> float | None:
    """UNIX time of an ISO time that names its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None
