"""Measures one gateway against the mock: the gateway alone on one core, the mock and the load on another.

Phases: start · check (what came back, and the calls that the mock saw) · full (closed loop: rate, CPU per request)
· answered (the same with harmful queries) · rate (open loop at 100 requests/s: latency) · stream (20 streams/s of 50
events 10 ms apart: time to the first token) · chunks (32 streams of 100 events without delay: CPU per event)
· memory (resident size after 10,000 requests).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import processes

ROOT = Path(__file__).resolve().parent.parent
PATH = "/v1/chat/completions"
SAFE, HARMFUL = "What is the capital of France, and why? Query [[number]]", "HARMFUL, is it not? Query [[number]]"
PACED = "[[number]] Hi [[mock:chunks=50,itl_ms=10,stamp=1]]"
AT_ONCE = "[[number]] Hi [[mock:chunks=100]]"
RATE = 100
SOAK = 10_000
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to measure. Without a command it is the mock itself: what the others are compared with."""

    name: str
    kind: str
    command: str | None = None
    port: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    ready_seconds: float = 60


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how long. `skip` names phases."""

    mock_port: int
    gateway_core: int
    load_core: int
    seconds: float
    quiet_seconds: float
    logs: Path
    skip: frozenset[str]

    def measure(self, entry: Entry) -> Figures:
        """The figures of one life of the gateway; `error` says why some are missing."""
        processes.wait_for_quiet(self.quiet_seconds)
        busy, begin, children = processes.busy_seconds(), time.monotonic(), children_seconds()
        figures: Figures = {"name": entry.name, "kind": entry.kind}
        mock = self.start_mock()
        try:
            self.live(entry, figures)
        except Exception as error:  # One broken gateway must not end the comparison.
            figures["error"] = f"{type(error).__name__}: {error}"[:500]
        finally:
            ours = processes.cpu_seconds(mock.pid)
            processes.end(mock)
        foreign = processes.busy_seconds() - busy - (children_seconds() - children)
        figures["mock_cpu_s"] = round(ours, 2)
        figures["foreign_cores"] = round(max(0.0, foreign) / (time.monotonic() - begin), 3)
        return figures

    def live(self, entry: Entry, figures: Figures) -> None:
        port = entry.port or self.mock_port
        if entry.command is None:
            self.phases(Target(self, entry, port, None), figures)
            return
        command = entry.command.format(python=sys.executable, port=port)
        log = self.logs / f"{entry.name}.log"
        process = processes.start(command, self.gateway_core, log, entry.env, ROOT)
        try:
            target = Target(self, entry, port, process.pid)
            figures["start_s"] = round(ready(port, entry, process), 3)
            time.sleep(1)
            figures["rss_idle_mib"] = processes.rss_mib(process.pid)
            self.phases(target, figures)
        finally:
            processes.end(process)

    def phases(self, target: Target, figures: Figures) -> None:
        phases: Mapping[str, Callable[[], Figures]] = {
            "check": target.check,
            "full": lambda: target.full(SAFE),
            "answered": lambda: target.full(HARMFUL),
            "rate": lambda: target.load("--rate", RATE, "--warm-connections", 16),
            "stream": lambda: target.stream("--rate", 20, "--warm-connections", 16, "--prompt", PACED),
            "chunks": lambda: target.stream("--concurrency", 32, "--prompt", AT_ONCE),
            "memory": target.memory,
        }
        target.load("--concurrency", 8, "--requests", 300)
        for name, phase in phases.items():
            if name not in self.skip and not (name == "answered" and target.entry.kind != "guard"):
                figures[name] = phase()

    def start_mock(self) -> subprocess.Popen[bytes]:
        command = f"{sys.executable} -m benchmarks.mock_llm --port {self.mock_port}"
        process = processes.start(command, self.load_core, self.logs / "mock.log", {}, ROOT)
        ready(self.mock_port, Entry("mock", "mock"), process)
        return process

    def stats(self, path: str = "/stats") -> Figures:
        stats: Figures = json.loads(post(self.mock_port, path, {})[1])
        return stats


class Target:
    """A gateway that is up."""

    def __init__(self, bench: Bench, entry: Entry, port: int, pid: int | None) -> None:
        self.bench, self.entry, self.port, self.pid = bench, entry, port, pid
        self.served = 0

    def cpu(self) -> float:
        return 0.0 if self.pid is None else processes.cpu_seconds(self.pid)

    def load(self, *arguments: object) -> Figures:
        """One run of the load generator; `cpu_ms` is the gateway's CPU time per request."""
        before = self.cpu()
        command = ["taskset", "-c", str(self.bench.load_core), sys.executable, "-m", "benchmarks.loadgen"]
        command += ["--url", f"http://127.0.0.1:{self.port}{PATH}", "--duration", str(self.bench.seconds)]
        command += [str(argument) for argument in arguments]
        for header in self.entry.headers:
            command += ["--header", header]
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, cwd=ROOT, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-500:])
        figures: Figures = json.loads(done.stdout)
        self.served += figures["done"]
        figures["cpu_s"] = self.cpu() - before
        figures["cpu_ms"] = round(figures["cpu_s"] * 1e3 / max(figures["done"], 1), 4)
        return figures

    def check(self) -> Figures:
        """Figures of a gateway that did not do the work are worth nothing."""
        safe, harmful = self.one(SAFE), self.one(HARMFUL)
        if self.entry.kind == "guard" and (safe["guardian"], safe["chat"], harmful["chat"]) != (1, 1, 0):
            raise RuntimeError(f"`{self.entry.name}` does not guard: the mock saw {safe} and {harmful}")
        return {"safe": safe, "harmful": harmful}

    def one(self, text: str) -> Figures:
        self.bench.stats("/stats/reset")
        status, body = post(self.port, PATH, ask(text), self.entry.headers)
        time.sleep(0.05)
        seen = self.bench.stats()
        return {"status": status, "body": body[:300].decode(errors="replace"), **calls(seen, 1)}

    def full(self, prompt: str) -> Figures:
        self.bench.stats("/stats/reset")
        figures = self.load("--concurrency", 32, "--prompt", prompt)
        return {**figures, "calls": calls(self.bench.stats(), max(figures["done"], 1))}

    def stream(self, *arguments: object) -> Figures:
        figures = self.load("--stream", *arguments)
        return {**figures, "cpu_us_per_event": round(figures["cpu_s"] * 1e6 / max(figures["events"], 1), 2)}

    def memory(self) -> Figures:
        """Loads until 10,000 requests were served in this life, or a minute is over."""
        if self.pid is None:
            return {}
        if self.served < SOAK:
            self.load("--concurrency", 16, "--requests", SOAK - self.served, "--duration", 60)
        return {"rss_mib": processes.rss_mib(self.pid), "requests": self.served}


