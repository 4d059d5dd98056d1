"""Units: what calls `run-due`, read again as its target would read it, whatever stands in names and paths."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from cronsim import CronSim
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from reporter.auditing.calendar.due import due
from reporter.auditing.calendar.schedule import Schedule
from reporter.auditing.calendar.units import TARGETS, Caller, Unit, units
from reporter.auditing.file import Audit, audit_from
from reporter.errors import AuditError, ReporterError, UnknownName
from tests.auditing.schedules import moment, row_of

PYTHON = sys.executable
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Antarctica/Troll")


def audit_of(**more: Any) -> Audit:
    return audit_from({"studies": {"one": {"study": "study.toml"}}, **more})


def caller(file: str = "/srv/audits/audit.toml", of: Audit | None = None, **row: Any) -> Caller:
    return Caller(of or audit_of(), row_of(**{"file": file, "time_zone": "Europe/Berlin", **row}), python=PYTHON)


def text_of(target: str, given: Caller) -> str:
    return "".join(unit.text for unit in units(target, given))


def call_to(file: str) -> list[str]:
    return [PYTHON, "-P", "-m", "reporter", "run-due", file, "--quiet"]


# Each target's own reading


def systemd(text: str) -> dict[str, dict[str, list[str]]]:
    """Sections, keys and values of a unit, as systemd.syntax(7) says: a backslash at the end goes on."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in text.split("\n"):
        assert not line.endswith("\\")
        if line.startswith("["):
            section = line.strip("[]")
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


