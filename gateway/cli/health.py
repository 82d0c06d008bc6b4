"""`gateway health`: asks the gateway of these settings whether it is ready; for health checks of containers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import typer

from gateway.environment import load_settings

SECONDS = 2.5


def health() -> None:
    """Exit status 0 when /readyz says so; else 1, and what is missing."""
    settings = load_settings()
    url = f"http://127.0.0.1:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            typer.echo(answer.read().decode())
    except urllib.error.HTTPError as error:
        body = json.loads(error.read())
        typer.echo(f"not ready: {json.dumps(body)}")
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"no answer at {url}: {error}")
        raise typer.Exit(1) from None
