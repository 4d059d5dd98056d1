"""Pictures: what files and arrays become, hazards of decoding, and recipes from a study or a model's folder."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from reporter import picture as room
from reporter.errors import DataError, ModelError, StudyError
from reporter.picture import picture_of, portrait, stretched, white_of
from reporter.recipe import Recipe, recipe_of
from reporter.study import Study, study_from

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
COLOURS = np.stack([RAMP, RAMP[::-1], 255 - RAMP], axis=2)


def saved(folder: Path, image: Image.Image, name: str = "a.png", **settings: Any) -> Path:
    image.save(folder / name, **settings)
    return folder / name


def bytes_of(seen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.round(seen * 255).astype(np.uint8)


# Files


@pytest.mark.parametrize(("array", "channels"), [(RAMP, 1), (COLOURS, 3)])
def test_a_file_is_seen_as_it_is(array: np.ndarray[Any, Any], channels: int, tmp_path: Path) -> None:
    found = picture_of(saved(tmp_path, Image.fromarray(array)), Recipe())
    assert found.seen.shape == (6, 8, channels)
    assert np.array_equal(bytes_of(found.seen).squeeze(), array)
    assert found.network.shape == (channels, 6, 8)
    assert np.allclose(found.network, found.seen.transpose(2, 0, 1))


def test_mean_std_and_range_are_applied_by_channel(tmp_path: Path) -> None:
    recipe = Recipe(range=(-1.0, 1.0), mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    found = picture_of(saved(tmp_path, Image.fromarray(COLOURS)), recipe)
    for channel, (mean, std) in enumerate(zip(recipe.mean, recipe.std, strict=True)):
        wanted = (COLOURS[:, :, channel] / 255 * 2 - 1 - mean) / std
        assert np.allclose(found.network[channel], wanted, atol=1e-6)
    assert np.allclose(recipe.unscaled(found.network), found.seen, atol=1e-6)


def test_a_photograph_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    found = picture_of(saved(tmp_path, Image.fromarray(RAMP), exif=exif), Recipe())
    assert np.array_equal(bytes_of(found.seen)[:, :, 0], np.rot90(RAMP, -1))


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    alpha = np.where(RAMP > 100, 255, 0).astype(np.uint8)
    found = picture_of(saved(tmp_path, Image.fromarray(np.dstack([COLOURS, alpha]))), Recipe())
    assert np.array_equal(bytes_of(found.seen), np.where(alpha[:, :, None] > 0, COLOURS, 255))
    grey = picture_of(saved(tmp_path, Image.fromarray(np.dstack([RAMP, alpha]), "LA"), "g.png"), Recipe())
    assert np.array_equal(bytes_of(grey.seen)[:, :, 0], np.where(alpha > 0, RAMP, 255))


def test_a_palette_is_resolved_and_one_of_its_colours_may_be_transparent(tmp_path: Path) -> None:
    image = Image.fromarray((RAMP > 100).astype(np.uint8), "P")
    image.putpalette([200, 10, 20, 0, 0, 250])
    found = picture_of(saved(tmp_path, image), Recipe())
    assert {tuple(c) for c in bytes_of(found.seen).reshape(-1, 3).tolist()} == {(200, 10, 20), (0, 0, 250)}
    clear = picture_of(saved(tmp_path, image, "t.png", transparency=0), Recipe())
    assert {tuple(c) for c in bytes_of(clear.seen).reshape(-1, 3).tolist()} == {(255, 255, 255), (0, 0, 250)}


def test_sixteen_bits_keep_their_contrast(tmp_path: Path) -> None:
    deep = RAMP.astype(np.uint16) * 257
    found = picture_of(saved(tmp_path, Image.fromarray(deep)), Recipe())
    assert np.array_equal(bytes_of(found.seen)[:, :, 0], RAMP)


def test_a_float_tiff_is_read_as_fractions_and_refused_beyond(tmp_path: Path) -> None:
    found = picture_of(saved(tmp_path, Image.fromarray((RAMP / 255).astype(np.float32)), "f.tiff"), Recipe())
    assert np.array_equal(bytes_of(found.seen)[:, :, 0], RAMP)
    with pytest.raises(DataError, match="numbers from -3 to"):
        picture_of(saved(tmp_path, Image.fromarray(RAMP.astype(np.float32) - 3), "g.tiff"), Recipe())


@pytest.mark.parametrize("mode", ["1", "CMYK", "YCbCr"])
def test_other_modes_become_grey_or_colour(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(COLOURS).convert(mode)
    found = picture_of(saved(tmp_path, image, "a.tiff"), Recipe())
    wanted = np.asarray(image.convert("L" if mode == "1" else "RGB"))
    assert np.array_equal(bytes_of(found.seen).squeeze(), wanted)


def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((5, 5), value, dtype=np.uint8)) for value in (40, 200)]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert set(bytes_of(picture_of(path, Recipe(channels=1)).seen).reshape(-1).tolist()) == {40}


def test_channels_and_size_are_the_recipes(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(COLOURS))
    found = picture_of(path, Recipe(size=(4, 10), channels=1))
    assert found.network.shape == (1, 4, 10)
    wanted = Image.fromarray(COLOURS).convert("L").resize((10, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(bytes_of(found.seen)[:, :, 0], np.asarray(wanted))


# Hazards


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"a\.png is too large") as caught:
            picture_of(tmp_path / "a.png", Recipe())
    assert "\n" not in str(caught.value)


def test_a_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, Image.fromarray(RAMP))
    monkeypatch.setattr(room, "MAX_BYTES", 20)
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(DataError, match=r"has [0-9]+ bytes"):
        picture_of(path, Recipe())


def test_a_picture_too_large_to_explain_says_how_to_reduce_it(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("L", (2000, 1000)))
    with pytest.raises(DataError, match=r"2000 × 1000 points.*set size"):
        picture_of(path, Recipe())
    assert picture_of(path, Recipe(size=(10, 20))).network.shape == (1, 10, 20)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("lenient", [False, True])
def test_a_damaged_file_is_told_in_one_line(
    suffix: str, lenient: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)  # what WeasyPrint leaves behind
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    whole = saved(tmp_path, Image.fromarray(noise), f"a.{suffix}").read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole[: len(whole) // 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"cut\.\w+ is (damaged|not a picture)") as caught:
            picture_of(cut, Recipe())
    assert "\n" not in str(caught.value)
    assert lenient is ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("seed", range(40))
def test_whatever_bytes_a_file_holds_the_answer_is_a_picture_or_one_line(seed: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(seed)
    kind = ["PNG", "JPEG", "GIF", "TIFF", "WEBP"][seed % 5]
    buffer = io.BytesIO()
    Image.fromarray(COLOURS).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    for place in generator.integers(4, len(content), 12):
        content[place] = generator.integers(0, 256)
    path = tmp_path / "a.png"
    path.write_bytes(bytes(content))
    with contextlib.suppress(DataError):  # and nothing else
        assert picture_of(path, Recipe()).seen.ndim == 3


def test_what_is_no_picture_is_not_handed_to_other_programs(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(DataError, match="is not a picture"):
        picture_of(tmp_path / "a.png", Recipe())


# Arrays


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("first", [True, False])
def test_arrays_may_have_channels_on_either_side(channels: int, first: bool) -> None:
    numbers = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype=np.uint8)
    given = numbers.transpose(2, 0, 1) if first else numbers
    found = picture_of(given, Recipe(), white=white_of(given))
    assert np.array_equal(bytes_of(found.seen), numbers)


def test_white_is_told_from_all_numbers() -> None:
    assert white_of(RAMP) == 255
    assert white_of(RAMP / 255) == 1
    assert white_of(RAMP.astype(float)) == 255
    assert white_of(RAMP.astype(float) - 9) is None
    assert white_of(np.array([np.nan, 1.0])) is None


def test_numbers_on_a_scale_of_their_own_skip_the_range_and_are_shown_stretched() -> None:
    own = RAMP.astype(np.float32) * 10 - 700
    found = picture_of(own, Recipe(range=(-1, 1), mean=(5.0,), std=(2.0,)), white=white_of(own))
    assert np.allclose(found.network[0], (own - 5) / 2)
    assert found.seen.min() == 0
    assert found.seen.max() == 1
    assert set(stretched(np.zeros((2, 2, 1), np.float32)).reshape(-1).tolist()) == {0.5}


def test_a_file_of_numbers_is_bounded_and_finite(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", RAMP / 255)
    assert np.allclose(picture_of(tmp_path / "a.npy", Recipe()).seen[:, :, 0], RAMP / 255)
    np.save(tmp_path / "b.npy", np.array([[1.0, np.inf]]))
    with pytest.raises(DataError, match="not finite"):
        picture_of(tmp_path / "b.npy", Recipe())
    np.save(tmp_path / "c.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(DataError, match="is not an array file"):
        picture_of(tmp_path / "c.npy", Recipe())
    with pytest.raises(DataError, match="shape"):
        picture_of(np.zeros((2, 2, 2, 2)), Recipe(), white=1.0)


# Recipes


def test_a_study_says_all_of_it() -> None:
    said = {"size": [4, 5], "channels": 3, "range": [-1, 1], "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]}
    assert recipe_of(study_from({"image": said})) == Recipe(
        size=(4, 5), channels=3, range=(-1, 1), mean=(0.1, 0.2, 0.3), std=(1, 2, 3)
    )


@pytest.mark.parametrize(
    ("said", "problem"),
    [({"size": [4]}, "size"), ({"size": [0, 3]}, "size"), ({"range": [1, 0]}, "range")],
)
def test_what_a_study_cannot_mean_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        recipe_of(study_from({"image": said}))


@pytest.mark.parametrize(("said", "problem"), [({"mean": [1, 2]}, "2 values in mean"), ({"std": [0]}, "not above 0")])
def test_a_scale_must_fit_the_channels(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        picture_of(RAMP, recipe_of(study_from({"image": said})), white=255.0)


def folder_of(path: Path, **given: Any) -> Path:
    (path / "config.json").write_text(json.dumps({"architectures": ["ViTForImageClassification"]}))
    (path / "preprocessor_config.json").write_text(json.dumps(given))
    return path


def test_a_model_folder_fills_what_the_study_leaves_open(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        size={"height": 8, "width": 6},
        resample=3,
        do_rescale=True,
        rescale_factor=1 / 255,
        do_normalize=True,
        image_mean=[0.5, 0.4, 0.3],
        image_std=[0.2, 0.3, 0.4],
    )
    found = recipe_of(Study(), tmp_path)
    assert found == Recipe((8, 6), channels=3, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4), filter=3)
    said = recipe_of(study_from({"image": {"mean": [0], "std": [1]}}), tmp_path)
    assert (said.mean, said.std, said.size) == ((0.0,), (1.0,), (8, 6))


def test_the_steps_of_a_processor_may_be_left_out(tmp_path: Path) -> None:
    folder_of(tmp_path, size=9, do_resize=False, do_rescale=False, do_normalize=False, image_mean=[1], image_std=[2])
    assert recipe_of(Study(), tmp_path) == Recipe(channels=3, range=(0.0, 255.0))


def test_the_shorter_side_is_resized_and_the_middle_cut(tmp_path: Path) -> None:
    folder_of(tmp_path, size={"shortest_edge": 12}, do_center_crop=True, crop_size={"height": 10, "width": 10})
    recipe = recipe_of(Study(), tmp_path)
    wide = np.zeros((6, 12, 3), np.uint8)
    wide[:, 4:8] = 255
    found = picture_of(wide, recipe, white=255.0)
    assert found.network.shape == (3, 10, 10)
    assert found.seen[:, 2:8].min() > 0.9  # the middle is still in the middle
    folder_of(tmp_path, size={"shortest_edge": 224}, crop_pct=0.875)
    assert (recipe_of(Study(), tmp_path).shortest) == 256


def test_a_damaged_processor_is_told(tmp_path: Path) -> None:
    folder_of(tmp_path, size={"height": 8})
    with pytest.raises(ModelError, match=r"preprocessor_config\.json does not say"):
        recipe_of(Study(), tmp_path)
    (tmp_path / "preprocessor_config.json").write_text("{")
    with pytest.raises(ModelError, match="is damaged"):
        recipe_of(Study(), tmp_path)


# Showing


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_a_small_picture_is_enlarged_without_a_change() -> None:
    shown = np.asarray(opened(portrait((COLOURS / 255).astype(np.float32))).convert("RGB"))
    factor = shown.shape[0] // 6
    assert 160 <= max(shown.shape) <= 240
    assert np.array_equal(shown, COLOURS.repeat(factor, axis=0).repeat(factor, axis=1))


def test_a_large_one_is_reduced_and_more_channels_are_grey() -> None:
    assert max(opened(portrait(np.zeros((900, 300, 3), np.float32))).size) == 256
    five = np.stack([np.full((4, 4), i / 4, np.float32) for i in range(5)], axis=2)
    shown = np.asarray(opened(portrait(five)))
    assert shown.ndim == 2
    assert set(shown.reshape(-1).tolist()) == {128}


def test_many_colours_are_kept_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 130, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(opened(portrait((noise / 255).astype(np.float32)))), noise)
