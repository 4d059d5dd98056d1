"""Pictures, in grey, in colour, or of more channels than a person can see at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError, UnknownName, UsageError
from reporter.huggingface import folder_of, is_hugging_face
from reporter.model import Instance, Model
from reporter.pictorial import BASELINES, Pictorial, Region
from reporter.picture import Picture, Pixels, Recipe, channels_last, picture_of, recipe_of, stretched, white_of
from reporter.regions import Regions, declared, grid
from reporter.rows import Given
from reporter.selection import Selection
from reporter.sources import sources_of
from reporter.study import Study
from reporter.table import Table, as_text

REFERENCE = 256  # pictures that say what is usual, at most
LEAST = 10  # fewer say nothing of what is usual, unless they were named for that
KEPT = 2  # pictures that are not decoded again while one is explained


@dataclass(frozen=True)
class Images:
    """Pictures from files, arrays or tensors. A feature is a region: a declared one, a segment, or a ninth."""

    def of_study(self, selection: Selection, rows: Sequence[int], *, model: Model, baseline: str) -> Pictorial:  # noqa: ARG002
        """The chosen rows of a study's table, each by its file or its numbers.

        The baseline is the mean of the reference pictures where there are some, and else a blurred copy.
        """
        study, table = selection.study, selection.table
        recipe = recipe_of(study, _folder(study))
        read = _reader(study, table, rows, recipe)
        asked = baseline or study.baseline
        usual = _usual(selection, recipe, forced=asked in ("mean", "median"))
        if usual is not None and not asked and not recipe.fixed and not _alike(usual(), read(0)):
            usual = None
        ids = table.labels(study.data.id)
        truths = [_truth(study, table, row) for row in rows]
        return Pictorial(
            instances=tuple(_instance(ids[row], truth) for row, truth in zip(rows, truths, strict=True)),
            network=lambda row: torch.from_numpy(read(row).network)[None],
            seen=lambda row: read(row).seen,
            regions=lambda row: _regions(study, read(row).seen.shape[0], read(row).seen.shape[1]),
            baseline_name=_named(asked, usual is not None),
            usual=usual,
            said=_said(study),
            data=table.name if selection.given else study.data.path,
            data_hash=table.hash,
        )

    def of_inputs(self, inputs: Any, given: Given) -> Pictorial:
        """Tensors or arrays (rows, channels, height, width); whole numbers become floating ones.

        `raw` is the pictures as a person sees them, eight bits or 0 to 1. Without it they are brought back by the mean
        and std of the study; what is then not within 0 to 1 is shown from its lowest value, black, to its highest,
        white. More channels than three are shown as their mean, in grey. Raises UsageError.
        """
        study = given.study if given.study is not None else Study()
        pictures = _tensor(inputs, "inputs")
        count, shape = len(pictures), tuple(pictures.shape[1:])
        reference = None if given.reference is None else _tensor(given.reference, "reference").to(pictures)
        if reference is not None and tuple(reference.shape[1:]) != shape:
            raise UsageError(
                f"the reference has pictures of {tuple(reference.shape[1:])}, the inputs {shape}",
                remedy="give both in one size",
            )
        for what, each in (("ids", given.ids), ("labels", given.truths)):
            if each is not None and len(each) != count:
                raise UsageError(f"{len(each)} {what} for {count} pictures", remedy="give one per picture")
        name, own = _baselines(given.baselines, pictures, reference is not None, study.baseline)
        regions = _given_regions(given, study, pictures)
        seen = (
            _raw(given.raw, pictures)
            if given.raw is not None
            else _restored(pictures, recipe_of(study, _folder(study)))
        )
        return Pictorial(
            instances=tuple(
                _instance(
                    given.ids[row] if given.ids is not None else str(row),
                    given.truths[row] if given.truths is not None else None,
                )
                for row in range(count)
            ),
            network=lambda row: pictures[row : row + 1],
            seen=seen,
            regions=regions,
            baseline_name=name,
            own=own,
            usual=None if reference is None else lambda: reference,
            said=_said(study),
        )


def _folder(study: Study) -> Path | None:
    """The model's folder, where it says how pictures are prepared."""
    return folder_of(study.model, study.folder) if is_hugging_face(study.model, study.folder) else None


def _instance(name: str, truth: str | float | None) -> Instance:
    return Instance(str(name), (), (), (), truth)  # its picture is read when it is asked for


# From a study


