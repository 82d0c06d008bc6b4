"""All that an evaluation says of a guardian, and its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import orjson

from gateway.errors import ConfigurationError
from gateway.evaluation.datasets import Row
from gateway.evaluation.judged import Judged, Reading
from gateway.evaluation.latency import Length, Percentiles, by_length, percentiles
from gateway.evaluation.macro import Mean, Refused, macro, over_refusal
from gateway.evaluation.reliability import Bin, bins, pairs
from gateway.evaluation.responses.checks import Responses
from gateway.evaluation.score import Scores, score, score_by
from gateway.types import GuardianError, Verdict

GROUPS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "by_lang": lambda row: row.lang,
        "by_source": lambda row: row.source,
        "by_category": lambda row: row.category,
        "by_slice": lambda row: row.slice,
    }
)
WITH_SAFE_ONES = ("by_slice", "by_source")
"""Groups of which one may be all safe by intention: a set that was made to tempt a guardian to refuse."""


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of all rows and of each group, means over groups, latency in seconds, guardian errors by kind. `responses`
    is None where nobody asked for them.
    """

    overall: Scores
    by_lang: Mapping[str, Scores]
    by_source: Mapping[str, Scores]
    by_category: Mapping[str, Scores]
    by_slice: Mapping[str, Scores]
    macro: Mapping[str, Mapping[str, Mean]]
    over_refusal: Mapping[str, Mapping[str, Refused]]
    calibration: Sequence[Bin]
    latency: Percentiles
    latency_by_length: Sequence[Length]
    errors: Mapping[str, int]
    threshold: float | None
    responses: Responses | None = None

    @property
    def groups(self) -> dict[str, Mapping[str, Scores]]:
        """Those that tell more than the overall row does."""
        found = {name: getattr(self, name) for name in GROUPS}
        return {name: groups for name, groups in found.items() if len(groups) > 1}


def report(judged: Sequence[Judged], reading: Reading, responses: Responses | None = None) -> Report:
    check_threshold(judged, reading)
    groups = {name: score_by(judged, group, reading) for name, group in GROUPS.items()}
    errors = Counter(one.outcome.kind for one in judged if isinstance(one.outcome, GuardianError))
    return Report(
        overall=score(judged, reading),
        **groups,
        macro=macro(judged, reading),
        over_refusal={name: over_refusal(groups[name]) for name in WITH_SAFE_ONES},
        calibration=bins(pairs(judged)),
        latency=percentiles(judged),
        latency_by_length=by_length(judged),
        errors=dict(sorted(errors.items())),
        threshold=reading.threshold,
        responses=responses,
    )


def check_threshold(judged: Sequence[Judged], reading: Reading) -> None:
    """A threshold reads scores: raises ConfigurationError when the guardian gives none."""
    verdicts = [one.outcome for one in judged if isinstance(one.outcome, Verdict)]
    if reading.threshold is not None and verdicts and all(verdict.score is None for verdict in verdicts):
        raise ConfigurationError("the guardian gives no scores, only labels: leave `--threshold` out")


def write_json(made: Report, path: Path) -> None:
    path.write_bytes(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
