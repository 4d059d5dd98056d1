"""Columns: is the data still whole?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from reporter.checks.noise import Rise, holm, share_rise
from reporter.checks.speaking import noticed, the_first
from reporter.comparison import Comparison
from reporter.finding import Finding, Severity
from reporter.overview import Overview, Summary


@dataclass(frozen=True)
class ColumnsChanged:
    """Columns that are gone, new, empty, constant or of another kind; more missing cells or unreadable rows; few rows.

    Shares of missing cells and unreadable rows: Fisher's exact test, corrected for the number of columns. A column that
    is constant tonight is told when chance would hardly make it so: a rare value may not turn up on a short night.
    Without a reference run, empty and constant columns are told. A night has few rows when it has less than a share of
    the fewest of the nights before; while these are few themselves, less than a quarter of that share.
    """

    name: ClassVar[str] = "columns"
    description: ClassVar[str] = (
        "columns are missing, empty, constant or of another kind; rows cannot be read, or are few"
    )

    severity: Severity = "warning"
    alpha: float = 0.002
    smallest: float = 0.01  # rise of a share of missing cells, or of unreadable rows
    fewest: float = 0.2  # share of the rows of the nights before
    nights: int = 5  # from which they say how much the number of rows varies

    def compare(self, comparison: Comparison) -> Iterable[Finding]:
        """What is worst first: no rows at all, columns that are gone, empty, of another kind, constant."""
        before, after = comparison.before, comparison.after
        if not after.rows and any(key.startswith("rows/") for key in after.failed):
            return []  # that these parts failed is told already, and nothing is known of their columns
        if not after.rows:
            nothing = noticed(self, comparison, "no_rows", severity="critical", invalid=after.invalid)
            return [nothing, *the_first([*self._gone(comparison, before)])]
        if before is None or not before.rows:
            return the_first([*self._empty(comparison, None), *self._constant(comparison, None)])
        known = before.by_column
        other_kind = [
            noticed(
                self, comparison, f"now_{'text' if each.kind == 'category' else 'numbers'}", each.id, words=each.words
            )
            for each in after.columns
            if each.id in known and (each.kind == "category") != (known[each.id].kind == "category")
        ]
        return [
            *self._few(comparison, before),
            *self._unreadable(comparison, before),
            *the_first(
                [
                    *self._gone(comparison, before),
                    *self._empty(comparison, before),
                    *other_kind,
                    *self._constant(comparison, before),
                    *self._missing(comparison, before),
                    *self._new(comparison, before),
                ]
            ),
        ]

    def _few(self, comparison: Comparison, before: Overview) -> Iterator[Finding]:
        nights = [night.rows + night.invalid for night in (before, *comparison.history)]
        rows, usual = comparison.after.rows + comparison.after.invalid, min(night for night in nights if night)
        limit = self.fewest if len(comparison.history) >= self.nights else self.fewest / 4
        if rows < limit * usual and not comparison.after.failed:
            yield noticed(self, comparison, "few_rows", rows=rows, before=usual)

    def _gone(self, comparison: Comparison, before: Overview | None) -> Iterator[Finding]:
        known = before.by_column if before is not None else {}
        for name in dict.fromkeys((*comparison.after.absent, *known)):
            if name not in comparison.after.by_column:
                words = known[name].words if name in known else None
                yield noticed(self, comparison, "gone", name, severity="critical", words=words or {})

    def _new(self, comparison: Comparison, before: Overview) -> Iterator[Finding]:
        for each in comparison.after.columns:
            if each.id not in before.by_column:
                yield noticed(self, comparison, "new", each.id, severity="info", words=each.words)

    def _empty(self, comparison: Comparison, before: Overview | None) -> Iterator[Finding]:
        for each in comparison.after.columns:
            was = before.by_column.get(each.id) if before is not None else None
            if _empty(each) and (was is None or not _empty(was)):
                if was is not None and share_rise(was.missing, was.rows, each.missing, each.rows).p > self.alpha:
                    continue
                yield noticed(
                    self,
                    comparison,
                    "empty",
                    each.id,
                    severity="critical" if was is not None else None,
                    words=each.words,
                )

    def _constant(self, comparison: Comparison, before: Overview | None) -> Iterator[Finding]:
        after = comparison.after
        tested = []
        for each in after.columns:
            if _empty(each) or each.distinct or each.rows - each.missing < 2:
                continue
            was = before.by_column.get(each.id) if before is not None else None
            if was is None:
                tested.append((each, 0.0))
            elif not _empty(was) and was.distinct:
                tested.append((each, _chance_of_one_value(was, each)))
        chances = [min(1.0, p * len(after.columns)) for _, p in tested]
        for (each, _), p in zip(tested, chances, strict=True):
            if p <= self.alpha:
                value = next(iter(each.values), None) if each.kind == "category" else each.low
                yield noticed(
                    self,
                    comparison,
                    "constant",
                    each.id,
                    words=each.words,
                    value=value,
                    unit=each.unit,
                    decimals=each.decimals,
                )

    def _missing(self, comparison: Comparison, before: Overview) -> Iterator[Finding]:
        both = [
            (before.by_column[each.id], each)
            for each in comparison.after.columns
            if each.id in before.by_column and each.rows and before.by_column[each.id].rows and not _empty(each)
        ]
        rises = [_rise(was.missing, was.rows, each.missing, each.rows, self.smallest) for was, each in both]
        chances = holm([rise.p for rise in rises])
        found = [(rise, each) for (_, each), rise, p in zip(both, rises, chances, strict=True) if p <= self.alpha]
        for rise, each in sorted(found, key=lambda one: -one[0].by):
            yield noticed(self, comparison, "missing", each.id, words=each.words, before=rise.before, after=rise.after)

    def _unreadable(self, comparison: Comparison, before: Overview) -> Iterator[Finding]:
        after = comparison.after
        rows = before.rows + before.invalid, after.rows + after.invalid
        rise = _rise(before.invalid, rows[0], after.invalid, rows[1], self.smallest)
        if rise.p <= self.alpha:
            yield noticed(
                self,
                comparison,
                "unreadable",
                before=rise.before,
                after=rise.after,
                invalid=after.invalid,
                rows=rows[1],
            )


def _empty(column: Summary) -> bool:
    return column.rows > 0 and column.missing >= column.rows


def _rise(count_before: int, rows_before: int, count_after: int, rows_after: int, smallest: float) -> Rise:
    """As share_rise, but what is too small to be told is not tested: there may be many thousands of columns."""
    one, other = count_before / rows_before, count_after / rows_after
    if other - one < smallest:
        return Rise(one, other, 0.0, 0.0, 1.0)
    return share_rise(count_before, rows_before, count_after, rows_after)


def _chance_of_one_value(before: Summary, after: Summary) -> float:
    """How likely chance leaves out tonight all rows of other values, of which there were so many the first time."""
    rows = before.rows - before.missing
    others = _others(before, after)
    rise = share_rise(rows - others, rows, after.rows - after.missing, after.rows - after.missing)
    return rise.p


def _others(before: Summary, after: Summary) -> int:
    """How many rows of the first night certainly differed from tonight's only value."""
    rows = before.rows - before.missing
    if before.kind == "category":
        return rows - before.values.get(next(iter(after.values), ""), 0)
    if after.low is None or before.mean is None or before.std is None or before.low is None or before.high is None:
        return 0
    # Every row adds at most the largest square to the sum of squares about tonight's value.
    largest = max((before.low - after.low) ** 2, (before.high - after.low) ** 2)
    squares = (rows - 1) * before.std**2 + rows * (before.mean - after.low) ** 2
    return min(rows, int(squares / largest + 1e-9)) if largest else 0
