"""Reference: the run that tonight is compared with: the previous one, a pinned one, or several as one. No torch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reporter.auditing.file import Audit
from reporter.auditing.ledger import Ledger
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.slots import slot_of
from reporter.errors import AuditError
from reporter.overview import Confidence, Driver, Histogram, Overview, Quality, Slice, Summary

HISTORY = 30  # nights that checks may look back on


@dataclass(frozen=True)
class Reference:
    """What is known of earlier nights, by study."""

    slot: str = ""  # ISO 8601, UTC; of a window its latest; empty when there is none
    before: Mapping[str, Overview] = field(default_factory=dict)
    history: Mapping[str, tuple[Overview, ...]] = field(default_factory=dict)  # latest first
    unpinned: bool = False  # a pinned run is asked for, there are runs, and none is pinned


def reference_of(audit: Audit, ledger: Ledger, slot: datetime) -> Reference:
    """The reference of a slot, as the audit file asks for it. Raises AuditError for a pinned run that is not there."""
    # What ended in part is no measure of what is usual.
    earlier = [run for run in ledger.runs(audit.name) if run.slot < slot and run.state == "complete"]
    history = {
        study: tuple(
            found for run in earlier[:HISTORY] if (found := ledger.overview(audit.name, run.slot, study)) is not None
        )
        for study in audit.studies
    }
    wanted = audit.reference
    if wanted.kind == "window":
        before = {study: pooled(nights[: wanted.runs]) for study, nights in history.items() if nights}
        return Reference(earlier[0].slot.isoformat() if earlier else "", before, history)
    run = _pinned(audit, ledger, slot) if wanted.kind == "pinned" else next(iter(earlier), None)
    if run is None:
        return Reference(history=history, unpinned=wanted.kind == "pinned" and not wanted.slot and bool(earlier))
    seen = {study: ledger.overview(audit.name, run.slot, study) for study in audit.studies}
    there = {study: overview for study, overview in seen.items() if overview is not None}
    return Reference(run.slot.isoformat(), there, history)


def _pinned(audit: Audit, ledger: Ledger, slot: datetime) -> RunRow | None:
    """The run that is named, or the latest pinned one; on the very first nights there is none yet."""
    runs = ledger.runs(audit.name)
    if audit.reference.slot:
        wanted = slot_of(audit, audit.reference.slot)
        run = next((run for run in runs if run.slot == wanted), None)
        if run is None and wanted != slot:
            raise AuditError(
                f"[reference] names {audit.reference.slot}, of which there is no run",
                remedy="see `reporter history`, or leave slot out for the latest pinned run",
            )
        return run if run is not None and run.slot != slot else None
    return next((run for run in runs if run.pinned and run.slot != slot), None)


# Several nights as one


def pooled(nights: Sequence[Overview]) -> Overview:
    """Nights as one: counts are added, means weighted by rows; what else there is, is that of the latest.

    Columns counted against other edges than the latest's are left out of the sum.
    """
    latest = nights[0]
    if len(nights) == 1:
        return latest
    return replace(
        latest,
        rows=sum(night.rows for night in nights),
        invalid=sum(night.invalid for night in nights),
        columns=tuple(
            _summary([found for night in nights if (found := night.by_column.get(each.id)) is not None])
            for each in latest.columns
        ),
        said=_summary([night.said for night in nights if night.said is not None]) if latest.said is not None else None,
        classes=dict(sum((Counter(night.classes) for night in nights), Counter())),
        quality=_quality([night.quality for night in nights if night.quality is not None]),
        confidence=_confidence(nights),
        slices=_slices(nights),
        drivers=_drivers(nights),
        attributed=sum(night.attributed for night in nights),
    )


def _summary(each: Sequence[Summary]) -> Summary:
    latest = each[0]
    edges = latest.histogram.edges if latest.histogram is not None else None
    same = [one for one in each if (one.histogram.edges if one.histogram is not None else None) == edges]
    there = [one.rows - one.missing for one in same]
    mean = _mean([one.mean for one in same], there)
    squares = [
        count * (one.std**2 + (one.mean - mean) ** 2)
        for one, count in zip(same, there, strict=True)
        if one.std is not None and one.mean is not None and mean is not None
    ]
    lows, highs = [one.low for one in same if one.low is not None], [one.high for one in same if one.high is not None]
    counts = [one.histogram.counts for one in same if one.histogram is not None]
    return replace(
        latest,
        rows=sum(one.rows for one in same),
        missing=sum(one.missing for one in same),
        mean=mean,
        std=math.sqrt(sum(squares) / sum(there)) if squares and sum(there) else latest.std,
        low=min(lows, default=None),
        high=max(highs, default=None),
        histogram=Histogram(edges, tuple(map(sum, zip(*counts, strict=True)))) if edges is not None else None,
        values=dict(sum((Counter(one.values) for one in same), Counter())),
    )


def _quality(each: Sequence[Quality]) -> Quality | None:
    if not each:
        return None
    rows = [one.rows for one in each]
    loss = _mean([one.loss for one in each], rows) or 0.0
    squares = sum(one.rows * (one.spread**2 + (one.loss - loss) ** 2) for one in each)
    r2 = _mean([one.r2 for one in each], rows)
    return replace(each[0], rows=sum(rows), loss=loss, spread=math.sqrt(squares / sum(rows)), r2=r2)


def _confidence(nights: Sequence[Overview]) -> tuple[Confidence, ...]:
    """Bins are told apart by where their stated probability lies, a tenth each."""
    found: dict[int, list[Confidence]] = {}
    for each in (one for night in nights for one in night.confidence):
        found.setdefault(min(9, math.ceil(each.stated * 10) - 1), []).append(each)
    return tuple(
        Confidence(
            sum(one.rows for one in bin_),
            *(
                _mean([getattr(one, name) for one in bin_], [one.rows for one in bin_]) or 0.0
                for name in ("stated", "right", "variance")
            ),
        )
        for _, bin_ in sorted(found.items())
    )


def _slices(nights: Sequence[Overview]) -> tuple[Slice, ...]:
    found = []
    for each in nights[0].slices:
        same = [one.quality for night in nights for one in night.slices if one.id == each.id]
        quality = _quality(same)
        if quality is not None:
            found.append(replace(each, quality=quality))
    return tuple(found)


def _drivers(nights: Sequence[Overview]) -> tuple[Driver, ...]:
    found = []
    for driver in nights[0].drivers:
        same = [(night.by_driver[driver.id], night.attributed) for night in nights if driver.id in night.by_driver]
        rows = [count for _, count in same]
        share = _mean([one.share for one, _ in same], rows)
        if share is None:
            continue
        # Nights differ among themselves by more than their rows would let them: the larger of the two is the error.
        own = math.sqrt(sum((count * one.error) ** 2 for one, count in same)) / sum(rows)
        among = math.sqrt(sum((one.share - share) ** 2 for one, _ in same) / max(len(same) - 1, 1) / len(same))
        means = [one.mean for one, _ in same]
        found.append(
            replace(
                driver,
                share=share,
                error=max(own, among),
                mean=_mean(means, rows) or 0.0,
                mean_error=math.sqrt(sum((count * one.mean_error) ** 2 for one, count in same)) / sum(rows),
                along=_mean([one.along for one, _ in same], rows),
            )
        )
    ordered = sorted(found, key=lambda driver: -driver.share)
    return tuple(replace(driver, rank=rank) for rank, driver in enumerate(ordered, 1))


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """The weighted mean of the values that are there; None where there is none."""
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None and weight]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None
