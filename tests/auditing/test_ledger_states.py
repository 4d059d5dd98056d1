"""Whatever is done to a ledger, in whatever order, it holds what a dictionary would."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from reporter.auditing.ledger import Ledger
from reporter.work import Done, Item
from tests.auditing.ledgers import DAY, SLOT

slots = st.integers(0, 3).map(lambda days: SLOT + days * DAY)
studies = st.sampled_from(["cells", "mice"])
keys = st.sampled_from(["", "rows:0", "Rows:0", "rows:0 ", "é", "e\u0301", "a\0", "x" * 300]) | st.text(max_size=5)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
results = st.dictionaries(st.text(), values | st.lists(values, max_size=3), max_size=3)


@dataclass
class Run:
    """What is expected of one."""

    state: str = "running"
    pinned: bool = False
    results: dict[tuple[str, str], Done] = field(default_factory=dict)


class Ledgers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = Ledger.open(self.folder / "ledger.sqlite")
        self.runs: dict[Any, Run] = {}

    @rule(slot=slots)
    def begin(self, slot: Any) -> None:
        run = self.ledger.begin("nightly", slot)
        assert run.state == self.runs.setdefault(slot, Run()).state

    @rule(slot=slots, study=studies, key=keys, result=results | st.none())
    def record(self, slot: Any, study: str, key: str, result: dict[str, Any] | None) -> None:
        if slot not in self.runs:
            return
        item = Item(key)
        done = Done(item, result) if result is not None else Done(item, None, "it failed", "error")
        there = self.runs[slot].results.get((study, key))
        written = there is None or there.failed
        assert self.ledger.record("nightly", slot, study, done) == written
        if written:
            self.runs[slot].results[study, key] = done

    @rule(slot=slots, state=st.sampled_from(["complete", "partial", "failed"]))
    def finish(self, slot: Any, state: Any) -> None:
        if slot in self.runs:
            self.ledger.finish("nightly", slot, state, {}, [], 1.0)
            self.runs[slot].state = state

    @rule(slot=slots)
    def pin(self, slot: Any) -> None:
        if slot in self.runs:
            self.ledger.pin("nightly", slot)
            self.runs[slot].pinned = True

    @rule(slot=slots)
    def prune(self, slot: Any) -> None:
        gone = self.ledger.prune("nightly", slot, SLOT - DAY)  # all of these began later than any result is old
        whole = max((each for each, run in self.runs.items() if run.state == "complete"), default=None)
        ended = max((each for each, run in self.runs.items() if run.state in ("complete", "partial")), default=None)
        for run in gone:
            assert run.slot < slot
            assert run.slot not in (whole, ended)
            assert not self.runs.pop(run.slot).pinned

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger.open(self.folder / "ledger.sqlite")

    @invariant()
    def it_holds_what_it_was_given(self) -> None:
        there = {run.slot: run for run in self.ledger.runs("nightly", finished=False)}
        assert {slot: (run.state, run.pinned) for slot, run in there.items()} == {
            slot: (run.state, run.pinned) for slot, run in self.runs.items()
        }
        for slot, run in self.runs.items():
            for study in ("cells", "mice"):
                expected = {key: done for (of, key), done in run.results.items() if of == study}
                assert self.ledger.results("nightly", slot, study) == expected

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)


TestLedgers = Ledgers.TestCase
TestLedgers.settings = settings(max_examples=25, stateful_step_count=20)
