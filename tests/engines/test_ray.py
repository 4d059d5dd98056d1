"""Ray: a cluster of its own leaves nothing behind and is nobody else's; another's is joined, and left as it was."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from reporter.engines import cluster as clusters
from reporter.engines.cluster import cluster
from reporter.engines.ray import RayEngine
from reporter.engines.serial import Serial
from reporter.errors import AuditError, MissingDependency, ReporterError
from reporter.work import Job
from tests.engines.driving import driver
from tests.engines.processes import marked, numbered, within
from tests.engines.toys import HERE, items, job


@pytest.fixture(scope="module")
def own() -> Iterator[Any]:
    with cluster("", 2, 1) as ray:
        yield ray


@pytest.fixture(scope="module")
def its_address(own: Any) -> str:
    address: str = own.get_runtime_context().gcs_address
    return address


@pytest.fixture
def _not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever cluster there may be for other tests."""
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)


def listeners(pids: list[int]) -> set[str]:
    """The addresses that processes listen on, as /proc writes them: hexadecimal, each four bytes turned round."""
    sockets = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(str(link.readlink()))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].partition(":")[0])
    return found


def results(said: str) -> dict[str, Any]:
    return {line["key"]: line["result"] for line in map(json.loads, said.splitlines())}


def expected(count: int) -> dict[str, Any]:
    return {done.item.key: json.loads(json.dumps(done.result)) for done in Serial().map(job(), items(count))}


# A cluster of its own


def test_a_cluster_of_its_own_is_nobody_else_s_and_leaves_nothing_behind(tmp_path: Path) -> None:
    slowly = {"count": 6, "i04": {"pause": 1}, "i05": {"pause": 3}}
    with driver(
        tmp_path, engine="ray", settings={"workers": 2}, job={"folder": str(tmp_path)}, items=slowly
    ) as process:
        assert within(90, lambda: len(numbered(tmp_path, "pid")) == 2)
        heard = listeners(list(marked(str(tmp_path))))
        assert [each.stat().st_mode & 0o777 for each in (tmp_path / "t").iterdir()] == [0o700]
        said, noise = process.communicate(timeout=90)
        assert not list((tmp_path / "t").iterdir())
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert heard
    assert heard <= loopback
    assert results(said) == expected(6)
    assert noise == ""
    assert within(20, lambda: not marked(str(tmp_path)))
    assert not list((tmp_path / "home").rglob("*"))


