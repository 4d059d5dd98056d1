"""How often the checks of audits are wrong, and what they find: `python -m benchmarks.audits.rates [RESAMPLES]`.

False alarms: pairs of nights drawn from the same rows and the same model, of any size; each finding is one, information
included. Found: the same with a planted change, in several sizes; the largest must be found. Data: breast-cancer (two
classes), diabetes (a value), and made-up loans with categories and a protected attribute.

Exits 1 when a check is wrong in more than 1% of pairs, a run in more than 5%, or the largest change is missed in more
than 5%. Takes a few minutes on two cores.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
import torch

from benchmarks.audits.nights import Drawn, counted, drawn, history
from benchmarks.audits.planted import PLANTED, SWAPPED, Planted, Scene
from benchmarks.audits.pools import SOURCES, Pool, pool_of, trained
from reporter.check import Check
from reporter.comparison import Comparison
from reporter.overview import Overview
from reporter.plugins import CHECKS

RESAMPLES, TRIALS, PROCESSES = 1_000, 50, 2
ROWS = (120, 400, 1_200)  # of a night, at random for false alarms
PLANTED_ROWS = 1_000
CHECK_LIMIT, RUN_LIMIT, FOUND_LIMIT = 0.01, 0.05, 0.95
EARLIER = 14


@dataclass(frozen=True)
class Found:
    """How often a check noticed a change of one size on one data set."""

    check: str
    what: str
    size: float
    data: str
    rate: float
    largest: bool


def checks() -> tuple[Check, ...]:
    """All that come along, with their own settings."""
    return tuple(CHECKS.load(name)() for name in CHECKS.names())


def alarms(pool: Pool, resamples: int, seed: int) -> tuple[Counter[str], int]:
    """How many pairs of nights each check was wrong about, and about how many any of them was."""
    rng, asked = np.random.default_rng(seed), checks()
    wrong: Counter[str] = Counter()
    runs = 0
    for _ in range(resamples):
        before, after = (counted(pool, drawn(pool, int(rng.choice(ROWS)), rng)) for _ in range(2))
        comparison = Comparison(after, before, history(pool, ROWS, EARLIER, rng))
        spoke = [check.name for check in asked if list(check.compare(comparison))]
        wrong.update(spoke)
        runs += bool(spoke)
    return wrong, runs


@dataclass(frozen=True, eq=False)
class Trials:
    """Pairs of nights of one model, the second not counted yet: each planted change happens to the same ones."""

    pool: Pool
    pairs: tuple[tuple[Overview, Drawn, tuple[Overview, ...]], ...]

    @classmethod
    def of(cls, pool: Pool, seed: int) -> Trials:
        rng = np.random.default_rng(seed)

        def pair() -> tuple[Overview, Drawn, tuple[Overview, ...]]:
            before = counted(pool, drawn(pool, PLANTED_ROWS, rng))
            return before, drawn(pool, PLANTED_ROWS, rng), history(pool, (PLANTED_ROWS,), EARLIER, rng)

        return cls(pool, tuple(pair() for _ in range(TRIALS)))

    def noticed(self, planted: Planted, size: float) -> float:
        """How often the check that must notice a change does."""
        dice, check = np.random.default_rng(17), CHECKS.load(planted.check)()
        count = 0
        for before, night, earlier in self.pairs:
            after = counted(self.pool, planted.change(Scene(self.pool, night, size, dice)))
            count += bool(list(check.compare(Comparison(after, before, earlier))))
        return count / TRIALS

    def noticed_model(self, other: Pool, names: Sequence[str]) -> list[float]:
        """How often checks notice that the second night is of another model on the same kind of rows."""
        # What is counted against, and the noise of explanations, are those of the reference night.
        known = self.pool
        other = replace(other, gauge=known.gauge, noise=known.noise, grades=known.grades, scores=known.scores)
        dice, asked = np.random.default_rng(23), [CHECKS.load(name)() for name in names]
        counts = [0] * len(names)
        for before, _, earlier in self.pairs:
            comparison = Comparison(counted(other, drawn(other, PLANTED_ROWS, dice)), before, earlier)
            for i, check in enumerate(asked):
                counts[i] += bool(list(check.compare(comparison)))
        return [count / TRIALS for count in counts]


def measured(index: int, resamples: int) -> tuple[str, Counter[str], int, list[Found]]:
    """Everything about one data set."""
    torch.set_num_threads(1)
    source = SOURCES[index]()
    pool = pool_of(source, trained(source), metrics=True)
    wrong, runs = alarms(pool, resamples, seed=index)
    trials = Trials.of(pool, seed=31)
    found = [
        Found(each.check, each.what, size, pool.name, trials.noticed(each, size), size == each.sizes[-1])
        for each in PLANTED
        if each.only in ("", source.task, source.name)
        for size in each.sizes
    ]
    for swapped in SWAPPED:
        if not swapped.sources or source.name in swapped.sources:
            for size in swapped.sizes:
                other = swapped.change(source, pool, size)
                for check, rate in zip(swapped.checks, trials.noticed_model(other, swapped.checks), strict=True):
                    found.append(Found(check, swapped.what, size, pool.name, rate, size == swapped.sizes[-1]))
    return pool.name, wrong, runs, found


def table(data: Sequence[str], wrong: Sequence[Counter[str]], runs: Sequence[int], resamples: int) -> list[str]:
    """The rates of false alarms, by check and data set."""
    lines = ["", f"False alarms: share of {resamples:,} pairs of nights with nothing changed", ""]
    lines.append(f"{'check':<14}" + "".join(f"{name:>16}" for name in data))
    rows = [(name, [each[name] for each in wrong]) for name in CHECKS.names()]
    lines += [f"{name:<14}" + "".join(f"{count / resamples:>16.2%}" for count in counts) for name, counts in rows]
    lines.append(f"{'any, per run':<14}" + "".join(f"{each / resamples:>16.2%}" for each in runs))
    return lines


def found_table(found: Sequence[Found], data: Sequence[str]) -> list[str]:
    """What was noticed of each change, by size and data set."""
    lines = ["", f"Found: share of {TRIALS} nights of {PLANTED_ROWS:,} rows with a planted change; * must be found", ""]
    lines.append(f"{'check':<14}{'change':<46}{'size':>6}  " + "".join(f"{name:>15}" for name in data))
    rows: dict[tuple[str, str, float], dict[str, Found]] = {}
    for each in found:
        rows.setdefault((each.check, each.what, each.size), {})[each.data] = each
    order = CHECKS.names()
    for (check, what, size), by_data in sorted(
        rows.items(), key=lambda row: (order.index(row[0][0]), row[0][1], row[0][2])
    ):
        must = "*" if any(each.largest for each in by_data.values()) else " "
        cells = "".join(f"{by_data[name].rate:>15.0%}" if name in by_data else f"{'–':>15}" for name in data)
        lines.append(f"{check:<14}{what:<46}{size:>6g}{must} {cells}")
    return lines


def _missed(data: Sequence[str], wrong: Sequence[Counter[str]], runs: Sequence[int], resamples: int) -> list[str]:
    lines = []
    for name, counts, any_of_them in zip(data, wrong, runs, strict=True):
        lines += [
            f"{check} is wrong in {count / resamples:.2%} of pairs of {name}"
            for check, count in counts.items()
            if count > CHECK_LIMIT * resamples
        ]
        if any_of_them > RUN_LIMIT * resamples:
            lines.append(f"a run is wrong in {any_of_them / resamples:.2%} of pairs of {name}")
    return lines


def main(resamples: int = RESAMPLES) -> int:
    """Measure, print, compare with the limits."""
    start = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
        # The largest first, so that no process waits for it in the end.
        order = sorted(range(len(SOURCES)), reverse=True)
        results = list(processes.map(measured, order, [resamples] * len(order)))
    data, wrong, runs = ([each[0] for each in results], [each[1] for each in results], [each[2] for each in results])
    found = [each for result in results for each in result[3]]
    print(*table(data, wrong, runs, resamples), *found_table(found, data), sep="\n")
    missed = _missed(data, wrong, runs, resamples)
    missed += [
        f"{each.check}: {each.what} ({each.size:g}) is found in {each.rate:.0%} only, {each.data}"
        for each in found
        if each.largest and each.rate < FOUND_LIMIT
    ]
    silent = set(CHECKS.names()) - {each.check for each in found}
    missed += [f"{name}: nothing is planted for it" for name in sorted(silent)]
    print("", f"{time.perf_counter() - start:.0f} s", *(missed or ["All limits are kept."]), sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
