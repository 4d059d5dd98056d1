"""The history as a static site: a list of runs, trends, a page for each run, any two runs compared.

It works from files alone, without a network and, but for the choice of two runs, without a script.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reporter.auditing.history import nights as history
from reporter.auditing.history import trends
from reporter.auditing.history.comparing import compact, comparison_page
from reporter.auditing.history.nightly import run_sections
from reporter.auditing.history.nights import Known, Night
from reporter.auditing.history.pages import findings_of, page_of, page_sheet, pin_of, write_page
from reporter.auditing.history.swapping import swapped
from reporter.auditing.ledger.rows import RunRow
from reporter.auditing.report.layout import lead_of, study_title, verdict
from reporter.auditing.report.phrases import Phrases, phrases
from reporter.auditing.report.sheet import Cell, Column, Section, Table
from reporter.delivery import file_name
from reporter.rounding import printable

if TYPE_CHECKING:
    from reporter.auditing.file import Audit
    from reporter.auditing.ledger import Ledger

PAGES = 400  # latest runs that have a page of their own, as all pinned ones have
LISTED = 60  # runs on the first page; all others stand on pages of PER_PAGE
PER_PAGE = 200
INDEX = "index.html"
COMPARE = "compare.html"
RUNS = "runs"
_SHOWN = {".html": "HTML", ".pdf": "PDF", ".json": "JSON", ".md": "Markdown", ".xml": "JUnit"}


@dataclass(frozen=True)
class Source:
    """An audit with a place in the site, and the folder that the paths of its reports start at."""

    known: Known
    folder: Path = Path()


def write_site(audit: Audit, ledger: Ledger, folder: Path) -> Path:
    """Build the site of one audit; returns its first page. Raises OutputError; what was there before then stays."""
    return write_history(ledger, [Source(Known.of(audit), audit.folder)], folder)


def write_history(ledger: Ledger, sources: Sequence[Source], folder: Path) -> Path:
    """Build the site of one audit, or of several, with a folder for each. Raises OutputError."""
    with swapped(folder) as building:
        if len(sources) == 1:
            _Audit(ledger, sources[0], building, folder.resolve()).write()
        else:
            _several(ledger, sources, building, folder.resolve())
    return folder / INDEX


def _several(ledger: Ledger, sources: Sequence[Source], building: Path, final: Path) -> None:
    taken: dict[str, Source] = {}
    for source in sources:
        name = file_name(source.known.name)
        while name.casefold() in (INDEX, *(each.casefold() for each in taken)):
            name += "-"
        taken[name] = source
        (building / name).mkdir()
        _Audit(ledger, source, building / name, final / name, above=f"../{INDEX}").write()
    say = phrases(sources[0].known.language if sources else "en")
    rows = []
    for name, source in taken.items():
        latest = next(iter(ledger.runs(source.known.name)), None)
        zoned = Phrases(say.tongue, source.known.zone)
        title = printable(source.known.title or source.known.name)
        cells = (Cell(title, href=f"{quote(name)}/{INDEX}"), Cell(zoned.stamp(latest.slot) if latest else ""))
        rows.append((*cells, findings_of(say, latest) if latest else Cell()))
    heads = (Column(say("site", "audits"), "name"), Column(say("site", "latest")), Column(say("site", "findings")))
    sheet = page_sheet(
        say,
        say("site", "history"),
        (say("site", "history"),),
        (),
        sections=(Section("audits", say("site", "audits"), tables=(Table(heads, tuple(rows)),)),),
    )
    write_page(building / INDEX, sheet)


@dataclass(frozen=True, eq=False)
class _Audit:
    """Builds the pages of one audit. `final` is where `building` will stand, for links to what lies outside."""

    ledger: Ledger
    source: Source
    building: Path
    final: Path
    above: str = ""
    points: dict[str, list[trends.Point]] = field(default_factory=dict)  # by study, the earliest run first
    titles: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)  # study → what its performance is called
    told: dict[str, tuple[str, str]] = field(default_factory=dict)  # name of a run's page → performance, top driver

    @property
    def say(self) -> Phrases:
        return phrases(self.source.known.language, self.source.known.zone)

    @property
    def name(self) -> str:
        return printable(self.source.known.title or self.source.known.name)

    def write(self) -> None:
        rows = self.ledger.runs(self.source.known.name)
        own = [row for place, row in enumerate(rows) if place < PAGES or row.pinned]
        (self.building / RUNS).mkdir()
        data = self._runs(rows, own)
        self._index(rows, {row.slot for row in own})
        self._lists(rows, {row.slot for row in own})
        (self.building / COMPARE).write_text(comparison_page(self.say, self.name, data, back=INDEX), "utf-8")

    # A page for each run

    def _runs(self, rows: Sequence[RunRow], own: Sequence[RunRow]) -> list[dict[str, Any]]:
        """Write those of their own, the earliest first; gives what the comparison of any two of them needs."""
        by_slot = {row.slot.isoformat(): row for row in rows}
        earlier = dict(zip((row.slot for row in rows), rows[1:], strict=False))
        last: Night | None = None
        data = []
        for place, row in reversed(list(enumerate(own))):
            night, previous = history.night_in(self.ledger, row), earlier.get(row.slot)
            if previous is None:
                before = None
            else:
                before = last if last and last.row == previous else history.night_in(self.ledger, previous)
            reference = by_slot.get(row.reference)
            same = previous is not None and reference is not None and reference.slot == previous.slot
            other = history.night_in(self.ledger, reference) if reference and not same else None
            near = (own[place + 1] if place + 1 < len(own) else None, own[place - 1] if place else None)
            self._page(night, before, other, near)
            self._remember(night)
            data.append(compact(self.say, night))
            last = night
        return data

    def _page(
        self,
        night: Night,
        before: Night | None,
        reference: Night | None,
        near: tuple[RunRow | None, RunRow | None],
    ) -> None:
        say, known = self.say, self.source.known
        result = night.result(known)
        links = [Cell(say("site", "back", name=self.name), href=f"../{INDEX}")]
        links += [
            Cell(say("site", key), href=page_of(row))
            for key, row in zip(("previous", "next"), near, strict=True)
            if row is not None
        ]
        sheet = page_sheet(
            say,
            verdict(say, result),
            (say("site", "history"), self.name, say.moment(night.row.slot)),
            tuple(lead_of(say, result)),
            sections=tuple(run_sections(say, known, night, before, reference)),
            links=tuple(links),
            reports=self._reports(night.row, f"{RUNS}/"),
            note=pin_of(say, night.row),
        )
        write_page(self.building / RUNS / page_of(night.row), sheet)

    def _remember(self, night: Night) -> None:
        first = history.first_of(night)
        self.told[page_of(night.row)] = (history.main_figure(self.say, first), history.top_driver(self.say, first))
        for study, overview in night.overviews.items():
            self.titles[study] = study_title(overview)
            if overview.quality is not None:
                key = "accuracy" if overview.quality.task == "classification" else "loss"
                self.figures[study] = self.say("quality", key)
            points = self.points.setdefault(study, [])
            points.append(trends.point_of(self.say, night.row, overview))
            del points[: -trends.DRAWN]

    def _reports(self, row: RunRow, below: str) -> tuple[Cell, ...]:
        """Links to a night's own reports, as far as they are still there."""
        found = []
        for report in row.reports:
            path = (self.source.folder / report).resolve()
            path = path if path.is_file() else Path(report).resolve()
            if not path.is_file():
                continue
            address = os.path.relpath(path, self.final / below)
            found.append(Cell(_SHOWN.get(path.suffix, path.suffix), href=quote(Path(address).as_posix())))
        return tuple(found)

    # The first page, and the list of all runs

    def _index(self, rows: Sequence[RunRow], own: set[object]) -> None:
        say = self.say
        links = [Cell(say("site", "audits"), href=self.above)] if self.above else []
        lead: tuple[str, ...] = (say("site", "empty"),)
        if rows:
            latest = history.night_in(self.ledger, rows[0]).result(self.source.known)
            colon = str(say.tongue.words["document"]["colon"])
            lead = (f"{say.moment(rows[0].slot)}{colon}{verdict(say, latest)}",)
        if len(rows) > 1:
            links.append(Cell(say("site", "compare"), href=COMPARE))
        sections = [*self._trends(rows)]
        if rows:
            table = self._table(rows[:LISTED], own)
            sections.append(Section("runs", say("site", "runs"), tables=(table,), links=tuple(self._pages(rows))))
        title = say("site", "title", name=self.name)
        kicker = (say("site", "history"), self.name)
        write_page(
            self.building / INDEX, page_sheet(say, title, kicker, lead, sections=tuple(sections), links=tuple(links))
        )

    def _trends(self, rows: Sequence[RunRow]) -> Iterator[Section]:
        say, shown = self.say, list(reversed(rows[: trends.DRAWN]))
        if len(shown) < 2:
            return
        first, last = say.stamp(shown[0].slot), say.stamp(shown[-1].slot)
        caption = say("site", "over", count=say.count(len(shown)), first=first, last=last)
        for place, (study, points) in enumerate(self.points.items()):
            by_slot = {point.row.slot: point for point in points}
            series = trends.series_of(
                say, [by_slot.get(row.slot, trends.Point(row)) for row in shown], self.figures.get(study, "")
            )
            if place == 0:
                series = [*series, trends.findings_series(say, shown)]
            several = len(self.points) > 1
            heading = say("site", "trends_of", study=self.titles[study]) if several else say("site", "trends")
            yield Section("trends", heading, tables=(trends.trends_table(say, shown, series, caption),))
            yield Section("data", "", tables=(trends.data_table(say, shown, series),), folded=say("site", "data"))

    def _table(self, rows: Sequence[RunRow], own: set[object], above: str = "") -> Table:
        say = self.say
        heads = [Column(say("site", "run"), "name"), Column(say("site", "findings"))]
        heads += [Column(say("site", "performance"), "number"), Column(say("site", "driver"))]
        heads.append(Column(say("site", "reports")))
        lines = []
        for row in rows:
            page = page_of(row)
            figure, driver = self.told.get(page, ("", ""))
            detail = [] if row.state == "complete" else [say("site", row.state)]
            if row.pinned:
                detail.append(pin_of(say, row))
            separator = str(say.tongue.words["document"]["separator"])
            run = Cell(say.stamp(row.slot), separator.join(detail), f"{RUNS}/{page}" if row.slot in own else "")
            reports = Cell(links=self._reports(row, above))
            lines.append((run, findings_of(say, row), Cell(figure), Cell(driver), reports))
        return Table(tuple(heads), tuple(lines))

    def _pages(self, rows: Sequence[RunRow]) -> Iterator[Cell]:
        """Links to the pages of all runs, where the first page does not hold them all; they keep their names."""
        if len(rows) > LISTED:
            for start in range(0, len(rows), PER_PAGE):
                last = min(start + PER_PAGE, len(rows))
                text = self.say("site", "page", first=self.say.count(start + 1), last=self.say.count(last))
                yield Cell(text, href=_list_name(start))

    def _lists(self, rows: Sequence[RunRow], own: set[object]) -> None:
        if len(rows) <= LISTED:
            return
        say, oldest = self.say, list(reversed(rows))
        for start in range(0, len(oldest), PER_PAGE):
            part = oldest[start : start + PER_PAGE]
            title = say("site", "page", first=say.count(start + 1), last=say.count(start + len(part)))
            section = Section("runs", say("site", "runs"), tables=(self._table(part, own),))
            links = (Cell(say("site", "back", name=self.name), href=INDEX),)
            sheet = page_sheet(say, title, (say("site", "history"), self.name), (), sections=(section,), links=links)
            write_page(self.building / _list_name(start), sheet)


def _list_name(start: int) -> str:
    return f"runs-{start // PER_PAGE + 1:04d}.html"
