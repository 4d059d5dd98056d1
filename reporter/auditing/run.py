"""Run: one audit for one slot, from what is left to do to its reports. What is committed is never done again.

A run that was killed goes on where it was; one that is complete does nothing. The ledger says that a run is finished
only after its reports are written, so that what fails on the way is done again.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from reporter.auditing.checking import checks_of, findings_of
from reporter.auditing.file import Audit, audit_with, read_audit
from reporter.auditing.items import ABOUT
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.night import Night, night_of, parts_of, unreadable
from reporter.auditing.publishing import published, removed, told_apart, told_of
from reporter.auditing.reference import Reference, reference_of
from reporter.auditing.results import FailedItem, RunResult, State
from reporter.auditing.slots import latest_slot, slot_of, written
from reporter.comparison import Comparison
from reporter.errors import MissingDependency, NotTrusted, PartialRun, ReporterError, UsageError
from reporter.overview import Overview
from reporter.plugins import ENGINES
from reporter.progress import Progress, silent
from reporter.work import Done, Engine

LANGUAGES = ("en", "zh")  # in which what is watched is told, whatever language is asked for today

UNPINNED = "no run is pinned, so this one was compared with nothing; `reporter history --pin SLOT` pins one"


@dataclass(frozen=True)
class Outcome:
    """A run and what its caller should know beside it."""

    result: RunResult
    reports: tuple[Path, ...] = ()
    before: bool = False  # it was complete before; nothing was done
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 fine, 1 findings that fail it, 3 when some items failed: then there may be findings that nobody saw."""
        if self.result.state != "complete":
            return 3
        return 1 if self.result.failing else 0


