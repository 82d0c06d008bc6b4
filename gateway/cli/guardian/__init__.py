"""`gateway guardian ...`: guardians without a running gateway. Each command is one module; this one only lists them."""

from __future__ import annotations

import typer


def application() -> typer.Typer:
    from gateway.cli.guardian.ask import ask
    from gateway.cli.guardian.calibrate import calibrate
    from gateway.cli.guardian.doctor import doctor
    from gateway.cli.guardian.families import families

    app = typer.Typer(no_args_is_help=True, add_completion=False)
    app.command("families")(families)
    app.command("try")(ask)
    app.command("doctor")(doctor)
    app.command("calibrate")(calibrate)
    return app
