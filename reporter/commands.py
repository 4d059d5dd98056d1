"""The commands of audits: arguments only, as in cli.py, which registers them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from reporter.errors import DemandNotMet, PartialRun, UsageError

if TYPE_CHECKING:
    from reporter.auditing.history.recounting import Recounted


def register(app: typer.Typer) -> None:
    """Add the commands of audits to the command line."""
    app.command()(audit)
    app.command()(checks)
    app.command()(schedule)
    app.command("run-due")(run_due)
    app.command()(history)


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

    from reporter.auditing.file import audit_with, read_audit
    from reporter.auditing.slots import latest_slot, slot_of, written

    asked = audit_with(read_audit(file), engine=engine, workers=workers, address=address)
    moment = slot_of(asked, slot) if slot else latest_slot(asked, datetime.now(UTC))
    if dry_run:
        from reporter.auditing.planned import plan_of_run

        for line in plan_of_run(asked, moment):
            typer.echo(line)
        return
    from reporter.auditing.run import run_audit
    from reporter.auditing.saying import said
    from reporter.progress import Meter

    command = shlex.join(["reporter", "audit", file, "--slot", written(asked, moment)])
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
    _table(rows)


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draft(file: str, study: str, *, force: bool) -> None:
    from reporter.auditing.planned import draft_audit
    from reporter.writing import write

    path = Path(file)
    path = path / "audit.toml" if path.is_dir() else path
    if path.exists() and not force:
        raise UsageError(f"{path} exists", remedy="give another name, or add --force")
    write(path, draft_audit(study, path.parent).encode())
    typer.echo(f"Wrote {path}. Next: reporter audit {path} --dry-run")


def schedule(
    file: AuditFile = "audit.toml",
    at: Annotated[str, typer.Option("--at", metavar="CRON", help='When: "0 2 * * *" (the file\'s otherwise).')] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Of --at (the file's otherwise).")] = "",
    catch_up: Annotated[str, typer.Option("--catch-up", help="Of missed slots: latest, all or none.")] = "",
    target: Annotated[
        str, typer.Option("--as", help="Print what calls `run-due`: systemd, cron, github, kubernetes, airflow.")
    ] = "",
    install: Annotated[bool, typer.Option("--install", help="With --as systemd or cron: install it.")] = False,
    image: Annotated[str, typer.Option("--image", help="With --as kubernetes: what has reporter in it.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Forget when it is due.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List the schedules in the audit's ledger.")] = False,
    ledger: Annotated[str, typer.Option("--ledger", help="With --list: this ledger, without an audit file.")] = "",
) -> None:
    """Store when an audit is due, and print or install what calls `reporter run-due`."""
    from datetime import UTC, datetime

    from reporter.auditing.calendar import storing

    now, changed = datetime.now(UTC), bool(at or time_zone or catch_up or target)
    if remove + list_all + changed > 1:
        raise UsageError("--list, --remove and storing are three things", remedy="do one at a time")
    if (install and not target) or (image and target != "kubernetes") or (ledger and not list_all):
        raise UsageError("--install goes with --as, --image with --as kubernetes, --ledger with --list")
    if list_all:
        _table(storing.listed(file, ledger, now))
        return
    if remove:
        typer.echo(storing.removed(file))
        return
    if target:  # what cannot be done is told before anything is stored
        from reporter.auditing.calendar.installing import install as put
        from reporter.auditing.calendar.installing import installable
        from reporter.auditing.calendar.units import IMAGE, Caller, known, units

        _ = installable(known(target)) if install else known(target)
    scheduled = storing.scheduled(file, now, at=at, time_zone=time_zone, catch_up=catch_up, keep=bool(target))
    if not target:
        typer.echo(scheduled.line)
        return
    typer.echo(scheduled.line, err=True)
    made = units(target, Caller(scheduled.audit, scheduled.row, image=image or IMAGE))
    typer.echo(put(target, made) if install else "\n".join(unit.text for unit in made), nl=install)


def run_due(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[AUDIT]...", help="Audit files, or their folders.")
    ] = None,
    ledger: Annotated[str, typer.Option("--ledger", help="All audits scheduled in this ledger: a file or URL.")] = "",
    now: Annotated[str, typer.Option("--now", metavar="ISO", help="As if it were this moment, with its offset.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due, and do nothing.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Stay, and run what is due until SIGTERM.")] = False,
    loop_for: Annotated[
        float | None, typer.Option("--loop-for", metavar="SECONDS", help="As --loop, and leave after this.", min=0)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when nothing is due; no progress.")] = False,
) -> int:
    """Run the audits that are due, each slot once; to be called at any time, by anything."""
    from reporter.auditing.calendar.calling import Calling

    calling = Calling(tuple(files or ()), ledger, say=typer.echo, quiet=quiet)
    if dry_run:
        return calling.look(now)
    if loop or loop_for is not None:
        return calling.loop(loop_for)
    return calling.once(now)


def history(
    file: AuditFile = "audit.toml",
    ledger: Annotated[str, typer.Option("--ledger", help="A ledger, instead of that of an audit file.")] = "",
    audit: Annotated[str, typer.Option("--audit", metavar="NAME", help="One of several audits in a ledger.")] = "",
    last: Annotated[int, typer.Option("--last", help="How many runs the table shows.", min=1)] = 30,
    json: Annotated[bool, typer.Option("--json", help="All runs as JSON.")] = False,
    html: Annotated[str, typer.Option("--html", metavar="DIR", help="Write the history as a site into a folder.")] = "",
    pin: Annotated[str, typer.Option("--pin", metavar="SLOT", help="Keep the run of a slot for good.")] = "",
    unpin: Annotated[str, typer.Option("--unpin", metavar="SLOT", help="Leave it to the retention again.")] = "",
    note: Annotated[str, typer.Option("--note", help="With --pin: why.")] = "",
    language: Annotated[str, typer.Option("--language", help="Of the table and the site (the file's otherwise).")] = "",
) -> None:
    """Show what audits found, night by night; pin runs; write the history as a site."""
    if note and not pin:
        raise UsageError("--note is for --pin", remedy="add --pin SLOT")
    from reporter.auditing.history.recounting import recounted

    with recounted(file, ledger=ledger, audit=audit, language=language) as past:
        if pin or unpin:
            _pin(past, pin, unpin, note)
        if html:
            from reporter.auditing.history.site import write_history

            typer.echo(f"Wrote {write_history(past.ledger, past.sources, Path(html))}")
        if json:
            from json import dumps

            from reporter.auditing.history.nights import as_json

            typer.echo(dumps(as_json(past.ledger, past.rows()), ensure_ascii=False, indent=1))
        elif not (html or pin or unpin):
            _recount(past, last)


def _pin(past: Recounted, pin: str, unpin: str, note: str) -> None:
    from reporter.auditing.history.recounting import row_for

    known, rows = past.only, past.rows()
    if pin:
        row = row_for(rows, pin, known.zone)
        past.ledger.pin(known.name, row.slot, note)
        typer.echo(f"Pinned {known.name}, {row.slot.astimezone(ZoneInfo(known.zone)):%Y-%m-%d %H:%M}")
    if unpin:
        row = row_for(rows, unpin, known.zone)
        past.ledger.unpin(known.name, row.slot)
        typer.echo(f"Unpinned {known.name}, {row.slot.astimezone(ZoneInfo(known.zone)):%Y-%m-%d %H:%M}")


def _recount(past: Recounted, last: int) -> None:
    from reporter.auditing.history.nights import table
    from reporter.auditing.history.recounting import aligned
    from reporter.auditing.report.phrases import phrases

    rows, every = past.rows(last), past.rows()
    if not rows:
        typer.echo("No run yet.")
        return
    languages = {source.known.language for source in past.sources}
    say = phrases(next(iter(languages)) if len(languages) == 1 else "en")
    for line in aligned(table(say, past.ledger, rows, past.zone_of, named=len(past.sources) > 1)):
        typer.echo(line)
    if len(every) > len(rows):
        typer.echo(f"{len(every) - len(rows)} earlier runs: add --last {len(every)}")
