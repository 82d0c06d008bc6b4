"""`gateway policy schema`: the JSON Schema of a policy file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy.schema import schema as schema_of


def schema(
    output: Annotated[Path | None, typer.Option(help="Writes it to this file instead of printing it.")] = None,
) -> None:
    """Prints the JSON Schema of a policy file, for editors: put it beside the policies as `schema.json`."""
    text = json.dumps(schema_of(TAXONOMY), indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n")