def calls(seen: Figures, requests: int) -> Figures:
    """What the mock saw, per request of the client."""
    return {name: round(seen[name] / requests, 3) for name in ("guardian", "chat", "connections", "early_closed")}


def ask(text: str) -> Figures:
    return {"model": "mock", "messages": [{"role": "user", "content": text}]}


def post(port: int, path: str, body: object, headers: tuple[str, ...] = (), timeout: float = 10) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode())
    for line in ("content-type: application/json", *headers):
        name, _, value = line.partition(":")
        request.add_header(name, value.strip())
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ready(port: int, entry: Entry, process: subprocess.Popen[bytes]) -> float:
    """Seconds until the first 200."""
    begin, last = time.monotonic(), ""
    while time.monotonic() - begin < entry.ready_seconds:
        if process.poll() is not None:
            raise RuntimeError(f"`{entry.name}` ended with {process.returncode} before it was ready: see its log")
        try:
            status, body = post(port, PATH, ask("Are you there?"), entry.headers)
        except OSError as error:
            last = str(error)
        else:
            if status == 200:
                return time.monotonic() - begin
            last = f"{status} {body[:200]!r}"
        time.sleep(0.02)
    raise RuntimeError(f"`{entry.name}` was not ready in {entry.ready_seconds} s: {last}")


def children_seconds() -> float:
    """CPU time of ours: this process and all children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
