"""Guardians that refer to each other: fallbacks, cascades, responders. A policy knows only the one that is asked, so
its card is that of all that may answer for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from gateway.errors import ConfigurationError
from gateway.guardian.cascade import Band, Cascade
from gateway.guardian.fallback import Fallback
from gateway.guardian.family import Family
from gateway.guardian.judge import Guardian
from gateway.guardian.responding import Responding
from gateway.guardian.source import Source
from gateway.observe.guardian_metrics import GuardianMetrics, Meter
from gateway.settings import GuardianSettings
from gateway.types import LABELS, Card

Guardians = Mapping[str, GuardianSettings]


def joined(own: Mapping[str, Guardian], settings: Guardians, metrics: GuardianMetrics) -> dict[str, Guardian]:
    """Each guardian with those before it that it refers to."""
    cards = joined_cards({name: guardian.card for name, guardian in own.items()}, settings)
    sources: dict[str, Source] = {}
    for name in in_order(settings):
        sources[name] = joined_source(name, own[name].source, settings[name], sources, Meter(metrics, name))
    return {
        name: replace(guardian, card=cards[name], source=sources[name], fallback=settings[name].fallback)
        for name, guardian in own.items()
    }


def joined_source(
    name: str, source: Source, settings: GuardianSettings, others: Mapping[str, Source], meter: Meter
) -> Source:
    """A fallback also stands in for a cascade whose larger guardian fails."""
    if settings.cascade is not None:
        band = Band(settings.cascade_low, settings.cascade_high)
        source = Cascade(name, source, others[settings.cascade], band, meter)
    if settings.fallback is not None:
        source = Fallback(name, source, others[settings.fallback], settings.fallback_share, meter)
    if settings.responder is not None:
        source = Responding(source, others[settings.responder], settings.fallback_share)
    return source


def joined_cards(own: Mapping[str, Card], settings: Guardians) -> dict[str, Card]:
    """What each guardian may say, by whichever model it says it."""
    cards: dict[str, Card] = {}
    for name in in_order(settings):
        card = own[name]
        one = settings[name]
        if one.cascade is not None and not card.scores and "controversial" not in card.labels:
            raise ConfigurationError(
                f"guardian `{name}` of family `{card.name}` gives neither scores nor `controversial`, so it is never"
                f" uncertain: leave out `{variable(name, 'cascade')}`"
            )
        for other in (one.cascade, one.fallback):
            card = card if other is None else either(card, cards[other])
        if one.responder is not None:
            if not cards[one.responder].writes_response:
                raise ConfigurationError(
                    f"`{variable(name, 'responder')}`: guardian `{one.responder}` writes no response"
                )
            card = replace(card, writes_response=True)
        cards[name] = card
    return cards


def either(card: Card, other: Card) -> Card:
    """What one of two may say. A score can be counted on only when both give one."""
    return replace(
        card,
        labels=tuple(label for label in LABELS if label in card.labels or label in other.labels),
        categories={**{name: name for name in other.categories.values()}, **card.categories},
        scores=card.scores and other.scores,
        writes_response=card.writes_response or other.writes_response,
    )


def in_order(settings: Guardians) -> tuple[str, ...]:
    """The names, each after those that it refers to."""
    graph = {name: [other for _, other in referred(name, settings)] for name in settings}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(f"`{name}`" for name in sorted(set(error.args[1])))
        raise ConfigurationError(
            f"guardians refer to each other in a circle: {circle}: leave out a `fallback`, `cascade` or `responder`"
        ) from None


def reached(name: str, settings: Guardians) -> set[str]:
    """The guardian and all that may answer for it."""
    return {name}.union(*(reached(other, settings) for _, other in referred(name, settings)))


def referred(name: str, settings: Guardians) -> Iterator[tuple[str, str]]:
    """By which setting a guardian refers to which other."""
    for key in ("fallback", "cascade", "responder"):
        other = getattr(settings[name], key)
        if other is None:
            continue
        if other not in settings:
            near = get_close_matches(other, settings, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the guardians are {', '.join(sorted(settings))}"
            raise ConfigurationError(f"`{variable(name, key)}`: there is no guardian `{other}`: {hint}")
        yield key, other


def variable(name: str, key: str) -> str:
    return f"GATEWAY_GUARDIANS__{name.upper()}__{key.upper()}"


def family_of(name: str, settings: GuardianSettings, known: Mapping[str, Family]) -> Family:
    if settings.family not in known:
        names = ", ".join(sorted(known))
        raise ConfigurationError(
            f"guardian `{name}` has the unknown family `{settings.family}`: the families are {names}"
        )
    return known[settings.family]
