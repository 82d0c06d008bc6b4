"""`gateway policy promote | rollback | versions`: which of the versions kept on disk is in force."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.policy.reading import POLICIES, Folder, loaded, read
from gateway.errors import ConfigurationError
from gateway.guardian.taxonomy import TAXONOMY
from gateway.policy import PolicySet
from gateway.policy.diagnostics import near
from gateway.policy.lint import RAISED
from gateway.policy.store import Store, Switch, What
from gateway.policy.testing import load_tests, run
from gateway.policy.testreport import summary

StoreFolder = Annotated[
    Path, typer.Option("--store", help="Where versions are kept; gateways read its `current` as `GATEWAY_POLICIES`.")
]


def promote(
    folder: Folder = POLICIES,
    *,
    store: StoreFolder,
    force: Annotated[bool, typer.Option("--force", help="Despite the warnings P101, P106, P107 and P114.")] = False,
) -> None:
    """Checks FOLDER, runs its tests, keeps a copy and makes it current. Gateways that read STORE/current take it up."""
    policy = acceptable(folder, force=force)
    tests = passed(policy, folder)
    kept = Store(store)
    with kept.locked():
        if kept.current == policy.version:
            kept.verify(policy.version, version_of)
            typer.echo(f"`{policy.version}` is current already: nothing changed")
            return
        kept.keep(folder, policy.version, version_of)
        before = switch(kept, policy, "promote")
    typer.echo(f"promoted `{policy.version}`: {len(policy.rules)} rules, {tests} tests passed; before: {before}")


def rollback(
    version: Annotated[str | None, typer.Argument(help="A version, or its beginning; else the one before.")] = None,
    *,
    store: StoreFolder,
) -> None:
    """Makes an earlier version current again: the one before, or VERSION."""
    kept = existing(store)
    with kept.locked():
        wanted = previous(kept) if version is None else named(kept, version)
        if wanted == kept.current:
            typer.echo(f"`{wanted}` is current already: nothing changed")
            return
        kept.verify(wanted, version_of)
        before = switch(kept, loaded(kept.place(wanted)), "rollback")
    typer.echo(f"rolled back to `{wanted}`; before: {before}")


def versions(*, store: StoreFolder, json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """The versions that are kept, the latest promoted last; `*` marks the current one."""
    kept = existing(store)
    promoted = {one.version: one for one in kept.history() if one.what == "promote"}
    rows = [described(version, promoted.get(version), current=version == kept.current) for version in kept.versions]
    rows.sort(key=lambda row: str(row["promoted"]))
    typer.echo(json.dumps(rows, indent=2) if json_ else "\n".join(map(line, rows)))


def described(version: str, promoted: Switch | None, *, current: bool) -> dict[str, object]:
    when, rules = (None, None) if promoted is None else (promoted.when, promoted.rules)
    return {"version": version, "current": current, "promoted": when, "rules": rules}


def line(row: dict[str, object]) -> str:
    mark = "*" if row["current"] else " "
    return f"{mark} {row['version']}  promoted {row['promoted'] or 'never'}  {row['rules']} rules"


def acceptable(folder: Path, *, force: bool) -> PolicySet:
    """The set of the folder. With an error, or a warning that nobody forced, the command ends here."""
    policy, diagnostics = read(folder)
    risky = sorted({d.code for d in diagnostics.found} & RAISED)
    if diagnostics.found:
        typer.echo(str(diagnostics))
    if policy is None:
        raise typer.Exit(1)
    if risky and not force:
        typer.echo(f"not promoted: {', '.join(risky)} let queries pass that a guardian should see; `--force` does it")
        raise typer.Exit(1)
    return policy


def passed(policy: PolicySet, folder: Path) -> int:
    """How many tests there are. When one fails the command ends here."""
    tests, diagnostics = load_tests(folder, TAXONOMY, policy)
    results = [run(policy, one) for one in tests]
    if diagnostics.errors:
        typer.echo(str(diagnostics))
    failed = any(result.differences for result in results)
    if failed:
        typer.echo(summary(policy, results))
    if failed or diagnostics.errors:
        typer.echo("not promoted: its tests fail")
        raise typer.Exit(1)
    return len(results)


def version_of(folder: Path) -> str:
    return loaded(folder).version


def existing(folder: Path) -> Store:
    if not (folder / "versions").is_dir():
        raise ConfigurationError(f"there is no store at `{folder}`: `gateway policy promote --store {folder}` makes it")
    return Store(folder)


def switch(store: Store, policy: PolicySet, what: What) -> str:
    """Makes the version current; what was before."""
    before, when = store.current, datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    store.switch(Switch(when, policy.version, what, before, len(policy.rules)))
    return "none" if before is None else f"`{before}`"


def previous(store: Store) -> str:
    for version in reversed(store.earlier()):
        if version in store.versions and version != store.current:
            return version
    others = [version for version in store.versions if version != store.current]
    raise ConfigurationError(f"there is no version before `{store.current}`; others that are kept: {listed(others)}")


def named(store: Store, wanted: str) -> str:
    """The version of this name, or the only one that begins with it."""
    found = [version for version in store.versions if version.startswith(wanted)]
    if wanted in found:
        return wanted
    if len(found) > 1:
        raise ConfigurationError(f"`{wanted}` is the beginning of {listed(found)}: write more of it")
    if not found:
        raise ConfigurationError(f"there is no version `{wanted}` in `{store.folder}`: {near(wanted, store.versions)}")
    return found[0]


def listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
