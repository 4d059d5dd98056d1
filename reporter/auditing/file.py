"""The audit file (TOML): which studies on which data, what is checked against what, and where results go.

Every key but the studies may be left out. Paths start at the file, and may hold the slot: `data/{slot:%Y-%m-%d}.csv`,
where the slot is the moment the run stands for, in the audit's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator

from reporter.errors import AuditError, UnknownName, nearest
from reporter.finding import Severity
from reporter.keys import Section, fault, read_toml

FILE_NAME = "audit.toml"
LEDGER = "ledger.sqlite"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
CatchUp = Literal["latest", "all", "none"]
Seconds = Annotated[float, Field(gt=0)]
# A field of a path: {slot}, or {slot:%Y-%m-%d} with what strftime knows and no braces.
_SLOT = re.compile(r"\{slot(?::([^{}]*))?\}")


class AuditedStudy(Section):
    """`[studies.<name>]`: a study, tonight's data, and how much of it is looked at."""

    study: str  # study file, or the folder that holds it
    data: str = ""  # tonight's rows, a pattern of the slot; the study's own data when absent
    instances: int = Field(default=24, ge=0, le=10_000)  # rows that are explained one by one, for reliability
    watch: list[str] = Field(default_factory=list)  # ids of the study's own data whose reports are compared each night
    attributed: int | Literal["all"] = "all"  # rows that say what drives the model
    slices: list[str] = Field(default_factory=list)  # columns by whose values the quality is told
    chunk: int = Field(default=10_000, ge=1, le=1_000_000)  # rows of one item of work
    attributions: str = ""  # folder that all attributions are written to as Parquet, a pattern of the slot
    method: str = ""  # the study's when absent
    trust: bool = False  # run code that lies beside the study
    gpus: float = Field(default=0, ge=0)  # of one worker (Ray)

    @field_validator("attributed")
    @classmethod
    def _some(cls, value: int | str) -> int | str:
        if isinstance(value, int) and value < 1:
            raise ValueError('must be at least 1, or "all"')
        return value

    @field_validator("attributions")
    @classmethod
    def _of_a_night(cls, value: str) -> str:
        if value and not _SLOT.search(value):
            raise ValueError("must hold {slot:…}, or else nights would mix, such as attributions/{slot:%Y-%m-%d}")
        return value


class CheckSettings(Section, extra="allow"):
    """`[checks.<name>]`: how much a check's findings weigh; further keys are the check's own settings."""

    severity: Severity | None = None  # the check's own when absent
    on: bool = True


class ReferenceSection(Section):
    """`[reference]`: what tonight is compared with."""

    kind: Literal["previous", "pinned", "window"] = "previous"
    slot: str = ""  # of the pinned run; the latest pinned one when absent
    runs: int = Field(default=7, ge=2, le=366)  # of a window


class OutputsSection(Section):
    """`[outputs]`: where results are written, in a folder for each night."""

    folder: str = "reports"
    formats: tuple[Literal["html", "pdf", "json", "md", "junit"], ...] = ("html", "json", "junit")
    surprising: int = Field(default=3, ge=0, le=100)  # instances that get a report of their own
    site: str = ""  # folder of the history site; none when absent


class RetentionSection(Section):
    """`[retention]`: what is removed after a run; pinned runs are kept."""

    days: int | None = Field(default=None, ge=1)  # of ledger rows and outputs; None: kept for ever
    results_days: int | None = Field(default=30, ge=1)  # of the results of single items, which only resuming needs


class NotifySection(Section):
    """`[notify]`: who is told. Addresses come from the environment only, never from the file."""

    severity: Severity = "warning"
    environment: str = ""  # variable that holds Apprise URLs, separated by spaces
    partial: bool = True  # also when some items failed


class EngineSection(Section):
    """`[engine]`: where the work is done."""

    name: str = "processes"
    workers: int | Literal["auto"] = "auto"
    address: str = ""  # of a Ray cluster; one of its own on this machine when absent
    device: str = "auto"


class ScheduleSection(Section):
    """`[schedule]`: when it is due; `reporter schedule` stores it."""

    at: str = ""  # a cron expression
    catch_up: CatchUp = "latest"  # slots that were missed
    grace_hours: float = Field(default=24 * 7, gt=0)  # a slot older than this is not caught up


class LimitsSection(Section):
    """`[limits]`: time."""

    item_seconds: Seconds = 600.0
    run_seconds: Seconds = 6 * 3600.0


