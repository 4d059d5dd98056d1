"""Every registered engine, built in or not, keeps the same promises."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import FrozenInstanceError, is_dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from reporter.engines.cluster import cluster
from reporter.engines.serial import Serial
from reporter.errors import AuditError, ModelError, ReporterError
from reporter.plugins import ENGINES
from reporter.work import Done, Engine, Item, Job
from tests.engines.processes import gone, numbered
from tests.engines.toys import items, job
from tests.samples import SAMPLES

APART = [name for name in ENGINES.names() if name != "serial"]  # workers are processes of their own
LIMIT = 4.0  # seconds, when an item hangs on purpose


@pytest.fixture(scope="module")
def _ray() -> Iterator[None]:
    """A cluster for all tests of this module: each would start one of its own."""
    with cluster("", 2, 1):
        yield


@pytest.fixture(params=ENGINES.names())
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "ray":
        request.getfixturevalue("_ray")
    kind = ENGINES.load(request.param)
    made: Engine = kind(workers=2) if "workers" in kind.__dataclass_fields__ else kind()
    return made


def text(done: Sequence[Done]) -> str:
    """Results as they are stored, whatever order they came in."""
    assert len({each.item.key for each in done}) == len(done)
    return json.dumps({each.item.key: each.result for each in done}, sort_keys=True)


def by_key(engine: Engine, job: Job, given: Sequence[Item]) -> dict[str, Done]:
    done = list(engine.map(job, given))
    assert sorted(each.item.key for each in done) == [item.key for item in given]
    return {each.item.key: each for each in done}


def alike(done: dict[str, Done], *apart: str) -> None:
    """All results are those of the serial engine; those apart have failed."""
    good = [each.item for key, each in done.items() if key not in apart]
    expected = {
        each.item.key: each for each in Serial().map(job(), [Item(i.key, {"number": int(i.key)}) for i in good])
    }
    assert text([done[item.key] for item in good]) == text(list(expected.values()))
    assert all(done[key].failed and done[key].result is None and done[key].problem for key in apart)


# What it is, and what it gives


def test_it_is_a_frozen_dataclass_that_says_what_it_is(engine: Engine) -> None:
    assert is_dataclass(engine)
    assert engine.name in ENGINES.names()
    assert type(engine) is ENGINES.load(engine.name)
    assert engine.description
    assert type(engine).__doc__
    with pytest.raises(FrozenInstanceError):
        engine.name = "other"


@pytest.mark.parametrize("workers", [0, -1])
@pytest.mark.parametrize("name", APART)
def test_a_number_of_workers_that_cannot_be_is_refused(name: str, workers: int) -> None:
    with pytest.raises(ReporterError, match=rf"{workers} workers; .*from 1"):
        ENGINES.load(name)(workers=workers)


def test_the_same_items_give_the_same_results(engine: Engine) -> None:
    done = list(engine.map(job(), items(25)))
    assert text(done) == text(list(Serial().map(job(), items(25))))
    assert all(each.attempts == 1 and each.seconds >= 0 and not each.problem for each in done)


def test_a_real_model_gives_the_same_results(engine: Engine) -> None:
    scoring = job("scoring", study=str(SAMPLES / "breast-cancer"))
    chunks = [Item(f"rows/{start}", {"rows": (start, start + 20)}) for start in range(0, 100, 20)]
    done = list(engine.map(scoring, chunks))
    assert text(done) == text(list(Serial().map(scoring, chunks)))
    assert all(len(cast("Any", each.result)["outputs"]) == 20 for each in done)


def test_without_items_nothing_is_opened(engine: Engine) -> None:
    assert list(engine.map(job("missing"), [])) == []


def test_results_of_any_size_arrive(engine: Engine) -> None:
    size = 16 * 2**20
    done = by_key(engine, job(), items(3, i01={"do": "large", "size": size}))
    assert len(cast("Any", done["01"].result)["text"]) == size


def test_large_arguments_arrive(engine: Engine) -> None:
    alike(by_key(engine, job(), [Item("00", {"number": 0, "ballast": b"x" * 8 * 2**20}), *items(3)[1:]]))


def test_results_come_as_items_end_and_items_are_taken_as_workers_get_free(engine: Engine) -> None:
    class Watched(Sequence[Any]):
        taken = 0

        def __len__(self) -> int:
            return 500

        def __getitem__(self, index: Any) -> Any:
            self.taken = max(self.taken, index + 1)
            return Item(f"{index:03}", {"number": index})

    watched = Watched()
    with closing(cast("Any", engine.map(job(), watched))) as results:
        for count, _ in enumerate(results, start=1):
            time.sleep(0.02)
            assert watched.taken <= count + 2
            if count == 30:
                break


# What goes wrong


def test_items_that_raise_or_return_no_result_fail_alone(engine: Engine) -> None:
    asked = {"i01": "fail", "i02": "refuse", "i03": "leave", "i04": "nan", "i05": "object", "i06": "list"}
    done = by_key(engine, job(), items(9, **{name: {"do": what} for name, what in asked.items()}))
    alike(done, "01", "02", "03", "04", "05", "06")
    assert {key: each.problem for key, each in done.items() if each.failed} == {
        "01": "ValueError: row 3 is",
        "02": "the model returns NaN; look at its inputs",
        "03": "SystemExit: 7",
        "04": "ValueError: Out of range float values are not JSON compliant",
        "05": "TypeError: Object of type object is not JSON serializable",
        "06": "TypeError: the result is no mapping but list",
    }
    assert {each.cause for each in done.values() if each.failed} == {"error"}


def test_an_item_that_hangs_fails_alone(engine: Engine) -> None:
    started = time.monotonic()
    done = by_key(engine, job(limit=LIMIT), items(6, i01={"do": "hang"}, i04={"do": "hang"}))
    alike(done, "01", "04")
    for key in ("01", "04"):
        assert (done[key].cause, done[key].attempts) == ("timeout", 1)
        assert done[key].problem == "it took longer than 4 seconds"
        assert done[key].seconds >= LIMIT
    assert time.monotonic() - started < 60


def test_an_item_that_runs_out_of_memory_fails_alone(engine: Engine) -> None:
    if engine.name == "serial":
        pytest.skip("it would be this process's memory")
    done = by_key(engine, job(), items(4, i01={"do": "hoard"}))
    alike(done, "01")
    assert done["01"].problem == "MemoryError"


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("end", ["segfault", "exit", "kill"])
def test_an_item_that_takes_its_worker_with_it_fails_alone(end: str, name: str, request: pytest.FixtureRequest) -> None:
    engine = chosen(name, request)
    done = by_key(engine, job(limit=60), items(8, i02={"do": end}))
    alike(done, "02")
    assert (done["02"].cause, done["02"].attempts) == ("crash", 2)
    assert "worker was lost 2 times" in done["02"].problem
    assert [each.attempts for key, each in done.items() if key != "02"] == [1] * 7


@pytest.mark.parametrize("name", APART)
def test_forty_items_arrive_although_a_worker_is_killed(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine, done = chosen(name, request), {}
    slowly = [Item(item.key, {**item.arguments, "pause": 0.05}) for item in items(40)]
    for each in engine.map(job(limit=60, folder=str(tmp_path)), slowly):
        done[each.item.key] = each
        if len(done) == 7:
            os.kill(numbered(tmp_path, "pid")[-1], signal.SIGKILL)
    assert len(done) == 40
    alike(done)
    assert sorted(each.attempts for each in done.values()) == [1] * 39 + [2]


@pytest.mark.parametrize("name", APART)
def test_an_item_whose_worker_was_ended_from_outside_is_tried_again(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine = chosen(name, request)
    done = by_key(engine, job(limit=60), items(3, i01={"do": "kill_once", "folder": str(tmp_path)}))
    alike(done)
    assert [done[key].attempts for key in ("00", "01", "02")] == [1, 2, 1]


@pytest.mark.parametrize("name", APART)
def test_an_item_that_cannot_be_sent_fails_alone(name: str, request: pytest.FixtureRequest) -> None:
    engine = chosen(name, request)
    done = by_key(engine, job(), [*items(3)[:2], Item("02", {"number": 2, "lock": threading.Lock()})])
    alike(done, "02")
    assert "cannot be handed to another process" in done["02"].problem


@pytest.mark.parametrize(
    ("opener", "kind", "says"),
    [
        ("missing", ModelError, "no such model: weights.pt2; train it"),
        ("broken", AuditError, "no worker could be made ready: ValueError: the [31m weights"),
        ("leaving", AuditError, "no worker could be made ready: SystemExit: 4"),
        ("absent", AuditError, "no worker could be made ready: AttributeError: module 'tests.engines.toys' has no"),
    ],
)
def test_an_opener_that_fails_is_one_error_before_any_item(
    engine: Engine, opener: str, kind: type[ReporterError], says: str
) -> None:
    done = []
    with pytest.raises(ReporterError) as raised:
        done += list(engine.map(job(opener), items(4)))
    assert type(raised.value) is kind
    assert str(raised.value).startswith(says)
    assert not done


@pytest.mark.parametrize("name", APART)
def test_an_opener_that_takes_its_worker_with_it_is_one_error(name: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(AuditError, match="no worker could be made ready: it ended"):
        list(chosen(name, request).map(job("dying"), items(4)))


@pytest.mark.parametrize("name", APART)
def test_a_worker_lost_while_it_is_opened_is_replaced(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    alike(by_key(chosen(name, request), job("once", folder=str(tmp_path)), items(4)))


@pytest.mark.parametrize("name", APART)
def test_fewer_workers_than_asked_for_go_on_by_themselves(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    alike(by_key(chosen(name, request), job("reluctant", folder=str(tmp_path)), items(6)))
    assert len(numbered(tmp_path, "pid")) == 1


@pytest.mark.parametrize("name", APART)
def test_an_opener_without_end_is_an_error_in_time(name: str, request: pytest.FixtureRequest) -> None:
    engine = chosen(name, request, opening_seconds=2.0)
    with pytest.raises(AuditError, match="no worker was ready within 2 seconds"):
        list(engine.map(job("slow"), items(2)))


# What is left behind


@pytest.mark.parametrize("end", ["closed", "raised"])
@pytest.mark.parametrize("name", APART)
def test_no_worker_is_left(name: str, end: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    engine = chosen(name, request)
    endless = items(8, i01={"do": "hang"}, i03={"do": "hang"}, i04={"do": "hang"})
    with suppress(ZeroDivisionError), closing(cast("Any", engine.map(job(folder=str(tmp_path)), endless))) as results:
        next(results)
        if end == "raised":
            raise ZeroDivisionError
    pids = numbered(tmp_path, "pid")
    assert pids
    assert gone(pids)


def test_what_workers_print_stays_out_of_standard_output(
    engine: Engine, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    if engine.name == "serial":
        pytest.skip("it prints in this process")
    alike(by_key(engine, job(), items(4, i01={"do": "noise"}, i02={"do": "noise"})))
    assert capfd.readouterr().out == ""
    assert not list(recwarn)


def test_workers_compute_in_as_many_threads_as_the_job_says(engine: Engine) -> None:
    scoring = job("scoring", study=str(SAMPLES / "breast-cancer"), threads=1)
    (done,) = engine.map(scoring, [Item("rows", {"rows": (0, 3)})])
    assert cast("Any", done.result)["threads"] == 1


def chosen(name: str, request: pytest.FixtureRequest, **settings: Any) -> Engine:
    if name == "ray":
        request.getfixturevalue("_ray")
    engine: Engine = ENGINES.load(name)(workers=2, **settings)
    return engine
