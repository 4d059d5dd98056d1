"""The commands of audits: arguments only, as in cli.py, which registers them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from reporter.errors import DemandNotMet, PartialRun, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of audits to the command line."""
    app.command()(audit)
    app.command()(checks)


AuditFile = Annotated[str, typer.Argument(metavar="AUDIT", help="An audit file, or the folder that holds audit.toml.")]


def audit(
    file: AuditFile = "audit.toml",
    slot: Annotated[str, typer.Option("--slot", help="The night it stands for: 2026-11-20; the latest one else.")] = "",
    init: Annotated[str, typer.Option("--init", metavar="STUDY", help="Write a first audit file for a study.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    engine: Annotated[str, typer.Option("--engine", help="serial, processes or ray (the file's otherwise).")] = "",
    workers: Annotated[int | None, typer.Option("--workers", help="How many at once.", min=1)] = None,
    address: Annotated[str, typer.Option("--address", help="Of a Ray cluster.")] = "",
    force: Annotated[bool, typer.Option("--force", help="With --init: write over a file that is there.")] = False,
) -> None:
    """Audit a model: is it still as good, and does it still reason the same way?"""
    if init:
        _draft(file, init, force=force)
        return
    from datetime import UTC, datetime

    from reporter.audit.file import audit_with, read_audit
    from reporter.audit.slots import latest_slot, slot_of

    asked = audit_with(read_audit(file), engine=engine, workers=workers, address=address)
    moment = slot_of(asked, slot) if slot else latest_slot(asked, datetime.now(UTC))
    if dry_run:
        from reporter.audit.planned import plan_of_run

        for line in plan_of_run(asked, moment):
            typer.echo(line)
        return
    from reporter.audit.run import run_audit
    from reporter.audit.saying import said
    from reporter.progress import Meter

    command = shlex.join(["reporter", "audit", file, "--slot", f"{moment.astimezone(asked.zone):%Y-%m-%dT%H:%M}"])
    with Meter() as meter:
        outcome = run_audit(asked, moment, command=command, progress=meter)
    for warning in outcome.warnings:
        typer.echo(warning, err=True)
    line = said(outcome)
    if outcome.exit_code == PartialRun.exit_code:
        raise PartialRun(line)
    if outcome.exit_code:
        raise DemandNotMet(line)
    typer.echo(line)


def checks() -> None:
    """List the checks of an audit and their settings."""
    from dataclasses import fields

    from reporter.plugins import CHECKS

    rows = [("check", "severity", "settings", "what it asks")]
    for name in CHECKS.names():
        kind = CHECKS.load(name)
        settings = ", ".join(f"{each.name} = {each.default}" for each in fields(kind) if each.name != "severity")
        rows.append((name, str(kind().severity), settings, kind.description))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draft(file: str, study: str, *, force: bool) -> None:
    from reporter.audit.planned import draft_audit
    from reporter.writing import write

    path = Path(file)
    path = path / "audit.toml" if path.is_dir() else path
    if path.exists() and not force:
        raise UsageError(f"{path} exists", remedy="give another name, or add --force")
    write(path, draft_audit(study, path.parent).encode())
    typer.echo(f"Wrote {path}. Next: reporter audit {path} --dry-run")