class Audit(Section):
    """An audit as read; `folder` is where its paths start."""

    name: Name = "audit"
    title: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    seed: int = Field(default=0, ge=0, lt=2**32)
    fail: Severity = "warning"  # findings of this severity or worse end the run with exit code 1
    ledger: str = LEDGER  # a file, or an SQLAlchemy URL; $NAME stands for a variable of the environment
    studies: dict[Name, AuditedStudy] = Field(min_length=1)
    checks: dict[str, CheckSettings] = Field(default_factory=dict)
    reference: ReferenceSection = ReferenceSection()
    outputs: OutputsSection = OutputsSection()
    retention: RetentionSection = RetentionSection()
    notify: NotifySection = NotifySection()
    engine: EngineSection = EngineSection()
    schedule: ScheduleSection = ScheduleSection()
    limits: LimitsSection = LimitsSection()
    folder: Path = Field(default=Path(), exclude=True)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no time zone called {value!r}; such as Europe/Berlin") from error
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def path(self, pattern: str, slot: datetime) -> Path:
        """A path of the audit, relative to its file, with the slot filled in."""
        return self.folder / filled(pattern, slot, self.zone)


def filled(pattern: str, slot: datetime, zone: ZoneInfo) -> str:
    """A pattern with {slot:…} written in the zone's time; {slot} alone is ISO 8601's basic form."""
    local = slot.astimezone(zone)
    return _SLOT.sub(lambda found: local.strftime(found[1] or "%Y%m%dT%H%M%z"), pattern)


def read_audit(given: str | Path) -> Audit:
    """Read an audit file, or the audit.toml in a folder. Raises AuditError with one line."""
    path = Path(given)
    if path.is_dir():
        path = path / FILE_NAME
    if not path.is_file():
        beside = [entry.name for entry in sorted(path.parent.iterdir())[:500]] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise AuditError(
            f"no such audit file: {given}",
            allowed=f"did you mean {path.parent / near}?" if near else "",
            remedy="`reporter audit --init` writes one",
        )
    content = read_toml(path, AuditError, what="audit", remedy="see samples/audit/audit.toml")
    return audit_from(content, folder=path.parent, name=str(path))


def audit_from(content: dict[str, Any], *, folder: Path = Path(), name: str = "audit") -> Audit:
    """An audit from what its TOML says. Raises AuditError that names the key and the nearest allowed one."""
    try:
        audit = Audit.model_validate({**content, "folder": folder})
    except ValidationError as error:
        raise fault(error, content, Audit, AuditError, name) from error
    _refuse_unknown(audit, name)
    return audit


def _refuse_unknown(audit: Audit, name: str) -> None:
    """Plug-ins are known to the registry: checks and their settings, engines, methods; languages to their room."""
    from reporter.language import language
    from reporter.plugins import CHECKS, ENGINES, METHODS

    try:
        language(audit.language)
        for method in {study.method for study in audit.studies.values()} - {"", "auto"}:
            METHODS.known(method)
        for check in audit.checks:
            settings_of(CHECKS.load(check), audit.checks[check])
        ENGINES.known(audit.engine.name)
    except UnknownName as error:
        raise AuditError(f"{name}: {error.problem}", allowed=error.allowed, remedy=error.remedy) from error


def settings_of(kind: Any, settings: CheckSettings) -> Mapping[str, Any]:
    """The settings of a check beyond severity and on. Raises AuditError for one that it has not."""
    own = settings.model_extra or {}
    known = [field.name for field in fields(kind) if field.name != "severity"]
    for key in own:
        if key not in known:
            near = nearest(key, [*known, "severity", "on"])
            raise AuditError(
                f"the check {kind.name!r} has no setting {key!r}",
                allowed=f"did you mean {near!r}?" if near else f"it has: {', '.join(known) or 'none'}",
            )
    return own


def audit_with(audit: Audit, *, engine: str = "", workers: int | None = None, address: str = "") -> Audit:
    """The audit with what the command line says of its engine. Raises UnknownName."""
    from reporter.plugins import ENGINES

    changed: dict[str, Any] = {}
    if engine:
        changed["name"] = ENGINES.known(engine)
    if workers is not None:
        changed["workers"] = workers
    if address:
        changed["address"] = address
    return audit.model_copy(update={"engine": audit.engine.model_copy(update=changed)}) if changed else audit
