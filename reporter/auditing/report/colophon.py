"""The last sections: what the run took, what exactly was looked at, and how to run it again."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.sheet import Cell, Column, Table
from reporter.auditing.results import RunResult
from reporter.formats.card import HASH_LENGTH, Entry
from reporter.overview import Overview
from reporter.rounding import printable


def cost(say: Phrases, now: Overview, before: Overview | None) -> Table:
    """Time, rows and memory beside those of the reference run."""
    heads = [Column(say("columns", "measure"), "name"), Column(say("columns", "now"), "number")]
    if before is not None:
        heads.append(Column(say("columns", "before"), "number"))
    rows = []
    for key, value, old in _costs(say, now, before):
        if value:
            rows.append((Cell(say("cost", key)), Cell(value), *([Cell(old)] if before is not None else [])))
    return Table(tuple(heads), tuple(rows))


def _costs(say: Phrases, now: Overview, before: Overview | None) -> Iterator[tuple[str, str, str]]:
    new, old = now.cost, before.cost if before else None
    yield "rows", say.count(new.rows), say.count(old.rows) if old else ""
    yield "attributed", say.count(new.attributed), say.count(old.attributed) if old else ""
    yield "seconds", say.seconds(new.seconds), say.seconds(old.seconds) if old else ""
    yield "peak", _size(say, new.peak_bytes), _size(say, old.peak_bytes if old else None)
    yield "report", _size(say, new.report_bytes), _size(say, old.report_bytes if old else None)


def _size(say: Phrases, content: int | None) -> str:
    return say.size(content) if content else ""


def identity(say: Phrases, now: Overview, before: Overview | None) -> tuple[Entry, ...]:
    """Data, model and method of a study, with their hashes."""
    entries = [
        Entry(say("identity", "data"), _named(say, now.data, now.data_hash, "")),
        Entry(say("identity", "model"), _named(say, now.model, now.model_hash, before.model_hash if before else "")),
        Entry(say("identity", "weights"), _named(say, "", now.weight_hash, before.weight_hash if before else "")),
        Entry(say("identity", "method"), (say.tongue.method(now.method),) if now.method else ()),
        Entry(say("identity", "invalid"), (say.count(now.invalid),) if now.invalid else ()),
    ]
    return tuple(entry for entry in entries if entry.lines)


def _named(say: Phrases, name: str, digest: str, before: str) -> tuple[str, ...]:
    """A name and its hash; whether it is the one of the reference run, where that is asked for."""
    lines = [printable(name)] if name else []
    if digest:
        separator = str(say.tongue.words["document"]["separator"])
        told = [say("identity", "hash", hash=digest[:HASH_LENGTH])]
        if before:
            told.append(say("identity", "unchanged" if before == digest else "other"))
        lines.append(separator.join(told))
    return tuple(lines)


def again(say: Phrases, result: RunResult) -> tuple[Entry, ...]:
    """The run itself: when, compared with what, by which software, and the command."""
    engine = result.engine
    if engine and result.workers:
        engine = say("identity", "engine_of", engine=engine, workers=say.count(result.workers))
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    entries = (
        Entry(say("identity", "slot"), (say("document", "zoned", **_parts(say, result)),)),
        Entry(say("identity", "reference"), (say.moment(result.reference),) if result.reference else ()),
        Entry(say("identity", "started"), (say.moment(result.started),) if result.started else ()),
        Entry(say("cost", "run"), (say.seconds(result.seconds),) if result.seconds else ()),
        Entry(say("identity", "engine"), (engine,) if engine else ()),
        Entry(say("identity", "versions"), (printable(versions),) if versions else ()),
        Entry(say("identity", "command"), (printable(result.command),) if result.command else (), literal=True),
    )
    return tuple(entry for entry in entries if entry.lines)


def _parts(say: Phrases, result: RunResult) -> dict[str, str]:
    local = result.local
    return {"day": say.tongue.date(local.isoformat()), "time": f"{local:%H:%M}", "zone": result.zone}
