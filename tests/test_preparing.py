"""Rows of a study: raw values for readers, scaled ones for the network, missing cells as the study says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reporter.errors import DataError, StudyError, UnknownName
from reporter.preparing import feature_names, rows_of_study
from reporter.study import Study, study_from
from reporter.table import Table, table_of
from reporter.tabular import Tabular, flat

COLUMNS: dict[str, list[Any]] = {
    "id": ["p1", "p2", "p3", "p4"],
    "age": [20.0, 30.0, 40.0, 70.0],
    "income": [1.0, 2.0, 3.0, 2.0],
    "label": ["no", "yes", "no", None],
    "note": ["x", "y", "z", "x"],
}
TABLE = table_of(COLUMNS, name="data.csv")


def study(**sections: Any) -> Study:
    data = {"target": "label", "id": "id", "ignore": ["note"], **sections.pop("data", {})}
    return study_from({"data": data, **sections})


def prepared(asked: Study, table: Table = TABLE, rows: list[int] | None = None, **more: Any) -> Tabular:
    return rows_of_study(asked, table, [0, 1, 2, 3] if rows is None else rows, **more)


def test_raw_values_and_truths() -> None:
    found = prepared(study(), rows=[3, 0])
    assert [each.id for each in found.instances] == ["p4", "p1"]
    assert [each.values for each in found.instances] == [(70.0, 2.0), (20.0, 1.0)]
    assert [each.truth for each in found.instances] == [None, "no"]
    assert flat(found.inputs(slice(None))).tolist() == [[70.0, 2.0], [20.0, 1.0]]
    assert found.reference_rows == 4
    assert flat(found.baselines).tolist() == [[35.0, 2.0]]


def test_standardising_by_the_reference() -> None:
    found = prepared(study(data={"standardise": True}))
    assert [each.values[0] for each in found.instances] == [20.0, 30.0, 40.0, 70.0]
    network = flat(found.inputs(slice(None)))
    np.testing.assert_allclose(network.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(network.std(axis=0), 1)
    assert [feature.baseline for feature in found.features(0, [0.1, 0.2])] == [35.0, 2.0]


def test_a_scale_from_the_study_and_another_reference() -> None:
    reference = table_of({"age": [0.0, 100.0], "income": [0.0, 4.0], "extra": [1, 2]})
    found = prepared(study(data={"mean": [50.0, 2.0], "std": [10.0, 0.5]}), reference=reference)
    np.testing.assert_allclose(flat(found.inputs(slice(0, 1))), [[-3.0, -2.0]])
    assert flat(found.baselines).tolist() == [[0.0, 0.0]]
    age, income = found.features(0, [1.0, -1.0])
    assert (age.value, age.baseline, age.low, age.high, age.percentile) == (20.0, 50.0, 0.0, 100.0, 0.5)
    assert (income.value, income.baseline, income.percentile) == (1.0, 2.0, 0.5)


def test_a_constant_column_is_left_as_it_is() -> None:
    table = table_of({"a": [3.0, 3.0], "b": [1.0, 2.0]})
    found = rows_of_study(study_from({"data": {"standardise": True}}), table, [0])
    np.testing.assert_allclose(flat(found.inputs(slice(None))), [[0.0, -1.0]])


@pytest.mark.parametrize(("kind", "expected"), [("median", [35.0, 2.0]), ("mean", [40.0, 2.0]), ("zero", [0.0, 0.0])])
def test_baselines_by_name(kind: str, expected: list[float]) -> None:
    assert [each.baseline for each in prepared(study(baseline=kind)).features(0, [0.0, 0.0])] == expected
    assert [each.baseline for each in prepared(study(), baseline=kind).features(0, [0.0, 0.0])] == expected


def test_zero_is_meant_on_the_scale_of_the_network() -> None:
    found = prepared(study(baseline="zero", data={"standardise": True}))
    assert [each.baseline for each in found.features(0, [0.0, 0.0])] == [40.0, 2.0]


def test_the_order_of_the_features() -> None:
    assert feature_names(study(), TABLE) == ["age", "income"]
    both = study(features={"income": {}, "age": {}})
    assert feature_names(both, TABLE) == ["income", "age"]
    some = study(features={"income": {"unit": "€"}})
    assert feature_names(some, TABLE) == ["age", "income"]
    assert prepared(some).columns[1].words[""].unit == "€"


def test_descriptions_are_kept() -> None:
    features = {"age": {"group": "person", "protected": True, "decimals": 0}}
    words = {"de": {"features": {"age": {"name": "Alter"}}}}
    age = prepared(study(features=features, words=words)).features(0, [1.0, 2.0])[0]
    assert (age.group, age.protected, age.decimals, age.words["de"].name) == ("person", True, 0, "Alter")


def test_categories() -> None:
    table = table_of({"sex": [1, 2, 2, 2], "smoker": ["no", "yes", "no", "no"], "age": [1.0, 2.0, 3.0, 4.0]})
    asked = study_from(
        {
            "features": {
                "sex": {"kind": "category", "values": {"1": "female", "2": "male"}},
                "smoker": {"kind": "category", "values": {"yes": "smokes", "no": "does not smoke"}},
            }
        }
    )
    found = rows_of_study(asked, table, [0, 1])
    assert [each.values for each in found.instances] == [("1", "no", 1.0), ("2", "yes", 2.0)]
    assert flat(found.inputs(slice(None))).tolist() == [[1.0, 1.0, 1.0], [2.0, 0.0, 2.0]]
    sex, smoker, _ = found.features(0, [1.0, 1.0, 1.0])
    assert (sex.kind, sex.baseline, sex.percentile, sex.low) == ("category", "2", None, None)
    assert (smoker.baseline, smoker.out_of_range) == ("no", False)


def test_an_unseen_code_is_out_of_range() -> None:
    table = table_of({"sex": [1, 2, 2, 7]})
    asked = study_from({"features": {"sex": {"kind": "category"}}})
    reference = table_of({"sex": [1, 2]})
    found = rows_of_study(asked, table, [0, 3], reference=reference)
    assert [found.features(row, [1.0])[0].out_of_range for row in (0, 1)] == [False, True]


def test_missing_cells_are_refused_or_filled_in() -> None:
    table = table_of({"age": [20.0, None, 40.0, 90.0], "sex": [1, 1, None, 2]})
    features = {"sex": {"kind": "category"}}
    asked = study_from({"features": features})
    with pytest.raises(DataError, match=r"column 'age' in row 1 is missing \(NaN\); fill it in, or set missing"):
        rows_of_study(asked, table, [1])
    with pytest.raises(DataError, match=r"column 'age' in row 1 is missing .* and so are 1 more cells"):
        rows_of_study(asked, table, [0])  # the table is its own reference
    for kind, age in (("median", 40.0), ("mean", 50.0)):
        found = rows_of_study(study_from({"features": features, "data": {"missing": kind}}), table, [1, 2])
        first, second = (found.features(row, [1.0, 1.0]) for row in (0, 1))
        assert (first[0].value, first[0].missing, first[1].missing) == (age, True, False)
        assert (second[1].value, second[1].missing, second[0].missing) == ("1", True, False)
        assert found.reference is not None
        assert bool(found.reference[0].isfinite().all())


def test_infinite_cells_are_refused() -> None:
    with pytest.raises(DataError, match="column 'a' in row 1 is infinite"):
        rows_of_study(study_from({}), table_of({"a": [1.0, np.inf]}), [1])


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (study(data={"target": "lable"}), DataError, "no column 'lable'; did you mean 'label'"),
        (study(features={"agee": {}}), DataError, "no column 'agee'; did you mean 'age'"),
        (study(data={"ignore": ["age", "income", "note"]}), DataError, "no columns left to explain"),
        (study(data={"ignore": []}), DataError, "'x' in column 'note', row 0, is not a number"),
        (study(data={"mean": [1.0]}), StudyError, "1 values in mean under .data., but 2 features; one each: age"),
        (study(data={"mean": [1.0, 2.0], "std": [1.0, 0.0]}), StudyError, "std under .data. is not above 0"),
        (study(data={"standardise": True, "mean": [1.0, 2.0]}), StudyError, "standardise and mean/std are both given"),
        (study(baseline="modal"), UnknownName, "no baseline called 'modal'; known: median, mean, zero"),
        (
            study(data={"ignore": []}, features={"note": {"kind": "category"}}),
            DataError,
            r"list its codes in the model's order under \[features.note.values\]",
        ),
        (
            study(data={"ignore": []}, features={"note": {"kind": "category", "values": {"x": "ex", "yy": "why"}}}),
            DataError,
            "'y' in column 'note', row 1, is none of its codes",
        ),
    ],
)  # fmt: skip
def test_mistakes(asked: Study, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        prepared(asked)


def test_a_regression_has_numbers_on_record() -> None:
    table = table_of({"a": [1.0, 2.0], "y": [3.5, None]})
    found = rows_of_study(study_from({"task": "regression", "data": {"target": "y"}}), table, [0, 1])
    assert [each.truth for each in found.instances] == [3.5, None]
