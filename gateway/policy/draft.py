"""A set of policies that is being compiled: what it may name, what is known of it so far, and what is wrong with it."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast

from gateway.policy import conditions as package
from gateway.policy import lists as list_files
from gateway.policy.condition import ConditionModule, Entry
from gateway.policy.diagnostics import Findings, Span, near, quoted
from gateway.policy.facts import Identify
from gateway.policy.languages import open_identifier, undetermined
from gateway.policy.release import Answers
from gateway.policy.rules import Match, Rule
from gateway.policy.source import Item
from gateway.policy.unscanned import Passing
from gateway.types import Action, Catalog, SafeResponse


@dataclass(slots=True)
class Draft:
    """A set that is being compiled. Responses of all files are known before the first rule is."""

    catalog: Catalog
    categories: Collection[str]
    findings: Findings
    lists: Mapping[str, bytes]
    modules: Mapping[str, ConditionModule]
    responses: dict[str, SafeResponse] = field(default_factory=dict)
    response_items: dict[str, Item] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    default: Action | None = None
    default_span: Span | None = None
    speculative: list[tuple[tuple[Match, ...], Span]] = field(default_factory=list)
    """Of each file that says so: what it applies to, and where it says so."""
    unscanned: list[Passing] = field(default_factory=list)
    identify: Identify = undetermined
    answers: Answers | None = None

    def entries(self, item: Item) -> Collection[Entry] | None:
        return list_files.entries(item, self.lists, self.findings)

    def identifier(self, span: Span) -> Identify | None:
        if self.identify is undetermined:
            try:
                self.identify = open_identifier()
            except ImportError:
                told = "languages cannot be told: the package `py3langid` is not installed"
                self.findings.error("P019", span, told, "pip install 'guardian-gateway[language]'")
                return None
        return self.identify


def condition_modules() -> Mapping[str, ConditionModule]:
    found = [import_module(f"{package.__name__}.{module.name}") for module in pkgutil.iter_modules(package.__path__)]
    return {module.NAME: cast(ConditionModule, module) for module in found}


def check_fields(findings: Findings, item: Item, known: Collection[str], what: str) -> None:
    for name, span in item.keys.items():
        if name not in known:
            findings.error("P004", span, f"unknown field {quoted(name)} in {what}", near(name, known))
