"""Night: the work on one study for one slot: what there is to do, and what it all came to. No torch."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from reporter.auditing.file import Audit, AuditedStudy
from reporter.auditing.gathering import Described, overview_of
from reporter.auditing.gauge import Gauge
from reporter.auditing.items import ABOUT, OPENS, instance_items, row_items, watched_items
from reporter.auditing.streaming import copied, stream_of
from reporter.auditing.tally import Tally
from reporter.errors import AuditError, DataError, OutputError, ReporterError, listing
from reporter.overview import Cost, Overview, Reliability, Told
from reporter.reading import hash_of_file
from reporter.selection import Selection, select
from reporter.storing import restored
from reporter.study import Study
from reporter.work import Done, Item, Job

MODEL_FILES = 10_000


@dataclass(frozen=True, eq=False)
class Night:
    """One study on one night, looked at before any work is done."""

    name: str
    asked: AuditedStudy
    selection: Selection
    data: Path
    rows: int
    job: Job
    items: tuple[Item, ...]
    slot: datetime
    title: str = ""
    usual_method: str = ""  # that attributed most rows of the reference run
    data_hash: str = ""
    model_hash: str = ""

    @property
    def study(self) -> Study:
        return self.selection.study

    @cached_property
    def keys(self) -> frozenset[str]:
        """Of all items: what else the ledger holds for the slot was cut otherwise."""
        return frozenset(item.key for item in self.items)

    def answered(self, about: Done) -> bool:
        """Whether an earlier item about the study was of these rows, this model and these settings."""
        own = next(item for item in self.items if item.key == ABOUT).arguments
        return about.result is None or about.result.get("asked", own.get("asked")) == own.get("asked")

    def remove_attributions(self) -> None:
        """Of rows that were cut otherwise: a part that stays would stand beside the same rows in another."""
        for folder in {item.arguments["into"] for item in self.items if item.arguments.get("into")}:
            try:
                for part in Path(folder).glob(f"part-{'[0-9]' * 12}.parquet"):  # and no others that are not ours
                    part.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"cannot remove parts in {folder}: {error.strerror or error}") from error

    def overview(self, ended: Iterable[Done]) -> Overview:
        """What the results of the items come to, given in the order of their keys; each is held only for a moment.

        Raises AuditError when not even the study could be opened.
        """
        gathering = _Gathering()
        for done in ended:
            gathering.add(done)
        about = gathering.about
        if about is None or about.result is None:
            raise AuditError(f"{self.name}: {about.problem if about else 'it was not opened'}")
        known = restored(Described, about.result["described"])
        gauge = Gauge.read(about.result["gauge"])
        slot, method = self.slot.isoformat(), self.usual_method
        found = overview_of(gathering.tally, gauge, known, study=self.name, slot=slot, usual_method=method)
        noise = {feature: float(np.mean(halves)) for feature, halves in gathering.spreads.items()}
        return replace(
            found,
            title=self.title,
            modality=self.selection.modality,
            data=str(self.data),
            data_hash=self.data_hash,
            model_hash=self.model_hash,
            failed=tuple(gathering.failed),
            drivers=tuple(replace(driver, noise=noise.get(driver.id)) for driver in found.drivers),
            reliability=gathering.reliability,
            told=tuple(sorted(gathering.told, key=lambda told: (not told.watched, -told.surprise))),
            cost=Cost(
                seconds=gathering.seconds,
                rows=found.rows + found.invalid,
                attributed=found.attributed,
                peak_bytes=gathering.peak or None,
            ),
        )


@dataclass
class _Gathering:
    """What is kept of results as they pass by."""

    about: Done | None = None
    tally: Tally = field(default_factory=Tally)
    told: list[Told] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    spreads: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # of shares, by feature
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0

    def add(self, done: Done) -> None:
        self.seconds += done.seconds
        kind, result = done.item.key.partition("/")[0], done.result
        if kind == ABOUT:
            self.about = done
        if result is None:
            self.failed.append(done.item.key)
            return
        self.peak = max(self.peak, result.get("peak_bytes", 0))
        if "tally" in result:
            self.tally = self.tally + Tally.read(result["tally"])
        elif "told" in result:
            told = restored(Told, result["told"])
            self.told.append(told)
            for feature, half in result["spread"].items():
                self.spreads[feature].append(half)
            if not told.watched:
                for name, value in result["scores"].items():
                    self.scores[name].append(value)

    @property
    def reliability(self) -> Reliability:
        grades = [told.grade for told in self.told if not told.watched]
        return Reliability(
            grades.count("solid"),
            grades.count("indicative"),
            grades.count("unreliable"),
            {name: float(np.mean(values)) for name, values in self.scores.items()},
            {name: float(np.std(values, ddof=1)) if len(values) > 1 else 0.0 for name, values in self.scores.items()},
        )


def night_of(
    audit: Audit,
    name: str,
    slot: datetime,
    *,
    spool: Path | None,
    before: Overview | None = None,
    languages: Sequence[str] = (),
) -> Night:
    """What there is to do for one study; without a `spool` nothing is written, and large files are read whole.

    Raises ReporterError when its study or tonight's data cannot be read.
    """
    asked = audit.studies[name]
    given = str(audit.folder / asked.study)
    selection = select(given, everything=True)
    study = selection.study
    data = audit.path(asked.data, slot) if asked.data else study.path(study.data.path)
    texts = [study.data.id] if study.data.id else []
    copy = copied(data, spool, asked.chunk, texts) if spool is not None and selection.modality == "tabular" else None
    rows = len(stream_of(data, texts=texts, arrays=selection.modality != "tabular", copy=copy))
    if not rows:
        raise DataError(f"{data} has no rows", remedy="give at least one")
    into = str(audit.path(asked.attributions, slot)) if asked.attributions else ""
    arguments: dict[str, Any] = {
        "study": given,
        "data": str(data) if asked.data else "",
        "trust": asked.trust,
        "device": audit.engine.device,
        "copy": str(copy or ""),
        "method": asked.method,
        "slices": list(asked.slices),
        "seed": audit.seed,
        "languages": list(languages or (audit.language,)),
        "before": Gauge.of(before).stored() if before is not None else None,
    }
    job = Job(OPENS, arguments, item_seconds=audit.limits.item_seconds, gpus=asked.gpus)
    day = int(slot.timestamp()) & 0xFFFFFFFF
    hashes = ("", "") if spool is None else (_hash_of(data), hash_of_model(study))
    items = (
        Item(ABOUT, {"asked": _asked(asked, study, arguments, hashes)} if spool is not None else {}),
        *row_items(rows, asked.chunk, asked.attributed, into),
        *instance_items(rows, asked.instances, (audit.seed, day)),
        *_watched(selection, asked),
    )
    usual_method = before.method if before is not None else ""
    return Night(name, asked, selection, data, rows, job, items, slot, study.title, usual_method, *hashes)


def _asked(asked: AuditedStudy, study: Study, arguments: Mapping[str, Any], hashes: Sequence[str]) -> str:
    """sha256 over all that results follow from; those of a run that is resumed count only where it is the same."""
    aside = ("copy", "device", "trust")  # where and how it is done
    cut = (asked.chunk, asked.attributed, asked.attributions)
    files = [_hash_of(study.path(name)) for name in (study.data.path, study.data.reference) if name]
    given = {name: value for name, value in arguments.items() if name not in aside}
    told = json.dumps([given, cut, files, hashes, study.model_dump_json()])
    return hashlib.sha256(told.encode()).hexdigest()


def _hash_of(path: Path) -> str:
    return hash_of_file(path) if path.is_file() else ""


def parts_of(audit: Audit) -> Path:
    """Where large data files are copied in parts, for the time of a run."""
    return audit.folder / audit.outputs.folder / audit.name / ".parts"


def _watched(selection: Selection, asked: AuditedStudy) -> tuple[Item, ...]:
    labels = selection.table.labels(selection.study.data.id)
    unknown = [each for each in asked.watch if each not in labels]
    if unknown:
        raise AuditError(
            f"watch names {unknown[0]!r}, which is no id in the data of {selection.name}",
            allowed=f"ids such as {listing(labels, 3)}",
        )
    return tuple(watched_items(labels, asked.watch))


def hash_of_model(study: Study) -> str:
    """sha256 over the model's files by their names, and over the code beside the study that builds it.

    Empty for what is imported from elsewhere.
    """
    section = study.model
    place = study.path(section.path) if section.path else None
    code = [
        study.path(f"{name.partition(':')[0].replace('.', '/')}.py")
        for name in (section.factory, section.path)
        if ":" in name
    ]
    files = [path for path in code if path.is_file()]
    if place is not None and place.is_file():
        files.append(place)
    elif place is not None and place.is_dir():
        files += sorted(path for path in place.rglob("*") if path.is_file())[:MODEL_FILES]
    if not files:
        return ""
    if len(files) == 1:
        return hash_of_file(files[0])
    digest = hashlib.sha256()
    for path in files:
        name = Path(os.path.relpath(path, study.folder)).as_posix()  # it may lie elsewhere
        digest.update(f"{name}\0{hash_of_file(path)}\0".encode())
    return digest.hexdigest()


def unreadable(name: str, error: ReporterError) -> Done:
    """A study that could not be looked at, as the item that failed."""
    return Done(Item(ABOUT), problem=f"{name}: {error}", cause="error")
