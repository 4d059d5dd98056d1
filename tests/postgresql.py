"""A PostgreSQL server for tests, from Debian's packages: on loopback, on a free port, in a folder of its own.

It runs as a user that is not root, which it refuses, and is ended by its own process id.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pg8000.native

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/bin", "/usr/bin")
PATIENCE = 60.0  # seconds that it may take to start


def programs() -> Path | None:
    """The folder that holds initdb and postgres, the newest version first; None where they are not installed."""
    found = [path for place in PLACES for path in sorted(Path("/").glob(place[1:]), key=lambda each: -_version(each))]
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


def _version(path: Path) -> int:
    digits = "".join(letter for letter in path.parent.name if letter.isdigit())
    return int(digits or 0)


def lacking() -> str:
    """Why there can be no server here, as a reason to skip; empty where nothing is missing."""
    return "" if programs() else "no PostgreSQL here: run `.ci/setup postgresql`"


class Server:
    """A server that is up, with one user, who has a password. End it with `close`."""

    def __init__(self) -> None:
        folder = programs()
        assert folder is not None
        self.user, self.password = "auditor", "p@ss/w:rd%20" + secrets.token_hex(8)
        self.folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # pytest's own is closed to other users
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = next(pwd.getpwnam(name) for name in ("postgres", "nobody") if _known(name))
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        data = str(self.folder / "data")
        self._run(folder / "initdb", "-D", data, "-U", self.user, f"--pwfile={secret}", "--auth=scram-sha-256")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        settings = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", f"port={self.port}")
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [folder / "postgres", "-D", data, *(part for each in settings for part in ("-c", each))],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, cwd=self.folder, **self._as,
        )  # fmt: skip
        self._wait()

    def connect(self, database: str = "postgres") -> pg8000.native.Connection:
        """A plain connection, of the user who may do everything."""
        return pg8000.native.Connection(
            self.user, host="127.0.0.1", port=self.port, password=self.password, database=database, timeout=PATIENCE
        )

    def database(self) -> str:
        """The name of a database that is empty: always the same one, as making one takes long."""
        if not self.run("SELECT 1 FROM pg_database WHERE datname = 'ledgers'"):
            self.run("CREATE DATABASE ledgers")
        self.run("ALTER DATABASE ledgers RESET ALL")
        self.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledgers'")
        self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC", "ledgers")
        return "ledgers"

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Rows of a statement."""
        connection = self.connect(database)
        try:
            return list(connection.run(statement) or ())
        finally:
            connection.close()

    def address(self, database: str) -> str:
        """A URL whose password is in the environment, as $LEDGER_PASSWORD."""
        return f"postgresql://{self.user}:$LEDGER_PASSWORD@127.0.0.1:{self.port}/{database}"

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)  # without waiting for those who are connected
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        self._log.close()
        shutil.rmtree(self.folder)

    def _run(self, *command: str | Path) -> None:
        options = ["--encoding=UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run(
            [*command, *options], cwd=self.folder, capture_output=True, text=True, check=False, **self._as
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _wait(self) -> None:
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                self.connect().close()
            except (pg8000.native.InterfaceError, pg8000.native.DatabaseError) as error:
                if self._process.poll() is not None or time.monotonic() > ends:
                    said = (self.folder / "log").read_text(errors="replace")
                    self._process.kill()
                    raise AssertionError(f"the server did not start: {said}") from error
                time.sleep(0.1)
            else:
                break


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
