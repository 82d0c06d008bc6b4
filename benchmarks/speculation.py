"""What forwarding before the verdict saves, and what it wastes: time to the first token of streams, one query in twenty
harmful.

    python -m benchmarks.speculation [--seconds 6] [--guardian 5,50,200] [--first-token 30,150]

A gateway with the shipped policies and one with `speculative: true` beside them share one core; the mock of both models
and the load share another. For each pair of delays the mock itself, the one and the other are measured in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.measure import PATH, ROOT, Entry, ready
from benchmarks.report import rendered

MOCK, SERIAL, SPECULATIVE = 19000, 18011, 18012
GATEWAY_CORE, LOAD_CORE = 0, 1
RATE, HARMFUL_RATE = 19, 1
TOKENS, GAP_MS = 100, 10
HEAD = (
    "upstream's first token",
    "guardian",
    "direct",
    "serial",
    "added",
    "speculative",
    "added",
    "tokens wasted",
)
WASTED = re.compile(rb"^gateway_speculation_wasted_tokens_total (\S+)", re.MULTILINE)
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delays:
    """What the mock waits, in milliseconds."""

    guardian: int
    first_token: int

    def prompt(self, text: str) -> str:
        knobs = f"ttft_ms={self.first_token},guard_ms={self.guardian},chunks={TOKENS},itl_ms={GAP_MS}"
        return f"[[number]] {text} [[mock:{knobs}]]"


def main() -> None:
    options = parse_options()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)):
        delays = [Delays(guardian, first) for first in options.first_token for guardian in options.guardian]
        rows = [row(one, options.seconds) for one in delays]
    print(rendered([HEAD, *rows], markdown=True))
    print(f"\nload average {busy:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores")


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """The mock and both gateways."""
    (ROOT / ".bench").mkdir(exist_ok=True)
    fast = folder / "policies"
    shutil.copytree(ROOT / "policies", fast)
    (fast / "05-fast.yaml").write_text("version: 1\nspeculative: true\n")
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int, command: str, core: int, env: Mapping[str, str]) -> None:
        log = ROOT / ".bench" / f"speculation-{port}.log"
        started.append(processes.start(f"{sys.executable} -m {command}", core, log, env, ROOT))
        ready(port, Entry(str(port), "guard"), started[-1])
        for text in ("warm up", "HARMFUL"):
            load(port, Delays(5, 5).prompt(text), RATE, 1).communicate()

    try:
        start(MOCK, f"benchmarks.mock_llm --port {MOCK}", LOAD_CORE, {})
        start(SERIAL, "gateway serve", GATEWAY_CORE, environment(SERIAL, ROOT / "policies"))
        start(SPECULATIVE, "gateway serve", GATEWAY_CORE, environment(SPECULATIVE, fast))
        yield
    finally:
        for process in started:
            processes.end(process)


def environment(port: int, policies: Path) -> Mapping[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "GATEWAY_UPSTREAM__BASE_URL": f"http://127.0.0.1:{MOCK}/v1",
        "GATEWAY_GUARDIANS__DEFAULT__FAMILY": "slm_guardian",
        "GATEWAY_GUARDIANS__DEFAULT__BASE_URL": f"http://127.0.0.1:{MOCK}/guardian/v1",
        "GATEWAY_POLICIES": str(policies),
        "GATEWAY_AUDIT__URL": "",
        "GATEWAY_CACHE__ENTRIES": "0",
        "GATEWAY_LOG_LEVEL": "warning",
        "PYTHONPATH": str(ROOT),
    }


def row(delays: Delays, seconds: float) -> tuple[str, ...]:
    direct, serial = (mixed(port, delays, seconds) for port in (MOCK, SERIAL))
    before = wasted()
    early = mixed(SPECULATIVE, delays, seconds)
    lost, kept = wasted() - before, early["ok"] * TOKENS
    print(f"{delays}: {direct['ttft_ms']}\n{serial['ttft_ms']}\n{early['ttft_ms']}", file=sys.stderr, flush=True)
    return (
        str(delays.first_token),
        str(delays.guardian),
        times(direct),
        times(serial),
        added(serial, direct),
        times(early),
        added(early, direct),
        f"{lost / (lost + kept):.2%}",
    )


def mixed(port: int, delays: Delays, seconds: float) -> Figures:
    """The figures of the harmless queries, with harmful ones among them."""
    harmful = load(port, delays.prompt("HARMFUL, is it not?"), HARMFUL_RATE, seconds)
    harmless = load(port, delays.prompt("What is the capital of France, and why?"), RATE, seconds)
    harmful.communicate()
    out, _ = harmless.communicate()
    figures: Figures = json.loads(out)
    if figures["errors"] or figures["ok"] != figures["sent"]:
        raise RuntimeError(f"not every query was answered: {figures}")
    return figures


def load(port: int, prompt: str, rate: int, seconds: float) -> subprocess.Popen[bytes]:
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-m", "benchmarks.loadgen", "--stream"]
    command += ["--url", f"http://127.0.0.1:{port}{PATH}", "--prompt", prompt]
    command += ["--rate", str(rate), "--duration", str(seconds), "--warm-connections", "32"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)


def wasted() -> float:
    """Tokens that the gateway has counted as wasted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{SPECULATIVE}/metrics", timeout=10) as answer:
        found = WASTED.search(answer.read())
    return float(found[1]) if found else 0.0


def times(figures: Figures) -> str:
    return f"{figures['ttft_ms']['p50']:.0f} / {figures['ttft_ms']['p95']:.0f}"


def added(figures: Figures, direct: Figures) -> str:
    return f"{figures['ttft_ms']['p50'] - direct['ttft_ms']['p50']:+.1f}"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6, help="of sending, for each figure")
    parser.add_argument("--guardian", type=numbers, default=[5, 50, 200], help="its delays in ms")
    parser.add_argument("--first-token", type=numbers, default=[30, 150], help="the upstream's delays in ms")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    main()
