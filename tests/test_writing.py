"""Writing: whole or not at all, whatever is in the way, and nothing is left behind."""

from __future__ import annotations

import os
import resource
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reporter.errors import OutputError
from reporter.writing import write

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def a_full_disk(room: int) -> Iterator[None]:
    """No file may grow beyond `room` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "report.html", b"<p>\x00\xff</p>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_bytes() == b"<p>\x00\xff</p>"


def test_a_bare_name_is_in_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("report.html"), b"here")
    assert (tmp_path / "report.html").read_bytes() == b"here"


def test_a_new_file_is_as_private_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write(tmp_path / "report.html", b"")
    assert mode(tmp_path / "report.html") == mode(tmp_path / "plain")


@pytest.mark.parametrize("rights", [0o600, 0o640, 0o444])
def test_a_file_that_is_there_is_replaced_and_keeps_its_permissions(tmp_path: Path, rights: int) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"before")
    path.chmod(rights)
    write(path, b"after")
    assert path.read_bytes() == b"after"
    assert mode(path) == rights


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"before")
    (tmp_path / "report.html").symlink_to(tmp_path / "precious")
    write(tmp_path / "report.html", b"after")
    assert (tmp_path / "precious").read_bytes() == b"before"
    assert (tmp_path / "report.html").read_bytes() == b"after"


def test_a_device_is_written_to_and_stays_a_device(tmp_path: Path) -> None:
    write(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"through")
    reader.join(timeout=10)
    assert read == [b"through"]
    assert pipe.is_fifo()


def test_a_device_without_room_is_one_line() -> None:
    with pytest.raises(OutputError, match="cannot write /dev/full: No space left on device; choose"):
        write(Path("/dev/full"), b"x")


def test_the_longest_name_a_folder_takes_is_taken(tmp_path: Path) -> None:
    name = "r" * 250 + ".html"
    write(tmp_path / name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"
    with pytest.raises(OutputError, match="File name too long"):
        write(tmp_path / ("r" + name), b"x")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "out" / "report.html", b"x")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/out/report.html: the folder {tmp_path}/out does not exist; mkdir -p {tmp_path}/out"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder_and_a_folder_no_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(OutputError, match="cannot write"):
        write(tmp_path / "out" / "report.html", b"x")
    with pytest.raises(OutputError, match="it is a folder; name a file in it"):
        write(tmp_path, b"x")
    assert (tmp_path / "out").read_bytes() == b"a file"


def test_a_disk_that_fills_up_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"before")
    with a_full_disk(room=1000), pytest.raises(OutputError, match=r"cannot write .*: File too large; choose"):
        write(path, b"x" * 100_000)
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("rights", [0o555, 0o000], ids=["read-only", "closed"])
def test_a_folder_one_may_not_write_to_is_one_line(rights: int) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(rights)
    try:
        with (
            as_nobody(),
            pytest.raises(OutputError, match=f"cannot write {folder}/report.html: Permission denied; choose"),
        ):
            write(folder / "report.html", b"x")
        with as_nobody(), pytest.raises(OutputError, match="cannot write"):
            write(folder / "deeper" / "report.html", b"x")
    finally:
        folder.chmod(0o700)
        assert list(folder.iterdir()) == []
        folder.rmdir()


def test_whatever_stops_it_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.html").write_bytes(b"before")

    def stopped(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "report.html", b"after")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_bytes() == b"before"


def test_many_at_once_to_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    contents = [bytes([65 + i]) * 50_000 for i in range(8)]
    threads = [threading.Thread(target=write, args=(tmp_path / "report.html", content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "report.html").read_bytes() in contents
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    umask = os.umask(0)
    os.umask(umask)
    assert mode(tmp_path / "report.html") == 0o666 & ~umask
