"""What every test starts from: one thread, the same seeds, the same hypothesis examples."""

from __future__ import annotations

import os
import random
import sys

import numpy as np
import pytest
from hypothesis import settings

# Tests run beside each other: one thread each is faster than all cores for all. Set before anything imports torch.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

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
