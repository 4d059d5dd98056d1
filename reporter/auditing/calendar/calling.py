"""`reporter run-due`: which audits are meant, and what runs them: once, in a loop, or not at all to see what is due."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reporter.auditing.calendar.due import Call, Runner, Say, Target, coming, targets, targets_in, worst
from reporter.auditing.file import FILE_NAME, Audit
from reporter.errors import ReporterError, UsageError
from reporter.progress import Meter, Progress, silent


@dataclass(frozen=True)
class Calling:
    """Audits that may be due: those of some files, or all that a ledger knows; else the one in this folder."""

    files: Sequence[str]
    ledger: str
    say: Say
    quiet: bool = False
    runner: Callable[[Progress, Callable[[], bool]], Runner] | None = None  # another than the real one, for tests

    def once(self, now: str = "") -> int:
        """Run what is due; returns the worst exit code."""
        moment, found, said = _moment(now), self._found(), list[str]()

        def say(line: str) -> None:
            said.append(line)
            self.say(line)

        if self.quiet:
            code = self._run(found, moment, say, silent)
        else:
            with Meter() as meter:
                code = self._run(found, moment, say, meter)
        if not said and not self.quiet:
            self.say(f"Nothing is due. {_next(found, moment)}")
        return code

    def look(self, now: str = "") -> int:
        """Say what is due, and run nothing; returns 0, or the exit code of what went wrong."""
        moment, codes = _moment(now), [0]
        call = Call(self._runner(silent, _never), self.say)
        for target in self._found():
            try:
                slots = call.due(target, moment, dry=True)
            except ReporterError as error:
                self.say(f"{target.name}: {error}")
                codes.append(error.exit_code)
                continue
            for slot in slots:
                self.say(f"{target.name} {slot:%Y-%m-%d %H:%M} UTC is due")
            if not slots:
                self.say(f"{target.name}: nothing is due. {_next([target], moment)}")
        return worst(codes)

    def loop(self, seconds: float | None) -> int:
        """Run what is due, until SIGTERM, SIGINT, or some seconds are over; each line with its time."""
        from reporter.auditing.calendar.looping import Loop, Stop, wall

        stop = Stop()
        call = Call(self._runner(silent, stop), lambda line: self.say(f"{wall():%Y-%m-%dT%H:%M:%SZ} {line}"), stop)
        with stop.listening():
            return Loop(self._found, call, stop).run(seconds)

    def _found(self) -> list[Target]:
        if self.ledger and self.files:
            raise UsageError("both --ledger and audit files are given", remedy="give one of them")
        return targets_in(self.ledger) if self.ledger else targets(self.files or [FILE_NAME])

    def _run(self, found: Sequence[Target], now: datetime, say: Say, progress: Progress) -> int:
        call = Call(self._runner(progress, _never), say)
        return worst([call.run(target, now) for target in found])

    def _runner(self, progress: Progress, stopping: Callable[[], bool]) -> Runner:
        return (self.runner or _real)(progress, stopping)


def _real(progress: Progress, stopping: Callable[[], bool]) -> Runner:
    def run(audit: Audit, slot: datetime, file: Path) -> tuple[int, str]:
        # Here, so that a call that finds nothing due is over at once.
        from reporter.auditing.run import run_audit
        from reporter.auditing.saying import said

        told = f"{slot.astimezone(audit.zone):%Y-%m-%dT%H:%M%z}"
        command = shlex.join(["reporter", "audit", str(file), "--slot", told])
        outcome = run_audit(audit, slot, command=command, progress=progress, stopping=stopping)
        return outcome.exit_code, " ".join([said(outcome), *outcome.warnings])

    return run


def _never() -> bool:
    return False


def _next(found: Sequence[Target], now: datetime) -> str:
    slot = coming(found, now)
    return "Nothing is scheduled." if slot is None else f"Next: {slot:%Y-%m-%d %H:%M} UTC."


def _moment(given: str) -> datetime:
    """Now, or the moment that was given in its place. Raises UsageError."""
    if not given:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"{given!r} is no moment", allowed="one with its offset, such as 2026-11-21T02:00:00+01:00")
    return moment.astimezone(UTC)