def _reader(study: Study, table: Table, rows: Sequence[int], recipe: Recipe) -> Callable[[int], Picture]:
    """Reads the chosen rows by their place among them, the last few without decoding them again."""
    sources = sources_of(study, table, rows)
    white = _white(study, table)

    @lru_cache(maxsize=KEPT)
    def read(row: int) -> Picture:
        source = sources[row]
        if isinstance(source, str):
            raise DataError(f"{table.name}: {source!r} is no picture", remedy="name the column of the files with input")
        return picture_of(source, recipe, white=white)

    return read


def _white(study: Study, table: Table) -> float | None:
    """What white is in the pictures of a table that holds them, told from all of them: one alone may be dark."""
    array = table.arrays.get(study.data.input, next(iter(table.arrays.values()), None))
    return white_of(array) if array is not None else None


def _usual(selection: Selection, recipe: Recipe, *, forced: bool) -> Callable[[], Tensor] | None:
    """Reads the reference pictures; None where there are too few, or they cannot be laid over one another."""
    study = selection.study
    declared_ = selection.reference is not None
    table = selection.reference or (selection.labelled if selection.given else selection.table)
    if table is None or (len(table) < LEAST and not (declared_ or forced)):
        return None
    known = {*table.names, *table.arrays}
    # A reference of arrays has no column of file names, and files named for their layout have their own.
    name = "file" if table.files else study.data.input if study.data.input in known else ""
    study = study.model_copy(update={"data": study.data.model_copy(update={"input": name})})
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), REFERENCE)).round().astype(int)).tolist()

    @cache
    def stacked() -> Tensor:
        read = _reader(study, table, rows, recipe)
        found = []
        for i in range(len(rows)):
            try:
                found.append(torch.from_numpy(read(i).network))
            except DataError:
                if declared_:
                    raise
                # Among the data themselves it is a reason to refuse that row alone; the rows are counted in the report.
        if len({each.shape for each in found}) != 1:
            raise DataError(
                f"the pictures of {table.name} differ in size or channels",
                remedy="set size and channels under [image], or choose the baseline blur",
            )
        return torch.stack(found)

    if declared_ or forced or (recipe.fixed and recipe.channels is not None):
        return stacked
    try:
        stacked()
    except DataError:  # nobody asked for a reference, and these pictures are none
        return None
    return stacked


def _alike(reference: Tensor, picture: Picture) -> bool:
    return bool(tuple(reference.shape[1:]) == picture.network.shape)


def _truth(study: Study, table: Table, row: int) -> str | float | None:
    if not study.data.target:
        return None
    cell = table.column(study.data.target)[row]
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if study.task == "regression":
        return None if cell is None or np.isnan(float(cell)) else float(cell)
    return as_text(cell)


def _named(asked: str, referenced: bool) -> str:
    if asked and asked not in BASELINES:
        raise UnknownName("baseline", asked, BASELINES)
    return asked or ("mean" if referenced else "blur")


def _regions(study: Study, height: int, width: int) -> Regions:
    boxes = {name: section.box for name, section in study.image.regions.items()}
    return declared(boxes, height, width) if boxes else grid(height, width)


def _said(study: Study) -> dict[str, Region]:
    names = {*study.image.regions, *study.features, *(name for each in study.words.values() for name in each.features)}
    features = study.features
    return {
        name: Region(
            words=study.feature_words(name),
            group=features[name].group if name in features else "",
            protected=name in features and features[name].protected,
        )
        for name in names
    }


# From Python


def _tensor(given: Any, what: str) -> Tensor:
    """One tensor of several pictures, finite and floating."""
    if isinstance(given, Mapping):
        given = tuple(given.values())
    if isinstance(given, tuple):
        if len(given) != 1:
            raise UsageError(f"{what} are {len(given)} tensors", allowed="one of shape (rows, channels, height, width)")
        given = given[0]
    try:
        tensor = given.detach().clone() if isinstance(given, Tensor) else torch.from_numpy(np.array(given))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{what} are no pictures of one size", allowed="a tensor or array (rows, channels, height, width)"
        ) from error
    if tensor.layout != torch.strided or tensor.is_nested or tensor.is_meta or tensor.is_complex():
        raise UsageError(f"{what}: a {tensor.layout} tensor of {tensor.dtype}", allowed="dense real numbers")
    if tensor.ndim != 4:
        remedy = {2: "give x[None, None] for one picture in grey", 3: "give x[None] for one picture"}
        raise UsageError(
            f"{what} have shape {tuple(tensor.shape)}",
            allowed="(rows, channels, height, width)",
            remedy=remedy.get(tensor.ndim, ""),
        )
    if not tensor.numel():
        raise UsageError(f"{what} of shape {tuple(tensor.shape)} hold no picture", remedy="give at least one")
    if not tensor.is_floating_point():
        tensor = tensor.to(torch.float32)
    if not bool(tensor.isfinite().all()):
        row = int((~tensor.isfinite().flatten(1).all(dim=1)).nonzero()[0])
        raise UsageError(f"{what}: picture {row} holds numbers that are not finite", remedy="fill them in")
    return tensor


