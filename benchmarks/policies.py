"""What deciding costs: microseconds of CPU time of `plan` and `decide`, by the number of rules.

python -m benchmarks.policies [--rounds 15] [--against REV] [--markdown]

`--against` measures an earlier revision beside this one, round by round in turn, with the sets that it can load.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.policy_sets import GUARDIAN, QUERIES, TEXT, VERDICT, Case, cases
from benchmarks.report import rendered

ROOT = Path(__file__).parent.parent
WORKER = Path(__file__).parent / "policy_worker.py"
WHATS = ("plan", "decide")
Samples = dict[tuple[str, str], list[float]]
"""By case and by what was timed."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A worker process with the engine of one tree."""

    name: str
    process: subprocess.Popen[str]

    def ask(self, **asked: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the engine `{self.name}` ended: its message is above")
        return json.loads(answer)


def key(case: Case) -> str:
    return f"{case.name} {case.size:,}"


@contextmanager
def opened(name: str, tree: Path) -> Iterator[Engine]:
    environment = {"PYTHONPATH": str(tree), "PATH": "", "PYTHONSAFEPATH": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, str(WORKER)], cwd=tree, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield Engine(name, process)
        assert process.stdin is not None
        process.stdin.close()


@contextmanager
def tree_of(revision: str) -> Iterator[Path]:
    """The revision's files, in a folder that is gone afterwards."""
    packed = subprocess.run(["git", "archive", revision, "gateway"], cwd=ROOT, capture_output=True, check=True).stdout
    with TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")
        yield Path(folder)


def measured(engines: Sequence[Engine], wanted: Sequence[Case], rounds: int) -> Mapping[str, Samples]:
    """Every engine in turn, in each round, so that they meet the same machine."""
    samples: dict[str, Samples] = {engine.name: {} for engine in engines}
    for case in wanted:
        given = {**asdict(case), "key": key(case), "message": TEXT, "queries": QUERIES}
        able = [e for e in engines if e.ask(**given, guardian=GUARDIAN, verdict=VERDICT)]
        for _ in range(rounds):
            for engine in able:
                for what, spent in engine.ask(key=key(case)).items():
                    samples[engine.name].setdefault((key(case), what), []).append(spent)
    return samples


def table(samples: Mapping[str, Samples], wanted: Sequence[Case]) -> list[list[str]]:
    """A line a case; median and minimum of each engine, and how many times the others' median is the first one's."""
    names = list(samples)
    titles = [f"{what} {name}" for what in WHATS for name in names]
    lines = [["µs, median (min)", *titles, *(f"decide, times {name}" for name in names[1:])]]
    for case in wanted:
        cells = [cell(samples[name].get((key(case), what))) for what in WHATS for name in names]
        own = samples[names[0]].get((key(case), "decide"))
        ratios = [ratio(samples[name].get((key(case), "decide")), own) for name in names[1:]]
        lines.append([key(case), *cells, *ratios])
    return lines


def cell(spent: Sequence[float] | None) -> str:
    return "-" if not spent else f"{statistics.median(spent):.1f} ({min(spent):.1f})"


def ratio(theirs: Sequence[float] | None, own: Sequence[float] | None) -> str:
    return "-" if not theirs or not own else f"{statistics.median(theirs) / statistics.median(own):.1f}x"


def growth(samples: Samples, wanted: Sequence[Case], name: str) -> str:
    """What a rule more costs, by a straight line through the medians."""
    found = [(case.size, statistics.median(samples[key(case), "decide"])) for case in wanted if case.name == name]
    slope, intercept = statistics.linear_regression(*zip(*found, strict=True))
    return f"{name}: about {intercept:.1f} µs and {slope * 1000:.0f} ns a rule"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", metavar="REV", help="measure this git revision's engine beside this one")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    wanted = list(cases())
    with ExitStack() as stack:
        engines = [stack.enter_context(opened("now", ROOT))]
        if asked.against:
            tree = stack.enter_context(tree_of(asked.against))
            engines.append(stack.enter_context(opened(asked.against, tree)))
        samples = measured(engines, wanted, asked.rounds)
    print(rendered(table(samples, wanted), markdown=asked.markdown))
    for name in ("mixed", "patterns and scores", "one by one"):
        print(growth(samples["now"], wanted, name))


if __name__ == "__main__":
    main()
