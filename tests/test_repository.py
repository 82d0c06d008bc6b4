"""What holds for the whole tree: the import layers, module docstrings, no state at import, no foreign paths."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "gateway").rglob("*.py"))

LAYERS: list[tuple[str, ...]] = [
    ("gateway.types", "gateway.errors", "gateway"),
    (
        "gateway.surfaces",
        "gateway.policy",
        "gateway.guardian.family",
        "gateway.guardian.taxonomy",
        "gateway.guardian.families",
    ),
    ("gateway.upstream", "gateway.observe", "gateway.connection", "gateway.incoming", "gateway.guardian"),
    ("gateway.gateway",),
    ("gateway.speech",),
    ("gateway.act",),
    ("gateway.trace", "gateway.deliver"),
    ("gateway.flow", "gateway.health"),
    ("gateway.settings",),
    ("gateway.embedded",),
    ("gateway.app",),
    ("gateway.evaluation",),
    ("gateway.cli", "gateway.__main__"),
]
"""From the bottom up: a module may import from its own entry's layer only inside that entry, and from every layer
below.
"""
ISLANDS = ("gateway.surfaces", "gateway.policy", "gateway.guardian")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def entry(module: str) -> tuple[int, str]:
    """Its layer, and the longest entry of the table that it belongs to."""
    matches = [
        (len(prefix), level, prefix)
        for level, layer in enumerate(LAYERS)
        for prefix in layer
        if module == prefix or (prefix != "gateway" and module.startswith(prefix + "."))
    ]
    assert matches, f"`{module}` is in no layer: add it to LAYERS"
    _, level, prefix = max(matches)
    return level, prefix


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


@pytest.mark.parametrize("path", [p for p in MODULES if name_of(p).startswith(ISLANDS)], ids=name_of)
def test_islands_do_not_know_each_other(path: Path) -> None:
    if entry(name_of(path))[0] != 1:
        return
    own = next(island for island in ISLANDS if name_of(path).startswith(island))
    strangers = {name for name in imports(path) for island in ISLANDS if island != own and name.startswith(island)}
    assert strangers == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_and_does_nothing_at_import(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path} has no docstring"
    acts = [node for node in tree.body if isinstance(node, ast.For | ast.While | ast.With | ast.Try)]
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
