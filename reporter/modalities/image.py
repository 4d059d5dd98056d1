"""Pictures, in grey, in colour, or of more channels than a person can see at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reporter.errors import DataError, UsageError
from reporter.huggingface import folder_of, is_hugging_face
from reporter.model import Instance, Model
from reporter.pictorial import Pictorial, Region, named_baseline
from reporter.picture import Picture, picture_of, white_of
from reporter.pixels import baselines_of, batch_of_pictures, raw_pictures, regions_given, restored
from reporter.recipe import Recipe, recipe_of
from reporter.regions import Box, regions_of
from reporter.rows import Given
from reporter.selection import Selection
from reporter.sources import present, recorded, sources_of
from reporter.study import Study
from reporter.table import Table

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
        truths = [recorded(study, table, row) for row in rows]
        return Pictorial(
            instances=tuple(_instance(ids[row], truth) for row, truth in zip(rows, truths, strict=True)),
            network=lambda row: torch.from_numpy(read(row).network)[None],
            seen=lambda row: read(row).seen,
            regions=lambda row: regions_of(_boxes(study), *read(row).seen.shape[:2]),
            baseline_name=named_baseline(asked, referenced=usual is not None),
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
        pictures = batch_of_pictures(inputs, "inputs")
        count, shape = len(pictures), tuple(pictures.shape[1:])
        reference = None if given.reference is None else batch_of_pictures(given.reference, "reference").to(pictures)
        if reference is not None and tuple(reference.shape[1:]) != shape:
            raise UsageError(
                f"the reference has pictures of {tuple(reference.shape[1:])}, the inputs {shape}",
                remedy="give both in one size",
            )
        for what, each in (("ids", given.ids), ("labels", given.truths)):
            if each is not None and len(each) != count:
                raise UsageError(f"{len(each)} {what} for {count} pictures", remedy="give one per picture")
        name, own = baselines_of(given.baselines, pictures, reference is not None, study.baseline)
        regions = regions_given(given, _boxes(study), pictures)
        seen = (
            raw_pictures(given.raw, pictures)
            if given.raw is not None
            else restored(pictures, recipe_of(study, _folder(study)))
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
    rows = rows if declared_ else present(study, table, rows)

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


def _boxes(study: Study) -> dict[str, Box]:
    return {name: section.box for name, section in study.image.regions.items()}


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
