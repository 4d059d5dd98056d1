"""A Ray cluster for the time of a job: one that is there is joined, otherwise one of its own is started and ended.

One of its own listens on the loopback interface alone, wants a token nobody else knows, sends nothing home, and keeps
its files in a temporary folder that goes with it.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from reporter.engines.trying import THREADS, told
from reporter.errors import AuditError, MissingDependency

STORE = 80 * 2**20  # bytes of Ray's object store, whose least is 75 MiB; what does not fit goes to a file
CONNECTING = 5.0  # seconds to connect to an address
ANSWERING = 60.0  # seconds in which a cluster has to let us in
LONGEST = 18  # characters of where the temporary folder is made: a socket's name has 85 more, and may have 103
ENTER = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False); ray.shutdown()"


@contextmanager
def cluster(address: str, cpus: int, threads: int) -> Iterator[Any]:
    """The module `ray`, connected: to what this process is connected to already, to the address, or to one of its own.

    Raises MissingDependency without Ray, AuditError when the cluster cannot be had. Ends what it began, no more.
    """
    ray = _ray()
    if ray.is_initialized():
        yield ray
    elif address:
        _enter(address)
        with _connected(ray, {}, address=address):
            yield ray
    else:
        folder = _folder()  # for this user alone; what Ray makes in it is for everybody
        environment = {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # for its processes, see _connected
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # workers that ask for no GPU see the same as other engines'
            "RAY_AUTH_TOKEN": _token(),  # without one Ray writes its own to the user's home
            **dict.fromkeys(THREADS, str(threads)),
        }
        begin = {
            "num_cpus": cpus,
            "include_dashboard": False,
            "object_store_memory": STORE,
            "_temp_dir": str(folder / "r"),
        }
        try:
            with _connected(ray, environment, address="local", **begin):
                yield ray
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # a process of Ray's may still write a last line


def _ray() -> Any:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"the engine 'ray' needs the package {error.name!r}, which is not installed",
            remedy="pip install 'explanation-reporter[ray]', or choose another engine",
        ) from error
    return ray


@contextmanager
def _connected(ray: Any, environment: Mapping[str, str], **settings: Any) -> Iterator[None]:
    private = ray._private  # noqa: SLF001
    # Ray listens on all interfaces but where it thinks that clusters are impossible, as it does on macOS.
    local = settings["address"] == "local"
    alone = _altered(private.ray_constants, "ENABLE_RAY_CLUSTER", False) if local else nullcontext()
    with _altered(private.worker, "print_to_stdstream", _unsaid):
        try:
            with _environment(environment), _own_handlers(), alone:
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **settings)
        except Exception as error:  # Ray raises what it likes
            ray.shutdown()
            raise AuditError(f"Ray cannot be started: {told(error)}", remedy="choose another engine") from error
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """The variables, for what is started within; those that are set by the user for Ray stay as they are."""
    before = {name: os.environ.get(name) for name in (*settings, "RAY_AUTH_MODE")}  # which Ray sets
    os.environ.update({name: each for name, each in settings.items() if name in THREADS or name not in os.environ})
    try:
        yield
    finally:
        for name, each in before.items():
            if each is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = each


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Ray takes SIGTERM for itself; whose it was before gets it back."""
    here = threading.current_thread() is threading.main_thread()
    former = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if here and former is not None:
            signal.signal(signal.SIGTERM, former)


@contextmanager
def _altered(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Something of Ray's as it is wanted here, where this version of Ray has it and no public way to it."""
    former = getattr(owner, name, None)
    if former is None:
        yield
        return
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, former)


def _unsaid(*said: Any, **how: Any) -> None:
    """Ray prints what happens to workers on standard output, where reports may go; it is in its log as well."""


@cache
def _token() -> str:
    """One for this process: Ray reads it once."""
    return secrets.token_hex(32)


def _folder() -> Path:
    place, short = tempfile.gettempdir(), Path("/tmp")  # noqa: S108  # a folder of our own is made in it
    if len(place) > LONGEST and short.is_dir():
        place = str(short)
    return Path(tempfile.mkdtemp(prefix="reporter-", dir=place))


def _enter(address: str) -> None:
    """Fail fast, which Ray does not: it tries a wrong address for minutes, and ends the process then."""
    remedy = "check the address of [engine], or leave it out for a cluster of its own"
    host, _, port = re.sub(r"^ray://", "", address).rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECTING).close()
        except (OSError, OverflowError) as error:
            raise AuditError(f"no Ray cluster at {address}: {told(error)}", remedy=remedy) from error
    try:
        done = subprocess.run(  # noqa: S603  # this interpreter; the address is an argument to it
            [sys.executable, "-P", "-c", ENTER, address],
            capture_output=True,
            text=True,
            timeout=ANSWERING,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AuditError(f"no Ray cluster at {address}: no answer in {ANSWERING:g} seconds", remedy=remedy) from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise AuditError(f"no Ray cluster at {address}: {said[-1] if said else 'it cannot be entered'}", remedy=remedy)
