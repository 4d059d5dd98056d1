"""A run from its data to its reports, on models of several kinds; what is committed is not done again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.dataset import dataset

from reporter.auditing.file import audit_from
from reporter.auditing.ledger import Ledger
from reporter.auditing.night import hash_of_model
from reporter.auditing.publishing import folder_of
from reporter.auditing.run import Outcome, run_audit
from reporter.errors import AuditError, Locked, NotTrusted, PartialRun
from reporter.overview import Overview
from reporter.plugins import ENGINES
from reporter.study import read_study
from tests.samples import SAMPLES

SLOT = datetime(2026, 3, 1, 1, tzinfo=UTC)
NEXT = SLOT + timedelta(days=1)


def audited(folder: Path, slot: datetime = SLOT, **changed: Any) -> Outcome:
    """A run of a small audit; `study` and everything else may be changed."""
    study = {"study": str(SAMPLES / "breast-cancer"), "instances": 1, "watch": ["41"], **changed.pop("study", {})}
    folder.mkdir(exist_ok=True)
    content = {
        "name": "nightly",
        "studies": {"one": study},
        "engine": {"name": "serial"},
        "outputs": {"formats": ["json"], "surprising": 1},
        **changed.pop("audit", {}),
    }
    return run_audit(audit_from(content, folder=folder), slot, **changed)


def rows(folder: Path, change: Any = None, name: str = "tonight.csv") -> Path:
    """The test rows of breast-cancer as a file of tonight, changed line by line."""
    lines = (SAMPLES / "breast-cancer" / "test.csv").read_text().splitlines()
    path = folder / name
    path.write_text("\n".join(change(lines) if change else lines) + "\n")
    return path


def test_a_night_is_counted_explained_and_told(tmp_path: Path) -> None:
    outcome = audited(tmp_path, study={"slices": ["worst_area"]})
    assert outcome.exit_code == 0
    found = outcome.result.overviews["one"]
    assert (found.rows, found.invalid, found.towards, found.attributed) == (114, 0, "malignant", 114)
    assert found.quality is not None
    assert found.quality.accuracy == pytest.approx(0.9825, abs=1e-4)
    assert found.method == "integrated-gradients"
    assert sum(driver.share for driver in found.drivers) == pytest.approx(1.0)
    assert all(driver.noise is not None for driver in found.drivers)
    assert [told.instance for told in found.told if told.watched] == ["41"]
    assert found.reliability.instances == 1
    assert {each.column for each in found.slices} == {"worst_area"}
    assert len(found.model_hash) == len(found.data_hash) == len(found.weight_hash) == 64
    report = json.loads(outcome.reports[0].read_text())
    assert report["state"] == "complete"
    surprising = next(told for told in found.told if told.report)
    assert (outcome.reports[0].parent / surprising.report).is_file()


def test_what_is_complete_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = audited(tmp_path)
    monkeypatch.setattr(ENGINES.load("serial"), "map", None)  # whatever asked for it would fail
    again = audited(tmp_path)
    assert again.before
    assert again.result.overviews == first.result.overviews
    assert again.reports == first.reports


def test_a_run_that_was_stopped_goes_on_to_the_same_results(tmp_path: Path) -> None:
    whole = audited(tmp_path / "whole", study={"chunk": 20})
    counted: list[int] = []

    def stopping() -> bool:
        counted.append(1)
        return len(counted) >= 4

    with pytest.raises(PartialRun, match="4 of 9 items"):
        audited(tmp_path / "cut", study={"chunk": 20}, stopping=stopping)
    with Ledger.open("ledger.sqlite", folder=tmp_path / "cut") as ledger:
        before = ledger.results("nightly", SLOT, "one")
        assert len(before) == 4
    done = audited(tmp_path / "cut", study={"chunk": 20}).result.overviews["one"]
    wanted = whole.result.overviews["one"]
    assert _timeless(done) == _timeless(wanted)


def _timeless(overview: Overview) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(overview.to_json())
    return {key: value for key, value in content.items() if key != "cost"}


def test_parts_of_any_size_come_to_the_same(tmp_path: Path) -> None:
    one, many = (audited(tmp_path / str(size), study={"chunk": size}).result.overviews["one"] for size in (10_000, 7))
    assert one.quality is not None
    assert many.quality is not None
    assert many.quality.loss == pytest.approx(one.quality.loss)
    for now, then in zip(many.drivers, one.drivers, strict=True):
        assert (now.id, now.rank) == (then.id, then.rank)
        assert now.share == pytest.approx(then.share, rel=1e-6)
    assert many.columns[3].histogram == one.columns[3].histogram


def test_cells_that_cannot_be_read_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    def spoiled(lines: list[str]) -> list[str]:
        cells = lines[1].split(",")
        torn = ",".join([*cells[:2], "n/a", *cells[3:]])
        empty = ",".join([*lines[2].split(",")[:2], "", *lines[2].split(",")[3:]])
        other = lines[3].replace("benign", "unknown").replace("malignant", "unknown")
        return [lines[0], torn, empty, other, *lines[4:]]

    found = audited(tmp_path, study={"data": str(rows(tmp_path, spoiled))}).result.overviews["one"]
    assert (found.rows, found.invalid) == (112, 2)
    assert found.quality is not None
    assert found.quality.rows == 111, "a class that the model does not know is no label"


def test_a_column_that_is_gone_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    audited(tmp_path)

    def without(lines: list[str]) -> list[str]:
        return [",".join(line.split(",")[:5] + line.split(",")[6:]) for line in lines]

    outcome = audited(tmp_path, NEXT, study={"data": str(rows(tmp_path, without))})
    found = outcome.result.overviews["one"]
    assert (found.rows, found.invalid) == (0, 114)
    assert outcome.exit_code == 1
    gone = [finding for finding in outcome.result.findings if finding.check == "columns"]
    assert any(finding.subject == "mean_area" for finding in gone)


def test_further_columns_are_no_features(tmp_path: Path) -> None:
    def more(lines: list[str]) -> list[str]:
        return [lines[0] + ",ward", *(f"{line},{'ab'[i % 2]}" for i, line in enumerate(lines[1:]))]

    found = audited(tmp_path, study={"data": str(rows(tmp_path, more)), "slices": ["ward"]}).result.overviews["one"]
    assert found.rows == 114
    assert {each.id for each in found.slices} == {"ward=a", "ward=b"}
    assert "ward" not in found.by_driver


def test_data_that_are_not_there_fail_their_study_alone(tmp_path: Path) -> None:
    both = {
        "studies": {
            "lost": {"study": str(SAMPLES / "breast-cancer"), "data": "{slot:%Y}/{slot:%m-%d}.csv"},
            "found": {"study": str(SAMPLES / "diabetes"), "instances": 1},
        }
    }
    outcome = audited(tmp_path, audit=both)
    assert outcome.exit_code == 3
    assert list(outcome.result.overviews) == ["found"]
    assert "2026/03-01.csv" in outcome.result.failed[0].problem
    (tmp_path / "2026").mkdir()
    rows(tmp_path / "2026", name="03-01.csv")
    again = audited(tmp_path, audit=both)
    assert again.result.state == "complete"
    assert set(again.result.overviews) == {"lost", "found"}


@pytest.mark.parametrize(
    ("sample", "changed", "rows_", "drivers"),
    [
        ("diabetes", {"slices": ["sex"]}, 89, 10),
        ("digits", {"trust": True}, 60, 0),
        ("splice", {}, None, 0),
    ],
)
def test_models_of_other_kinds(tmp_path: Path, sample: str, changed: Any, rows_: int | None, drivers: int) -> None:
    study = {"study": str(SAMPLES / sample), "watch": [], "instances": 1, **changed}
    outcome = audited(tmp_path, study=study)
    assert outcome.result.state == "complete", outcome.result.failed
    found = outcome.result.overviews["one"]
    assert rows_ in (None, found.rows)
    assert len(found.drivers) == drivers
    assert found.quality is not None
    assert sum(told.watched for told in found.told) == 4
    assert all(told.text["en"] for told in found.told)
    assert all(told.text["zh"] for told in found.told if told.watched)


def test_attributions_are_written_as_a_data_set(tmp_path: Path) -> None:
    study = {"chunk": 50, "attributed": 60, "attributions": "attributions/{slot:%Y-%m-%d}"}
    found = audited(tmp_path, study=study).result.overviews["one"]
    assert found.attributed == 60
    written: pa.Table = parquet.read_table(tmp_path / "attributions" / "2026-03-01")
    assert written.num_rows == 60
    assert set(written.column("target").to_pylist()) == {"malignant"}
    sizes = {name: np.abs(written.column(name).to_numpy()).mean() for name in written.column_names[2:]}
    total = sum(sizes.values())
    for driver in found.drivers:
        assert driver.share == pytest.approx(sizes[driver.id] / total)


def test_tonight_is_compared_with_the_night_before_a_pinned_one_or_several(tmp_path: Path) -> None:
    for number in range(3):
        outcome = audited(tmp_path, SLOT + timedelta(days=number))
        previous = SLOT + timedelta(days=number - 1)
        assert outcome.result.reference == (previous.isoformat() if number else "")
        assert not outcome.result.findings
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        ledger.pin("nightly", SLOT)
    pinned = audited(tmp_path, SLOT + timedelta(days=3), audit={"reference": {"kind": "pinned"}})
    assert pinned.result.reference == SLOT.isoformat()
    window = audited(tmp_path, SLOT + timedelta(days=4), audit={"reference": {"kind": "window", "runs": 3}})
    assert window.result.before["one"].rows == 3 * 114
    assert not window.result.findings
    with pytest.raises(AuditError, match="no run"):
        audited(tmp_path, SLOT + timedelta(days=5), audit={"reference": {"kind": "pinned", "slot": "2020-01-01"}})


def test_another_model_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(SAMPLES / "breast-cancer", folder)
    audited(tmp_path, study={"study": "study"})
    shutil.copy(SAMPLES / "audit" / "swapped.pt2", folder / "model.pt2")
    outcome = audited(tmp_path, NEXT, study={"study": "study"})
    assert outcome.exit_code == 1
    assert {"model", "narrative", "performance"} <= {finding.check for finding in outcome.result.findings}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger, ledger.claimed("nightly"), pytest.raises(Locked):
        audited(tmp_path)
    assert not (tmp_path / "reports").exists()


def test_reports_that_cannot_be_written_are_written_by_the_next_call(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(Exception, match="cannot write"):
        audited(tmp_path)
    (tmp_path / "reports").unlink()
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        before = ledger.results("nightly", SLOT, "one")
    assert audited(tmp_path).exit_code == 0
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        assert ledger.results("nightly", SLOT, "one") == before


def test_what_is_older_than_the_retention_goes_and_what_is_pinned_stays(tmp_path: Path) -> None:
    kept, gone = SLOT - timedelta(days=800), SLOT - timedelta(days=700)
    for slot in (kept, gone, SLOT):
        outcome = audited(tmp_path, slot)
        if slot == kept:
            with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
                ledger.pin("nightly", slot)
    assert folder_of(
        audit_from({"name": "nightly", "studies": {"one": {"study": "."}}}, folder=tmp_path), gone
    ).is_dir()
    now = datetime.now(UTC)
    days = (now - SLOT).days + 300
    audited(tmp_path, NEXT, audit={"retention": {"days": days}})
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        assert [run.slot for run in ledger.runs("nightly")] == [NEXT, SLOT, kept]
    places = sorted(path.name for path in (tmp_path / "reports" / "nightly").iterdir())
    assert len(places) == 3
    assert outcome.reports[0].parent.name in places


def test_without_ids_every_watched_row_is_called_by_its_number(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(SAMPLES / "breast-cancer", folder)
    text = (folder / "study.toml").read_text()
    assert '\nid = "id"\n' in text
    (folder / "study.toml").write_text(text.replace('\nid = "id"\n', '\nignore = ["id"]\n'))
    for slot in (SLOT, NEXT):
        outcome = audited(tmp_path, slot, study={"study": "study", "watch": []})
        watched = [told.instance for told in outcome.result.overviews["one"].told if told.watched]
        assert watched == ["0", "113", "38", "75"]
        assert not outcome.result.findings


def test_a_night_without_labels_and_ids_says_nothing_of_quality(tmp_path: Path) -> None:
    def bare(lines: list[str]) -> list[str]:
        return [",".join(line.split(",")[2:]) for line in lines]

    found = audited(tmp_path, study={"data": str(rows(tmp_path, bare))}).result.overviews["one"]
    assert (found.rows, found.quality, found.confidence) == (114, None, ())
    assert len(found.drivers) == 30


NOT_ALWAYS = """
import torch


