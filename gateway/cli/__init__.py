"""The command `gateway`. Each command is one module; this one only lists them."""

from __future__ import annotations

import sys

import typer

from gateway.errors import ConfigurationError


def application() -> typer.Typer:
    from gateway.cli.audit import app as audit
    from gateway.cli.evaluate import evaluate
    from gateway.cli.guardian import application as guardian
    from gateway.cli.health import health
    from gateway.cli.keys import application as keys
    from gateway.cli.policy import application as policy
    from gateway.cli.serve import demo, serve

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="An OpenAI-compatible gateway that asks a guardian model about every query.",
    )
    app.command("serve")(serve)
    app.command("demo")(demo)
    app.command("health")(health)
    app.command("evaluate")(evaluate)
    app.add_typer(policy(), name="policy", help="Check, test and explain policies.")
    app.add_typer(guardian(), name="guardian", help="Look at guardians: ask one, check its server, calibrate it.")
    app.add_typer(keys(), name="keys", help="Make, list, rotate, revoke and check the gateway's own keys.")
    app.add_typer(audit, name="audit", help="Read the audit records.")
    return app


def main() -> None:
    """The console script: what is wrong with the configuration is one line, never a traceback."""
    try:
        application()()
    except ConfigurationError as error:
        print(f"gateway: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        place = f"`{error.filename}`: " if error.filename is not None else ""
        print(f"gateway: {place}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)
