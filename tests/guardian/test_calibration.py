"""Calibrations and the files that hold them: order is kept, files come back, garbage is an error that says where."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.assembly.guardians import calibration
from gateway.assembly.model_servers import located
from gateway.assembly.verdict_cache import configuration
from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.guardian.calibration import Isotonic, Platt
from gateway.guardian.fitted import Fitted, as_fields, load_calibration, parse
from gateway.settings import GuardianSettings, Settings

UNIT = st.floats(0, 1)
RISING = st.lists(UNIT, min_size=2, max_size=20, unique=True).map(sorted)
SETTING = "GATEWAY_GUARDIANS__DEFAULT__CALIBRATION"


@st.composite
def isotonics(draw: st.DrawFn) -> Isotonic:
    places = draw(RISING)
    heights = sorted(draw(st.lists(UNIT, min_size=len(places), max_size=len(places))))
    return Isotonic(tuple(zip(places, heights, strict=True)))


PLATTS = st.builds(Platt, st.floats(0.01, 50), st.floats(-50, 50))


@given(calibration=isotonics(), scores=st.lists(UNIT, min_size=2))
def test_order_is_kept_and_points_are_met(calibration: Isotonic, scores: list[float]) -> None:
    found = [calibration.probability(score) for score in sorted([*scores, *(x for x, _ in calibration.points)])]
    assert all(low <= high for low, high in pairwise(found))
    assert [calibration.probability(x) for x, _ in calibration.points] == pytest.approx(
        [y for _, y in calibration.points], abs=1e-12
    )


@given(calibration=isotonics() | PLATTS, model=st.none() | st.text(max_size=9))
def test_a_file_comes_back(calibration: Isotonic | Platt, model: str | None) -> None:
    value = {"format": 1, "family": "slm_guardian", "model": model, **as_fields(calibration), "made by": "a test"}
    assert parse(orjson.dumps(value)) == Fitted(calibration, "slm_guardian", model)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    "format": st.just(1) | JSON,
    "family": st.just("slm_guardian") | JSON,
    "method": st.sampled_from(["platt", "isotonic"]) | JSON,
    "slope": JSON,
    "intercept": JSON,
    "points": st.lists(st.lists(st.floats(-1, 2) | JSON, max_size=3), max_size=4) | JSON,
    "model": JSON,
}


@given(data=st.binary() | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_an_error_with_a_message(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(data)


@given(value=st.fixed_dictionaries({}, optional=FIELDS))
def test_almost_right_files_are_read_or_refused(value: dict[str, Any]) -> None:
    try:
        fitted = parse(json.dumps(value).encode())
    except ValueError:
        return
    assert 0 <= fitted.calibration.probability(0.2) <= fitted.calibration.probability(0.7) <= 1


def written(folder: Path, **changed: Any) -> Path:
    path = folder / "calibration.json"
    value = {"format": 1, "method": "platt", "slope": 2.0, "intercept": 1.0, "family": "slm_guardian", "model": "m"}
    path.write_bytes(orjson.dumps({**value, **changed}))
    return path


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": 2}, "it needs `format` 1"),
        ({"method": "magic"}, "`method` must be `platt` or `isotonic`"),
        ({"slope": -1.0}, "`slope` must be over 0"),
        ({"slope": None}, "`slope` and `intercept` must be numbers"),
        ({"family": 3}, "`family` must name"),
        ({"method": "isotonic", "points": [[0, 0.5]]}, "`points` must be two or more pairs"),
        ({"method": "isotonic", "points": [[0, 0.5], [1, 0.4]]}, "`points` must rise"),
        ({"method": "isotonic", "points": [[0, 0.1], [0, 0.4]]}, "`points` must rise"),
        (
            {"method": "isotonic", "points": [[0, 0.1], [1, 1.5]]},
            "`points` must be two or more pairs of numbers from 0 to 1",
        ),
    ],
)
def test_a_bad_file_is_told_with_the_setting(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"setting `{SETTING}`: `.*` is no calibration: {message}"):
        load_calibration(written(tmp_path, **changed), SETTING, "slm_guardian", None)


def test_a_missing_file_is_told_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"setting `{SETTING}`: .* cannot be read: No such file"):
        load_calibration(tmp_path / "none.json", SETTING, "slm_guardian", None)


def test_another_family_s_or_model_s_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="fitted to the family `slm_guardian`, not `qwen3guard`"):
        load_calibration(written(tmp_path), SETTING, "qwen3guard", None)
    with pytest.raises(ConfigurationError, match="fitted to the model `m`, not `other`"):
        load_calibration(written(tmp_path), SETTING, "slm_guardian", "other")
    assert load_calibration(written(tmp_path), SETTING, "slm_guardian", "m") == Platt(2.0, 1.0)
    assert load_calibration(written(tmp_path), SETTING, "slm_guardian", None) == Platt(2.0, 1.0)


def test_a_file_goes_before_the_embedded_guardian_s_own(tmp_path: Path) -> None:
    own = Platt(0.5, -1.0)
    wanted = GuardianSettings(calibration=written(tmp_path))
    assert calibration("default", located(wanted, "http://host/v1", own)) == Platt(2.0, 1.0)
    assert calibration("default", located(GuardianSettings(), "http://host/v1", own)) == own


def test_a_verdict_is_not_kept_over_a_change_of_the_file(tmp_path: Path) -> None:
    wanted = Settings(guardians={"default": {"base_url": "http://host/v1", "calibration": written(tmp_path)}})
    before = configuration(wanted)
    assert before == configuration(wanted)
    written(tmp_path, slope=3.0)
    assert before != configuration(wanted)


def test_a_file_and_numbers_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_GUARDIANS__DEFAULT__CALIBRATION", "c.json")
    monkeypatch.setenv("GATEWAY_GUARDIANS__DEFAULT__CALIBRATION_SLOPE", "2")
    with pytest.raises(ConfigurationError, match=r"`GATEWAY_GUARDIANS__DEFAULT`: set `CALIBRATION`, or .* not both"):
        load_settings()
