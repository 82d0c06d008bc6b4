"""Reads a folder of policies: files in the order of their names, all errors of all files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from gateway.policy.compile import compile_all
from gateway.policy.diagnostics import Diagnostics, Findings, Span
from gateway.policy.draft import Draft, condition_modules
from gateway.policy.facts import Identify
from gateway.policy.index import index
from gateway.policy.languages import undetermined
from gateway.policy.lint import lint
from gateway.policy.policyset import PolicySet
from gateway.policy.release import release
from gateway.policy.source import read
from gateway.types import PHASES, Block, Catalog

Files = Sequence[tuple[str, bytes]]
NO_LISTS: Mapping[str, bytes] = MappingProxyType({})
TESTS = "tests"
SUFFIXES = (".yaml", ".yml")


def load(
    folder: Path, catalog: Catalog, categories: Collection[str], identify: Identify = undetermined
) -> PolicySet | Diagnostics:
    """The set, or every error. `identify` is what tells languages, where an earlier set has loaded that already."""
    findings = Findings()
    draft, version = draft_of(folder, catalog, categories, findings, identify)
    return findings.diagnostics() if findings.failed else finished(draft, version)


def load_with_warnings(
    folder: Path, catalog: Catalog, categories: Collection[str], *, today: str = ""
) -> tuple[PolicySet | None, Diagnostics]:
    """The set and what the linter says of it. Warnings do not keep a set from loading. `today` is a day as
    `2026-12-01`, for what the linter says about age.
    """
    findings = Findings()
    draft, version = draft_of(folder, catalog, categories, findings)
    lint(draft, today)
    return None if findings.failed else finished(draft, version), findings.diagnostics()


def draft_of(
    folder: Path,
    catalog: Catalog,
    categories: Collection[str],
    findings: Findings,
    identify: Identify = undetermined,
) -> tuple[Draft, str]:
    files, lists = policy_files(folder, findings), list_files(folder, findings)
    draft = drafted(files, lists, catalog, categories, findings, identify)
    findings.moved({name: str(folder / name) for name in lists})
    return draft, version_of(files, lists)


def policy_files(folder: Path, findings: Findings) -> Files:
    """`*.yaml` and `*.yml` directly in the folder."""
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file())
        files = [(str(path), path.read_bytes()) for path in paths]
    except OSError as error:
        told = f"the policies cannot be read: {error.strerror}"
        findings.error("P014", Span(str(error.filename or folder)), told, "name the folder, or set `GATEWAY_POLICIES`")
        return []
    if not files:
        findings.error("P014", Span(str(folder)), "there is no policy file", "add one, such as `10-baseline.yaml`")
    return files


def list_files(folder: Path, findings: Findings) -> Mapping[str, bytes]:
    """`*.txt` anywhere below the folder, less hidden folders and the tests, by their paths in it."""
    try:
        paths = sorted(path for path in folder.rglob("*.txt") if path.is_file())
        found = {path.relative_to(folder): path for path in paths}
        return {name.as_posix(): path.read_bytes() for name, path in found.items() if is_list(name)}
    except OSError as error:
        told = f"a list file cannot be read: {error.strerror}"
        findings.error("P014", Span(str(error.filename or folder)), told, "make it readable, or take it away")
        return NO_LISTS


def is_list(name: Path) -> bool:
    return name.parts[0] != TESTS and not any(part.startswith(".") for part in name.parts)


def drafted(
    files: Files,
    lists: Mapping[str, bytes],
    catalog: Catalog,
    categories: Collection[str],
    findings: Findings,
    identify: Identify = undetermined,
) -> Draft:
    items = [item for path, raw in files if (item := read(path, raw, findings)) is not None]
    draft = Draft(catalog, categories, findings, lists, condition_modules(), identify=identify)
    compile_all(draft, items)
    return draft


def compile_set(
    files: Files,
    catalog: Catalog,
    categories: Collection[str],
    findings: Findings,
    lists: Mapping[str, bytes] = NO_LISTS,
    *,
    today: str = "",
) -> PolicySet | None:
    """The set of these files' bytes, or None when there are errors among the findings."""
    draft = drafted(files, lists, catalog, categories, findings)
    lint(draft, today)
    return None if findings.failed else finished(draft, version_of(files, lists))


def finished(draft: Draft, version: str) -> PolicySet:
    rules = tuple(draft.rules.values())
    phases = {phase: index([rule for rule in rules if rule.phase == phase]) for phase in PHASES}
    default = Block() if draft.default is None else draft.default
    speculative = tuple(applies_to for applies_to, _ in draft.speculative)
    released = release(draft.answers, rules)
    return PolicySet(
        rules, phases, default, draft.responses, version, draft.identify, released, speculative, tuple(draft.unscanned)
    )


def version_of(files: Files, lists: Mapping[str, bytes]) -> str:
    """A short hash of the files' names and bytes, wherever the folder is."""
    digest = hashlib.sha256()
    for name, raw in (*((Path(path).name, raw) for path, raw in files), *lists.items()):
        digest.update(f"{name}\n{len(raw)}\n".encode("utf-8", "surrogatepass") + raw)
    return digest.hexdigest()[:12]
