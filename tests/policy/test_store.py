"""The store: copies that keep their name, a link that is switched in one step, a history that survives a crash."""

from __future__ import annotations

import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.policy.store import Store, Switch, What
from tests.policy.versions import version, write


def promoted(store: Store, source: Path, name: str, what: What = "promote") -> str:
    found = write(source, name)
    with store.locked():
        if what == "promote":
            store.keep(source, found, version)
        store.switch(Switch("2026-12-01T09:30:00Z", found, what, store.current, 2))
    return found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_copy_has_every_file_and_cannot_be_written(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "policies"
    for name in ("lists/deep/words.txt", "tests/one.yaml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x")
    found = promoted(store, source, "a")
    copied = sorted(p.relative_to(store.place(found)) for p in store.place(found).rglob("*") if p.is_file())
    assert copied == sorted(p.relative_to(source) for p in source.rglob("*") if p.is_file())
    assert {(store.place(found) / name).stat().st_mode & 0o777 for name in copied} == {0o444}
    assert store.current_link.resolve() == store.place(found)


def test_a_source_that_changes_while_it_is_copied_is_not_kept(store: Store, tmp_path: Path) -> None:
    checked = write(tmp_path / "policies", "a")
    write(tmp_path / "policies", "b")
    with store.locked(), pytest.raises(ConfigurationError, match="changed while it was copied"):
        store.keep(tmp_path / "policies", checked, version)
    assert list((store.folder / "versions").iterdir()) == []


def test_a_copy_that_was_edited_is_refused(store: Store, tmp_path: Path) -> None:
    found = promoted(store, tmp_path / "policies", "a")
    file = store.place(found) / "10-one.yaml"
    file.chmod(0o644)
    file.write_text(file.read_text().replace("words of a", "other words"))
    with pytest.raises(ConfigurationError, match="was edited"):
        store.keep(tmp_path / "policies", found, version)


def test_a_rollback_goes_further_back_each_time_and_forgets_what_it_left(store: Store, tmp_path: Path) -> None:
    a, b, c = (promoted(store, tmp_path / name, name) for name in "abc")
    assert store.earlier() == [a, b]
    promoted(store, tmp_path / "b", "b", "rollback")
    assert store.earlier() == [a]
    promoted(store, tmp_path / "c", "c")
    assert store.earlier() == [a, b]
    promoted(store, tmp_path / "a", "a", "rollback")
    assert (store.earlier(), store.current, set(store.versions)) == ([], a, {a, b, c})


@pytest.mark.parametrize("torn", ['{"when": "2026', "nonsense\n", '{"when": 1}\n', "[]\n"])
def test_a_history_that_a_crash_cut_goes_on(store: Store, tmp_path: Path, torn: str) -> None:
    a = promoted(store, tmp_path / "a", "a")
    with (store.folder / "history.jsonl").open("a") as file:
        file.write(torn)
    b = promoted(store, tmp_path / "b", "b")
    assert [one.version for one in store.history()] == [a, b]


def test_a_switch_that_a_crash_left_out_of_the_history_can_be_rolled_back(store: Store, tmp_path: Path) -> None:
    a = promoted(store, tmp_path / "a", "a")
    whole = (store.folder / "history.jsonl").read_bytes()
    promoted(store, tmp_path / "b", "b")
    (store.folder / "history.jsonl").write_bytes(whole)
    assert store.earlier() == [a]


def test_a_folder_in_the_links_place_is_left_alone(store: Store, tmp_path: Path) -> None:
    store.current_link.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="is not a link"):
        promoted(store, tmp_path / "a", "a")
    assert store.current_link.is_dir()


def many(folder: Path, number: int) -> None:
    for round in range(5):
        promoted(Store(folder / "store"), folder / str(number), f"v{number}x{round}")


def test_promotes_at_the_same_time_leave_a_whole_store(tmp_path: Path) -> None:
    processes = [get_context("spawn").Process(target=many, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    store = Store(tmp_path / "store")
    history = store.history()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert (len(history), len(store.versions), store.current) == (15, 15, history[-1].version)
    assert [one.before for one in history[1:]] == [one.version for one in history[:-1]]
    assert all(version(store.place(name)) == name for name in store.versions)
    assert not [name for name in os.listdir(store.folder) if name.startswith(".current")]
