"""A calibration that was fitted on labelled data, as `gateway guardian calibrate` writes it into a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Calibration, Isotonic, Platt

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """The calibration, and the guardian whose scores it was fitted to. A `model` of None is the family's own."""

    calibration: Platt | Isotonic
    family: str
    model: str | None = None

    def refusal(self, family: str, model: str | None) -> str | None:
        """Why it is not for this guardian; None when it is. Another model's scores mean something else."""
        if family != self.family:
            return f"it was fitted to the family `{self.family}`, not `{family}`"
        if model is not None and self.model is not None and model != self.model:
            return f"it was fitted to the model `{self.model}`, not `{model}`"
        return None


def load_calibration(path: Path, setting: str, family: str, model: str | None) -> Calibration:
    """The calibration of a file. A ConfigurationError names the setting that names the file."""
    try:
        fitted = parse(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"setting `{setting}`: `{path}` cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"setting `{setting}`: `{path}` is no calibration: {error}") from None
    refusal = fitted.refusal(family, model)
    if refusal is not None:
        raise ConfigurationError(f"setting `{setting}`: `{path}`: {refusal}: fit one with `gateway guardian calibrate`")
    return fitted.calibration


def parse(data: bytes) -> Fitted:
    """Raises ValueError with what is wrong."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"it needs `format` {FORMAT}: `gateway guardian calibrate --out` writes one")
    family, model = value.get("family"), value.get("model")
    if not isinstance(family, str):
        raise ValueError("`family` must name the guardian family that it was fitted to")
    if not isinstance(model, str | None):
        raise ValueError("`model` must be a string or null")
    return Fitted(calibration_of(value), family, model)


def calibration_of(value: Mapping[str, Any]) -> Platt | Isotonic:
    match value.get("method"):
        case "platt":
            return platt(value.get("slope"), value.get("intercept"))
        case "isotonic":
            return isotonic(value.get("points"))
    raise ValueError("`method` must be `platt` or `isotonic`")


def platt(slope: Any, intercept: Any) -> Platt:
    if not is_number(slope) or not is_number(intercept):
        raise ValueError("`slope` and `intercept` must be numbers")
    if slope <= 0:
        raise ValueError("`slope` must be over 0, so that a higher score stays the more harmful one")
    return Platt(slope, intercept)


def isotonic(points: Any) -> Isotonic:
    if not isinstance(points, list) or len(points) < 2 or not all(map(is_point, points)):
        raise ValueError("`points` must be two or more pairs of numbers from 0 to 1")
    if any(x0 >= x1 or y0 > y1 for (x0, y0), (x1, y1) in pairwise(points)):
        raise ValueError("`points` must rise: a higher score is never the less harmful one")
    return Isotonic(tuple((x, y) for x, y in points))


def is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(is_number(one) and 0 <= one <= 1 for one in value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def as_fields(calibration: Platt | Isotonic) -> dict[str, Any]:
    """What `calibration_of` reads."""
    if isinstance(calibration, Platt):
        return {"method": "platt", "slope": calibration.slope, "intercept": calibration.intercept}
    return {"method": "isotonic", "points": [list(point) for point in calibration.points]}
