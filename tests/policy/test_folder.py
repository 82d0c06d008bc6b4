"""A change of any file below the folder is seen, and a reading is of one state of the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy import Diagnostics, PolicySet
from gateway.policy.folder import read_steadily, signature
from tests.policy.versions import loaded, switch, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "a", "a")
    write(tmp_path / "b", "b")
    (tmp_path / "a" / "lists").mkdir()
    (tmp_path / "a" / "tests").mkdir()
    (tmp_path / "policies").symlink_to(tmp_path / "a")
    return tmp_path / "policies"


CHANGES: list[Callable[[Path], object]] = [
    lambda folder: (folder / "10-one.yaml").write_text("version: 1\nrules: []\n"),
    lambda folder: (folder / "30-three.yaml").touch(),
    lambda folder: (folder / "20-two.yaml").unlink(),
    lambda folder: (folder / "20-two.yaml").rename(folder / "21-two.yaml"),
    lambda folder: (folder / "lists" / "words.txt").write_text("word\n"),
    lambda folder: switch(folder, folder.parent / "b"),
    lambda folder: folder.unlink(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(folder: Path, change: Callable[[Path], object]) -> None:
    before = signature(folder)
    assert signature(folder) == before
    change(folder)
    assert signature(folder) != before


def test_a_file_of_the_same_size_and_modification_time_is_another(folder: Path) -> None:
    file, before = folder / "10-one.yaml", signature(folder)
    times, text = file.stat(), file.read_text()
    file.write_text(text.replace("from-a", "from-z"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert signature(folder) != before


@pytest.mark.parametrize("name", ["tests/more.yaml", ".git/index", ".cache/10.yaml"])
def test_tests_and_hidden_folders_are_not_looked_at(folder: Path, name: str) -> None:
    before = signature(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert signature(folder) == before


def test_a_link_in_a_circle_ends(folder: Path) -> None:
    (folder / "lists" / "again").symlink_to(folder)
    assert len(signature(folder).files) == 2


def test_a_config_map_is_read_in_the_folder_that_it_switches_to(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"..{name}", name)
    switch(tmp_path / "..data", Path("..a"))
    for name in ("10-one.yaml", "20-two.yaml"):
        (tmp_path / name).symlink_to(Path("..data", name))
    first = read_steadily(tmp_path, loaded)
    switch(tmp_path / "..data", Path("..b"))
    second = read_steadily(tmp_path, loaded)
    assert (first.signature.folder.name, second.signature.folder.name) == ("..a", "..b")
    assert first.signature != second.signature
    assert [rule.name for rule in second.result.rules] == ["one-from-b", "two-from-b"]  # type: ignore[union-attr]


def test_files_that_change_while_they_are_read_are_read_again(folder: Path) -> None:
    readings: list[Path] = []

    def disturbed(place: Path) -> PolicySet | Diagnostics:
        found = loaded(place)
        if not readings:
            switch(folder, folder.parent / "b")
        readings.append(place)
        return found

    reading = read_steadily(folder, disturbed)
    assert [place.name for place in readings] == ["a", "b"]
    assert {rule.name for rule in reading.result.rules} == {"one-from-b", "two-from-b"}  # type: ignore[union-attr]


def test_files_that_never_rest_are_an_error(folder: Path) -> None:
    def restless(place: Path) -> PolicySet | Diagnostics:
        (place / "10-one.yaml").touch()
        return loaded(place)

    result = read_steadily(folder, restless).result
    assert isinstance(result, Diagnostics)
    assert "change while they are read" in str(result)


def test_a_folder_that_is_no_link_keeps_its_name_in_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "policies", "a")
    assert signature(Path("policies")).folder == Path("policies")
