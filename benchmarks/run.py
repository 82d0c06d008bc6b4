"""`make bench`: measures what a plan names, each on one core, and prints tables.

    python -m benchmarks.run [PLAN] [--rounds 1] [--seconds 3] [--only a,b] [--skip stream,memory] [--markdown]
    python -m benchmarks.run --report results.json [more.json ...]

Every round starts each entry afresh, in an order shuffled per round, so that slow drifts of the machine hit all alike.
The entry `direct` is the mock with no gateway before it.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import ROOT, Bench, Entry
from benchmarks.report import against_peers, calls, rendered, table, told

PLANS = Path(__file__).parent / "plans"


def main() -> None:
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that what was started is ended.
    if options.report:
        runs = [run for file in options.report for run in json.loads(file.read_text())]
    else:
        runs = measured(options)
    show(runs, markdown=options.markdown)
    if any("error" in run for run in runs):
        sys.exit(1)


def measured(options: argparse.Namespace) -> list[dict[str, Any]]:
    plan = yaml.safe_load(options.plan.read_text())
    logs = ROOT / ".bench"
    logs.mkdir(exist_ok=True)
    for left in logs.glob("audit.db*"):
        left.unlink()
    cores = plan["cores"]
    bench = Bench(
        mock_port=plan["mock_port"],
        gateway_core=cores["gateway"],
        load_core=cores["load"],
        seconds=options.seconds,
        quiet_seconds=options.quiet,
        logs=logs,
        skip=frozenset(options.skip),
    )
    entries = [Entry(name, **given) for name, given in plan["entries"].items() if name in (options.only or [name])]
    runs: list[dict[str, Any]] = []
    for number in range(options.rounds):
        for entry in random.Random(number).sample(entries, len(entries)):
            runs.append(bench.measure(entry))
            print(progress(runs[-1]), file=sys.stderr, flush=True)
            options.json.write_text(json.dumps(runs, indent=1))
    order = [entry.name for entry in entries]
    runs.sort(key=lambda run: order.index(run["name"]))
    options.json.write_text(json.dumps(runs, indent=1))
    return runs


def progress(run: dict[str, Any]) -> str:
    figure = run.get("error") or f"{run.get('full', {}).get('cpu_ms')} ms of CPU per request"
    return f"{run['name']}: {figure} (other programs: {run['foreign_cores']} cores)"


def show(runs: list[dict[str, Any]], *, markdown: bool) -> None:
    peers = json.loads((PLANS / "peers.json").read_text())
    print(rendered(table(runs), markdown=markdown))
    told(runs, print)
    print("\n" + rendered(calls(runs), markdown=markdown))
    for kind in ("guard", "pass"):
        if f"gateway.{kind}" in {run["name"] for run in runs}:
            named = [peer for peer in peers["peers"] if peer["kind"] == kind]
            print("\n" + rendered(against_peers(runs, f"gateway.{kind}", named), markdown=markdown))
    print(f"\nPeers as of {peers['date']}: {peers['conditions']}")


def names(text: str) -> list[str]:
    return text.split(",")


def parse_options() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("plan", nargs="?", type=Path, default=PLANS / "gateway.yaml")
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--seconds", type=float, default=3, help="length of each phase")
    p.add_argument("--only", type=names, default=[], help="entries, separated by commas")
    p.add_argument("--skip", type=names, default=[], help="phases, separated by commas")
    p.add_argument("--quiet", type=float, default=5, help="most seconds to wait for the machine to be quiet")
    p.add_argument("--json", type=Path, default=ROOT / ".bench" / "results.json", help="where the figures go")
    p.add_argument("--report", type=Path, nargs="+", help="show figures that were measured before")
    p.add_argument("--markdown", action="store_true")
    return p.parse_args()


if __name__ == "__main__":
    main()
