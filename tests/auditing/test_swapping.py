"""A site is replaced whole or not at all: full disks, places that cannot be written, kills, strangers' folders."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reporter.auditing.history import swapping
from reporter.auditing.history.swapping import MARK, swapped
from reporter.errors import OutputError


def build(folder: Path, text: str, error: str = "") -> None:
    with swapped(folder) as building:
        (building / "index.html").write_text(text)
        if error:
            raise RuntimeError(error)


def state(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != MARK}


def test_a_site_is_built_and_replaced(tmp_path: Path) -> None:
    build(tmp_path / "a" / "site", "one")
    assert state(tmp_path / "a" / "site") == {"index.html": "one"}
    with swapped(tmp_path / "a" / "site") as building:
        (building / "other.html").write_text("two")
        assert state(tmp_path / "a" / "site") == {"index.html": "one"}
    assert state(tmp_path / "a" / "site") == {"other.html": "two"}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["site"]


def test_where_two_folders_cannot_be_swapped_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapping, "_exchanged", lambda one, other: False)
    build(tmp_path / "site", "one")
    build(tmp_path / "site", "two")
    assert state(tmp_path / "site") == {"index.html": "two"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_error_while_building_leaves_the_old_one(tmp_path: Path) -> None:
    build(tmp_path / "site", "one")
    with pytest.raises(RuntimeError, match="midway"):
        build(tmp_path / "site", "two", "midway")
    assert state(tmp_path / "site") == {"index.html": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_of_somebody_elses_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(OutputError, match="the folder holds other files"):
        build(tmp_path, "site")
    assert state(tmp_path) == {"thesis.txt": "three years of work"}
    with pytest.raises(OutputError, match="it is a file"):
        build(tmp_path / "thesis.txt", "site")
    (tmp_path / "empty").mkdir()
    build(tmp_path / "empty", "site")
    assert state(tmp_path / "empty") == {"index.html": "site"}


def test_a_link_stays_one(tmp_path: Path) -> None:
    build(tmp_path / "real", "one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    build(tmp_path / "link", "two")
    assert (tmp_path / "link").is_symlink()
    assert state(tmp_path / "real") == {"index.html": "two"}


def test_a_place_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="what was there is as it was"):
        build(tmp_path / "file" / "site", "one")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_place_that_may_not_be_written() -> None:
    """As somebody without rights, in another process; below a folder that they may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "site", "one")
        for each in (folder / "site", folder):
            each.chmod(0o555)
        nobody = "os.setgroups([]); os.setgid(65534); os.setuid(65534); os.listdir('.')"
        done = _elsewhere(folder / "site", "two", before=f"os.chdir({name!r}); {nobody}")
        assert "OutputError: cannot write the site" in done
        assert "Permission denied; what was there is as it was" in done
        assert state(folder / "site") == {"index.html": "one"}
        assert [path.name for path in folder.iterdir()] == ["site"]


def test_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: the write fails midway just the same."""
    build(tmp_path / "site", "one")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    done = _elsewhere(tmp_path / "site", "x" * 100_000, before=limit)
    assert "OutputError: cannot write the site" in done
    assert "File too large; what was there is as it was" in done
    assert state(tmp_path / "site") == {"index.html": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_what_a_killed_build_left_behind(tmp_path: Path) -> None:
    build(tmp_path / "site", "one")
    kill = "import signal, threading; threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()"
    _elsewhere(tmp_path / "site", "two", before=kill, within="import time; time.sleep(30)")
    (left,) = (path for path in tmp_path.iterdir() if path.name != "site")
    assert left.name.startswith(".site.new-")
    assert state(tmp_path / "site") == {"index.html": "one"}
    build(tmp_path / "site", "two")
    assert left.exists()  # another build might be at work on it
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(left, (long_ago, long_ago))
    build(tmp_path / "site", "three")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_site_comes_back_that_was_just_being_replaced(tmp_path: Path) -> None:
    """Where folders cannot be swapped in one step, a kill between the two leaves the old one under another name."""
    build(tmp_path / "site", "one")
    (tmp_path / "site").rename(tmp_path / ".site.old-0123456789ab")
    with pytest.raises(RuntimeError), swapped(tmp_path / "site"):
        raise RuntimeError
    assert state(tmp_path / "site") == {"index.html": "one"}


def _elsewhere(folder: Path, text: str, *, before: str, within: str = "pass") -> str:
    """Build in a process of its own; what it says."""
    script = (
        f"import os\nfrom pathlib import Path\nfrom reporter.auditing.history.swapping import swapped\n{before}\n"
        f"with swapped(Path({str(folder)!r})) as building:\n"
        f"    (building / 'index.html').write_text({text!r})\n    {within}\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    return done.stderr
