"""The measurement of how often checks are wrong still fits what audits count: a few nights of it."""

from __future__ import annotations

import pytest

from benchmarks.audits.planted import PLANTED
from benchmarks.audits.pools import SOURCES, pool_of, trained
from benchmarks.audits.rates import FOUND_LIMIT, Trials, alarms
from reporter.plugins import CHECKS


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda each: each.__name__)
def test_a_few_nights(source: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.audits.rates.TRIALS", 4)
    data = source()  # type: ignore[operator]
    pool = pool_of(data, trained(data), metrics=True)
    wrong, runs = alarms(pool, 10, seed=1)
    assert runs <= 1
    assert set(wrong) <= set(CHECKS.names())
    trials = Trials.of(pool, seed=2)
    for planted in PLANTED:
        if planted.check in ("performance", "inputs", "columns", "narrative") and planted.only in ("", data.task):
            assert trials.noticed(planted, planted.sizes[-1]) >= FOUND_LIMIT, planted.what
