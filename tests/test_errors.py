"""Errors: one line for a terminal, whatever was put in; near names are suggested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter import errors
from reporter.errors import (
    DemandNotMet,
    Locked,
    PartialRun,
    ReporterError,
    UnknownName,
    UsageError,
    listing,
    nearest,
)


def test_a_message_says_what_was_given_what_is_allowed_and_what_to_do() -> None:
    error = ReporterError("row 9 is not there.", allowed="rows 0 to 4", remedy="choose one of these;")
    assert str(error) == "row 9 is not there; rows 0 to 4; choose one of these"
    assert (error.problem, error.allowed, error.remedy) == (
        "row 9 is not there.",
        "rows 0 to 4",
        "choose one of these;",
    )


@pytest.mark.parametrize(("allowed", "remedy"), [("", ""), (" ", ""), ("\n", "."), ("", " ; ")])
def test_parts_that_are_empty_leave_no_trace(allowed: str, remedy: str) -> None:
    assert str(ReporterError("no such file", allowed=allowed, remedy=remedy)) == "no such file"


@given(st.text(), st.text(), st.text())
def test_a_message_is_one_printable_line(problem: str, allowed: str, remedy: str) -> None:
    said = str(ReporterError(problem, allowed=allowed, remedy=remedy))
    assert said.isprintable()
    assert said == " ".join(said.split())


def test_a_name_cannot_command_the_terminal() -> None:
    said = str(ReporterError("no file \x1b[2J\x07 called x\u202eslx.exe\r\n", remedy="see\u2028below"))
    assert said == "no file [2J called x slx.exe; see below"


def test_exit_codes() -> None:
    tree = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ReporterError)]
    assert len(tree) == 17
    assert {each: each.exit_code for each in tree if each.exit_code != 2} == {
        DemandNotMet: 1,
        PartialRun: 3,
        Locked: 11,
    }


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    error = UnknownName("method", "integrated_gradient", ["feature-ablation", "integrated-gradients"])
    assert str(error) == "no method called 'integrated_gradient'; did you mean 'integrated-gradients'?"
    assert isinstance(error, UsageError)


def test_an_unknown_name_that_is_like_none_is_answered_with_all() -> None:
    assert (
        str(UnknownName("class", "zebra", ["benign", "malignant"]))
        == "no class called 'zebra'; known: benign, malignant"
    )
    assert str(UnknownName("class", "zebra", [])) == "no class called 'zebra'; known: none"


def test_an_unknown_name_may_be_anything() -> None:
    assert "no column called ''" in str(UnknownName("column", "", ["a"]))
    assert "no column called '\\x1b[2J\\n'" in str(UnknownName("column", "\x1b[2J\n", iter(["a"])))


@pytest.mark.parametrize(
    ("given_name", "known", "found"),
    [
        ("Worst_Texture", ["worst-texture", "worst area"], "worst-texture"),
        ("BENIGN", ["benign", "malignant"], "benign"),
        ("xyz", ["benign"], None),
        ("", ["benign"], None),
        ("benign", [], None),
    ],
)
def test_nearest(given_name: str, known: list[str], found: str | None) -> None:
    assert nearest(given_name, known) == found


def test_a_listing_says_how_many_it_leaves_out() -> None:
    names = [f"c{i}" for i in range(15)]
    assert listing(names[:12]).endswith("c10, c11")
    assert listing(names).endswith("c11 and 3 more")
    assert listing(names, most=2) == "c0, c1 and 13 more"
    assert listing([]) == "none"


def test_an_error_survives_the_way_to_another_process() -> None:
    import pickle

    for error in (UnknownName("method", "gradients", ["gradient"]), ReporterError("a", allowed="b", remedy="c")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (str(again), again.problem, again.allowed, again.remedy) == (
            str(error),
            error.problem,
            error.allowed,
            error.remedy,
        )