def systemd_words(line: str) -> list[str]:
    """The words of ExecStart= with quotes, escapes, specifiers and variables undone; none may be filled in."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"(?: |$)', line)
    assert " ".join(f'"{word}"' for word in words) == line
    plain = [re.sub(r"\\(.)", r"\1", word) for word in words]
    assert all(not re.search(r"(?<!%)(%%)*%(?!%)", word) for word in plain)
    assert all(not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word) for word in plain)
    return [word.replace("%%", "%").replace("$$", "$") for word in plain]


def cron_words(text: str) -> tuple[str, list[str]]:
    """The five fields and the words of the one line that is no comment, as cron and its shell read them."""
    (line,) = [line for line in text.splitlines() if line and not line.startswith("#")]
    fields, command = line.split(" ", 5)[:5], line.split(" ", 5)[5]
    assert not re.search(r"(?<!\\)%", command)  # would end the command
    return " ".join(fields), shlex.split(command.replace("\\%", "%"))


def airflow(text: str, monkeypatch: pytest.MonkeyPatch, *, code: int = 0, version: int = 3) -> dict[str, Any]:
    """What a DAG file tells Airflow, and what it calls, with stand-ins for what it imports."""
    said: dict[str, Any] = {}

    class Skip(Exception):
        pass

    def dag(**settings: Any) -> Any:
        said["dag"] = settings
        return lambda function: function

    def task(**settings: Any) -> Any:
        said["task"] = settings
        return lambda function: function

    def timetable(cron: str, *, timezone: str) -> tuple[str, str]:
        return cron, timezone

    modules: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.timetables": {},
        "airflow.timetables.trigger": {"CronTriggerTimetable": timetable},
    }
    decorators, exceptions = {"dag": dag, "task": task}, {"AirflowSkipException": Skip}
    if version == 3:
        modules |= {"airflow.sdk": decorators, "airflow.sdk.exceptions": exceptions}
    else:
        modules |= {"airflow.decorators": decorators, "airflow.exceptions": exceptions}
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        said["command"] = command
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", run)
    exec(compile(text, "dag.py", "exec"), {"__name__": "dag"})
    return said


def test_systemd() -> None:
    service, timer = units("systemd", caller())
    assert (service.name, timer.name) == ("reporter-nightly.service", "reporter-nightly.timer")
    read = systemd(service.text)
    assert systemd_words(*read["Service"]["ExecStart"]) == call_to("/srv/audits/audit.toml")
    assert read["Service"]["Type"] == ["oneshot"]
    assert read["Service"]["SuccessExitStatus"] == ["11"]
    when = systemd(timer.text)
    assert when["Timer"] == {"OnCalendar": ["*-*-* 02,03:00:00 Europe/Berlin"], "Persistent": ["true"]}
    assert when["Install"] == {"WantedBy": ["timers.target"]}


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here (apt-get install systemd)"
)


def analyzed(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C", "XDG_RUNTIME_DIR": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    assert "Unknown" not in done.stderr
    assert "ignoring" not in done.stderr
    return done.stdout


@needs_systemd
@pytest.mark.parametrize("manager", ["--system", "--user"])
@pytest.mark.parametrize(
    ("at", "file"),
    [
        ("0 2 * * *", "/srv/audits/audit.toml"),
        ("*/7 * 1 * MON", '/srv/50% off; $HOME `id` "it\'s" \\here\\/audit.toml'),
        ("* 3 L * *", "/srv/审计 é/audit.toml"),
        ("0,30 22-23 * * 5#2", "/-/audit.toml "),
    ],
)
def test_systemd_takes_the_units(manager: str, at: str, file: str, tmp_path: Path) -> None:
    for unit in units("systemd", caller(file, at=at)):
        (tmp_path / unit.name).write_text(unit.text, encoding="utf-8")
    analyzed(
        manager, "verify", "--man=no", *(str(path) for path in sorted(tmp_path.glob("reporter-*"))), folder=tmp_path
    )


@needs_systemd
def test_systemd_analyze_would_have_found_a_mistake(tmp_path: Path) -> None:
    service, _ = units("systemd", caller())
    (tmp_path / service.name).write_text(service.text.replace("Nice=10", "Nicest=10"), encoding="utf-8")
    with pytest.raises(AssertionError):
        analyzed("--system", "verify", "--man=no", str(tmp_path / service.name), folder=tmp_path)


@needs_systemd
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("at", ["30 2 * * *", "15 1,2 * * *", "0 0 1 * MON"])
def test_systemd_calls_soon_after_each_slot_also_when_clocks_change(zone: str, at: str, tmp_path: Path) -> None:
    timer = units("systemd", caller(at=at, time_zone=zone))[1]
    (calendar,) = systemd(timer.text)["Timer"]["OnCalendar"]
    for start in ("2027-03-27", "2027-03-13", "2026-10-24", "2026-10-31", "2026-10-03", "2027-04-03"):
        first = moment(start)
        said = analyzed("calendar", "--iterations=20", f"--base-time={start} 00:00:00 UTC", calendar, folder=tmp_path)
        calls = [
            datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            for found in re.findall(r"(?:elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC", said)
        ]
        assert len(calls) == 20
        for slot in Schedule.read(at, zone).slots(first, first + timedelta(days=2)):
            assert any(slot <= call <= slot + timedelta(hours=1) for call in calls), slot


def test_cron() -> None:
    fields, words = cron_words(text_of("cron", caller("/srv/50% off/it's/audit.toml")))
    assert fields == "0,15,30,45 * * * *"
    assert words == call_to("/srv/50% off/it's/audit.toml")
    assert cron_words(text_of("cron", caller(at="7,40 2 * * *")))[0] == "7,10,22,25,37,40,52,55 * * * *"


def test_github() -> None:
    audit = audit_of(notify={"environment": "APPRISE_URLS"}, ledger="postgresql://u:$DB_PASSWORD@db/a")
    read = yaml.safe_load(text_of("github", caller(of=audit)))
    assert read["on"]["schedule"] == [{"cron": "0 0,1 * * *"}]
    assert read["concurrency"] == {"group": "reporter-nightly", "cancel-in-progress": False}
    steps = read["jobs"]["audit"]["steps"]
    assert shlex.split(steps[2]["run"]) == ["pip", "install", "explanation-reporter[postgresql,notify]"]
    assert shlex.split(steps[3]["run"]) == ["reporter", "run-due", "./audit.toml", "--quiet"]
    assert steps[3]["env"] == {name: f"${{{{ secrets.{name} }}}}" for name in ("APPRISE_URLS", "DB_PASSWORD")}


def test_github_names_the_file_as_its_repository_does(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    read = yaml.safe_load(text_of("github", caller(str(tmp_path / "ml" / "audits" / "audit.toml"))))
    assert read["jobs"]["audit"]["steps"][3]["run"] == "reporter run-due ./ml/audits/audit.toml --quiet"
    assert read["jobs"]["audit"]["steps"][4]["with"]["path"] == "ml/audits/reports"


def test_kubernetes() -> None:
    audit = audit_of(notify={"environment": "APPRISE_URLS"})
    read = yaml.safe_load(text_of("kubernetes", replace(caller("/x/my.toml", audit), image="internal/audits:7")))
    assert (read["apiVersion"], read["kind"], read["metadata"]) == ("batch/v1", "CronJob", {"name": "reporter-nightly"})
    spec = read["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("0 2,3 * * *", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    (container,) = pod["containers"]
    assert container["image"] == "internal/audits:7"
    assert container["command"] == ["reporter", "run-due", "/audit/my.toml", "--quiet"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "reporter-nightly", "key": "APPRISE_URLS"}


@pytest.mark.parametrize("name", ["A.b", "a-b", "a_b", "x" * 64, "9"])
def test_names_that_kubernetes_allows(name: str) -> None:
    read = yaml.safe_load(text_of("kubernetes", caller(audit=name)))
    assert read["metadata"]["name"].startswith("reporter-")


def test_names_that_kubernetes_cannot_tell_apart_stay_apart() -> None:
    names = ("a.b", "a-b", "a_b", "A-b", "x" * 64, "x" * 63)
    found = {yaml.safe_load(text_of("kubernetes", caller(audit=name)))["metadata"]["name"] for name in names}
    assert len(found) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?", name) for name in found)


@pytest.mark.parametrize("version", [2, 3])
def test_airflow(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of("airflow", caller("/srv/{{ var }}/audit.toml"))
    ast.parse(text)
    said = airflow(text, monkeypatch, version=version)
    assert said["command"] == call_to("/srv/{{ var }}/audit.toml")
    assert said["dag"]["dag_id"] == "reporter-nightly"
    assert said["dag"]["schedule"] == ("0 2,3 * * *", "Europe/Berlin")
    assert (said["dag"]["catchup"], said["dag"]["max_active_runs"]) == (False, 1)
    assert said["task"] == {"retries": 0}  # nothing that Airflow fills in with Jinja


def test_airflow_fails_with_the_audit_and_skips_when_another_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of("airflow", caller())
    with pytest.raises(RuntimeError, match="exit code 1"):
        airflow(text, monkeypatch, code=1)
    with pytest.raises(Exception, match="another run") as caught:
        airflow(text, monkeypatch, code=11)
    assert type(caught.value).__name__ == "Skip"


# When they call


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        "{} {} * * *".format, st.sampled_from(["0", "7", "30", "*/20", "59"]), st.sampled_from(["2", "*", "0,23"])
    ),
    st.sampled_from(ZONES),
    st.sampled_from(
        ["2027-03-27T20:00", "2026-10-24T20:00", "2026-11-01T00:00", "2027-04-03T12:00", "2027-01-05T00:00"]
    ),
)
def test_cron_and_github_call_at_each_slot_or_soon_after(at: str, zone: str, start: str) -> None:
    """Cron with the clock in UTC; GitHub always has it so. Troll moves its clock by two hours: then one is later."""
    given = caller(at=at, time_zone=zone)
    lines = [cron_words(text_of("cron", given))[0]]
    for line in (lines, [each["cron"] for each in yaml.safe_load(text_of("github", given))["on"]["schedule"]]):
        for slot in Schedule.read(at, zone).slots(moment(start), moment(start) + timedelta(days=2)):
            calls = [next(CronSim(each, slot - timedelta(minutes=1))) for each in line]
            assert min(calls) - slot <= timedelta(hours=2 if zone == "Antarctica/Troll" else 1), (slot, calls)


def test_a_call_at_another_minute_does_no_harm() -> None:
    """What makes it right to call too often: outside its slots nothing is due."""
    row = row_of("30 2 1 * MON", time_zone="Europe/Berlin", stored=moment("2026-11-21T00:00"))
    calls = [moment("2026-11-21T00:15") + timedelta(minutes=15 * step) for step in range(200)]
    assert sum(bool(due(row, call)) for call in calls if call < moment("2026-11-23T01:30")) == 0
    assert due(row, moment("2026-11-23T01:30")) == [moment("2026-11-23T01:30")]


# Whatever stands in names and paths

nasty = st.text(
    st.one_of(
        st.sampled_from(list("\"'%$`{}\\;&|<>()*?[]#!~= -\t\n\r\0")),
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(["\u2028", "\x85", "\ufeff", "\xa0", "\x7f", "\udc80"]),
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: "/" not in text)
whatever = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
phrases = (
    "50% off",
    '"; rm -rf / #',
    "$(id)",
    "${HOME}",
    "`id`",
    "{{ ds }}",
    "${{ secrets.X }}",
    "a\nExecStartPre=/bin/id",
    "it's",
    "\\",
    "a\\",
    "%h",
    "$$(NAME)",
    "'''",
    "# {% raw %}",
    "- x: y",
    "!!python/object:os.system",
    "&a *a",
)


def made(target: str, given: Caller) -> list[Unit] | None:
    """The units, or None when they are refused; no other error may come."""
    try:
        return units(target, given)
    except ReporterError:
        return None


def on_path(test: Any) -> Any:
    for phrase in phrases:
        test = example(phrase)(test)
    return whatever(given(nasty)(test))


@on_path
def test_no_path_gets_out_of_a_systemd_unit(name: str) -> None:
    file = f"/srv/{name}/audit.toml"
    if (found := made("systemd", caller(file))) is None:
        assert not name.isprintable()
        return
    plain = units("systemd", caller("/plain"))
    assert found[1].text == plain[1].text
    read, expected = systemd(found[0].text), systemd(plain[0].text)
    (command,) = read["Service"].pop("ExecStart")
    expected["Service"].pop("ExecStart")
    assert systemd_words(command) == call_to(file)
    assert read == expected


@on_path
def test_no_path_gets_out_of_a_crontab(name: str) -> None:
    file = f"/srv/{name}/audit.toml"
    if (found := made("cron", caller(file))) is None:
        assert not name.isprintable() or "\\" in name
        return
    assert cron_words(found[0].text)[1] == call_to(file)
    assert found[0].text.count("\n") == text_of("cron", caller("/plain")).count("\n")


@on_path
def test_no_path_gets_out_of_a_workflow(name: str) -> None:
    file = f"/{name}/audit.toml"
    given = caller(file, audit_of(outputs={"folder": name}))
    if (found := made("github", given)) is None:
        assert not name.isprintable() or "${{" in name
        return
    read = yaml.safe_load(found[0].text)
    steps = read["jobs"]["audit"]["steps"]
    assert steps[4]["with"].pop("path") == name.removeprefix("./") or name in (".", "..")
    expected = yaml.safe_load(text_of("github", caller("/plain/audit.toml")))
    expected["jobs"]["audit"]["steps"][4]["with"].pop("path")
    assert read == expected
    assert found[0].text.count("${{") == 0


@on_path
def test_no_path_gets_out_of_a_cron_job(name: str) -> None:
    file = f"/srv/{name}"
    assume(name not in (".", ".."))
    given = replace(caller(file), image=name)
    if (found := made("kubernetes", given)) is None:
        assert not name.isprintable()
        return
    read = yaml.safe_load(found[0].text)
    (container,) = read["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == name
    # $(NAME) is filled in by Kubernetes, and $$ stands for $.
    assert not re.search(r"(?<!\$)(\$\$)*\$\(", "".join(container["command"]))
    assert [word.replace("$$", "$") for word in container["command"]] == [
        "reporter", "run-due", f"/audit/{Path(file).name}", "--quiet",
    ]  # fmt: skip
    expected = yaml.safe_load(text_of("kubernetes", caller()))
    plain = expected["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    for key in ("image", "command"):
        container.pop(key)
        plain.pop(key)
    assert read == expected


@on_path
def test_no_path_gets_out_of_a_dag(name: str) -> None:
    file = f"/srv/{name}/audit.toml"
    if (found := made("airflow", caller(file))) is None:
        assert not name.isprintable()
        return
    tree, plain = ast.parse(found[0].text), ast.parse(text_of("airflow", caller("/plain")))
    for each in (tree, plain):
        (command,) = [node for node in each.body if isinstance(node, ast.Assign)]
        words = ast.literal_eval(command.value)
        each.body.remove(command)
        if each is tree:
            assert words == call_to(file)
    assert ast.dump(tree) == ast.dump(plain)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "row",
    [
        {"audit": "a\nb"},
        {"audit": "a b"},
        {"audit": '"'},
        {"audit": "a\n"},
        {"audit": "{{ x }}"},
        {"at": "0 2 * * *\n* * * * * id"},
        {"at": "0 2 * * $(id)"},
        {"time_zone": "UTC\nExecStartPre=/bin/id"},
        {"time_zone": '"; id'},
        {"time_zone": "Europe/Nowhere"},
    ],
)
def test_what_a_ledger_says_is_not_believed(target: str, row: dict[str, Any]) -> None:
    """Names, times and zones were checked when they were stored; a ledger may come from elsewhere."""
    with pytest.raises(AuditError):
        units(target, caller(**row))


@pytest.mark.parametrize("target", ["github", "kubernetes"])
@pytest.mark.parametrize("name", ["A B", "A\nB", "A: b", "${{ x }}", "1A", "é"])
def test_what_is_no_variable_is_refused(target: str, name: str) -> None:
    with pytest.raises(AuditError, match="variable"):
        units(target, caller(of=audit_of(notify={"environment": name})))


@pytest.mark.parametrize("python", ["/opt/it's/python", "/opt/$x/python", "/opt/\\/python", "/opt/a\nb/python"])
def test_a_program_that_systemd_could_not_call_is_refused(python: str) -> None:
    with pytest.raises(AuditError):
        units("systemd", replace(caller(), python=python))


def test_an_unknown_target_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="systemd"):
        units("system", caller())


def test_units_are_the_same_each_time_they_are_made() -> None:
    for target in TARGETS:
        assert units(target, caller()) == units(target, caller())
