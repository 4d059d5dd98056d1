"""Sequences from end to end: the attributions are Captum's, planted events are found, every layout and file is read."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from hypothesis import given as given_examples
from hypothesis import strategies as st
from torch import Tensor, nn

import reporter
from reporter.cli import _run
from reporter.errors import DataError, ReporterError, StudyError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.heatmap import Spans
from reporter.loading import model_of
from reporter.modalities.sequence import Sequences
from reporter.model import Model
from reporter.pipeline import explain_selection
from reporter.rows import Given
from reporter.selection import select
from reporter.sequential import Sequential
from reporter.study import study_from

SAMPLES = Path(__file__).parents[2] / "samples"
POINTS = 120


class Convolutional(nn.Module):
    """Three logits from (n, channels, time)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(nn.Conv1d(channels, 8, 5, padding=2), nn.Tanh(), nn.Conv1d(8, 6, 5), nn.Tanh())
        self.last = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.last(self.layers(x).mean(2))
        return found


class Recurrent(nn.Module):
    """Two logits from (n, time, channels)."""

    def __init__(self, channels: int = 2) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.lstm = nn.LSTM(channels, 7, batch_first=True)
        self.last = nn.Linear(7, 2)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.last(self.lstm(x)[0][:, -1])
        return found


class Planted(nn.Module):
    """Two logits, the second the sum of what lies from one point to another: its attributions are the inputs there."""

    def __init__(self, first: int, last: int, channel: int | None = None) -> None:
        super().__init__()
        self.place = (
            slice(None),
            slice(None) if channel is None else slice(channel, channel + 1),
            slice(first, last + 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        found = x[self.place].sum((1, 2))
        return torch.stack([torch.zeros_like(found), found], dim=1)


class Constant(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tensor([[1.0, 2.0]]).expand(len(x), 2) + 0 * x.sum()


def series(*shape: int, seed: int = 3) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def explained(net: Any, inputs: Any, **given: Any) -> Explanation:
    given = {"modality": "sequence", "output": "logits", "metrics": (), **given}
    found = reporter.explain(net, inputs, **given)
    assert isinstance(found, Explanation)
    return found


def spans(explanation: Explanation) -> Spans:
    found = explanation.heatmap("spans")
    assert isinstance(found, Spans)
    return found


def given(**said: Any) -> Given:
    return Given(Model(lambda x: x), **said)


def rows(inputs: Any, **said: Any) -> Sequential:
    return Sequences().of_inputs(inputs, given(**said))


def attributions(explanation: Explanation) -> np.ndarray[Any, Any]:
    found = explanation.attributions
    assert isinstance(found, np.ndarray)
    return found


# The attributions are Captum's


@pytest.mark.parametrize("channels", [1, 2, 12])
def test_a_network_over_time_gets_what_captum_computes(channels: int) -> None:
    net, x, baseline = Convolutional(channels), series(1, channels, POINTS), series(1, channels, POINTS, seed=4)
    found = explained(net, x, baselines=baseline, n_steps=40)
    wanted = Captum(net).attribute(x, baseline, target=found.prediction.target, n_steps=40)
    np.testing.assert_allclose(attributions(found), wanted.detach().numpy(), atol=1e-5)


def test_a_recurrent_network_gets_what_captum_computes() -> None:
    net, x = Recurrent(), series(1, 50, 2)
    study = study_from({"sequence": {"layout": "channels-last"}})
    found = explained(net, x, study=study, n_steps=40)
    wanted = Captum(net).attribute(x, target=found.prediction.target, n_steps=40)
    np.testing.assert_allclose(attributions(found), wanted.detach().numpy(), atol=1e-5)
    assert [len(channel.values) for channel in spans(found).channels] == [50, 50]
    np.testing.assert_allclose(spans(found).channels[1].values, x[0, :, 1], rtol=1e-5)


def test_rows_without_channels_reach_the_network_as_they_are() -> None:
    net = nn.Sequential(nn.Linear(30, 2))
    found = explained(net, series(1, 30), n_steps=8)
    assert attributions(found).shape == (1, 30)
    assert len(spans(found).channels) == 1


def test_rows_of_any_lengths_are_explained_each_on_its_own() -> None:
    net, parts = Convolutional(2), [series(2, length, seed=length) for length in (30, 77, 30)]
    found = reporter.explain(net, parts, modality="sequence", output="logits", metrics=(), n_steps=20)
    assert isinstance(found, list)
    for part, each in zip(parts, found, strict=True):
        wanted = Captum(net).attribute(part[None], target=each.prediction.target, n_steps=20)
        np.testing.assert_allclose(attributions(each), wanted.detach().numpy(), atol=1e-5)


# What is told


@pytest.mark.parametrize(("first", "last"), [(40, 59), (0, 9), (110, 119)])
def test_a_planted_event_is_told_to_the_point(first: int, last: int) -> None:
    study = study_from({"sequence": {"start": 2.0, "step": 0.01, "unit": "s", "channels": ["left", "right"]}})
    x = torch.ones(1, 2, POINTS)
    found = explained(Planted(first, last), x, study=study)
    stretch, rest = found.features
    assert stretch.span == (round(2 + first / 100, 2), round(2 + last / 100, 2))
    assert (stretch.id, stretch.kind, stretch.channel, stretch.group) == ("s1", "span", "", "")
    assert stretch.attribution == pytest.approx(2 * (last - first + 1))
    assert (rest.id, rest.span) == ("rest", None)
    assert rest.attribution == pytest.approx(0.0, abs=1e-6)
    drawn = spans(found)
    assert [(s.first, s.last, s.channel) for s in drawn.stretches] == [(first, last, "")]
    assert (drawn.start, drawn.step, drawn.unit) == (2.0, 0.01, "s")


def test_an_event_of_one_channel_carries_its_name() -> None:
    found = explained(Planted(40, 59, 1), torch.ones(1, 3, POINTS), feature_names=["x", "y", "z-axis"])
    stretch = found.features[0]
    assert (stretch.channel, stretch.group, stretch.span) == ("y", "y", (41.0, 60.0))


def test_every_number_of_the_input_belongs_to_one_feature() -> None:
    for net, x in ((Convolutional(3), series(1, 3, POINTS)), (Planted(10, 20), torch.ones(1, 2, POINTS))):
        found = explained(net, x, n_steps=16)
        columns = sorted(column for feature in found.features for column in feature.columns)
        assert columns == list(range(x[0].numel()))
        for feature in found.features:
            own = attributions(found).reshape(-1)[list(feature.columns)].sum()
            assert feature.attribution == pytest.approx(own, abs=1e-6)


@given_examples(st.data(), st.integers(1, 4), st.integers(1, 30), st.sampled_from(["channels-first", "channels-last"]))
def test_whatever_is_attributed_each_number_has_one_feature(
    data: st.DataObject, channels: int, points: int, layout: str
) -> None:
    numbers = st.floats(-10, 10, allow_nan=False).map(lambda x: round(x, 2))
    columns = np.array(data.draw(st.lists(numbers, min_size=channels * points, max_size=channels * points)))
    shape = (1, channels, points) if layout == "channels-first" else (1, points, channels)
    made = rows(torch.zeros(shape), study=study_from({"sequence": {"layout": layout}}))
    told = made.told(0, columns)
    owned = sorted(column for feature in told.features for column in feature.columns)
    assert owned == list(range(columns.size))
    assert sum(feature.attribution for feature in told.features) == pytest.approx(columns.sum(), abs=1e-9)
    for number, feature in enumerate(told.features):
        assert (told.mask.numpy() == number).nonzero()[0].tolist() == list(feature.columns)
        assert feature.attribution == pytest.approx(columns[list(feature.columns)].sum(), abs=1e-9)
        assert (feature.span is None) == (feature.id == "rest")
    (drawn,) = made.heatmaps(0, columns, told.features)
    assert isinstance(drawn, Spans)
    assert {each.feature for each in drawn.stretches} == {f.id for f in told.features} - {"rest"}


def test_a_model_that_looks_nowhere_gets_equal_windows() -> None:
    found = explained(Constant(), torch.ones(1, 1, 100), method="feature-ablation")
    assert [f.span for f in found.features] == [(1, 25), (26, 50), (51, 75), (76, 100)]
    assert all(f.attribution == 0 for f in found.features)


def test_even_evidence_gets_equal_windows() -> None:
    found = explained(Planted(0, 99), torch.ones(1, 1, 100))
    assert sorted(f.span or () for f in found.features) == [(1, 25), (26, 50), (51, 75), (76, 100)]
    assert all(f.attribution == pytest.approx(25, rel=1e-4) for f in found.features)


def test_a_mask_of_ones_own_is_kept() -> None:
    mask = torch.arange(2)[:, None].repeat(1, 10)[None] * 7
    mask[0, 0, 5:] = 3
    found = explained(Planted(0, 9), torch.ones(1, 2, 10), feature_mask=mask, feature_names=["a", "b"])
    told = {f.id: (f.span, f.channel, round(f.attribution, 3)) for f in found.features}
    assert told == {"s1": ((1, 5), "a", 5.0), "s2": ((6, 10), "a", 5.0), "s3": ((1, 10), "b", 10.0)}


def test_the_strongest_stretch_is_tried_without() -> None:
    x = torch.ones(1, 1, POINTS)
    found = explained(Planted(40, 59), x)
    assert found.prediction.label == "1"
    assert found.without[0].features == ("s1",)
    assert found.without[0].score == pytest.approx(0.0, abs=1e-5)


def test_a_long_sequence_is_thinned_for_drawing_alone() -> None:
    x = torch.zeros(1, 1, 5001)
    x[0, 0, 2000:2100] = 1.0
    found = explained(Planted(0, 5000), x)
    drawn = spans(found)
    assert attributions(found).shape == (1, 1, 5001)
    assert (len(drawn.channels[0].values), drawn.step) == (1667, 3.0)
    assert sum(drawn.channels[0].attributions) == pytest.approx(100, rel=1e-4)
    assert found.features[0].span == (2001, 2100)
    assert drawn.stretches[0].first == 2000 // 3


def test_what_is_shown_is_in_the_units_of_the_reader() -> None:
    study = study_from({"sequence": {"mean": [10.0], "std": [2.0]}})
    found = explained(Planted(0, 3), torch.tensor([[[1.0, 0.0, -1.0, 2.0]]]), study=study)
    assert spans(found).channels[0].values == (12.0, 10.0, 8.0, 14.0)
    own = explained(Planted(0, 1), torch.ones(1, 1, 2), raw=np.array([[[5.0, 7.0]]]))
    assert spans(own).channels[0].values == (5.0, 7.0)


# Symbols


class Motif(nn.Module):
    """Two logits from (n, 4, length): the second is how well GATT fits where it stands, from position 11 on."""

    def forward(self, x: Tensor) -> Tensor:
        places = torch.stack([x[:, "ACGT".index(letter), 10 + i] for i, letter in enumerate("GATT")])
        return torch.stack([torch.zeros(x.shape[0], dtype=x.dtype), 3 * places.sum(0) - 4], dim=1)


DNA = study_from({"sequence": {"symbols": "ACGT"}})
TEXT = "ACGTNACGTTgattACGNNCATCATCATCA"


def test_symbols_are_told_with_their_positions() -> None:
    found = explained(Motif(), [TEXT], study=DNA)
    stretch = found.features[0]
    assert (stretch.value, stretch.span, stretch.channel) == ("GATT", (11.0, 14.0), "")
    assert stretch.attribution == pytest.approx(3 * 4 * 0.75, rel=1e-4)  # from 1/4 to 1, four times
    assert found.provenance.baseline.name == "uniform"
    drawn = spans(found)
    assert drawn.symbols == TEXT.upper()
    assert drawn.channels[0].values == ()
    unknown = [a for a, letter in zip(drawn.channels[0].attributions, TEXT, strict=True) if letter == "N"]
    assert unknown == [0.0, 0.0, 0.0]


def test_channels_called_by_single_characters_are_symbols() -> None:
    hot = torch.nn.functional.one_hot(torch.arange(30) % 4, 4).T.float()[None]
    assert spans(explained(Motif(), hot, feature_names=list("ACGT"))).symbols.startswith("ACGTACGT")
    assert spans(explained(Motif(), hot * 0.5, feature_names=list("ACGT"))).symbols == ""


def test_positions_are_taken_away_one_by_one() -> None:
    found = explained(Motif(), [TEXT], study=DNA, method="feature-ablation")
    np.testing.assert_allclose(attributions(found).sum(1)[0, 10:14], 2.25, rtol=1e-4)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (["ACGU"], "'U' at position 4"),
        ([1.0], "shape"),
        ([], "no rows"),
        (["A", "C", "-q"], "row 2: 'q' at position 2"),
    ],
)
def test_what_is_no_symbol_is_refused(inputs: Any, said: str) -> None:
    with pytest.raises(ReporterError, match=said):
        rows(inputs, study=DNA)


# Baselines


def test_the_baseline_is_the_level_of_the_reference() -> None:
    reference = torch.stack([torch.full((2, 5), 1.0), torch.full((2, 5), 4.0), torch.full((2, 5), 1.0)])
    made = rows(torch.zeros(1, 2, 8), reference=reference)
    assert (made.baseline_name, made.baseline_rows, made.reference_rows) == ("mean", 3, 3)
    assert (made.baselines_of(slice(0, 1))[0] == 2.0).all()
    middle = rows(torch.zeros(1, 2, 8), reference=reference, baselines="median")
    assert (middle.baselines_of(slice(0, 1))[0] == 1.0).all()
    assert rows(torch.zeros(1, 2, 8)).baseline_name == "zero"


def test_long_reference_rows_weigh_more() -> None:
    made = rows(torch.zeros(1, 1, 8), reference=[torch.zeros(1, 30), torch.ones(1, 10)])
    assert (made.baselines_of(slice(0, 1))[0] == 0.25).all()


@pytest.mark.parametrize(
    ("own", "first"),
    [(0.5, 0.5), (torch.full((1, 2, 8), 3.0), 3.0), (np.full((2, 8), 3.0), 3.0), ((torch.ones(2, 2, 8),), 1.0)],
)
def test_ones_own_baseline_is_taken_as_captum_takes_it(own: Any, first: float) -> None:
    made = rows(torch.zeros(2, 2, 8), baselines=own)
    assert made.baseline_name == "own"
    assert made.baselines_of(slice(1, 2))[0].shape == (1, 2, 8)
    assert (made.baselines_of(slice(1, 2))[0] == first).all()


def test_baselines_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UnknownName, match="uniform"):
        rows(torch.zeros(1, 2, 8), baselines="uniform")
    with pytest.raises(UsageError, match="needs reference rows"):
        rows(torch.zeros(1, 2, 8), baselines="mean")
    with pytest.raises(UsageError, match="a baseline has shape"):
        rows(torch.zeros(1, 2, 8), baselines=torch.zeros(2, 9))
    with pytest.raises(UsageError, match="not finite"):
        rows(torch.zeros(1, 2, 8), baselines=np.nan)