@dataclass(eq=False)
class Run:
    """One run at work; `stopping` is asked after each result whether it should leave the rest to the next call."""

    audit: Audit
    slot: datetime
    ledger: Ledger
    command: str = ""
    progress: Progress = silent
    stopping: Callable[[], bool] = lambda: False
    failed: list[FailedItem] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def run(self) -> Outcome:
        """Do what is left. Raises ReporterError when nothing can be done at all; Locked when another run is at work."""
        with self.ledger.claimed(self.audit.name):
            row = self.ledger.run(self.audit.name, self.slot)
            if row is not None and row.state == "complete":
                return Outcome(self.stored(row), tuple(self.audit.folder / name for name in row.reports), before=True)
            return self._run()

    def _run(self) -> Outcome:
        checks = checks_of(self.audit)
        engine = self._engine()
        reference = reference_of(self.audit, self.ledger, self.slot)
        row = self.ledger.begin(self.audit.name, self.slot, reference.slot)
        overviews = {}
        for name in self.audit.studies:
            overview = self._study(name, engine, reference)
            if overview is not None:
                overviews[name] = overview
        overviews = told_apart(self.audit, self.ledger, self.slot, overviews)
        findings = tuple(
            finding
            for name, overview in overviews.items()
            for finding in findings_of(
                checks, Comparison(overview, reference.before.get(name), reference.history.get(name, ()))
            )
        )
        state: State = "complete" if not self.failed else "partial" if overviews else "failed"
        result = replace(
            self._result(row, overviews, reference),
            state=state,
            findings=findings,
            failed=tuple(self.failed),
            checks=tuple(check.name for check in checks),
            seconds=row.seconds + time.monotonic() - self.started,
        )
        outcome = self._published(result, again=row.state == state)
        return replace(outcome, warnings=(UNPINNED, *outcome.warnings)) if reference.unpinned else outcome

    # The work

    def _engine(self) -> Engine:
        asked = self.audit.engine
        kind = ENGINES.load(asked.name)
        known = getattr(kind, "__dataclass_fields__", {})
        wanted = {"workers": asked.workers, "address": asked.address}
        return kind(**{name: value for name, value in wanted.items() if name in known})  # type: ignore[no-any-return]

    def _study(self, name: str, engine: Engine, reference: Reference) -> Overview | None:
        """Work through one study; what fails in it leaves the other studies alone."""
        languages = tuple(dict.fromkeys((self.audit.language, *LANGUAGES)))
        try:
            night = night_of(
                self.audit,
                name,
                self.slot,
                spool=parts_of(self.audit),
                before=reference.before.get(name),
                languages=languages,
            )
            left = self._worked(night, engine)
            ended = self.ledger.each(self.audit.name, self.slot, name)
            self.failed += [FailedItem.of(name, each) for each in left]
            with closing(ended):
                return night.overview(each for each in ended if each.item.key in night.keys)
        except NotTrusted as error:
            remedy = f"read it, then write trust = true under [studies.{name}] in the audit file"
            raise NotTrusted(error.problem, allowed=error.allowed, remedy=remedy) from error
        except (MissingDependency, PartialRun):
            raise  # to be mended in the audit file or the installation; or it was told to stop, and goes on later
        except ReporterError as error:
            self.failed.append(FailedItem.of(name, unreadable(name, error)))
            return None

    def _worked(self, night: Night, engine: Engine) -> list[Done]:
        """Do all items of a study that were not done before; what had failed is tried again. Returns those that failed.

        Results go into the ledger and are not kept here, so that memory does not grow with their number.
        """
        ended = self._ended(night)
        left = [item for item in night.items if item.key not in ended]
        total, count = len(night.items), len(night.items) - len(left)
        failed = []
        self.progress(f"auditing {night.name}", count, total)
        with closing(cast("Generator[Done]", engine.map(night.job, left))) as work:
            for done in work:
                self.ledger.record(self.audit.name, self.slot, night.name, done)
                ended.add(done.item.key)
                failed += [replace(done, result=None)] if done.failed else []
                count += 1
                self.progress(f"auditing {night.name}", count, total)
                if self._over() or self.stopping():
                    break
        unfinished = [item for item in left if item.key not in ended]
        if unfinished and self.stopping():
            raise PartialRun(
                f"stopped with {count} of {total} items of {night.name} done",
                remedy="the same command goes on from here",
            )
        # Not committed: another call does them.
        why = f"the {self.audit.limits.run_seconds:g} s that the run may take were over"
        return failed + [Done(item, problem=why, cause="timeout") for item in unfinished]

    def _ended(self, night: Night) -> set[str]:
        """Keys of what was done before. Where the rows, the model or the settings were others, all of it is dropped."""
        ended, same = set(), True
        with closing(self.ledger.each(self.audit.name, self.slot, night.name)) as earlier:
            for done in earlier:
                same = same and (done.item.key != ABOUT or night.answered(done))
                ended |= set() if done.failed else {done.item.key}
        if not same:
            self.ledger.forget(self.audit.name, self.slot, night.name)
            night.remove_attributions()
        return ended if same else set()

    def _over(self) -> bool:
        return time.monotonic() - self.started > self.audit.limits.run_seconds

    # What comes of it

    def _result(self, row: RunRow, overviews: Mapping[str, Overview], reference: Reference) -> RunResult:
        from reporter.auditing.versions import versions

        audit = self.audit
        return RunResult(
            audit=audit.name,
            slot=self.slot,
            overviews=overviews,
            title=audit.title,
            zone=audit.time_zone,
            started=row.started,
            reference=reference.slot,
            before=reference.before,
            fail=audit.fail,
            language=audit.language,
            engine=audit.engine.name,
            versions=versions(),
            command=self.command,
        )

    def stored(self, row: RunRow) -> RunResult:
        """A finished run as its reports would tell it, from the ledger alone."""
        name, slot = self.audit.name, row.slot
        seen = {study: self.ledger.overview(name, slot, study) for study in self.audit.studies}
        overviews = {study: overview for study, overview in seen.items() if overview is not None}
        before: dict[str, Overview] = {}
        if row.reference:
            moment = datetime.fromisoformat(row.reference)
            found = {study: self.ledger.overview(name, moment, study) for study in self.audit.studies}
            before = {study: overview for study, overview in found.items() if overview is not None}
        result = self._result(row, overviews, Reference(row.reference, before))
        return replace(
            result,
            state="failed" if row.state == "running" else row.state,
            findings=self.ledger.findings(name, slot),
            seconds=row.seconds,
        )

    def _published(self, result: RunResult, *, again: bool) -> Outcome:
        """Write the reports, finish the run, and then what may fail without harm: site, notices, retention.

        `again`: it had ended the same way before; whoever was told of that is not told once more.
        """
        reports = published(self.audit, result)
        self.ledger.finish(
            self.audit.name,
            self.slot,
            result.state,
            result.overviews,
            result.findings,
            result.seconds,
            [Path(os.path.relpath(path, self.audit.folder)).as_posix() for path in reports],  # the audit may move
            result.reference,
        )
        # First what is too old, so that the site links to nothing that is about to go.
        warnings = removed(self.audit, self.ledger, datetime.now(UTC))
        warnings += told_of(self.audit, self.ledger, result, reports, notify=not again)
        return Outcome(result, reports, warnings=tuple(warnings))


def run_audit(
    audit: Audit,
    slot: datetime,
    *,
    command: str = "",
    progress: Progress = silent,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Run an audit for a slot, or what is left of it. Raises ReporterError, Locked."""
    with Ledger.open(audit.ledger, folder=audit.folder) as ledger:
        return Run(audit, slot.astimezone(UTC), ledger, command, progress, stopping).run()


def audit(
    file: str | Path,
    slot: str | datetime | None = None,
    *,
    engine: str = "",
    workers: int | None = None,
    address: str = "",
    progress: Progress = silent,
) -> RunResult:
    """Run an audit file and return what the night came to; a night that is complete is read from the ledger.

    `slot`: the night it stands for, a date or a moment in ISO 8601, or an aware datetime; the latest one unless given.
    `engine`, `workers`, `address`: in place of what the file says. The findings are in `.findings`, the overviews by
    study in `.overviews`. Raises ReporterError in one line, Locked when another run of it is at work.
    """
    asked = audit_with(read_audit(file), engine=engine, workers=workers, address=address)
    if isinstance(slot, datetime):
        if slot.tzinfo is None:
            raise UsageError(
                f"the slot {slot.isoformat()} has no time zone", remedy="give it one, such as datetime.UTC"
            )
        moment = slot.astimezone(UTC)
    else:
        moment = slot_of(asked, slot) if slot else latest_slot(asked, datetime.now(UTC))
    command = shlex.join(["reporter", "audit", str(file), "--slot", written(asked, moment)])
    return run_audit(asked, moment, command=command, progress=progress).result
