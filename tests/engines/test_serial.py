"""Serial: what it can interrupt, and what it leaves as it was."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import pytest
import torch

from reporter.engines.serial import Serial
from reporter.work import Done
from tests.engines.toys import items, job


def test_it_works_in_the_order_of_the_items_and_one_at_a_time() -> None:
    results = Serial().map(job(), items(5))
    assert next(results).item.key == "00"
    assert [done.item.key for done in results] == ["01", "02", "03", "04"]


def test_an_item_that_catches_everything_is_interrupted_again() -> None:
    started = time.monotonic()
    done = list(Serial().map(job(limit=0.3), items(2, i00={"do": "stubborn"})))
    assert [each.cause for each in done] == ["timeout", ""]
    assert 1.0 < time.monotonic() - started < 20


def test_the_alarm_is_as_it_was() -> None:
    rung = []
    former = signal.signal(signal.SIGALRM, lambda *given: rung.append(given))
    try:
        list(Serial().map(job(limit=0.2), items(2, i00={"do": "hang"})))
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert not rung
        signal.raise_signal(signal.SIGALRM)
        assert len(rung) == 1
    finally:
        signal.signal(signal.SIGALRM, former)


def test_in_another_thread_what_took_too_long_has_failed_once_it_ends() -> None:
    done: list[Done] = []
    given = items(3, i01={"pause": 0.5})
    thread = threading.Thread(target=lambda: done.extend(Serial().map(job(limit=0.3), given)))
    thread.start()
    thread.join()
    assert [(each.cause, each.problem) for each in done] == [
        ("", ""),
        ("timeout", "it took longer than 0.3 seconds"),
        ("", ""),
    ]


def test_ctrl_c_is_no_item_s_problem() -> None:
    def interrupted(*given: Any) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGINT, interrupted)
    timer = threading.Timer(0.3, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            list(Serial().map(job(limit=30), items(2, i00={"do": "hang"})))
    finally:
        timer.join()
        signal.signal(signal.SIGINT, former)


@pytest.fixture
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_two_threads")
def test_torch_has_the_job_s_threads_meanwhile_and_its_own_afterwards() -> None:
    with closing(cast("Any", Serial().map(job(), items(2, i00={"do": "describe"})))) as results:
        assert next(results).result["torch"] == 1
    assert torch.get_num_threads() == 2
