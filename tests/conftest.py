"""What every test starts from: one thread, the same seeds, the same hypothesis examples."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from reporter.explanation import Explanation
    from tests.browser import Browser

# Tests run beside each other: one thread each is faster than all cores for all. Set before anything imports torch.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# What is started in the background ignores Ctrl-C, and all that it starts with it; tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples each time, and no time limit for one: the machine may be busy.
settings.register_profile("reporter", derandomize=True, deadline=None)
settings.load_profile("reporter")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Each test starts from the same seeds; torch's only where it is there already, so that none brings it in."""
    random.seed(0)
    np.random.seed(0)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Explanation]:
    """The explanation of one decision of a sample, by the sample's name; computed once for all workers together."""
    from tests.samples import explained

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # each worker has a folder of its own in one that they share
    (folder := shared / "samples").mkdir(exist_ok=True)
    return cache(partial(explained, folder=folder))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, started once for each worker. Tests are skipped where it is not installed, but in CI it has to be."""
    from tests.browser import Browser, lacking

    if reason := lacking():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    made = Browser(tmp_path_factory.mktemp("pages"))
    yield made
    made.close()
