"""Stored explanations to embed, and a server of this machine alone for the sites that embed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from reporter.explanation import Explanation
from tests.reports import BAD, decision


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory, sample: Callable[[str], Explanation]) -> Path:
    """A folder with explanations of every kind that looks its own way."""
    folder = tmp_path_factory.mktemp("explanations")
    decision(12).to_json(folder / "table.json")
    decision(10, classes=0).to_json(folder / "value.json")
    decision(12, scores=BAD).to_json(folder / "unreliable.json")
    for name in ("digits", "tickets", "heartbeats"):
        sample(name).to_json(folder / f"{name}.json")
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_said: Any) -> None:
        """Nothing: what went wrong is seen in the browser."""


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serves folders of built sites and gives their addresses."""
    servers: list[ThreadingHTTPServer] = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
