"""Which rows of a study are to be explained: found, and their mistakes told, before torch is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reporter.errors import DataError, StudyError, UsageError, listing
from reporter.reading import read_table
from reporter.study import Study, read_study
from reporter.table import Table


@dataclass(frozen=True, eq=False)
class Selection:
    """A study with its data read, and the rows chosen from them."""

    name: str  # the study as it was given
    study: Study
    table: Table
    reference: Table | None  # rows that say what is usual; None when the data themselves do
    rows: tuple[int, ...]
    labelled: Table | None = None  # the study's data, where other rows than these are explained
    given: tuple[str, ...] = ()  # per row: the option of the command line that gave it; empty for a study's own rows

    @property
    def modality(self) -> str:
        return self.study.modality

    @property
    def ids(self) -> list[str]:
        """What the chosen rows are called."""
        labels = self.table.labels(self.study.data.id)
        return [labels[row] for row in self.rows]


def select(
    name: str,
    *,
    row: int | None = None,
    rows: str = "",
    ids: Sequence[str] = (),
    everything: bool = False,
    inputs: Sequence[str] = (),
    texts: Sequence[str] = (),
) -> Selection:
    """Read a study and its data and choose rows: one by number, a range "A:B", or by ids; one of the three.

    Without any of them the first row is chosen, or every row with `everything`. `inputs` are files, and `texts` are
    texts, to be explained in place of the study's data. Raises StudyError, DataError, and UsageError when more than
    one way is used.
    """
    ways = [what for what, given in (("--row", row is not None), ("--rows", bool(rows)), ("--id", bool(ids))) if given]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} are both given", remedy="choose rows in one way")
    study = read_study(name)
    data = study.data
    own = inputs or texts
    if not data.path and not own:
        raise StudyError(f"{name} names no data", remedy="set path under [data], or add --input or --text")
    reference = _read(study, data.reference) if data.reference else None
    table = _read(study, data.path) if data.path else None
    if own:
        return _given(name, study, inputs, texts, table, reference, ways)
    assert table is not None  # noqa: S101 - said above
    study = _by_folder(study, table)
    if not ways and not everything:
        row = 0
    chosen = table.locate(row=row, rows=rows, ids=ids, id_column=study.data.id)
    if not chosen:
        raise DataError(f"no rows chosen from {table.name}", remedy="choose at least one")
    return Selection(name, study, table, reference, tuple(chosen))


def _read(study: Study, path: str) -> Table:
    return read_table(
        study.path(path), texts=[study.data.id] if study.data.id else [], arrays=study.modality != "tabular"
    )


def _by_folder(study: Study, table: Table) -> Study:
    """The study with what the layout of a folder says, where it says nothing else itself."""
    if not table.files:
        return study
    said = {"id": study.data.id or "id", "input": study.data.input or "file"}
    if "label" in table.names:
        said["target"] = study.data.target or "label"
    return study.model_copy(update={"data": study.data.model_copy(update=said)})


def _given(
    name: str,
    study: Study,
    inputs: Sequence[str],
    texts: Sequence[str],
    labelled: Table | None,
    reference: Table | None,
    ways: Sequence[str],
) -> Selection:
    """Files or texts from the command line in place of the study's data, which still says how good the model is."""
    if ways or (inputs and texts):
        raise UsageError(
            f"{listing([*ways, *(['--input'] if inputs else []), *(['--text'] if texts else [])])} are both given",
            remedy="choose what to explain in one way",
        )
    if study.modality == "tabular":
        raise UsageError(
            f"{'--input' if inputs else '--text'} with a table", allowed="--row, --rows or --id of the data"
        )
    if texts and not (study.modality == "text" or study.sequence.symbols):
        raise UsageError(f"--text with a study of modality {study.modality}", remedy="give --input with a file")
    missing = next((each for each in inputs if not Path(each).is_file()), None)
    if missing is not None:
        raise DataError(f"no such file: {missing}", remedy="--input takes a file, --text a text")
    cells = [str(Path(each).absolute()) for each in inputs] or list(texts)
    ids = [Path(each).stem for each in inputs] or [str(i + 1) for i in range(len(texts))]
    columns = {"id": np.array(ids, dtype=object), "input": np.array(cells, dtype=object)}
    # Whoever names a file there may read any.
    table = Table(columns, "the command line", folder=Path(Path.cwd().anchor), files=bool(inputs))
    # The labels are in the study's data, not here.
    data = study.data.model_copy(update={"id": "id", "input": "input", "target": ""})
    chosen, rows = study.model_copy(update={"data": data}), tuple(range(len(cells)))
    shown = tuple(f"{'--input' if inputs else '--text'}={each}" for each in [*inputs, *texts])
    return Selection(name, chosen, table, reference, rows, labelled, shown)
