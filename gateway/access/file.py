"""The file of keys and limits: strictly read, as policies are. What is wrong is told by place; no line of it is shown,
since a key may have been pasted into it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from gateway.access.fields import Fields
from gateway.access.key import HASH, ID, holds_key
from gateway.access.keyset import EVERYTHING, FROM_HEADER, Key, KeySet
from gateway.access.tenants import allowances
from gateway.policy.diagnostics import Diagnostic, Diagnostics, Findings, near
from gateway.policy.source import Item, read

SECTIONS = ("version", "keys", "tenants")
FIELDS = ("id", "hash", "tenant", "scopes", "created", "expires", "revoked")
REQUIRED = FIELDS[:5]


def load(path: Path, *, places: Collection[str], tenant_header: bool) -> KeySet | Diagnostics:
    return parse(str(path), path.read_bytes(), places=places, tenant_header=tenant_header)


def parse(path: str, raw: bytes, *, places: Collection[str], tenant_header: bool) -> KeySet | Diagnostics:
    """`places` are what scopes may name, `tenant_header` is whether there is a header that names tenants."""
    findings = Findings()
    root = read(path, raw, findings)
    found = KeySet() if root is None else whole(Fields(findings), root, places, tenant_header=tenant_header)
    if not findings.failed:
        return found
    return Diagnostics(tuple(map(keyless, findings.diagnostics().found)), {})


def keyless(one: Diagnostic) -> Diagnostic:
    return replace(one, message="a gateway key stands here") if holds_key(one.message.encode()) else one


def whole(fields: Fields, root: Item, places: Collection[str], *, tenant_header: bool) -> KeySet:
    fields.mapping(root, SECTIONS, "the file")
    if (version := root.get("version")) is None or version.value != 1:
        fields.wrong(root.span, "the file does not say `version: 1`", "begin it with `version: 1`")
    keys: dict[str, Key] = {}
    for one in fields.listed(root.get("keys"), "keys"):
        made = key(fields, one, places, tenant_header=tenant_header)
        if made is not None and made.id in keys:
            fields.wrong(one.span, "an id that is there twice", "give each key an id of its own")
        elif made is not None:
            keys[made.id] = made
    return KeySet(keys, allowances(fields, root.get("tenants")))


def key(fields: Fields, item: Item, places: Collection[str], *, tenant_header: bool) -> Key | None:
    given = fields.mapping(item, FIELDS, "a key")
    missing = [name for name in REQUIRED if name not in given]
    if missing:
        fields.wrong(item.span, f"a key has no `{missing[0]}`", "write keys with `gateway keys create`")
        return None
    return Key(
        id=fields.text(given["id"], "id", is_id),
        hash=bytes.fromhex(fields.text(given["hash"], "hash", is_hash).removeprefix("sha256:")),
        tenant=tenant(fields, given["tenant"], tenant_header=tenant_header),
        scopes=frozenset(scope(fields, one, places) for one in fields.listed(given["scopes"], "scopes")),
        created=fields.moment(given["created"], "created") or 0.0,
        expires=fields.moment(given.get("expires"), "expires"),
        revoked=fields.moment(given.get("revoked"), "revoked"),
    )


def tenant(fields: Fields, item: Item, *, tenant_header: bool) -> str:
    found = fields.text(item, "tenant")
    if found == FROM_HEADER and not tenant_header:
        fields.wrong(item.span, f"`{FROM_HEADER}` without a header", "set `GATEWAY_TENANT_HEADER` too")
    return found


def scope(fields: Fields, item: Item, places: Collection[str]) -> str:
    found = fields.text(item, "scopes")
    if found and found not in places and found != EVERYTHING:
        fields.wrong(item.span, "a scope that is no surface", near(found, places))
    return found


def is_id(text: str) -> bool:
    return ID.fullmatch(text) is not None


def is_hash(text: str) -> bool:
    return HASH.fullmatch(text) is not None
