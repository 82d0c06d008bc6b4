"""Policy sets from text, for tests."""

from __future__ import annotations

from gateway.guardian.family import families
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import Diagnostics, PolicySet
from gateway.policy.diagnostics import Findings
from gateway.policy.load import compile_set
from gateway.types import Catalog, Message, Query

CATALOG = Catalog({name: family.CARD for name, family in families().items()}, frozenset({"default", "onprem"}))


def compiled(*texts: str) -> tuple[PolicySet | None, Diagnostics]:
    """The files `10.yaml`, `11.yaml`, ... with these texts; the guardian is `slm_guardian` unless they name another."""
    findings = Findings()
    files = [(f"{10 + i}.yaml", text.encode()) for i, text in enumerate(texts)]
    return compile_set(files, CATALOG, TAXONOMY, findings), findings.diagnostics()


def policy(*texts: str) -> PolicySet:
    found, diagnostics = compiled(*texts)
    assert found is not None, str(diagnostics)
    return found


def query(text: str = "hello", **more: object) -> Query:
    given = {"surface": "chat", "raw": b"", "body": {}, "model": "m", "request_id": "r", **more}
    return Query(messages=(Message("user", (text,)),), **given)  # type: ignore[arg-type]
