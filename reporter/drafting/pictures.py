"""A first study of pictures: their size and channels by what the model accepts, their scale by the labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reporter.drafting.finding import Found, finding
from reporter.drafting.trial import Asked, accepted, better, tried
from reporter.errors import DataError, ModelError
from reporter.huggingface import is_hugging_face
from reporter.picture import MAX_EXPLAINED, picture_of
from reporter.reading import PICTURES
from reporter.recipe import Recipe
from reporter.sources import Source, sources_of
from reporter.study import Study
from reporter.table import Table

Shape = tuple[int, int, int]  # height, width, channels

SIZES = (224, 32, 64, 28, 96, 128, 256, 160, 192, 299, 384, 112, 227, 240, 288, 300, 380, 448, 512, 8, 16, 24, 48)
FEW = 8  # pictures looked at for their own size
COLOURS = {1: "grey", 3: "colour"}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def draft_pictures(asked: Asked) -> Found:
    """Raises ModelError when the model takes the pictures in none of the sizes tried, DataError for unreadable ones."""
    table, name = asked.table, input_of(asked.table)
    label = asked.label((name, "id"))
    data = asked.study.data.model_copy(
        update={"modality": "image", "input": name, "target": label, "id": asked.id((name, label))}
    )
    study = asked.study.model_copy(update={"data": data})
    told = f"{len(table)} pictures"
    if is_hugging_face(study.model, study.folder):
        return finding(asked, tried(asked, study), f"{told}, prepared as the model's folder says")
    shapes = _shapes(study, table)
    own = {shape[:2] for shape in shapes}
    study = _fitting(asked, study, shapes, _shown(own))
    trial = better(asked, tried(asked, study), _scales(study))
    image = trial.study.image
    size = [f"size = {image.size}: the pictures are {_shown(own)}"] if image.size and {(*image.size,)} != own else []
    return finding(asked, trial, f"{told} {_told(trial.study, own)}", [*size, _scale(study, trial.study)])


def _fitting(asked: Asked, study: Study, shapes: Sequence[Shape], shown: str) -> Study:
    """The study with the first size and channels that the model accepts."""
    first = ""
    for candidate in _candidates(study, shapes):
        refused = accepted(asked, candidate)
        if not refused:
            return candidate
        first = first or refused
    raise ModelError(
        f"the model takes no picture of {asked.table.name}: {first}",
        allowed=f"tried: {shown} and the usual sizes, grey and colour",
        remedy="write a study with size = [height, width] and channels under [image]",
    )


def input_of(table: Table, suffixes: tuple[str, ...] = PICTURES) -> str:
    """The column or array that holds pictures, or other files by their suffixes; empty when none does."""
    if table.files:
        return "file"
    if table.arrays:
        return next((name for name, array in table.arrays.items() if array.ndim > 2), next(iter(table.arrays)))
    return next((name for name in table.names if _names_files(table, name, suffixes)), "")


def _names_files(table: Table, name: str, suffixes: tuple[str, ...]) -> bool:
    if table.column(name).dtype != object:
        return False
    cells = [cell for cell in table.texts(name)[:FEW] if cell is not None]
    return bool(cells) and all(
        cell.lower().endswith(suffixes) and len(cell) < 1000 and (table.folder / cell).is_file() for cell in cells
    )


def _shapes(study: Study, table: Table) -> list[Shape]:
    """(height, width, channels) of some pictures as they are."""
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), FEW)).round().astype(int)).tolist()
    return [_shape(source) for source in sources_of(study, table, rows)]


def _shape(source: Source) -> Shape:
    if isinstance(source, str):
        raise DataError(f"{source[:80]!r} is no picture", remedy="give a folder, or a table with file names")
    if isinstance(source, Path) and source.suffix.lower() in PICTURES:
        try:
            with Image.open(source) as image:  # the header alone: a photograph may be larger than can be explained
                return image.height, image.width, 1 if image.mode in ("1", "L", "LA", "I", "I;16", "F") else 3
        except (OSError, ValueError) as error:
            raise DataError(f"{source} is not a picture", remedy="take it out of the folder") from error
    height, width, channels = picture_of(source, Recipe()).seen.shape
    return height, width, channels


def _candidates(study: Study, shapes: Sequence[Shape]) -> Iterator[Study]:
    """Studies to try, the likeliest first: pictures as they are, then in the usual sizes, then grey for colour."""
    sizes = {shape[:2] for shape in shapes}
    own = shapes[0][2]
    explained = all(height * width <= MAX_EXPLAINED for height, width in sizes)
    channels = [own, *(each for each in COLOURS if each != own)] if own in COLOURS else [None]
    for count in channels:
        said: dict[str, Any] = {"channels": count}
        if explained and len(sizes) == 1:
            yield _with(study, size=[*next(iter(sizes))], **said)
        for side in SIZES:
            yield _with(study, size=[side, side], **said)


def _with(study: Study, **said: Any) -> Study:
    # Validated again, so that it is known what was said.
    image = type(study.image).model_validate({**study.image.model_dump(exclude_unset=True), **said})
    return study.model_copy(update={"image": image})


def _scales(study: Study) -> Iterator[Study]:
    """Other scales that networks are trained on."""
    yield _with(study, range=(-1.0, 1.0))
    yield _with(study, range=(0.0, 255.0))
    if study.image.channels == 3:
        yield _with(study, **IMAGENET)


def _scale(before: Study, after: Study) -> str:
    image = after.image
    told = f"range = {[*image.range]}" + (f" with mean = {image.mean} and std = {image.std}" if image.mean else "")
    why = "the usual one" if image == before.image else "the labels agree clearly better with it"
    return f"{told}: {why}; write what the network was trained with"


def _told(study: Study, own: set[tuple[int, int]]) -> str:
    size = _shown({(study.image.size[0], study.image.size[1])} if study.image.size else own)
    return f"of {size} points in {COLOURS.get(study.image.channels or 0, 'several channels')}"


def _shown(sizes: set[tuple[int, int]]) -> str:
    (height, width), *others = sorted(sizes)
    return "of several sizes" if others else f"{height} × {width}"
