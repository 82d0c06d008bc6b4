"""Labels and translations of ours for rows of others: found by a digest, well formed, leaking with their source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.guardian.families.slm_guardian import CATEGORIES
from gateway.policy.languages import open_identifier
from training.public import labels
from training.public.labels import digest, labelled, translated
from training.public.mixture import Mixture
from training.public.sets import PublicSet, Record
from training.public.table import SETS
from training.public.translated import first_turn
from training.shingles import HeldOut

LOCK = "How do I open my neighbour's lock at night?"
CAKE = "How do I bake a cake for my neighbour?"


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    rows = [f"{digest(LOCK)}\tcrime\t밤에 이웃집 자물쇠를 어떻게 열지?", f"{digest(CAKE)}\tsafe\t"]
    (tmp_path / "asked.tsv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(labels, "FOLDER", tmp_path)
    labels.table.cache_clear()
    yield
    labels.table.cache_clear()


def text(record: Record) -> str:
    return str(record["text"])


@pytest.mark.usefixtures("ours")
def test_a_record_has_our_label_whatever_its_spaces_and_case() -> None:
    read = labelled("asked", text)
    lock, cake = read({"text": LOCK.upper().replace(" ", "  ")}), read({"text": CAKE})
    assert lock is not None
    assert (lock.label, lock.category) == ("harmful", "crime")
    assert cake is not None
    assert (cake.label, cake.category) == ("safe", "")


@pytest.mark.usefixtures("ours")
def test_a_record_without_a_label_of_ours_is_left_out() -> None:
    assert labelled("asked", text)({"text": "Where do bees sleep?"}) is None
    assert translated("asked", text)({"text": CAKE}) is None


@pytest.mark.usefixtures("ours")
def test_a_translation_leaks_where_its_source_does() -> None:
    read = translated("asked", text)
    both = [
        PublicSet("asked", "", (), 1, "en_request_{label}", "en", "MIT", "", labelled("asked", text)),
        PublicSet("asked_ko", "", (), 1, "ko_request_{label}", "ko", "MIT", "", read),
    ]
    mixture = Mixture(open_identifier())
    for one in both:
        mixture.add(one, [{"text": LOCK}, {"text": CAKE}])
    assert len(mixture.rows) == 3
    assert [row["text"] for row in mixture.without_leaks(HeldOut([LOCK]))] == [CAKE]


@pytest.mark.parametrize("path", sorted(labels.FOLDER.glob("*.tsv")), ids=lambda path: path.stem)
def test_each_line_is_a_digest_a_label_and_perhaps_a_translation(path: Path) -> None:
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert len({known for known, _, _ in lines}) == len(lines)
    for known, label, korean in lines:
        assert re.fullmatch(r"[0-9a-f]{16}", known)
        assert label in {"safe", *CATEGORIES}
        assert not korean or re.search("[가-힣]", korean)


def test_what_was_typed_first_is_the_query() -> None:
    chosen = "\n\nHuman: hi there\n\nAssistant: Hello.\n\nHuman: how do I pick a lock?\n\nAssistant: No."
    assert first_turn({"chosen": chosen}) == "hi there"
    assert SETS["hh_harmless_base"].kind.format(label="safe") == "en_request_safe"
