"""Notices reach whom they are for, in time, and never show an address."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from reporter.auditing.file import Audit, audit_from
from reporter.auditing.notify import MOST, check, notify, wanted
from reporter.auditing.report.rendering import render
from reporter.errors import MissingDependency
from tests.auditing import nights

SECRET = "hunter2-not-to-be-seen"
VARIABLE = "AUDIT_TEST_URLS"


def audit(**notify_settings: Any) -> Audit:
    settings = {"environment": VARIABLE, **notify_settings}
    return audit_from({"studies": {"breast-cancer": {"study": "study.toml"}}, "notify": settings})


class Service(HTTPServer):
    """A service on this machine that keeps what it is sent; `status` is what it answers."""

    def __init__(self, status: int = 200) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = status

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                kept.got.append({"path": self.path, **json.loads(content)})
                self.send_response(kept.status)
                self.end_headers()

            def log_message(self, *told: Any) -> None:
                pass

        kept = self
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_address[1]}/{SECRET}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def test_a_notice_is_delivered(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, service.address)
    result = nights.run()
    assert notify(audit(), result, [tmp_path / "report.html"]) == []
    (got,) = service.got
    assert got["title"].startswith("Breast-cancer screening: Something changed: quality")
    lines = got["message"].splitlines()
    assert sum(line.startswith("– Critical: Accuracy fell from") for line in lines) == 1
    assert len([line for line in lines if line.startswith("– ")]) == MOST + 1
    assert f"and {len(result.findings) - MOST} more" in got["message"]
    assert lines[-1] == f"Report: {tmp_path / 'report.html'}"


def test_chinese(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, service.address)
    assert notify(audit(), nights.run(language="zh"), []) == []
    assert "严重：准确率由" in service.got[0]["message"]


def test_who_is_told_of_what() -> None:
    quiet, bad = nights.run(8), nights.run()
    assert not wanted(audit().notify, quiet)
    assert wanted(audit().notify, bad)
    assert wanted(audit().notify, replace(quiet, state="partial"))
    assert not wanted(audit(partial=False).notify, replace(quiet, state="partial"))
    notes = replace(quiet, findings=tuple(replace(each, severity="info") for each in bad.findings))
    assert not wanted(audit().notify, notes)
    assert wanted(audit(severity="info").notify, notes)
    assert not wanted(audit(severity="critical", partial=False).notify, replace(bad, findings=bad.findings[2:]))
    assert not wanted(audit(environment="").notify, bad)


def test_a_quiet_night_is_told_to_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, service.address)
    assert notify(audit(), nights.run(8), []) == []
    assert service.got == []


def test_no_address_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert notify(audit(), nights.run(), []) == [f"nobody was notified: the environment has no {VARIABLE}"]


def test_addresses_that_fail_are_counted_and_not_shown(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One is none at all, one refuses, one is not there, one works."""
    service.status = 500
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"json://:{SECRET}@127.0.0.1:{taken.getsockname()[1]}/{SECRET}"
        addresses = [SECRET, f"nosuch://{SECRET}", service.address, gone]
        monkeypatch.setenv(VARIABLE, " ".join(addresses))
        with caplog.at_level(logging.DEBUG):
            warnings = notify(audit(), nights.run(), [])
    assert warnings == [f"notice {n} of 4 in {VARIABLE} could not be delivered" for n in (1, 2, 3, 4)]
    assert len(service.got) == 1
    out, err = capfd.readouterr()
    assert SECRET not in out + err + caplog.text + repr(warnings)


def test_a_service_that_hangs_is_given_up(
    service: Service, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hanging = f"json://:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/?rto=3600&cto=3600"
        monkeypatch.setenv(VARIABLE, f"{hanging} {service.address}")
        begun = time.monotonic()
        warnings = notify(audit(), nights.run(), [], patience=1.0)
        assert time.monotonic() - begun < 60  # and not the hour that it asked for
    assert warnings == [f"notice 1 of 2 in {VARIABLE} was given up after 1 s"]
    assert len(service.got) == 1  # the other one was told all the same
    assert SECRET not in "".join(capfd.readouterr())


def test_without_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setenv(VARIABLE, f"json://{SECRET}")
    with pytest.raises(MissingDependency, match=r"explanation-reporter\[notify\]"):
        check(audit().notify)
    check(audit(environment="").notify)
    (warning,) = notify(audit(), nights.run(), [])
    assert warning.startswith("nobody was notified: notifications need the package 'apprise'")
    assert SECRET not in warning


def test_reports_and_ledger_hold_no_address(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, service.address)
    result = nights.run()
    notify(audit(), result, [])
    assert all(SECRET.encode() not in render(result, name) for name in ("html", "json", "md", "junit"))
    nights.ledger_of(tmp_path, 2).close()
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_nothing_is_left_that_keeps_a_process_alive(service: Service) -> None:
    """A thread that still waits for a service does not hold up the end of the process."""
    script = (
        "from tests.auditing.test_notify import audit, nights, notify; "
        "print(notify(audit(), nights.run(), [], patience=0.5))"
    )
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hanging = f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=3600&cto=3600"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={VARIABLE: hanging, "PATH": "", "PYTHONPATH": "."},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert "was given up after 0.5 s" in done.stdout
    assert done.stderr == ""
