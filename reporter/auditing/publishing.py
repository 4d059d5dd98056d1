"""Publishing: what a run leaves behind: its reports, those of instances, the site, notices; and what is removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from reporter.auditing.file import Audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.night import parts_of
from reporter.auditing.report.rendering import ELSEWHERE, write_reports
from reporter.auditing.results import RunResult
from reporter.auditing.slots import written
from reporter.delivery import file_name
from reporter.errors import ReporterError
from reporter.explanation import Explanation
from reporter.overview import Overview, Told
from reporter.storing import restored
from reporter.work import Done
from reporter.writing import make_folder, write

INSTANCES = "instances"  # folder of their reports, in that of the night


def folder_of(audit: Audit, slot: datetime) -> Path:
    """Where the reports of a slot lie: a folder for each night, below one for each audit."""
    return audit.folder / audit.outputs.folder / audit.name / written(audit, slot).replace(":", "")


def told_apart(audit: Audit, ledger: Ledger, slot: datetime, overviews: Mapping[str, Overview]) -> dict[str, Overview]:
    """Write the reports of the instances that deserve one; the overviews with their places and their size."""
    folder = folder_of(audit, slot)
    return {
        name: _with_reports(audit, ledger.each(audit.name, slot, name), folder, overview)
        for name, overview in overviews.items()
    }


def published(audit: Audit, result: RunResult) -> tuple[Path, ...]:
    """Write the reports of a run, and say where. Raises OutputError where they cannot be written; old ones stay."""
    return tuple(write_reports(result, folder_of(audit, result.slot), audit.outputs.formats))


def _with_reports(audit: Audit, done: Iterable[Done], folder: Path, overview: Overview) -> Overview:
    """The instances that deserve a look get a report of their own each."""
    chosen = [place for place, told in enumerate(overview.told) if not told.watched][: audit.outputs.surprising]
    pages: dict[int, str] = {}  # by place
    size = 0
    for each in done:
        result = each.result or {}
        if not result.get("explanation"):
            continue
        told = restored(Told, result["told"])  # as a whole: two rows may have the same id
        place = next((i for i in chosen if i not in pages and overview.told[i] == told), None)
        if place is None:
            continue
        explanation = Explanation.from_json(result["explanation"].encode())
        page = explanation.report(language=audit.language).render("page")
        pages[place] = f"{INSTANCES}/{_free(f'{file_name(overview.study)}-{file_name(told.instance)}', pages.values())}"
        make_folder(folder / INSTANCES, ELSEWHERE)
        write(folder / pages[place], page)
        size += len(page)
    placed = [replace(told, report=pages.get(i, "")) for i, told in enumerate(overview.told)]
    return replace(overview, told=tuple(placed), cost=replace(overview.cost, report_bytes=size))


def _free(stem: str, used: Iterable[str]) -> str:
    """The name of a page, with a number where another one has it, on a disk that cannot tell A from a as well."""
    taken = {name.removeprefix(f"{INSTANCES}/").casefold() for name in used}
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.html" for number in count(1))
    return next(name for name in names if name.casefold() not in taken)


def told_of(
    audit: Audit, ledger: Ledger, result: RunResult, reports: Sequence[Path], *, notify: bool = True
) -> list[str]:
    """Make the history site and send notices; what fails of it is a line each, and fails nothing else."""
    warnings = []
    if audit.outputs.site:
        from reporter.auditing.history.site import write_site

        try:
            write_site(audit, ledger, audit.folder / audit.outputs.site)
        except ReporterError as error:
            warnings.append(f"the history site is as it was: {error}")
    if audit.notify.environment and notify:
        from reporter.auditing import notify as notices

        warnings += notices.notify(audit, result, reports)
    return warnings


def removed(audit: Audit, ledger: Ledger, now: datetime) -> list[str]:
    """Remove copies of tonight's data, and runs and outputs older than the retention, but pinned and needed ones."""
    warnings = _emptied(parts_of(audit))
    never = datetime(1, 1, 2, tzinfo=UTC)
    days, results = audit.retention.days, audit.retention.results_days
    if days is None and results is None:
        return warnings
    gone = ledger.prune(
        audit.name,
        now - timedelta(days=days) if days is not None else never,
        now - timedelta(days=results) if results is not None else never,
        keep=audit.reference.runs if audit.reference.kind == "window" else 1,
    )
    for run in gone:
        warnings += _emptied(folder_of(audit, run.slot))
    return warnings


def _emptied(folder: Path) -> list[str]:
    """Remove a folder that is ours; a line where that cannot be done."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    try:
        shutil.rmtree(folder)
    except OSError as error:
        return [f"cannot remove {folder}: {error.strerror or error}"]
    return []
