"""`gateway policy ...`: policies without a running gateway. Each command is one module; this one only lists them."""

from __future__ import annotations

import typer


def application() -> typer.Typer:
    from gateway.cli.policy.check import check
    from gateway.cli.policy.diff import diff
    from gateway.cli.policy.explain import explain
    from gateway.cli.policy.replay import replay
    from gateway.cli.policy.schema import schema
    from gateway.cli.policy.show import show
    from gateway.cli.policy.test import test
    from gateway.cli.policy.versions import promote, rollback, versions

    app = typer.Typer(no_args_is_help=True, add_completion=False)
    app.command("check")(check)
    app.command("test")(test)
    app.command("explain")(explain)
    app.command("replay")(replay)
    app.command("diff")(diff)
    app.command("promote")(promote)
    app.command("rollback")(rollback)
    app.command("versions")(versions)
    app.command("schema")(schema)
    app.command("show")(show)
    return app
