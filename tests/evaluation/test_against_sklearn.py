"""F1, precision, recall and FPR are those of scikit-learn, where it has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.score import score
from tests.evaluation.judged import judged

ROWS = st.lists(st.builds(judged, st.sampled_from(["harmful", "safe"]), st.floats(0, 1)), min_size=1)


@given(ROWS, st.floats(0, 1))
def test_the_figures_at_any_threshold(rows: list[Judged], threshold: float) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    found = score(rows, Reading(threshold=threshold))
    truth = [one.harmful for one in rows]
    flagged = [one.score is not None and one.score >= threshold for one in rows]
    tn, fp, fn, tp = metrics.confusion_matrix(truth, flagged, labels=[False, True]).ravel()
    if found.harmful:
        assert found.f1 == pytest.approx(metrics.f1_score(truth, flagged, zero_division=0))
        assert found.recall == pytest.approx(metrics.recall_score(truth, flagged))
    if found.precision is not None:
        assert found.precision == pytest.approx(metrics.precision_score(truth, flagged))
    assert (found.fpr is None) == (fp + tn == 0)
    if found.fpr is not None:
        assert found.fpr == pytest.approx(fp / (fp + tn))
    assert (tp + fn, fp + tn) == (found.harmful, found.safe)
