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


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_docker_compose_accepts_the_profile(profile: str) -> None:
    command = ["bash", "scripts/docker_compose.sh", "--profile", profile, "config"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert f"gateway-{profile}" in yaml.safe_load(done.stdout)["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_has_a_health_check(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":v?\d+\.\d+\.\d+$", image), image
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["gateway-cpu", "gateway-gpu"])
def test_the_gateway_has_no_more_rights_than_it_needs(name: str) -> None:
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


def test_every_metric_of_the_dashboard_exists() -> None:
    known = set(re.findall(r"^# HELP (\S+)", Metrics().render()[0].decode(), re.MULTILINE))
    board = json.loads((ROOT / "deploy/grafana/dashboards/guardian-gateway.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = {name.removesuffix("_bucket") for query in queries for name in re.findall(r"gateway_\w+", query)}
    assert used
    assert used <= known


def test_prometheus_scrapes_names_that_compose_gives() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    hosts = {target.split(":")[0] for job in scraped for entry in job["static_configs"] for target in entry["targets"]}
    aliases = {
        a for service in SERVICES.values() for a in service.get("networks", {}).get("default", {}).get("aliases", [])
    }
    assert hosts <= set(SERVICES) | aliases


def environment(name: str, **hosts: str) -> dict[str, str]:
    """The service's settings with their defaults, its hosts exchanged for local ones."""
    found: dict[str, Any] = SERVICES[name]["environment"]
    plain = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in found.items()}
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
