#!/usr/bin/env bash
# Runs `docker compose` in whichever form this machine has; on Debian as root the package is installed when there is none.
set -euo pipefail
if docker compose version >/dev/null 2>&1; then
    exec docker compose "$@"
fi
if ! command -v docker-compose >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker-compose; } >/dev/null 2>&1 || true
fi
command -v docker-compose >/dev/null || { echo "docker compose is not installed: install Docker Compose, with or without Docker" >&2; exit 1; }
exec docker-compose "$@"
