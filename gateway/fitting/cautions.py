"""What the figures of a fit cannot carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

from gateway.fitting.figures import Figures
from gateway.fitting.fit import Method
from gateway.fitting.scored import Scored

FEW_ROWS, FEW_OF_A_LABEL = 200, 50
ROWS_FOR_ISOTONIC = 1000


def of_data(scored: Scored, wanted: Iterable[float]) -> Iterator[str]:
    rows = len(scored.scores)
    if rows < FEW_ROWS:
        yield f"{rows} rows are few: with less than {FEW_ROWS} the fit and the thresholds may be off by much"
    for count, label in ((scored.positives, "harmful"), (scored.negatives, "safe")):
        if count < FEW_OF_A_LABEL:
            yield f"{count} {label} rows are few: the fit needs {FEW_OF_A_LABEL} of each label"
    if scored.left_out:
        yield f"{scored.left_out} rows got no score and are left out: live traffic would meet an error there"
    for rate in sorted(set(wanted)):
        if rate * scored.negatives < 1:
            yield (
                f"a false-positive rate of {rate:g} cannot be seen in {scored.negatives} safe rows: it takes"
                f" {ceil(1 / rate - 1e-9):,} or more"
            )


def of_fit(method: Method, scored: Scored, before: Figures, after: Figures) -> Iterator[str]:
    if method == "isotonic" and len(scored.scores) < ROWS_FOR_ISOTONIC:
        yield f"isotonic regression follows chance with less than {ROWS_FOR_ISOTONIC:,} rows: `--method platt`"
    if after.log_loss > before.log_loss:
        yield "on held-out rows the fitted probabilities are worse than the raw scores: do not use this fit"