def test_other_baselines_follow_the_reference() -> None:
    made = rows(torch.zeros(1, 2, 8), reference=series(50, 2, 20))
    found = made.resampled(slice(0, 1), 30, 7)
    assert found is not None
    assert found[0].shape == (30, 2, 8)
    assert torch.equal(found[0], made.resampled(slice(0, 1), 30, 7)[0])  # type: ignore[index]
    assert found[0].std(dim=0).min() > 0
    centre, spread = made.baselines_of(slice(0, 1))[0], 5 * 1 / np.sqrt(1000)
    assert (found[0] - centre).abs().max() < spread


def test_without_a_reference_other_baselines_are_mixtures_of_the_rows_own() -> None:
    x = torch.arange(8.0).repeat(1, 2, 1)
    found = rows(x).resampled(slice(0, 1), 40, 7)
    assert found is not None
    assert found[0].shape == (40, 2, 8)
    # Zero, the level 3.5 and the straight line itself: every mixture is a line between them.
    assert float(found[0].min()) >= 0
    assert float(found[0].max()) <= 7
    np.testing.assert_allclose(np.diff(found[0].numpy(), 2, axis=2), 0, atol=1e-5)


# Windows


@pytest.mark.parametrize(
    ("channels", "points", "features"), [(1, 400, 48), (2, 400, 96), (12, 400, 96), (1, 10, 10), (128, 400, 48)]
)
def test_windows_are_few(channels: int, points: int, features: int) -> None:
    mask = rows(torch.zeros(1, channels, points)).mask_of(slice(0, 1))
    assert len(mask) == channels * points
    assert sorted(mask.unique().tolist()) == list(range(features))


