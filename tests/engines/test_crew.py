"""Crew: what becomes of items, with workers that do exactly what a test wants."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from reporter.engines.crew import Crew, Event
from reporter.engines.trying import Outcome
from reporter.errors import AuditError, ModelError
from reporter.work import Done, Item, Job

GOOD = Outcome("{}")
ITEMS = [Item("a"), Item("b"), Item("c")]


@dataclass(eq=False)
class Puppet:
    """A worker that answers when it is asked, or not at all."""

    stage: Stage
    left: bool = False
    ended: bool = False

    def give(self, item: Item) -> None:
        self.stage.given.append(item.key)
        plan = self.stage.plans.get(item.key)
        say = plan.popleft() if plan else GOOD
        if say == "never":
            return
        self.stage.events.append(Event(self, gone=say) if isinstance(say, str) else Event(self, outcome=say))

    def again(self) -> Puppet:
        self.ended = True
        return self.stage.hire()

    def leave(self) -> None:
        self.left = True

    def end(self) -> None:
        self.ended = True


@dataclass
class Stage:
    """Where puppets come from; what the next ones say when they are opened, "" for ready."""

    plans: dict[str, deque[Outcome | str]] = field(default_factory=dict)
    openings: deque[str | ModelError] = field(default_factory=deque)
    events: list[Event] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    hired: list[Puppet] = field(default_factory=list)

    def hire(self) -> Puppet:
        say = self.openings.popleft() if self.openings else ""
        if say == "none":
            raise AuditError("no more processes")
        puppet = Puppet(self)
        self.hired.append(puppet)
        if isinstance(say, ModelError):
            self.events.append(Event(puppet, error=say))
        elif say != "never":
            self.events.append(Event(puppet, gone=say))
        return puppet

    def heard(self, seconds: float) -> Sequence[Event]:
        if not self.events:
            time.sleep(seconds)
        found, self.events = self.events, []
        return found


def worked(stage: Stage, items: Sequence[Item] = ITEMS, size: int = 1, limit: float | None = 0.2) -> dict[str, Done]:
    done = list(Crew(Job("a:b", item_seconds=limit), items, stage, 0.2).work(size))
    assert sorted(each.item.key for each in done) == [item.key for item in items]
    assert all(puppet.ended for puppet in stage.hired)
    return {each.item.key: each for each in done}


def test_each_item_is_given_once_in_its_order() -> None:
    stage = Stage()
    done = worked(stage, size=2)
    assert stage.given == ["a", "b", "c"]
    assert not any(each.failed for each in done.values())
    assert all(puppet.left for puppet in stage.hired)


def test_a_lost_item_is_tried_again_before_fresh_ones_and_no_third_time() -> None:
    stage = Stage({"a": deque(["gone"]), "b": deque(["first", "second"])})
    done = worked(stage)
    assert stage.given == ["a", "a", "b", "b", "c"]
    assert (done["a"].attempts, done["a"].failed) == (2, False)
    assert (done["b"].attempts, done["b"].cause) == (2, "crash")
    assert done["b"].problem == "its worker was lost 2 times: second"
    assert len(stage.hired) == 4


def test_a_late_item_is_not_tried_again_and_its_worker_is_replaced() -> None:
    stage = Stage({"b": deque(["never"])})
    done = worked(stage)
    assert stage.given == ["a", "b", "c"]
    assert (done["b"].cause, done["b"].problem) == ("timeout", "it took longer than 0.2 seconds")
    assert len(stage.hired) == 2


def test_nobody_is_hired_for_nothing() -> None:
    stage = Stage({"c": deque(["never"])})
    worked(stage)
    assert len(stage.hired) == 1


def test_a_driver_that_is_slow_makes_no_item_late() -> None:
    stage = Stage()
    done = []
    for each in Crew(Job("a:b", item_seconds=0.1), ITEMS, stage, 5.0).work(2):
        time.sleep(0.25)
        done.append(each.cause)
    assert done == ["", "", ""]


def test_an_item_that_took_its_worker_with_it_after_its_time_is_late() -> None:
    stage = Stage()
    crew = Crew(Job("a:b", item_seconds=0.1), ITEMS[:2], stage, 5.0)
    stage.plans = {"b": deque(["never"])}
    done = []
    for each in crew.work(2):
        done.append((each.item.key, each.cause, each.attempts))
        if each.item.key == "a":
            time.sleep(0.2)
            stage.events.append(Event(stage.hired[1], gone="by its own watch"))
    assert done == [("a", "", 1), ("b", "timeout", 1)]


def test_last_words_of_one_that_was_replaced_are_not_heard() -> None:
    stage = Stage({"a": deque(["never"])})
    crew = Crew(Job("a:b", item_seconds=0.1), ITEMS[:2], stage, 5.0)
    done = []
    for each in crew.work(1):
        done.append((each.item.key, each.cause))
        stage.events.append(Event(stage.hired[0], outcome=GOOD))
    assert done == [("a", "timeout"), ("b", "")]


def test_openings_that_fail_by_accident_are_tried_again() -> None:
    done = worked(Stage(openings=deque(["killed"])))
    assert not any(each.failed for each in done.values())


@pytest.mark.parametrize("said", ["killed", "never"])
def test_openings_that_never_work_are_an_error(said: str) -> None:
    stage = Stage(openings=deque([said] * 9))
    with pytest.raises(AuditError, match=r"no worker could be made ready: killed|no worker was ready within 0.2 sec"):
        worked(stage, size=2)
    assert len(stage.hired) == (5 if said == "killed" else 2)
    assert not stage.given


def test_the_first_error_is_told_when_all_are_refused() -> None:
    stage = Stage(openings=deque([ModelError("first"), ModelError("second")]))
    with pytest.raises(ModelError, match="first"):
        worked(stage, size=2)
    assert not stage.given


def test_one_that_is_refused_later_leaves_the_work_to_the_others() -> None:
    stage = Stage({"a": deque(["gone"])}, openings=deque(["", "", ModelError("no room")]))
    done = worked(stage, size=2)
    assert not any(each.failed for each in done.values())


def test_when_nobody_is_left_what_was_done_has_been_given_out() -> None:
    stage = Stage({"b": deque(["gone"])}, openings=deque(["", ModelError("no room")]))
    results = Crew(Job("a:b"), ITEMS, stage, 5.0).work(1)
    assert next(results).item.key == "a"
    with pytest.raises(ModelError, match="no room"):
        next(results)


def test_what_cannot_be_started_is_no_harm_to_what_could() -> None:
    stage = Stage({"a": deque(["gone"])}, openings=deque(["", "none", ""]))
    assert not any(each.failed for each in worked(stage, size=3).values())
    assert len(stage.hired) == 3  # two, and one in the place of who is gone
    with pytest.raises(AuditError, match="no more processes"):
        worked(Stage(openings=deque(["none"] * 2)), size=2)
