"""Which rows of a study are to be explained: found, and their mistakes told, before torch is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.errors import DataError, StudyError, UsageError
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

    @property
    def ids(self) -> list[str]:
        """What the chosen rows are called."""
        labels = self.table.labels(self.study.data.id)
        return [labels[row] for row in self.rows]


def select(
    name: str, *, row: int | None = None, rows: str = "", ids: Sequence[str] = (), everything: bool = False
) -> Selection:
    """Read a study and its data and choose rows: one by number, a range "A:B", or by ids; one of the three.

    Without any of them the first row is chosen, or every row with `everything`. Raises StudyError, DataError, and
    UsageError when more than one way is used.
    """
    ways = [what for what, given in (("--row", row is not None), ("--rows", bool(rows)), ("--id", bool(ids))) if given]
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} are both given", remedy="choose rows in one way")
    study = read_study(name)
    data = study.data
    if not data.path:
        raise StudyError(f"{name} names no data", remedy="set path under [data]")
    texts = [column for column in (data.id,) if column]
    table = _read(study, data.path, texts)
    reference = _read(study, data.reference, texts) if data.reference else None
    if not ways and not everything:
        row = 0
    chosen = table.locate(row=row, rows=rows, ids=ids, id_column=data.id)
    if not chosen:
        raise DataError(f"no rows chosen from {table.name}", remedy="choose at least one")
    return Selection(name, study, table, reference, tuple(chosen))


def _read(study: Study, path: str, texts: Sequence[str]) -> Table:
    return read_table(study.path(path), texts=texts)