def _baselines(given: Any, pictures: Tensor, referenced: bool, asked: str) -> tuple[str, Tensor | None]:
    """The name of the baseline and, where it is the caller's own, the baseline."""
    if isinstance(given, tuple) and len(given) == 1:
        given = given[0]
    if given is None or isinstance(given, str):
        name = _named(given or asked, referenced)
        if name in ("mean", "median") and not referenced:
            raise UsageError(f"the baseline {name!r} needs reference pictures", remedy="give reference=, or 'blur'")
        return name, None
    tensor = given.detach().clone() if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
    if tensor.ndim == 0:
        tensor = tensor.expand(1, *pictures.shape[1:]).clone()
    if tensor.shape[1:] != pictures.shape[1:] or len(tensor) not in (1, len(pictures)):
        raise UsageError(
            f"a baseline has shape {tuple(tensor.shape)}, the inputs {tuple(pictures.shape)}",
            allowed=f"a number, one picture, one per picture, or {', '.join(BASELINES)}",
        )
    if not bool(tensor.isfinite().all()):
        raise UsageError("a baseline is not finite", allowed="finite numbers")
    return "own", tensor.to(pictures)


def _given_regions(given: Given, study: Study, pictures: Tensor) -> Callable[[int], Regions]:
    channels, height, width = pictures.shape[1:]
    if given.mask is None:
        found = _regions(study, height, width)
        if given.names is not None:
            found = Regions(_names(given.names, len(found.ids)), found.labels)
        return lambda _: found
    mask = given.mask[0] if isinstance(given.mask, tuple) and len(given.mask) == 1 else given.mask
    numbers = mask.detach().cpu().numpy() if isinstance(mask, Tensor) else np.asarray(mask)
    whole = numbers.dtype.kind in "iu"
    fits = numbers.ndim == 4 and numbers.shape[0] in (1, len(pictures)) and numbers.shape[1] in (1, channels)
    if not (whole and fits and numbers.shape[2:] == (height, width)):
        raise UsageError(
            f"feature_mask has shape {numbers.shape} and type {numbers.dtype}",
            allowed=f"whole numbers of shape {(1, channels, height, width)}, or 1 for all channels",
        )

    def segments(row: int) -> Regions:
        own = numbers[row] if len(numbers) > 1 else numbers[0]
        known, places = np.unique(own, return_inverse=True)
        plain = [f"segment {i}" for i in range(1, len(known) + 1)]
        return Regions(_names(given.names or plain, len(known)), places.reshape(own.shape).astype(np.int64))

    segments(0)
    return segments


def _names(names: Sequence[str], count: int) -> tuple[str, ...]:
    found = tuple(str(name) for name in names)
    if len(found) != count or len(set(found)) != count:
        raise UsageError(f"{len(found)} feature_names for {count} regions", remedy="give each region its own")
    return found


def _raw(given: Any, pictures: Tensor) -> Callable[[int], Pixels]:
    """Pictures as a person sees them, channels first or last."""
    array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    white = white_of(array) if array.dtype.kind in "biuf" else None
    size = (pictures.shape[2], pictures.shape[3])
    if white is None or array.ndim not in (3, 4) or len(array) != len(pictures):
        raise UsageError(
            f"raw has shape {array.shape} and type {array.dtype}",
            allowed="one picture per row, in eight bits or from 0 to 1",
        )

    def seen(row: int) -> Pixels:
        return np.asarray(channels_last(array[row], size, "raw") / np.float32(white), dtype=np.float32)

    seen(0)
    return seen


def _restored(pictures: Tensor, recipe: Recipe) -> Callable[[int], Pixels]:
    """Pictures brought back from the scale of the network; stretched where they then are not within 0 to 1."""
    white = white_of(pictures.cpu().to(torch.float32).numpy())
    plain = recipe.mean == () and recipe.std == () and recipe.range == (0.0, 1.0)

    def seen(row: int) -> Pixels:
        network = pictures[row].cpu().to(torch.float32).numpy()
        if plain:
            values = network.transpose(1, 2, 0)
            return np.asarray(values / white, dtype=np.float32) if white else stretched(values)
        values = np.asarray(recipe.unscaled(network), dtype=np.float32)
        inside = values.min() > -SLACK and values.max() < 1 + SLACK
        return np.clip(values, 0.0, 1.0) if inside else stretched(values)

    return seen


SLACK = 1e-3  # what rounding may leave outside of 0 to 1
