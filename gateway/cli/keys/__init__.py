"""`gateway keys ...`: the gateway's own keys. Each command is one module; this one only lists them."""

from __future__ import annotations

import typer


def application() -> typer.Typer:
    from gateway.cli.keys.check import check
    from gateway.cli.keys.create import create
    from gateway.cli.keys.listing import list_keys
    from gateway.cli.keys.revoke import revoke
    from gateway.cli.keys.rotate import rotate

    app = typer.Typer(no_args_is_help=True, add_completion=False)
    app.command("create")(create)
    app.command("list")(list_keys)
    app.command("rotate")(rotate)
    app.command("revoke")(revoke)
    app.command("check")(check)
    return app
