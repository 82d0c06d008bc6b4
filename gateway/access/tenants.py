"""The section `tenants` of the file of keys: what each may ask."""

from __future__ import annotations

from gateway.access.allowance import UNLIMITED, Allowance, Allowances, Rate, rate
from gateway.access.fields import FREE, Fields
from gateway.policy.source import Item

LIMITS = ("requests", "concurrency")
DEFAULT = "default"


def allowances(fields: Fields, item: Item | None) -> Allowances:
    if item is None or item.value is None:
        return Allowances()
    if not isinstance(item.value, dict):
        fields.wrong(item.span, "`tenants` is not a mapping")
        return Allowances()
    default = allowance(fields, item.value[DEFAULT], UNLIMITED) if DEFAULT in item.value else UNLIMITED
    named = {name: allowance(fields, one, default) for name, one in item.value.items() if name != DEFAULT}
    return Allowances(default, named)


def allowance(fields: Fields, item: Item, default: Allowance) -> Allowance:
    """A field that is not there is the default's."""
    given = fields.mapping(item, LIMITS, "a tenant")
    return Allowance(
        rates(fields, given["requests"]) if "requests" in given else default.rates,
        concurrency(fields, given["concurrency"]) if "concurrency" in given else default.concurrency,
    )


def rates(fields: Fields, item: Item) -> tuple[Rate, ...]:
    if item.value == FREE:
        return ()
    texts = [fields.text(one, "requests", lambda text: rate(text) is not None) for one in item.items]
    found = {one.seconds: one for text in texts if (one := rate(text)) is not None}
    if len(found) < len(texts):
        fields.wrong(item.span, "`requests` has two rates for the same time", "leave one out")
    return tuple(found[seconds] for seconds in sorted(found))


def concurrency(fields: Fields, item: Item) -> int | None:
    if item.value == FREE:
        return None
    if type(item.value) is int and item.value > 0:
        return item.value
    fields.wrong_value(item, "concurrency")
    return None
