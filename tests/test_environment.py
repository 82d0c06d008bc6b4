"""Settings from the environment: what is wrong is named with its variable, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.environment import load_settings
from gateway.errors import ConfigurationError
from gateway.settings import Settings, as_json, from_json

GUARDIAN = "GATEWAY_GUARDIANS__DEFAULT"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "GATEWAY_CASHE__ENTRIES",
            "1",
            "`GATEWAY_CASHE__ENTRIES` is not known: did you mean `GATEWAY_CACHE__ENTRIES`?",
        ),
        ("GATEWAY_CACHE__ENTRYS", "1", "`GATEWAY_CACHE__ENTRYS`: is not known: did you mean `ENTRIES`?"),
        (f"{GUARDIAN}__FALBACK", "a", f"`{GUARDIAN}__FALBACK`: is not known: did you mean `FALLBACK`?"),
        (f"{GUARDIAN}__QQ", "a", f"`{GUARDIAN}__QQ`: is not known: see docs/reference/settings.md"),
        ("GATEWAY_CACHE", "3", "`GATEWAY_CACHE`: is a group of settings: set those in it, as `GATEWAY_CACHE__ENTRIES`"),
        (
            GUARDIAN,
            "3",
            f"`{GUARDIAN}`: is a group of settings: set those in it, as `GATEWAY_GUARDIANS__NAME__FAMILY`",
        ),
        (
            "GATEWAY_GUARDIANS",
            "{}",
            "`GATEWAY_GUARDIANS`: Dictionary should have at least 1 item after validation, not 0",
        ),
        (f"{GUARDIAN}__QUEUE", "-1", f"`{GUARDIAN}__QUEUE`: Input should be greater than or equal to 0"),
        (f"{GUARDIAN}__HEDGE_SHARE", "0.5", f"`{GUARDIAN}`: `HEDGE_SHARE` needs `HEDGE_SECONDS`"),
        (f"{GUARDIAN}__FALLBACK_SHARE", "0.5", f"`{GUARDIAN}`: `FALLBACK_SHARE` needs `FALLBACK` or `RESPONDER`"),
        (f"{GUARDIAN}__CASCADE_HIGH", "0.5", f"`{GUARDIAN}`: `CASCADE_HIGH` needs `CASCADE`"),
    ],
)
def test_a_wrong_setting_is_told(name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert str(raised.value) == f"setting {told}"


def test_a_misspelt_line_of_the_file_is_told_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=1\nGATEWAY_PORT=8090\nGATEWAY_CASHE__ENTRIES=1\n")
    with pytest.raises(ConfigurationError, match="`GATEWAY_CASHE__ENTRIES` is not known"):
        load_settings()


def test_what_is_idle_by_default_may_be_set_with_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{GUARDIAN}__HEDGE_SHARE", "0.5")
    monkeypatch.setenv(f"{GUARDIAN}__HEDGE_SECONDS", "1")
    settings = load_settings()
    assert settings.guardians["default"].hedge_share == 0.5
    assert from_json(as_json(settings)) == settings


def test_settings_go_through_a_pipe() -> None:
    assert from_json(as_json(Settings())) == Settings()
