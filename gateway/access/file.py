"""The file of keys and limits: strictly read, as policies are. What is wrong is told by place; no line of it is shown,
since a key may have been pasted into it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from gateway.access.allowance import UNLIMITED, Allowance, Allowances, Rate, rate
from gateway.access.key import HASH, ID
from gateway.access.keyset import EVERYTHING, FROM_HEADER, Key, KeySet
from gateway.policy.diagnostics import Diagnostics, Findings, Span, near
from gateway.policy.source import Item, read

SECTIONS = ("version", "keys", "tenants")
FIELDS = ("id", "hash", "tenant", "scopes", "created", "expires", "revoked")
REQUIRED = FIELDS[:5]
LIMITS = ("requests", "concurrency")
FREE = "unlimited"
WORD = 200


def load(path: Path, *, places: Collection[str], tenant_header: bool) -> KeySet | Diagnostics:
    return parse(str(path), path.read_bytes(), places=places, tenant_header=tenant_header)


def parse(path: str, raw: bytes, *, places: Collection[str], tenant_header: bool) -> KeySet | Diagnostics:
    """`places` are what scopes may name, `tenant_header` is whether there is a header that names tenants."""
    findings = Findings()
    root = read(path, raw, findings)
    found = KeySet() if root is None else FileReader(findings, places, tenant_header).whole(root)
    diagnostics = replace(findings.diagnostics(), lines={})
    return diagnostics if diagnostics.errors else found


@dataclass(slots=True)
class FileReader:
    """The file's values as keys and allowances; what is wrong goes to the findings."""

    findings: Findings
    places: Collection[str]
    tenant_header: bool
    ids: dict[str, Key] = field(default_factory=dict)

    def wrong(self, span: Span, told: str, help: str = "") -> None:
        self.findings.error("K001", span, told, help)

    def whole(self, root: Item) -> KeySet:
        self.known(root, SECTIONS, "the file")
        if (version := root.get("version")) is None or version.value != 1:
            self.wrong(root.span, "the file does not say `version: 1`", "begin it with `version: 1`")
        for one in self.listed(root.get("keys"), "keys"):
            self.key(one)
        return KeySet(self.ids, self.allowances(root.get("tenants")))

    def known(self, item: Item, names: tuple[str, ...], where: str) -> Mapping[str, Item]:
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

    def key(self, item: Item) -> None:
        fields = self.known(item, FIELDS, "a key")
        missing = [name for name in REQUIRED if name not in fields]
        if missing:
            self.wrong(item.span, f"a key has no `{missing[0]}`", "write keys with `gateway keys create`")
            return
        made = Key(
            id=self.text(fields["id"], "id", lambda text: ID.fullmatch(text) is not None),
            hash=bytes.fromhex(self.text(fields["hash"], "hash", is_hash).removeprefix("sha256:")),
            tenant=self.tenant(fields["tenant"]),
            scopes=frozenset(self.scope(one) for one in self.listed(fields["scopes"], "scopes")),
            created=self.moment(fields["created"], "created") or 0.0,
            expires=self.moment(fields.get("expires"), "expires"),
            revoked=self.moment(fields.get("revoked"), "revoked"),
        )
        if made.id in self.ids:
            self.wrong(fields["id"].span, "an id that is there twice", "give each key an id of its own")
        self.ids[made.id] = made

    def text(self, item: Item, name: str, good: Callable[[str], bool]) -> str:
        if isinstance(item.value, str) and item.value.isprintable() and len(item.value) <= WORD and good(item.value):
            return item.value
        self.wrong(item.span, f"`{name}` is not what it should be", HELP[name])
        return ""

    def tenant(self, item: Item) -> str:
        found = self.text(item, "tenant", bool)
        if found == FROM_HEADER and not self.tenant_header:
            self.wrong(item.span, f"`{FROM_HEADER}` without a header", "set `GATEWAY_TENANT_HEADER` too")
        return found

    def scope(self, item: Item) -> str:
        found = self.text(item, "scopes", bool)
        if found and found not in self.places and found != EVERYTHING:
            self.wrong(item.span, "a scope that is no surface", near(found, self.places))
        return found

    def moment(self, item: Item | None, name: str) -> float | None:
        if item is None or item.value is None:
            return None
        written = self.text(item, name, lambda text: moment(text) is not None)
        return moment(written)

    def allowances(self, item: Item | None) -> Allowances:
        if item is None or item.value is None:
            return Allowances()
        if not isinstance(item.value, dict):
            self.wrong(item.span, "`tenants` is not a mapping")
            return Allowances()
        default = self.allowance(item.value["default"], UNLIMITED) if "default" in item.value else UNLIMITED
        named = {name: self.allowance(one, default) for name, one in item.value.items() if name != "default"}
        return Allowances(default, named)

    def allowance(self, item: Item, default: Allowance) -> Allowance:
        """A field that is not there is the default's."""
        fields = self.known(item, LIMITS, "a tenant")
        rates, concurrency = default.rates, default.concurrency
        if "requests" in fields:
            rates = self.rates(fields["requests"])
        if "concurrency" in fields:
            concurrency = self.concurrency(fields["concurrency"])
        return Allowance(rates, concurrency)

    def rates(self, item: Item) -> tuple[Rate, ...]:
        if item.value == FREE:
            return ()
        found = [rate(self.text(one, "requests", lambda text: rate(text) is not None)) for one in item.items]
        rates = {one.seconds: one for one in found if one is not None}
        if len(rates) < len(found):
            self.wrong(item.span, "`requests` has two rates for the same time", "leave one out")
        return tuple(rates[seconds] for seconds in sorted(rates))

    def concurrency(self, item: Item) -> int | None:
        if item.value == FREE:
            return None
        if type(item.value) is int and item.value > 0:
            return item.value
        self.wrong(item.span, "`concurrency` is not what it should be", HELP["concurrency"])
        return None


HELP: Mapping[str, str] = {
    "id": "it is 4 to 32 lower-case letters and digits",
    "hash": "it is `sha256:` and 64 hexadecimal digits, as `gateway keys create` writes it; never the key itself",
    "tenant": f"it is a tenant's name, or `{FROM_HEADER}`",
    "scopes": "it is a list of surfaces, as `[chat, models]`, or `['*']` for all",
    "created": "it is a time with its zone, as `2026-12-01T09:30:00Z`",
    "expires": "it is a time with its zone, as `2026-12-01T09:30:00Z`",
    "revoked": "it is a time with its zone, as `2026-12-01T09:30:00Z`",
    "requests": f"it is `60/minute`, a list as `[60/minute, 5000/day]`, or `{FREE}`; also per `second` and `hour`",
    "concurrency": f"it is a whole number from 1 on, or `{FREE}`",
}


def is_hash(text: str) -> bool:
    return HASH.fullmatch(text) is not None


def moment(text: str) -> float | None:
    """UNIX time of an ISO time that names its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None
