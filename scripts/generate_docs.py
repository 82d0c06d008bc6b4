"""Writes the references that are generated from the code; `--check` only compares, for the tests.

python scripts/generate_docs.py [--check]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.types import Card

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- generated from the code by `make docs`: edit the code -->\n"


def settings() -> str:
    from gateway.environment import reference

    intro = (
        "Environment variables, or lines of a `.env` file in the working directory. `NAME` is a name of\n"
        "yours, the one that policies use, in capitals here: `GATEWAY_GUARDIANS__DEFAULT__BASE_URL` is of `default`.\n"
    )
    return f"# Settings\n\n{NOTE}\n{intro}\n{reference()}\n"


def metrics() -> str:
    from gateway.observe.metrics import reference

    return reference()


def coverage() -> str:
    from gateway.surfaces.coverage import table
    from gateway.surfaces.served import coverage as cells

    intro = (
        "What happens to each place of a request where text or media may stand, streamed or not. *Judged*: the\n"
        "guardian reads it before anything is forwarded. *Refused*: an error names it. *Trusted*: the application\n"
        "wrote it. "
        "*Unscanned*: it passes unread.\n"
        "A running gateway serves the same table at `/coverage`.\n"
    )
    return f"# Coverage\n\n{NOTE}\n{intro}\n{table(cells())}\n"


def unscanned() -> str:
    from gateway.surfaces.passing import TABLE
    from gateway.unscanned import CONTENT, ENDPOINTS

    intro = (
        "The names that a policy file may have in [`unscanned:`](policies.md#unscanned). Each is refused where no\n"
        "file names it. [How to open what for whom](../how-to/media-and-other-endpoints.md), and what that means.\n"
    )
    content = "".join(f"| `{name}` | {told} |\n" for name, told in CONTENT.items())
    paths = {name: "<br>".join(f"`{line}`" for line in lines) for name, lines in TABLE.items()}
    groups = "".join(f"| `{name}` | {told} | {paths[name]} |\n" for name, told in ENDPOINTS.items())
    return (
        f"# What no guardian can see\n\n{NOTE}\n{intro}\n"
        f"## In a query\n\n| name | what it is |\n| --- | --- |\n{content}\n"
        f"## Whole endpoints\n\n| name | what it is | methods and paths |\n| --- | --- | --- |\n{groups}"
    )


def cli() -> str:
    commands = (
        ("serve",),
        ("demo",),
        ("health",),
        ("policy", "check"),
        ("policy", "test"),
        ("policy", "explain"),
        ("policy", "replay"),
        ("policy", "diff"),
        ("policy", "promote"),
        ("policy", "rollback"),
        ("policy", "versions"),
        ("policy", "schema"),
        ("policy", "show"),
        ("evaluate",),
        ("guardian", "families"),
        ("guardian", "try"),
        ("guardian", "doctor"),
        ("guardian", "calibrate"),
        ("keys", "create"),
        ("keys", "list"),
        ("keys", "rotate"),
        ("keys", "revoke"),
        ("keys", "check"),
        ("audit", "tail"),
        ("audit", "show"),
        ("audit", "export"),
    )
    return f"# Command line\n\n{NOTE}\n" + "\n".join(
        f"## gateway {' '.join(c)}\n\n```text\n{help_of(c)}\n```\n" for c in commands
    )


def schema() -> str:
    import json

    from gateway.guardian.taxonomy import TAXONOMY
    from gateway.policy.schema import schema

    return json.dumps(schema(TAXONOMY), indent=2) + "\n"


def guardian_families() -> str:
    from gateway.guardian.family import families

    intro = (
        "Which guardian models the gateway speaks to, by their cards. A family is a module in\n"
        "`gateway/guardian/families/`, or [a package of yours](../tutorial/add-a-guardian.md), which\n"
        "`gateway guardian families` lists too. *Categories*: as policies name them. *Score*: it says how sure it is,\n"
        "so that rules can match `score`. *Writes*: its own safe response, for `{respond: guardian}`; for one that\n"
        "does not, the setting `RESPONDER` names another. *Judges*: what the model was made to judge.\n"
    )
    head = "| family | models | labels | categories | score | writes | judges |\n" + "| --- " * 7 + "|\n"
    rows = "\n".join(family_row(family.CARD) for _, family in sorted(families().items()))
    return f"# Guardian families\n\n{NOTE}\n{intro}\n{head}{rows}\n"


def family_row(card: Card) -> str:
    named = sorted(set(card.categories.values()))
    cells = (
        f"[`{card.name}`](guardians/{card.name}.md)",
        "<br>".join("any chat model" if model == "*" else f"`{model}`" for model in card.models),
        ", ".join(card.labels),
        f"{len(named)}: {', '.join(named)}" if named else "none",
        "yes" if card.scores else "no",
        "yes" if card.writes_response else "no",
        ", ".join(card.judges),
    )
    return f"| {' | '.join(cells)} |"


def taxonomy() -> str:
    from gateway.guardian.family import families
    from gateway.guardian.taxonomy import CATEGORIES, LAWFUL, MLCOMMONS
    from gateway.surfaces.moderation_categories import THEIRS

    intro = (
        "The names that policies, guardians, the recipe of ours and evaluations share for what a query may be harmful\n"
        "by. *MLCommons*: the hazards that stand for it, which several families speak. *OpenAI*: the names that\n"
        "[`/v1/moderations`](../how-to/moderations.md) tells beside ours.\n"
    )
    head = "| name | a query of it | MLCommons | OpenAI |\n" + "| --- " * 4 + "|\n"
    rows = "".join(
        f"| `{name}`{' (no harm by itself)' if name in LAWFUL else ''} | {category.definition} "
        f"| {', '.join(code for code, ours in MLCOMMONS.items() if ours == name)} "
        f"| {', '.join(f'`{theirs}`' for theirs in THEIRS[name])} |\n"
        for name, category in CATEGORIES.items()
    )
    told = "".join(f"| `{name}` | {category.instruction} |\n" for name, category in CATEGORIES.items())
    cards = sorted(families().items())
    own = "".join(foreign_row(family.CARD) for _, family in cards if speaks_for_itself(family.CARD))
    return (
        f"# Taxonomy\n\n{NOTE}\n{intro}\n{head}{rows}\n"
        "## How a safe answer reads\n\nWhat a responder is told that answers a query of the category, when "
        "[answers are collected](../../training/README.md).\n\n"
        f"| name | instruction |\n| --- | --- |\n{told}\n"
        "## In the words of the families\n\nA family's own names, each with ours in brackets. Families that speak ours "
        f"or MLCommons' are left out.\n\n| family | its names |\n| --- | --- |\n{own}"
    )


def speaks_for_itself(card: Card) -> bool:
    from gateway.guardian.taxonomy import MLCOMMONS

    return any(theirs.strip("<|>") != ours and theirs not in MLCOMMONS for theirs, ours in card.categories.items())


def foreign_row(card: Card) -> str:
    names = "; ".join(f"{theirs.replace('|', chr(92) + '|')} ({ours})" for theirs, ours in card.categories.items())
    return f"| [`{card.name}`](guardians/{card.name}.md) | {names} |\n"


def training_sources() -> str:
    intro = (
        "The public sets that `python -m training.sources` takes from where their owners publish them, to train a\n"
        "guardian on: [the recipe](../../training/README.md). Weights that are passed on may be trained only on those\n"
        "whose licence allows it, which `training/prepare.py` sees to. *Records*: what the owner's files held when\n"
        "last read. Sets that evaluations are made of are not here, and never will be.\n"
    )
    listed = subprocess.run(
        [sys.executable, "-m", "training.sources", "--list"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return f"# Public sets\n\n{NOTE}\n{intro}\n{listed.stdout}"


def help_of(command: tuple[str, ...]) -> str:
    environment = {"COLUMNS": "110", "TERM": "dumb", "NO_COLOR": "1", "PATH": "", "HOME": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings,
    "metrics.md": metrics,
    "coverage.md": coverage,
    "unscanned.md": unscanned,
    "families.md": guardian_families,
    "taxonomy.md": taxonomy,
    "training-sources.md": training_sources,
    "cli.md": cli,
    "../../policies/schema.json": schema,
}


def main() -> int:
    check = "--check" in sys.argv
    stale = []
    for name, make in PAGES.items():
        path, text = REFERENCE / name, make()
        if check and (not path.exists() or path.read_text() != text):
            stale.append(name)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        print(f"out of date: {', '.join(stale)}: run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
