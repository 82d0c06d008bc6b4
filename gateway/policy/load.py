"""Reads a folder of policies: files in the order of their names, all errors of all files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from gateway.policy.compile import Draft, compile_file, compile_responses, condition_modules
from gateway.policy.diagnostics import Diagnostics, Findings, Span
from gateway.policy.lint import lint
from gateway.policy.policyset import PolicySet
from gateway.policy.source import read
from gateway.types import Block, Catalog


def load(folder: Path, catalog: Catalog, categories: Collection[str]) -> PolicySet | Diagnostics:
    """The set, or every error. Warnings do not keep a set from loading."""
    policy, diagnostics = load_with_warnings(folder, catalog, categories)
    return diagnostics if policy is None else policy


def load_with_warnings(
    folder: Path, catalog: Catalog, categories: Collection[str]
) -> tuple[PolicySet | None, Diagnostics]:
    findings = Findings()
    files = policy_files(folder, findings)
    policy = compile_set([(str(path), raw) for path, raw in files], catalog, categories, findings)
    return policy, findings.diagnostics()


def policy_files(folder: Path, findings: Findings) -> list[tuple[Path, bytes]]:
    """`*.yaml` and `*.yml` directly in the folder."""
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
        files = [(path, path.read_bytes()) for path in paths]
    except OSError as error:
        findings.error(
            "P014", Span(str(folder)), f"the policies cannot be read: {error.strerror}", "set `GATEWAY_POLICIES`"
        )
        return []
    if not files:
        findings.error("P014", Span(str(folder)), "there is no policy file", "add one, such as `10-baseline.yaml`")
    return files


def compile_set(
    files: Sequence[tuple[str, bytes]], catalog: Catalog, categories: Collection[str], findings: Findings
) -> PolicySet | None:
    """The set, or None when there are errors among the findings."""
    items = [item for path, raw in files if (item := read(path, raw, findings)) is not None]
    draft = Draft(catalog, categories, findings, condition_modules())
    for item in items:
        compile_responses(draft, item)
    for item in items:
        compile_file(draft, item)
    lint(draft)
    if findings.failed:
        return None
    default = Block() if draft.default is None else draft.default
    return PolicySet(tuple(draft.rules), default, draft.responses, version_of(files))


def version_of(files: Sequence[tuple[str, bytes]]) -> str:
    """A short hash of the files' names and bytes."""
    digest = hashlib.sha256()
    for path, raw in files:
        digest.update(f"{Path(path).name}\n{len(raw)}\n".encode() + raw)
    return digest.hexdigest()[:12]
