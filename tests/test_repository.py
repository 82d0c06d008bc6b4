"""What holds for the whole tree: the import layers, module docstrings, no state at import, no foreign paths."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "gateway").rglob("*.py"))

LAYERS: list[dict[str, tuple[str, ...]]] = [
    {"values": ("gateway.types", "gateway.errors", "gateway.unscanned", "gateway.wake", "gateway")},
    {
        "surfaces": ("gateway.surfaces",),
        "policy": ("gateway.policy",),
        "evasion": ("gateway.evasion",),
        "families": (
            "gateway.guardian.family",
            "gateway.guardian.families",
            "gateway.guardian.passages",
            "gateway.guardian.exchange",
            "gateway.guardian.label_share",
            "gateway.guardian.score_tag",
            "gateway.guardian.taxonomy",
        ),
    },
    {"connection": ("gateway.connection",), "upstream": ("gateway.upstream",), "observe": ("gateway.observe",)},
    {"patience": ("gateway.patience",)},
    {
        "incoming": ("gateway.incoming", "gateway.framing"),
        "guardian": ("gateway.guardian",),
        "access": ("gateway.access",),
    },
    {"parts": ("gateway.gateway", "gateway.policies", "gateway.overload.workload")},
    {
        "flow": (
            "gateway.flow",
            "gateway.passing",
            "gateway.act",
            "gateway.speech",
            "gateway.trace",
            "gateway.unserved",
            "gateway.deliver",
            "gateway.entrance",
            "gateway.health",
            "gateway.judging",
            "gateway.moderate",
            "gateway.annotate",
            "gateway.overload",
            "gateway.speculation",
            "gateway.output",
        )
    },
    {"settings": ("gateway.settings", "gateway.environment")},
    {"embedded": ("gateway.embedded",)},
    {"app": ("gateway.app",), "assembly": ("gateway.assembly",)},
    {"evaluation": ("gateway.evaluation",), "replay": ("gateway.replay",), "doctor": ("gateway.doctor",)},
    {"fitting": ("gateway.fitting",)},
    {"cli": ("gateway.cli",)},
    {"main": ("gateway.__main__",)},
]
"""From the bottom up. A part imports from itself and the layers below; parts of one layer do not know each other."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def entry(module: str) -> tuple[int, str]:
    """Its layer and its part: the longest prefix of the table that it has."""
    matches = [
        (len(prefix), level, part)
        for level, layer in enumerate(LAYERS)
        for part, prefixes in layer.items()
        for prefix in prefixes
        if module == prefix or (prefix != "gateway" and module.startswith(prefix + "."))
    ]
    assert matches, f"`{module}` is in no layer: add it to LAYERS"
    _, level, part = max(matches)
    return level, part


def imports(path: Path) -> set[str]:
    """Modules of ours that this one imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            found |= {
                f"{node.module}.{alias.name}" if is_module(f"{node.module}.{alias.name}") else node.module
                for alias in node.names
            }
    return {name for name in found if name == "gateway" or name.startswith("gateway.")}


def is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_downwards(path: Path) -> None:
    level, own = entry(name_of(path))
    for imported in imports(path):
        below, theirs = entry(imported)
        assert below < level or theirs == own, f"`{name_of(path)}` may not import `{imported}`"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_and_does_nothing_at_import(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path} has no docstring"
    acts = [n for n in tree.body if isinstance(n, ast.For | ast.While | ast.With | ast.Try)]
    calls = [n for n in tree.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]
    assert acts + calls == [], f"{path} does something at import"


def test_the_gateway_never_imports_vllm_or_torch() -> None:
    for path in MODULES:
        names = {
            alias.name.split(".")[0]
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.Import)
            for alias in n.names
        }
        assert not names & {"vllm", "torch", "transformers"}, path