@pytest.mark.usefixtures("_not_connected")
def test_nobody_enters_a_cluster_of_its_own_without_its_token(
    its_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert its_address.startswith("127.0.0.1:")
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # as this cluster has it
    with pytest.raises(AuditError, match=f"no Ray cluster at {its_address}"):
        list(RayEngine(address=its_address).map(job(), items(2)))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", clusters._token())
    clusters._enter(its_address)  # it was the token that was missing


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_driver(end: signal.Signals, tmp_path: Path) -> None:
    endless = {"count": 4, "i01": {"do": "hang"}, "i02": {"do": "spin"}}
    with driver(
        tmp_path, engine="ray", settings={"workers": 2}, job={"folder": str(tmp_path)}, items=endless
    ) as process:
        assert within(90, lambda: len(numbered(tmp_path, "pid")) == 2)
        time.sleep(0.5)
        process.send_signal(end)
        process.wait(60)
        # Ray's own agents, which hold no model, take about a minute to notice.
        agents = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
        assert within(30, lambda: all(each.startswith(agents) for each in marked(str(tmp_path)).values()))
    for pid in marked(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def test_the_environment_and_signals_are_as_they_were(own: Any) -> None:
    assert own.is_initialized()
    assert not [name for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE", "RAY_USAGE_STATS_ENABLED") if name in os.environ]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    list(RayEngine(workers=1).map(job(), items(1)))
    assert own.is_initialized()  # it was there before, and is not the engine's to end


# What cannot be had


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("needs", "says"),
    [
        (
            {"gpus": 64.0},
            r"no machine of the Ray cluster has what a worker needs: 1 CPU, 64 GPU; .* 2 CPU, \d+ GPU; ask",
        ),
        ({"threads": 500}, r"what a worker needs: 500 CPU, 0 GPU; the most that one has: 2 CPU"),
    ],
)
def test_what_no_machine_has_is_told_at_once(needs: dict[str, Any], says: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(AuditError, match=says):
        list(RayEngine(workers=2).map(Job(f"{HERE}:plain", {"folder": str(tmp_path)}, **needs), items(4)))
    assert time.monotonic() - started < 60  # it would wait for ever
    assert not numbered(tmp_path, "pid")


@contextmanager
def a_listener() -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("_not_connected")
def test_an_address_where_nothing_is_fails_at_once() -> None:
    with a_listener() as closed:
        pass
    for address in (closed, f"ray://{closed}", "no.such.host.invalid:6379"):
        started = time.monotonic()
        with pytest.raises(AuditError, match=rf"no Ray cluster at {address}: .*; check the address") as raised:
            list(RayEngine(address=address).map(job(), items(2)))
        assert "\n" not in str(raised.value)
        assert time.monotonic() - started < 20


@pytest.mark.usefixtures("_not_connected")
def test_an_address_that_is_none_fails_at_once() -> None:
    with pytest.raises(
        AuditError, match=r"no Ray cluster at nonsense: ValueError: Invalid address.*; check the address"
    ):
        list(RayEngine(address="nonsense").map(job(), items(2)))


@pytest.mark.usefixtures("_not_connected")
def test_an_address_where_something_else_listens_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ANSWERING", 4.0)
    with a_listener() as address, pytest.raises(AuditError, match="no answer in 4 seconds"):
        list(RayEngine(address=address).map(job(), items(2)))


def test_without_ray_it_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"pip install 'explanation-reporter\[ray\]'"):
        list(RayEngine().map(job(), items(2)))


def test_without_items_ray_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert list(RayEngine().map(job(), [])) == []


# Workers of its own and of another's cluster


@pytest.mark.usefixtures("own")
def test_a_worker_that_is_lost_between_two_items_is_replaced(tmp_path: Path) -> None:
    done = []
    for each in RayEngine(workers=1).map(job(limit=60, folder=str(tmp_path)), items(3)):
        done.append(each)
        if len(done) == 1:
            os.kill(numbered(tmp_path, "pid")[0], signal.SIGKILL)
            time.sleep(3)
    assert [(each.item.key, each.failed) for each in done] == [("00", False), ("01", False), ("02", False)]


@pytest.mark.usefixtures("own")
def test_workers_have_the_threads_of_the_job() -> None:
    (done,) = RayEngine(workers=1).map(job(), items(1, i00={"do": "describe"}))
    assert done.result == {"omp": "1", "torch": None}


def test_another_s_cluster_is_joined_and_left_running(tmp_path: Path) -> None:
    with a_listener() as address:
        port = address.partition(":")[2]
    folder = Path("/tmp") / f"r{os.getpid()}"
    alone = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # on the loopback interface
    environment = {**{name: each for name, each in os.environ.items() if not name.startswith("RAY_")}, **alone}
    start = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--port={port}", "--num-cpus=1"]
    more = ["--include-dashboard=false", f"--object-store-memory={clusters.STORE}", f"--temp-dir={folder}"]
    with subprocess.Popen(
        [*start, *more], env={**environment, "HOME": str(tmp_path)}, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as head:
        try:
            assert within(60, lambda: answers(port))
            asked = {"engine": "ray", "job": {}, "items": {"count": 5, "i01": {"do": "fail"}}}
            for _ in range(2):  # the second time shows that it is still there
                with driver(tmp_path, alone, settings={"address": address}, **asked) as process:
                    said, noise = process.communicate(timeout=60)
                wanted = {key: None if key == "01" else each for key, each in expected(5).items()}
                assert results(said) == wanted, noise
        finally:
            head.terminate()
            if not within(30, lambda: head.poll() is not None):
                head.kill()
            subprocess.run(["rm", "-rf", folder], check=True)


def answers(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def test_errors_keep_their_kind_across_processes() -> None:
    """As an opener's error does; also one whose class is made with other arguments."""
    from reporter.engines.trying import portable

    class Local(ReporterError):
        """Cannot be found by its name."""

    assert type(portable(Local("a local matter"))) is AuditError
    assert str(portable(Local("a local matter"))) == "a local matter"
    assert type(portable(MissingDependency("x"))) is MissingDependency