def test_the_windows_of_symbols_are_positions() -> None:
    mask = rows(["ACGT" * 5], study=DNA).mask_of(slice(0, 1)).reshape(4, 20)
    assert (mask == torch.arange(20)).all()
    assert int(rows(["ACGT" * 100], study=DNA).mask_of(slice(0, 1)).max()) == 199


# Mistakes


@pytest.mark.parametrize(
    ("inputs", "said", "known"),
    [
        (torch.full((1, 2, 3), torch.nan), "row 0: channel 'channel_1' is missing", {}),
        (torch.zeros(2), "x\\[None\\]", {}),
        (torch.zeros(1, 2, 3, 4), "allowed|rows, channels", {}),
        ((torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)), "2 inputs", {}),
        (torch.zeros(0, 2, 3), "no rows", {}),
        (torch.zeros(1, 2, 3), "2 channels", {"names": ["a"]}),
        (torch.zeros(1, 2, 3), "one name", {"names": ["a", "a"]}),
        (torch.zeros(1, 2, 3), "2 ids for 1 rows", {"ids": ["a", "b"]}),
        (torch.zeros(1, 2, 3), "reference has rows", {"reference": torch.zeros(1, 3, 3)}),
        (torch.zeros(1, 2, 3), "raw has another shape", {"raw": torch.zeros(1, 2, 4)}),
        (torch.zeros(1, 2, 3), "feature_mask", {"mask": torch.zeros(1, 2, 4, dtype=torch.long)}),
        ([["a", "b"]], "no number", {}),
        (torch.zeros(1, 2, 3), "raw_reference", {"raw_reference": torch.zeros(1, 2, 3)}),
    ],
)
def test_mistakes_are_told_in_one_line(inputs: Any, said: str, known: dict[str, Any]) -> None:
    with pytest.raises(ReporterError, match=said) as caught:
        rows(inputs, **known)
    assert "\n" not in str(caught.value)


