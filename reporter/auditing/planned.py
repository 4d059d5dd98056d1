"""Planned: what a run would do, told before any of it is done; and a first audit file. No torch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from reporter.auditing.checking import checks_of
from reporter.auditing.file import Audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.night import night_of
from reporter.auditing.publishing import folder_of
from reporter.auditing.reference import Reference, reference_of
from reporter.errors import ReporterError
from reporter.study import FILE_NAME, read_study


def plan_of_run(audit: Audit, slot: datetime) -> Iterator[str]:
    """What a run for a slot would do, in lines; nothing is written. Raises ReporterError."""
    checks = checks_of(audit)
    yield f"{audit.name} for {slot.astimezone(audit.zone):%Y-%m-%d %H:%M %Z} ({slot:%Y-%m-%dT%H:%MZ})"
    reference, state, ended = Reference(), "nothing is done yet", {}
    if "://" in audit.ledger or audit.ledger.startswith("$") or (audit.folder / audit.ledger).exists():
        with Ledger.open(audit.ledger, folder=audit.folder, create=False) as ledger:
            reference = reference_of(audit, ledger, slot)
            run = ledger.run(audit.name, slot)
            ended = {name: ledger.results(audit.name, slot, name) for name in audit.studies}
            state = state if run is None else f"its run is {run.state}"
    nothing = f"nothing: {'no run is pinned' if reference.unpinned else 'it is the first run'}"
    yield f"  {state}; compared with {reference.slot or nothing}"
    for name in audit.studies:
        try:
            night = night_of(audit, name, slot, spool=None, before=reference.before.get(name))
        except ReporterError as error:
            yield f"  {name}: cannot be read: {error}"
            continue
        kinds = [item.key.partition("/")[0] for item in night.items]
        done = sum(not each.failed for each in ended.get(name, {}).values())
        yield (
            f"  {name}: {night.rows} rows of {night.data} in {kinds.count('rows')} parts, "
            f"{kinds.count('instance')} instances, {kinds.count('watched')} watched; "
            f"{done} of {len(kinds)} items are done"
        )
    workers = f", {audit.engine.workers} workers" if audit.engine.name != "serial" else ""
    yield f"  engine {audit.engine.name}{workers}; checks: {', '.join(check.name for check in checks)}"
    yield f"  reports into {folder_of(audit, slot)}: {', '.join(audit.outputs.formats)}"


def _name(folder: str) -> str:
    """What an audit of a folder can be called: names become parts of files, of units and of addresses."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", folder).strip("._-")[:64]
    return kept or "audit"


def draft_audit(study: str, folder: Path) -> str:
    """A first audit file for a study, with every section and what it means. Raises StudyError."""
    found = read_study(study)
    place = Path(study)
    place = place.parent if place.name == FILE_NAME else place
    name = _name(place.resolve().name)
    shown = os.path.relpath(place.resolve(), folder.resolve())
    where = json.dumps(Path(shown).as_posix(), ensure_ascii=False)
    title = json.dumps(found.title or place.resolve().name, ensure_ascii=False)
    return f"""\
# What `reporter audit` looks at every night. Paths start at this file.
name = {json.dumps(name)}
title = {title}
language = {json.dumps(found.language)}
time_zone = "UTC"
fail = "warning"            # findings of this severity or worse end the run with exit code 1: info, warning, critical
seed = 0
ledger = "ledger.sqlite"    # or an SQLAlchemy URL; $NAME stands for a variable of the environment

[studies.{name if name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)}]
study = {where}
# data = "data/{{slot:%Y-%m-%d}}.parquet"   # tonight's rows; the study's own data when absent
instances = 24              # rows that are explained one by one, for how reliable the explanations are
attributed = "all"          # rows that say what drives the model, or a number of them
# watch = ["41"]            # ids whose reports are compared night by night
# slices = ["sex"]          # columns by whose values the quality is told
# method = "auto"           # the study's own when absent
# chunk = 10000             # rows of one item of work
# attributions = "attributions/{{slot:%Y-%m-%d}}"   # folder that all attributions are written to, as Parquet
# trust = true              # run the code that lies beside the study
# gpus = 1                  # of one worker, with Ray

# [checks.performance]      # `reporter checks` lists them all, with settings of their own
# severity = "critical"
# on = false

[reference]
kind = "previous"           # or "pinned" (with a slot, or the latest pinned one), or "window" with runs = 7

[outputs]
folder = "reports"
formats = ["html", "pdf", "json", "junit"]
# surprising = 3            # instances that get a report of their own
# site = "site"             # the history as a static site

[retention]
# days = 400                # of runs and their outputs; pinned runs are kept
# results_days = 30         # of the results of single items, which only resuming needs

[notify]
# environment = "REPORTER_NOTIFY"   # the variable that holds Apprise URLs
severity = "warning"
# partial = false           # not when some items failed

[engine]
name = "processes"          # or "serial", "ray"
# workers = 4               # as many as cores when absent
# device = "cpu"            # an accelerator where there is one, when absent
# address = "host:6379"     # of a Ray cluster; one of its own on this machine when absent

[schedule]
at = "0 2 * * *"            # `reporter schedule` stores it
catch_up = "latest"         # of slots that were missed; or "all", "none"
# grace_hours = 168         # a slot older than this is not caught up

[limits]
item_seconds = 600
run_seconds = 21600
"""
