"""What calls `reporter run-due`: units for systemd, cron, GitHub, Kubernetes and Airflow, as text. No torch.

A cron expression can say more than any of them understands, and each has its own idea of a clock that is put forward.
So none is told the days: they call at the hours and minutes of the schedule, on any day, and `run-due`, which may be
called at any time, knows what is due. What a name or a path may not say in a target is refused.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reporter.auditing.calendar.schedule import Schedule
from reporter.errors import AuditError, UnknownName

if TYPE_CHECKING:
    from reporter.auditing.file import Audit
    from reporter.auditing.ledger.rows import ScheduleRow

IMAGE = "explanation-reporter"
_MOUNT = PurePosixPath("/audit")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # as in the audit file
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IN_URL = re.compile(r"\$\{?([A-Za-z_]\w*)")
_POSTGRESQL = re.compile(r"(\$|postgres)")
_LONGEST = 52  # letters of the name of a CronJob


@dataclass(frozen=True)
class Unit:
    """A file that calls `reporter run-due`."""

    name: str
    text: str


@dataclass(frozen=True)
class Caller:
    """What is to be called, and when: all that a unit is made of."""

    audit: Audit
    row: ScheduleRow
    image: str = IMAGE
    python: str = sys.executable

    @property
    def file(self) -> str:
        return _visible(self.row.file, "the path")

    @property
    def unit(self) -> str:
        return f"reporter-{self.name}"

    @property
    def name(self) -> str:
        if not _NAME.fullmatch(self.row.audit):
            raise AuditError(f"{self.row.audit!r} is no name of an audit", allowed="letters, digits and . _ -")
        return self.row.audit

    @property
    def schedule(self) -> Schedule:
        return Schedule.read(self.row.at, self.row.time_zone)

    @property
    def words(self) -> list[str]:
        """The call on this machine; -P, so that what lies in the folder it is called from is not imported."""
        return [_visible(self.python, "the path"), "-P", "-m", "reporter", *_call(self.file)]

    @property
    def variables(self) -> list[str]:
        """Names of the variables of the environment that the audit reads. Raises AuditError for what is no name."""
        names = [self.audit.notify.environment, *_IN_URL.findall(self.audit.ledger)]
        for name in names:
            if name and not _VARIABLE.fullmatch(name):
                raise AuditError(f"{name!r} is no name of a variable", remedy="see [notify] in the audit file")
        return list(dict.fromkeys(name for name in names if name))

    def context(self) -> dict[str, Any]:
        """What every template may use."""
        row, schedule = self.row, self.schedule
        return {"name": self.name, "unit": self.unit, "at": schedule.at, "time_zone": row.time_zone}


def known(target: str) -> str:
    """The target, if there is one of that name. Raises UnknownName."""
    if target not in TARGETS:
        raise UnknownName("target of --as", target, TARGETS)
    return target


def units(target: str, caller: Caller) -> list[Unit]:
    """The files for a target. Raises UnknownName, and AuditError for what cannot be written into them safely."""
    return TARGETS[known(target)](caller)


def _call(file: str) -> list[str]:
    # ./ so that a name with a dash in front is no option.
    return ["run-due", file if file.startswith("/") else f"./{file}", "--quiet"]


def _systemd(caller: Caller) -> list[Unit]:
    minutes, hours = _calls(caller.schedule)
    clock = f"{_listed(hours, 24, ':02d')}:{_listed(minutes, 60, ':02d')}:00"
    command = " ".join([_program(caller.words[0]), *map(_systemd_word, caller.words[1:])])
    calendar = f"*-*-* {clock} {caller.schedule.time_zone}"
    more = {"command": command, "calendar": calendar}
    return [Unit(f"{caller.unit}.{kind}", _filled(kind, caller, more)) for kind in ("service", "timer")]


def _crontab(caller: Caller) -> list[Unit]:
    command = shlex.join(caller.words)
    if "\\" in command:
        raise AuditError(f"a backslash cannot be written into a crontab: {command}", remedy="rename the folder")
    named, _ = caller.schedule.times()
    # Zones lie whole quarters of an hour apart: of these minutes one is right, whatever cron takes for the time.
    minutes = sorted({(minute + quarter) % 60 for minute in named for quarter in (0, 15, 30, 45)})
    more = {"command": command.replace("%", "\\%"), "minutes": _listed(minutes, 60)}
    return [Unit("crontab", _filled("crontab", caller, more))]


def _github(caller: Caller) -> list[Unit]:
    path = _in_repository(Path(caller.file))
    extras = [name for name, on in (("postgresql", _elsewhere(caller)), ("notify", caller.variables)) if on]
    package = "explanation-reporter" + (f"[{','.join(extras)}]" if extras else "")
    command = shlex.join(["reporter", *_call(path)])
    reports = str(PurePosixPath(path).parent / caller.audit.outputs.folder)
    for text in (command, reports):
        if "${{" in text:
            raise AuditError(f"GitHub would fill in what looks like an expression: {text}", remedy="rename the folder")
    more = {
        "calls": _in_utc(caller.schedule),
        "ledger_file": not _elsewhere(caller),
        "install": shlex.join(["pip", "install", package]),
        "command": command,
        "variables": caller.variables,
        "reports": _visible(reports, "the folder of reports"),
    }
    return [Unit(f"{caller.unit}.yml", _filled("github", caller, more))]


def _kubernetes(caller: Caller) -> list[Unit]:
    minutes, hours = _calls(caller.schedule)
    words = ["reporter", *_call(str(_MOUNT / Path(caller.file).name))]
    more = {
        "cron": f"{_listed(minutes, 60)} {_listed(hours, 24)} * * *",
        "resource": _resource(caller.name),
        "image": _visible(caller.image, "the image"),
        "words": [word.replace("$", "$$") for word in words],  # $(NAME) would be filled in
        "variables": caller.variables,
        "mount": str(_MOUNT),
    }
    return [Unit(f"{caller.unit}.yaml", _filled("kubernetes", caller, more))]


def _airflow(caller: Caller) -> list[Unit]:
    minutes, hours = _calls(caller.schedule)
    cron = f"{_listed(minutes, 60)} {_listed(hours, 24)} * * *"
    more = {"cron": cron, "words": caller.words, "start": caller.row.stored.astimezone(UTC)}
    return [Unit(f"{caller.unit}.py", _filled("airflow", caller, more))]


TARGETS: dict[str, Callable[[Caller], list[Unit]]] = {
    "systemd": _systemd,
    "cron": _crontab,
    "github": _github,
    "kubernetes": _kubernetes,
    "airflow": _airflow,
}


def _filled(template: str, caller: Caller, more: dict[str, Any]) -> str:
    from reporter.templating import prose_environment

    # Own filters on an overlay: what is quoted here is quoted for these targets alone.
    environment = prose_environment().overlay()
    environment.filters = {**environment.filters, "quoted": _quoted}
    return environment.get_template(f"units/{template}.j2").render(**caller.context(), **more) + "\n"


def _visible(text: str, what: str) -> str:
    """The text, if all of it can be seen: no line can be begun with it, and no file without UTF-8 be made."""
    if not text.isprintable():
        raise AuditError(f"{what} {text!r} holds characters that cannot be written into a unit", remedy="rename it")
    return text


def _quoted(text: str) -> str:
    """A text between quotes as JSON has it: so have YAML and Python, as long as all of it can be seen."""
    return json.dumps(_visible(text, "the text"), ensure_ascii=False)


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _program(path: str) -> str:
    """The first word of a call, in which systemd fills in no variables and so takes `$$` for what it is."""
    if set(path) & set("\"'\\$"):
        raise AuditError(f"systemd cannot call {path}", remedy="install reporter in a folder with a plainer name")
    return f'"{path.replace("%", "%%")}"'


def _calls(schedule: Schedule) -> tuple[list[int], list[int]]:
    """Minutes and hours at which to call: those of the schedule, and once more when a gap is sure to be over."""
    minutes, hours = schedule.times()
    offsets = _offsets(schedule)
    later = max(1, ceil((max(offsets) - min(offsets)) / timedelta(hours=1)))
    return minutes, sorted({(hour + step) % 24 for hour in hours for step in range(later + 1)})


def _in_utc(schedule: Schedule) -> list[str]:
    """Cron expressions in UTC for all moments of a day that the zone's time can be, and an hour after the last."""
    minutes, hours = schedule.times()
    steps = {-offset for offset in _offsets(schedule)}
    steps |= {max(steps) + timedelta(hours=1)} if len(steps) == 1 else set()
    by_minute: dict[int, set[int]] = {}
    for step in steps:
        for hour in hours:
            for minute in minutes:
                at = (hour * 60 + minute + round(step / timedelta(minutes=1))) % (24 * 60)
                by_minute.setdefault(at % 60, set()).add(at // 60)
    by_hours: dict[tuple[int, ...], list[int]] = {}
    for minute, found in sorted(by_minute.items()):
        by_hours.setdefault(tuple(sorted(found)), []).append(minute)
    return [f"{_listed(group, 60)} {_listed(found, 24)} * * *" for found, group in by_hours.items()]


def _offsets(schedule: Schedule) -> set[timedelta]:
    """What the zone's clock is ahead of UTC, over the year to come."""
    now = datetime.now(UTC)
    return {(now + timedelta(days=day)).astimezone(schedule.zone).utcoffset() or timedelta() for day in range(366)}


def _listed(values: Sequence[int], whole: int, form: str = "") -> str:
    return "*" if len(values) == whole else ",".join(("{" + form + "}").format(value) for value in values)


def _elsewhere(caller: Caller) -> bool:
    return bool(_POSTGRESQL.match(caller.audit.ledger))


def _in_repository(file: Path) -> str:
    """The file as seen from the root of its repository, or by its name alone when it is in none."""
    root = next((folder for folder in file.parents if (folder / ".git").exists()), file.parent)
    return file.relative_to(root).as_posix()


def _resource(name: str) -> str:
    """A name as Kubernetes allows it; one that had to be changed or cut is told apart by a hash."""
    plain = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
    mark = "" if plain == name else f"-{sha256(name.encode()).hexdigest()[:6]}"
    whole = f"reporter-{plain}"
    if len(whole) + len(mark) > _LONGEST:
        mark = f"-{sha256(name.encode()).hexdigest()[:6]}"
    return whole[: _LONGEST - len(mark)].rstrip("-") + mark
