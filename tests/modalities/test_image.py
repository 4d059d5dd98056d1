"""Pictures from the study, from Python and from the command line to the explanation."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from PIL import Image
from torch import Tensor, nn

import reporter
from reporter.attribution import Plan, attribute
from reporter.errors import DataError, ReporterError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.heatmap import Raster, smallest_half
from reporter.modalities.image import Images
from reporter.model import Model
from reporter.pictorial import BASELINES, blurred
from reporter.pipeline import explain_selection
from reporter.recipe import Recipe
from reporter.rows import Given
from reporter.selection import Selection, select

SAMPLE = Path(__file__).parents[2] / "samples" / "digits"
SHAPES = [(1, 8, 8), (3, 9, 6), (5, 7, 7), (3, 70, 90), (1, 2, 5)]


class Small(nn.Module):
    """A network of kinks that takes pictures of any size."""

    def __init__(self, channels: int = 1, classes: int = 3) -> None:
        super().__init__()
        torch.manual_seed(channels)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(3),
            nn.Flatten(),
            nn.Linear(54, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.layers(x)
        return found


def pictures(count: int, shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed))


def one(found: Explanation | list[Explanation]) -> Explanation:
    assert isinstance(found, Explanation)
    return found


def raster(explanation: Explanation) -> Raster:
    found = explanation.heatmap("raster")
    assert isinstance(found, Raster)
    return found


def shown(explanation: Explanation) -> np.ndarray[Any, Any]:
    found = Image.open(io.BytesIO(base64.b64decode(raster(explanation).picture)))
    return np.asarray(found.convert("RGB") if found.mode == "P" else found)


def given(**settings: Any) -> Given:
    return Given(model=Model(Small()), **settings)


# Attributions


@pytest.mark.parametrize("shape", SHAPES)
def test_attributions_are_captums_and_regions_add_them_up(shape: tuple[int, int, int]) -> None:
    net, x = Small(shape[0]).eval(), pictures(1, shape)
    base = torch.full_like(x, 0.3)
    found = one(reporter.explain(net, x, baselines=base, target=1, n_steps=40, metrics=["completeness"]))
    wanted = IntegratedGradients(net).attribute(x, base, target=1, n_steps=40).detach().numpy()
    assert found.modality == "image"
    assert isinstance(found.attributions, np.ndarray)
    assert np.allclose(found.attributions, wanted, atol=1e-5)
    assert sum(f.attribution for f in found.features) == pytest.approx(float(wanted.sum()), abs=1e-5)
    height, width = shape[1:]
    ids = {f.id for f in found.features}
    assert len(ids) == min(3, height) * min(3, width)
    assert all(f.kind == "region" and f.value is None for f in found.features)
    top = next(f for f in found.features if f.id.startswith("upper-l") or f.id == "upper-left")
    rows, columns = np.arange(height) * min(3, height) // height, np.arange(width) * min(3, width) // width
    assert top.attribution == pytest.approx(float(wanted[0][:, rows == 0][:, :, columns == 0].sum()), abs=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_raster_adds_channels_and_cells_and_half_is_of_all_points(shape: tuple[int, int, int]) -> None:
    found = one(reporter.explain(Small(shape[0]).eval(), pictures(1, shape), metrics=["completeness"]))
    heat, points = raster(found), np.asarray(found.attributions)[0].sum(axis=0)
    assert (heat.height, heat.width) == (min(64, shape[1]), min(64, shape[2]))
    assert sum(heat.values) == pytest.approx(points.sum(), abs=1e-9)
    if max(shape[1:]) <= 64:
        assert np.allclose(np.array(heat.values).reshape(shape[1:]), points)
    assert heat.half == smallest_half(points.reshape(-1).tolist())
    assert heat.scale == pytest.approx(float(np.quantile(np.abs(heat.values), 0.99)))
    assert Explanation.from_json(found.to_json()) == found


def test_half_is_exact_on_a_known_map() -> None:
    weights = torch.zeros(1, 1, 10, 10)
    weights[0, 0, 0, :4] = torch.tensor([5.0, -4.0, 3.0, 2.0])
    weights[0, 0, 1, :4] = 1.0

    def linear(x: Tensor) -> Tensor:
        return (x * weights).flatten(1).sum(1, keepdim=True)

    found = one(
        reporter.explain(linear, torch.ones(1, 1, 10, 10), baselines=0, output="value", metrics=["completeness"])
    )
    assert raster(found).half == 0.02  # 5 + 4 of 18 in 2 points of 100
    assert np.allclose(np.asarray(found.attributions), weights.numpy(), atol=1e-6)


# From Python


def test_one_picture_without_rows_is_refused_with_a_remedy() -> None:
    with pytest.raises(UsageError, match=r"x\[None\]"):
        reporter.explain(Small().eval(), pictures(1, (1, 8, 8))[0], modality="image")


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (torch.zeros(0, 1, 3, 3), "hold no picture"),
        (torch.full((2, 1, 3, 3), float("nan")), "picture 0"),
        ((torch.zeros(1, 1, 3, 3), torch.zeros(1, 2)), "2 tensors"),
        ([np.zeros((1, 3, 3)), np.zeros((1, 4, 4))], "one size"),
        (torch.zeros(1, 1, 3, 3, dtype=torch.complex64), "real numbers"),
    ],
)
def test_what_is_no_batch_of_pictures_is_refused(inputs: Any, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        Images().of_inputs(inputs, given())


def test_whole_numbers_become_floating_and_are_shown_as_they_are() -> None:
    x = torch.randint(0, 256, (1, 3, 12, 10), dtype=torch.uint8)

    class Scaling(Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.float() / 255)

    found = one(reporter.explain(Scaling(3).eval(), x, metrics=["completeness"]))
    factor = 240 // 12
    assert np.array_equal(shown(found)[::factor, ::factor], x[0].permute(1, 2, 0).numpy())
    assert found.prediction.score == pytest.approx(float(Scaling(3).eval()(x).detach().max()), abs=1e-5)


def test_mean_and_std_of_the_study_are_undone_for_display() -> None:
    original = np.random.default_rng(1).integers(0, 256, (10, 8, 3), dtype=np.uint8)
    recipe = Recipe(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    study = reporter.Study.model_validate({"image": {"mean": recipe.mean, "std": recipe.std}})
    x = torch.from_numpy(recipe.scaled((original / 255).astype(np.float32)))[None]
    found = one(reporter.explain(Small(3).eval(), x, study=study, metrics=["completeness"]))
    assert np.array_equal(shown(found)[::24, ::24], original)
    raw = one(reporter.explain(Small(3).eval(), x, raw=original[None], metrics=["completeness"]))
    assert np.array_equal(shown(raw)[::24, ::24], original)
    plain = shown(one(reporter.explain(Small(3).eval(), x, metrics=["completeness"])))
    assert (plain.min(), plain.max()) == (0, 255)


@pytest.mark.parametrize("raw", [np.zeros((2, 8, 8)), np.full((1, 8, 8), -1.0), np.zeros((1, 8), np.uint8), "x"])
def test_a_raw_picture_must_be_one(raw: Any) -> None:
    with pytest.raises(ReporterError, match="raw"):
        Images().of_inputs(pictures(1, (1, 8, 8)), given(raw=raw))


def test_baselines_as_captum_takes_them_or_by_name() -> None:
    x, reference = pictures(2, (3, 9, 9)), pictures(20, (3, 9, 9), seed=3)
    for own in (0.25, torch.zeros(1, 3, 9, 9), torch.rand(2, 3, 9, 9), (torch.ones(1, 3, 9, 9),)):
        rows = Images().of_inputs(x, given(baselines=own))
        part = own[0] if isinstance(own, tuple) else own
        assert rows.baseline_name == "own"
        assert torch.allclose(rows.baselines_of(slice(1, 2))[0], torch.as_tensor(part).expand(2, 3, 9, 9)[1:])
    centre = {"mean": reference.mean(0), "median": reference.median(0).values, "zero": torch.zeros(3, 9, 9)}
    for name, wanted in centre.items():
        rows = Images().of_inputs(x, given(baselines=name, reference=reference))
        assert torch.allclose(rows.baselines_of(slice(0, 1))[0][0], wanted)
    assert Images().of_inputs(x, given()).baseline_name == "blur"
    assert Images().of_inputs(x, given(reference=reference)).baseline_name == "mean"
    with pytest.raises(UsageError, match="needs reference"):
        Images().of_inputs(x, given(baselines="mean"))
    with pytest.raises(UnknownName, match="blur"):
        Images().of_inputs(x, given(baselines="blurr"))
    with pytest.raises(UsageError, match="a baseline has shape"):
        Images().of_inputs(x, given(baselines=torch.zeros(1, 3, 9, 8)))


@pytest.mark.parametrize("shape", [*SHAPES, (3, 130, 65)])
def test_a_blur_keeps_shape_level_and_little_else(shape: tuple[int, int, int]) -> None:
    x = pictures(2, shape)
    found = blurred(x, 0.2)
    assert found.shape == x.shape
    assert found.dtype == x.dtype
    assert torch.allclose(blurred(torch.full_like(x, 0.7), 0.2), torch.full_like(x, 0.7))
    assert torch.allclose(found.mean((2, 3)), x.mean((2, 3)), atol=0.2)
    if min(shape[1:]) > 6:
        assert float(found.std()) < 0.4 * float(x.std())
    step = torch.zeros(1, 1, 1, 64)
    step[..., 32:] = 1
    assert float(blurred(step, 0.05)[0, 0, 0, 31:33].mean()) == pytest.approx(0.5)


def test_other_baselines_are_drawn_from_the_reference_or_a_family_and_repeat_with_the_seed() -> None:
    x, reference = pictures(1, (3, 9, 9)), pictures(30, (3, 9, 9), seed=3)
    for rows in (Images().of_inputs(x, given()), Images().of_inputs(x, given(reference=reference))):
        (first,), (again,), (other,) = (rows.resampled(slice(0, 1), 12, seed) or () for seed in (1, 1, 2))
        assert first.shape == (12, 3, 9, 9)
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert len({tuple(each.flatten().tolist()) for each in first}) == 12
        assert float(first.min()) >= float(min(x.min(), reference.min()))
    spread = (Images().of_inputs(x, given(reference=reference)).resampled(slice(0, 1), 400, 0) or ())[0]
    assert torch.allclose(spread.mean(0), reference.mean(0), atol=0.02)
    assert torch.allclose(spread.std(0), reference.std(0) / 30**0.5, rtol=0.35)


def test_stability_is_measured_without_a_reference() -> None:
    found = one(reporter.explain(Small().eval(), pictures(1, (1, 8, 8))))
    score = found.scores[[s.name for s in found.scores].index("stability")]
    assert score.value is not None
    assert found.features[0].interval is not None


def test_a_feature_mask_makes_segments() -> None:
    mask = torch.full((1, 1, 6, 6), 7)
    mask[..., 3:] = 9
    x = pictures(2, (3, 6, 6))
    found = reporter.explain(Small(3).eval(), x, feature_mask=mask, metrics=["completeness"])
    assert isinstance(found, list)
    for row in found:
        values = np.asarray(row.attributions)
        assert {f.id for f in row.features} == {"segment 1", "segment 2"}
        assert row.feature("segment 2").attribution == pytest.approx(float(values[..., 3:].sum()))
        assert {a.feature: (a.left, a.right) for a in raster(row).areas} == {
            "segment 1": (0, 0.5),
            "segment 2": (0.5, 1),
        }
    by_channel = torch.arange(3)[None, :, None, None].expand(1, 3, 6, 6)
    rows = Images().of_inputs(x, given(mask=by_channel, names=["red", "green", "blue"]))
    told = rows.told(0, np.ones(108))
    assert [(f.id, f.attribution) for f in told.features] == [("red", 36), ("green", 36), ("blue", 36)]
    for wrong in (mask.float(), mask[..., :5], torch.zeros(3, 1, 6, 6, dtype=torch.long)):
        with pytest.raises(UsageError, match="feature_mask"):
            Images().of_inputs(x, given(mask=wrong))
    with pytest.raises(UsageError, match="feature_names"):
        Images().of_inputs(x, given(mask=mask, names=["a"]))


def test_probes_come_in_parts_of_one_size() -> None:
    rows = Images().of_inputs(pictures(3, (3, 9, 9)), given())
    (part,) = rows.probes()
    assert part[0].shape == (12, 3, 9, 9)
    assert float(part[0].max()) > 9


# From a study


def write(folder: Path, content: str) -> Path:
    (folder / "study.toml").write_text(content)
    return folder


def colour(seed: int, size: tuple[int, int] = (12, 10)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


def rows_of(selection: Selection, baseline: str = "", channels: int = 3) -> Any:
    return Images().of_study(selection, selection.rows, model=Model(Small(channels)), baseline=baseline)


def test_the_sample_is_explained_and_the_picture_is_the_file() -> None:
    found = next(explain_selection(select(str(SAMPLE), ids=["43"]), trust=True))
    original = np.asarray(Image.open(SAMPLE / "test" / "0043.png"))
    assert np.array_equal(shown(found)[::30, ::30], original)
    assert np.array_equal(shown(found), original.repeat(30, 0).repeat(30, 1))
    assert found.prediction.truth == "7"
    assert found.provenance.baseline.name == "mean"
    assert found.provenance.reference_rows == 200
    assert found.performance is not None
    assert found.performance.value >= 0.95
    assert found.feature("centre").words["en"].name == "centre"
    assert {a.feature for a in raster(found).areas} == {f.id for f in found.features}
    network = (original / 255 - 0.306) / 0.376
    rows = rows_of(select(str(SAMPLE), ids=["43"]), channels=1)
    assert np.allclose(rows.inputs(slice(0, 1))[0][0, 0].numpy(), network, atol=1e-6)


@pytest.mark.parametrize("baseline", BASELINES)
def test_every_baseline_of_a_study_works(baseline: str) -> None:
    rows = rows_of(select(str(SAMPLE), row=2), baseline, channels=1)
    assert rows.baseline_name == baseline
    assert rows.baselines_of(slice(0, 1))[0].shape == (1, 1, 8, 8)
    assert rows.baseline_rows == (200 if baseline in ("mean", "median") else 0)


def test_a_picture_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from reporter.cli import _run

    Image.fromarray(np.asarray(Image.open(SAMPLE / "test" / "0024.png"))).resize((32, 32)).save(tmp_path / "own.png")
    out = tmp_path / "a.json"
    arguments = ["explain", str(SAMPLE), "--trust", "--input", str(tmp_path / "own.png"), "-o", str(out)]
    assert _run(arguments, debug=False) == 0
    found = Explanation.from_json(out)
    assert found.instance == "own"
    assert found.prediction.truth is None
    assert found.provenance.reference_rows == 200
    assert "--input" in found.provenance.command
    assert found.prediction.label == "4"
    (tmp_path / "bad.png").write_bytes(b"nothing")
    capsys.readouterr()
    arguments[4] = str(tmp_path / "bad.png")
    assert _run(arguments, debug=False) == 2
    assert "bad.png is not a picture" in capsys.readouterr().err


def test_a_folder_of_folders_is_a_table_with_labels(tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(6):
            colour(number, (12, 10 + number)).save(tmp_path / "data" / label / f"{number}.png")
    write(tmp_path, '[data]\nmodality = "image"\npath = "data"\n[image]\nsize = [12, 10]\nchannels = 3\n')
    selection = select(str(tmp_path), everything=True)
    rows = rows_of(selection)
    assert [(i.id, i.truth) for i in rows.instances][:2] == [("cat/0", "cat"), ("cat/1", "cat")]
    assert len(rows) == 12
    assert rows.baseline_name == "mean"
    assert rows.reference_rows == 12
    mean = torch.cat([rows.inputs(slice(i, i + 1))[0] for i in range(12)]).mean(0)
    assert torch.allclose(rows.baselines_of(slice(0, 1))[0][0], mean, atol=1e-6)


def test_pictures_of_many_sizes_are_explained_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(12):
        colour(number, (9 + number, 10)).save(tmp_path / "data" / f"{number:02}.png")
    write(tmp_path, '[data]\nmodality = "image"\npath = "data"\n')
    rows = rows_of(select(str(tmp_path), rows="0:3"))
    assert rows.baseline_name == "blur"  # pictures that differ in size have no mean
    assert [tuple(part[0].shape[1:]) for part in rows.probes()] == [(3, 9 + i, 10) for i in range(3)]
    found = list(attribute(Model(Small(3).eval()), rows, Plan(metrics=["completeness"])))
    assert [np.asarray(each.attributions).shape for each in found] == [(1, 3, 9 + i, 10) for i in range(3)]
    with pytest.raises(DataError, match="differ in size"):
        rows_of(select(str(tmp_path), row=0), "mean").baselines_of(slice(0, 1))


@pytest.mark.parametrize("layout", ["nhw", "nhwc", "nchw"])
@pytest.mark.parametrize("kind", ["bytes", "fractions"])
def test_arrays_of_pictures(layout: str, kind: str, tmp_path: Path) -> None:
    channels = 1 if layout == "nhw" else 5
    whole = np.random.default_rng(0).integers(0, 256, (12, 7, 9, channels), dtype=np.uint8)
    whole[3] //= 255  # a dark one is no fraction
    numbers = whole if kind == "bytes" else whole / 255
    stored = {"nhw": numbers[..., 0], "nhwc": numbers, "nchw": numbers.transpose(0, 3, 1, 2)}[layout]
    np.savez(tmp_path / "data.npz", x=stored, label=np.arange(12))
    write(tmp_path, '[data]\nmodality = "image"\npath = "data.npz"\ntarget = "label"\n')
    rows = rows_of(select(str(tmp_path), rows="3:5"), channels=channels)
    found = rows.inputs(slice(0, 1))[0][0].numpy()
    assert np.allclose(found, whole[3].transpose(2, 0, 1) / 255, atol=1e-6)
    assert [i.truth for i in rows.instances] == ["3", "4"]


def test_a_damaged_picture_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    write(tmp_path, '[data]\nmodality = "image"\npath = "data"\n')
    with pytest.raises(DataError, match=r"a\.png is (damaged|not a picture)"):
        rows_of(select(str(tmp_path))).inputs(slice(0, 1))


def test_a_damaged_picture_among_the_others_is_no_reason_to_refuse_them(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(12):
        colour(number).save(tmp_path / "data" / f"{number:02}.png")
    (tmp_path / "data" / "05.png").write_bytes(b"nothing")
    content = '[data]\nmodality = "image"\npath = "data"\n{}[image]\nsize = [12, 10]\nchannels = 3\n'
    write(tmp_path, content.format(""))
    assert rows_of(select(str(tmp_path))).reference_rows == 11
    write(tmp_path, content.format('reference = "data"\n'))
    with pytest.raises(DataError, match=r"05\.png"):
        assert rows_of(select(str(tmp_path))).reference_rows


def test_pictures_that_cannot_be_read_do_not_count_in_what_is_told_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(24):
        colour(number).save(tmp_path / "data" / f"{number:02}.png")
    (tmp_path / "data" / "05.png").write_bytes(b"nothing")
    lines = [f"r{number},data/{number:02}.png,{number % 2}" for number in range(25)]  # the last is not there
    (tmp_path / "d.csv").write_text("\n".join(["id,file,label", *lines]))
    (tmp_path / "averaged.py").write_text(
        "from torch import nn\ndef build():\n"
        "    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 2))\n"
    )
    net = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 2))
    torch.save(net.state_dict(), tmp_path / "m.pt")
    write(
        tmp_path,
        '[model]\npath = "m.pt"\nfactory = "averaged:build"\n'
        '[data]\nmodality = "image"\npath = "d.csv"\ninput = "file"\nid = "id"\ntarget = "label"\n'
        "[image]\nsize = [12, 10]\nchannels = 3\n",
    )
    (found,) = explain_selection(select(str(tmp_path), ids=["r3"]), trust=True, metrics=())
    assert found.performance is not None
    assert (found.performance.rows, found.provenance.reference_rows) == (23, 23)
    for name in ("r5", "r24"):
        with pytest.raises(DataError, match=r"05\.png|24\.png"):
            list(explain_selection(select(str(tmp_path), ids=[name]), trust=True, metrics=()))


def test_the_array_that_is_named_says_what_white_is(tmp_path: Path) -> None:
    numbers = np.linspace(0, 1, 2 * 6 * 6).reshape(2, 6, 6)
    np.savez(tmp_path / "data.npz", other=np.full((2, 3, 3), -7.0), pictures=numbers * 255)
    write(tmp_path, '[data]\nmodality = "image"\npath = "data.npz"\ninput = "pictures"\n')
    found = rows_of(select(str(tmp_path), row=1), "zero", channels=1).inputs(slice(0, 1))[0]
    assert np.allclose(found[0, 0].numpy(), numbers[1], atol=1e-6)


def test_a_hugging_face_folder_prepares_pictures_as_it_says(tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    settings = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=4
    )
    model = ViTForImageClassification(settings).eval()  # type: ignore[no-untyped-call]
    model.save_pretrained(tmp_path / "model")
    prepared = {
        "do_resize": True,
        "size": {"height": 16, "width": 16},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.3, 0.4],
        "resample": 2,
    }
    (tmp_path / "model" / "preprocessor_config.json").write_text(json.dumps(prepared))
    colour(1, (40, 30)).save(tmp_path / "a.png")
    selection = select(str(tmp_path / "model"), inputs=[str(tmp_path / "a.png")])
    assert selection.modality == "image"
    rows = rows_of(selection)
    found = rows.inputs(slice(0, 1))[0]
    processor = ViTImageProcessor.from_pretrained(tmp_path / "model")
    wanted = processor(colour(1, (40, 30)), return_tensors="pt")["pixel_values"]
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 2 / 255 / 0.2  # resizing may round another way
    (explanation,) = explain_selection(selection, metrics=["completeness"])
    wanted_scores = model(found).logits.detach().numpy()[0]
    assert [o.score for o in explanation.prediction.outcomes] == pytest.approx(wanted_scores.tolist(), abs=1e-4)
    assert raster(explanation).width == 16
    assert explanation.provenance.baseline.name == "blur"
