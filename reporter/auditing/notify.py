"""Notices of a run through Apprise: mail, chat, webhooks. Addresses come from the environment and stay there.

An address holds a password or a token as a rule: none is stored, shown, logged or put into an error, and neither is
what a service answers.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporter.auditing.report.layout import verdict
from reporter.auditing.report.phrases import Phrases, phrases
from reporter.errors import MissingDependency
from reporter.finding import at_least
from reporter.rounding import printable

if TYPE_CHECKING:
    from reporter.auditing.file import Audit, NotifySection
    from reporter.auditing.results import RunResult

MOST = 5  # findings in a notice
PATIENCE = 30.0  # seconds that all services together may take
_NAME = "reporter notice"


def wanted(settings: NotifySection, result: RunResult) -> bool:
    """Whether anybody is to be told of a run."""
    if not settings.environment:
        return False
    if settings.partial and result.state != "complete":
        return True
    return result.worst is not None and at_least(result.worst, settings.severity)


def notify(audit: Audit, result: RunResult, reports: Sequence[Path], *, patience: float = PATIENCE) -> list[str]:
    """Tell of a run whomever [notify] names; returns what went wrong, a line each, and raises nothing for it."""
    if not wanted(audit.notify, result):
        return []
    name = audit.notify.environment
    addresses = os.environ.get(name, "").split()
    if not addresses:
        return [f"nobody was notified: the environment has no {name}"]
    try:
        apprise = _apprise()
    except MissingDependency as error:
        return [f"nobody was notified: {error}"]
    say = phrases(result.language, result.zone)
    title, body = subject(say, result), text(say, result, reports)
    with _quiet():
        return _sent(apprise, name, addresses, title, body, patience)


def check(settings: NotifySection) -> None:
    """Raise MissingDependency, before long work, where somebody is to be told and Apprise is not there."""
    if settings.environment:
        _apprise()


def subject(say: Phrases, result: RunResult) -> str:
    """One line: the audit and its verdict."""
    return say("notify", "subject", title=printable(result.title or result.audit), headline=verdict(say, result))


def text(say: Phrases, result: RunResult, reports: Sequence[Path]) -> str:
    """The verdict, the worst findings, and where the report lies; plain text."""
    colon = str(say.tongue.words["document"]["colon"])
    lines = [f"{say.moment(result.slot)}{colon}{verdict(say, result)}"]
    findings = result.sorted_findings
    lines += [f"– {say.severity(each.severity)}{colon}{say.sentence(each)}" for each in findings[:MOST]]
    if len(findings) > MOST:
        lines.append(f"– {say('notify', 'more', count=say.count(len(findings) - MOST))}")
    if result.failed or result.state != "complete":
        lines.append(say("notify", "partial"))
    if reports:
        lines.append(say("notify", "where", where=str(Path(reports[0]).resolve())))
    return "\n".join(lines)


def _sent(apprise: Any, name: str, addresses: list[str], title: str, body: str, patience: float) -> list[str]:
    """Deliver to each address in a thread of its own, so that one that hangs holds up neither the others nor us."""
    done: dict[int, bool] = {}
    threads = []
    until = time.monotonic() + patience
    for place, address in enumerate(addresses):
        arguments = (apprise, address, title, body, done, place, until)
        threads.append(threading.Thread(target=_deliver, args=arguments, name=_NAME, daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = [place for place in range(len(addresses)) if place not in done]
    refused = [place for place, good in sorted(done.items()) if not good]
    count = len(addresses)
    return [
        *(f"notice {place + 1} of {count} in {name} could not be delivered" for place in refused),
        *(f"notice {place + 1} of {count} in {name} was given up after {patience:g} s" for place in late),
    ]


def _deliver(
    apprise: Any, address: str, title: str, body: str, done: dict[int, bool], place: int, until: float
) -> None:
    patience = max(0.001, until - time.monotonic())
    try:
        asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, plugin_paths=[], app_id="reporter")
        service = apprise.Apprise(asset=asset)
        good = bool(service.add(address))
        for each in service:  # Apprise waits in threads of its own, for which the end of this process waits as well
            each.socket_read_timeout = min(float(each.socket_read_timeout), patience)
            each.socket_connect_timeout = min(float(each.socket_connect_timeout), patience)
        good = good and bool(service.notify(title=title, body=body, body_format="text"))
    except Exception:  # noqa: BLE001 - a stranger's plug-in may raise anything, with the address in its message
        good = False
    if good or time.monotonic() < until:  # what failed for want of time was given up
        done[place] = good


def _apprise() -> Any:
    try:
        import apprise
    except ModuleNotFoundError as error:
        raise MissingDependency(
            "notifications need the package 'apprise', which is not installed",
            remedy="pip install 'explanation-reporter[notify]'",
        ) from error
    return apprise


@contextmanager
def _quiet() -> Iterator[None]:
    """What Apprise and what it is built on would log or warn of names addresses: none of it is shown anywhere."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "requests")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if not any(thread.name == _NAME for thread in threading.enumerate()):  # one that was given up may still speak
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)