# Studies and files


def write_study(folder: Path, data: str, **sequence: Any) -> None:
    """A study of a one-dimensional network, with what is given under [sequence]."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in sequence.items())
    (folder / "study.toml").write_text(
        '[model]\noutput = "logits"\nclasses = ["no", "yes"]\n'
        f'[data]\nmodality = "sequence"\n{data}\n[sequence]\n{lines}'
    )


def of_study(folder: Path, net: nn.Module, **chosen: Any) -> Sequential:
    selection = select(str(folder), **{"everything": True, **chosen})
    return Sequences().of_study(selection, selection.rows, model=model_of(net), baseline="")


TRACES = series(4, 2, 20).double().numpy()


def test_an_archive_is_read_with_its_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=TRACES, name=np.array(list("abcd")), said=np.array(["no", "yes", "no", "no"]))
    write_study(tmp_path, 'path = "d.npz"\nid = "name"\ntarget = "said"', mean=[1.0, 2.0], std=[2.0, 4.0])
    made = of_study(tmp_path, Convolutional(2))
    assert [(i.id, i.truth) for i in made.instances] == [("a", "no"), ("b", "yes"), ("c", "no"), ("d", "no")]
    wanted = (TRACES[2] - [[1], [2]]) / [[2], [4]]
    np.testing.assert_allclose(made.inputs(slice(2, 3))[0][0], wanted)
    np.testing.assert_allclose(made.signals[2].values, TRACES[2])
    # The data say themselves what is usual.
    np.testing.assert_allclose(made.baselines_of(slice(0, 1))[0][0, :, 0], ((TRACES.mean((0, 2)) - [1, 2]) / [2, 4]))


def test_channels_may_come_last(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", TRACES.transpose(0, 2, 1))
    write_study(tmp_path, 'path = "d.npy"', layout="channels-last")
    made = of_study(tmp_path, Recurrent())
    assert made.inputs(slice(0, 1))[0].shape == (1, 20, 2)
    np.testing.assert_allclose(made.signals[0].values, TRACES[0])


@pytest.mark.parametrize(
    ("net", "layout", "shape"),
    [
        (nn.Linear(20, 2), "channels-first", (1, 20)),
        (Convolutional(1), "channels-first", (1, 1, 20)),
        (Recurrent(1), "channels-last", (1, 20, 1)),
    ],
)
def test_a_single_channel_gets_the_axis_that_the_network_wants(
    net: nn.Module, layout: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    np.save(tmp_path / "d.npy", TRACES[:, 0])
    write_study(tmp_path, 'path = "d.npy"', layout=layout)
    assert of_study(tmp_path, net).inputs(slice(0, 1))[0].shape == shape


def test_a_folder_of_arrays_is_read_with_lengths_of_their_own(tmp_path: Path) -> None:
    for label, length in (("no", 10), ("yes", 15)):
        (tmp_path / "d" / label).mkdir(parents=True)
        np.save(tmp_path / "d" / label / "one.npy", TRACES[0, :, :length])
    write_study(tmp_path, 'path = "d"')
    made = of_study(tmp_path, Convolutional(2))
    assert [(i.id, i.truth, i.inputs[0].shape[2]) for i in made.instances] == [
        ("no/one", "no", 10),
        ("yes/one", "yes", 15),
    ]
    assert made.reference_rows == 2


def test_a_table_names_a_file_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("left,right\n1,2\n3,4\n5,6\n")
    (tmp_path / "d.csv").write_text("trace\na.csv\na.csv\n")
    write_study(tmp_path, 'path = "d.csv"\ninput = "trace"')
    made = of_study(tmp_path, Convolutional(2))
    assert made.channels == ("left", "right")
    assert made.signals[1].values.tolist() == [[1, 3, 5], [2, 4, 6]]


def test_mistakes_of_a_study_are_told(tmp_path: Path) -> None:
    broken = TRACES.copy()
    broken[3, 1, 4] = np.nan
    np.save(tmp_path / "d.npy", broken)
    write_study(tmp_path, 'path = "d.npy"', step=0.5, unit="s")
    with pytest.raises(DataError, match=r"row 3: channel 'channel_2' is missing \(NaN\) at 2 s"):
        of_study(tmp_path, Convolutional(2))
    made = of_study(tmp_path, Convolutional(2), rows="0:2")
    assert made.reference_rows == 3  # a broken row is a reason to refuse that row alone
    write_study(tmp_path, 'path = "d.npy"\nreference = "d.npy"')
    with pytest.raises(DataError, match="row 3"):  # a reference that was named must be whole
        of_study(tmp_path, Convolutional(2), rows="0:2")
    write_study(tmp_path, 'path = "d.npy"', channels=["a", "b", "c"])
    with pytest.raises(DataError, match="2 channels"):
        of_study(tmp_path, Convolutional(2))
    np.save(tmp_path / "d.npy", TRACES)
    write_study(tmp_path, 'path = "d.npy"\nmissing = "median"')
    with pytest.raises(StudyError, match="missing under"):
        of_study(tmp_path, Convolutional(2))
    write_study(tmp_path, 'path = "d.npy"', mean=[1.0])
    with pytest.raises(StudyError, match="1 values in mean"):
        of_study(tmp_path, Convolutional(2))


# The samples, and what is given on the command line


def of_sample(name: str, **chosen: Any) -> list[Explanation]:
    return list(explain_selection(select(str(SAMPLES / name), **chosen), metrics=()))


def test_the_beat_that_makes_a_trace_abnormal_is_found() -> None:
    with np.load(SAMPLES / "heartbeats" / "test.npz") as data:
        windows, labels = np.stack([data["window_start"], data["window_end"]], axis=1), data["label"]
    chosen = [row for row in range(40) if labels[row] == "abnormal"][:6]
    found = of_sample("heartbeats", rows=f"0:{chosen[-1] + 1}")
    for row in chosen:
        first = next(f for f in found[row].features if f.rank == 1)
        assert first.span is not None
        assert windows[row, 0] - 0.05 <= first.span[0] <= first.span[1] <= windows[row, 1] + 0.05
        assert first.share > 0.7


def sites() -> list[dict[str, str]]:
    """The sequences of the sample that hold a site, with their row."""
    with (SAMPLES / "splice" / "test.csv").open(encoding="utf-8") as file:
        return [{**line, "row": str(row)} for row, line in enumerate(csv.DictReader(file)) if line["motif_end"] != "0"]


def test_the_sites_in_sequences_are_found() -> None:
    chosen = sites()[:8]
    found = of_sample("splice", rows=f"0:{int(chosen[-1]['row']) + 1}")
    met = 0
    for line in chosen:
        each = found[int(line["row"])]
        first = each.features[0]
        if each.prediction.label != line["label"] or first.span is None:
            continue
        start, end = (int(place) for place in first.span)
        assert int(line["motif_start"]) - 2 <= start <= end <= int(line["motif_end"]) + 2
        assert first.value == line["sequence"][start - 1 : end]
        met += 1
    assert met >= 6


def test_a_trace_may_be_given_in_a_file(tmp_path: Path) -> None:
    with np.load(SAMPLES / "heartbeats" / "test.npz") as data:
        np.save(tmp_path / "trace.npy", data["inputs"][2])
    (own,) = of_sample("heartbeats", inputs=[str(tmp_path / "trace.npy")])
    (stored,) = of_sample("heartbeats", row=2)
    assert own.instance == "trace"
    assert own.features == stored.features
    assert own.provenance.baseline == stored.provenance.baseline


def test_symbols_may_be_given_as_a_text() -> None:
    line = sites()[0]
    (own,) = of_sample("splice", texts=[line["sequence"].lower()])
    (stored,) = of_sample("splice", ids=[line["id"]])
    assert own.features == stored.features
    with pytest.raises(DataError, match="'Z' at position 2"):
        of_sample("splice", texts=["AZ"])


def test_the_command_line_takes_files_and_texts(tmp_path: Path) -> None:
    with np.load(SAMPLES / "heartbeats" / "test.npz") as data:
        np.save(tmp_path / "trace.npy", data["inputs"][2])
    for sample, option, value in (
        ("heartbeats", "--input", str(tmp_path / "trace.npy")),
        ("splice", "--text", sites()[0]["sequence"]),
    ):
        path = tmp_path / f"{sample}.json"
        assert _run(["explain", str(SAMPLES / sample), option, value, "-o", str(path)], debug=False) == 0
        stored = Explanation.from_json(path)
        assert stored.modality == "sequence"
        assert stored.provenance.command.split()[3:5] == [option, value]


def test_samples_of_a_sound_card_are_numbers() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 2))
    trace = (torch.randn(1, 1, 60) * 1000).to(torch.int16)
    found, wanted = reporter.explain(net, trace), reporter.explain(net, trace.float())
    assert isinstance(found, Explanation)
    assert isinstance(wanted, Explanation)
    assert found.features == wanted.features