class NotAlways(torch.nn.Module):
    def forward(self, x):
        score = x[:, 0] - 0.5 * x[:, 1]
        return torch.where(x[:, 0] > 9, torch.full_like(score, float("nan")), score)[:, None]


def build():
    return NotAlways()
"""


def test_rows_that_the_model_has_no_number_for_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "not_always_a_number.py").write_text(NOT_ALWAYS)
    cells = [f"{i % 7},{i % 3},{(i % 7) - 0.5 * (i % 3)}" for i in range(60)]
    (tmp_path / "usual.csv").write_text("\n".join(["a,b,y", *cells]) + "\n")
    cells[4], cells[31], cells[50] = "12,1,0", "10,2,0", "1e300,1,0"  # the last is no number a network can be given
    (tmp_path / "tonight.csv").write_text("\n".join(["a,b,y", *cells]) + "\n")
    (tmp_path / "study.toml").write_text(
        'task = "regression"\n[model]\nfactory = "not_always_a_number:build"\noutput = "value"\nvalue = "size"\n'
        '[data]\npath = "usual.csv"\ntarget = "y"\n'
    )
    study = {"study": ".", "trust": True, "data": "tonight.csv", "watch": [], "instances": 60}
    outcome = audited(tmp_path, study=study)
    assert outcome.result.state == "complete", outcome.result.failed
    found = outcome.result.overviews["one"]
    assert (found.rows, found.invalid, found.attributed) == (57, 3, 57)
    assert found.reliability.instances == 57
    assert found.by_column["a"].missing == 1
    assert found.by_column["a"].high == 12
    assert found.quality is not None
    assert found.quality.loss == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("changed", ["rows", "chunk", "slices", "nothing"])
def test_what_was_done_of_other_rows_or_with_other_settings_is_done_again(tmp_path: Path, changed: str) -> None:
    tonight = rows(tmp_path, lambda lines: lines[:91])
    study: dict[str, Any] = {"data": "tonight.csv", "chunk": 40, "instances": 0, "attributions": "all/{slot:%d}"}
    counted: list[int] = []

    def stopping() -> bool:
        counted.append(1)
        return len(counted) >= 4  # the study itself and all three parts

    with pytest.raises(PartialRun):
        audited(tmp_path, study=study, stopping=stopping)
    if changed == "rows":
        tonight = rows(tmp_path)
    else:
        others: dict[str, dict[str, Any]] = {"chunk": {"chunk": 20}, "slices": {"slices": ["worst_area"]}}
        study.update(others.get(changed, {}))
    told: list[int] = []
    again = audited(tmp_path, study=study, progress=lambda _, done, __: told.append(done))
    assert told[0] == (4 if changed == "nothing" else 0)
    assert dataset(tmp_path / "all" / "01").count_rows() == again.result.overviews["one"].attributed
    whole = audited(tmp_path / "whole", study={**study, "data": str(tonight)})
    found, wanted = (_timeless(each.result.overviews["one"]) for each in (again, whole))
    assert {**found, "data": ""} == {**wanted, "data": ""}


def test_a_run_says_what_it_was_compared_with_in_the_end(tmp_path: Path) -> None:
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        ledger.begin("nightly", NEXT)  # and killed, before there was a night to compare it with
    audited(tmp_path, SLOT)
    audited(tmp_path, NEXT)
    with Ledger.open("ledger.sqlite", folder=tmp_path) as ledger:
        row = ledger.run("nightly", NEXT)
    assert row is not None
    assert row.reference == SLOT.isoformat()
    assert set(audited(tmp_path, NEXT).result.before) == {"one"}


def test_trust_is_asked_for_where_an_audit_can_give_it(tmp_path: Path) -> None:
    with pytest.raises(NotTrusted, match=r"trust = true under \[studies.one\] in the audit file"):
        audited(tmp_path, study={"study": str(SAMPLES / "digits"), "watch": []})


def test_rows_are_not_sliced_by_their_ids(tmp_path: Path) -> None:
    outcome = audited(tmp_path, study={"slices": ["id"]})
    assert outcome.exit_code == 3
    assert "the column 'id' holds the ids" in outcome.result.failed[0].problem


def test_that_nothing_is_pinned_is_said(tmp_path: Path) -> None:
    wanted = {"audit": {"reference": {"kind": "pinned"}}, "study": {"instances": 0}}
    assert not audited(tmp_path, SLOT, **wanted).warnings  # there is nothing to pin yet
    (warning,) = audited(tmp_path, NEXT, **wanted).warnings
    assert "no run is pinned" in warning


def test_rows_of_the_same_id_have_reports_of_their_own(tmp_path: Path) -> None:
    rows(
        tmp_path,
        lambda lines: [lines[0], *(f"{'Aa'[i % 2]}/7,{line.split(',', 1)[1]}" for i, line in enumerate(lines[1:9]))],
    )
    study = {"data": "tonight.csv", "instances": 8}
    outcome = audited(tmp_path, study=study, audit={"outputs": {"formats": ["json"], "surprising": 8}})
    told = [each for each in outcome.result.overviews["one"].told if each.report]
    pages = [outcome.reports[0].parent / each.report for each in told]
    assert len({page.name.casefold() for page in pages}) == len(pages) == 8
    assert {page.parent.name for page in pages} == {"instances"}
    for each, page in zip(told, pages, strict=True):
        assert each.probability is not None
        assert f"{each.probability:.1%}" in page.read_text()


def test_code_that_builds_the_model_is_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    shutil.copytree(SAMPLES / "digits", folder)
    before = hash_of_model(read_study(folder))
    with (folder / "network.py").open("a") as file:
        file.write("\n# another line\n")
    assert len(before) == 64
    assert hash_of_model(read_study(folder)) != before


def test_a_model_in_a_folder_elsewhere_has_a_hash_too(tmp_path: Path) -> None:
    for name in ("study", "models"):
        (tmp_path / name).mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "models" / name).write_text(name)
    (tmp_path / "study" / "study.toml").write_text('[model]\npath = "../models"\n')
    assert len(hash_of_model(read_study(tmp_path / "study"))) == 64
