"""Any two runs compared, on one page: what each came to as JSON, and a small script that sets them side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from reporter.auditing.history.nights import Night
from reporter.auditing.report.layout import study_title, wording_of
from reporter.auditing.report.measures import performance
from reporter.auditing.report.phrases import Phrases
from reporter.auditing.report.quality import figure, within
from reporter.auditing.report.sheet import Cell, Sheet
from reporter.formats.page import PAPERS, hash_of
from reporter.look import look
from reporter.overview import Overview
from reporter.templating import report_environment

FEATURES = 40  # of a study: those that weighed most in any run
FINDINGS = 12  # of a run
LONGEST = 400  # characters of a finding


def compact(say: Phrases, night: Night) -> dict[str, Any]:
    """A run in as few words as its comparison with another needs."""
    return {
        "at": say.stamp(night.row.slot),
        "id": night.row.slot.isoformat(),
        "reference": night.row.reference,
        "more": max(0, len(night.findings) - FINDINGS),
        "findings": [
            [each.id, each.severity, say.severity(each.severity), say.sentence(each)[:LONGEST]]
            for each in night.findings[:FINDINGS]
        ],
        "studies": {name: _study(say, overview) for name, overview in night.overviews.items()},
    }


def _study(say: Phrases, overview: Overview) -> dict[str, Any]:
    figures = []
    measured = performance(overview.quality)
    if measured is not None and overview.quality is not None:
        key = "accuracy" if overview.quality.task == "classification" else "loss"
        told = within(say, overview, measured.interval)
        figures.append([say("quality", key), figure(say, overview, measured.value), told])
    graded = overview.reliability.instances
    if graded:
        figures.append([say("site", "solid"), say.tongue.percent(overview.reliability.solid / graded), ""])
    figures.append([say("columns", "rows"), say.count(overview.rows), ""])
    if overview.model_hash or overview.weight_hash:
        figures.append([say("identity", "model"), (overview.weight_hash or overview.model_hash)[:12], ""])
    return {
        "title": study_title(overview),
        "figures": figures,
        "drivers": {
            driver.id: [
                say.name(driver.words, driver.id),
                round(driver.share, 5),
                round((driver.interval[1] - driver.interval[0]) / 2, 5),
                driver.rank,
            ]
            for driver in overview.drivers
        },
    }


def _bounded(runs: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, list[str]], bool]:
    """The same features of each study in all runs, by their place in a list of names; whether some were left out.

    A feature that only one of two runs told of would look as if it had come or gone.
    """
    most: dict[str, dict[str, float]] = {}
    called: dict[str, dict[str, str]] = {}
    for run in runs:
        for study, seen in run["studies"].items():
            for key, (name, share, *_) in seen["drivers"].items():
                known = most.setdefault(study, {})
                known[key] = max(share, known.get(key, 0.0))
                called.setdefault(study, {})[key] = name
    kept = {study: sorted(shares, key=lambda key: -shares[key])[:FEATURES] for study, shares in most.items()}
    cut = any(len(most[study]) > len(kept[study]) for study in most)
    found = []
    for run in runs:
        studies = {}
        for study, seen in run["studies"].items():
            drivers = [
                [place, *seen["drivers"][key][1:]]
                for place, key in enumerate(kept.get(study, ()))
                if key in seen["drivers"]
            ]
            studies[study] = {**seen, "drivers": drivers}
        found.append({**run, "studies": studies})
    return found, {study: [called[study][key] for key in keys] for study, keys in kept.items()}, cut


def comparison_page(say: Phrases, name: str, runs: Sequence[dict[str, Any]], *, back: str) -> str:
    """The page; `runs` the earliest first. Without a script it says where comparisons are."""
    environment = report_environment()
    script = environment.get_template("report/site-compare.js.j2").render().strip()
    title = say("site", "compare")
    sheet = Sheet(
        wording=wording_of(say),
        language=say.tongue.code,
        title=str(say.tongue.words["document"]["separator"]).join((title, name)),
        description=say("site", "compare_lead"),
        kicker=(say("site", "history"), name),
        headline=title,
        lead=(say("site", "compare_lead"),),
        sections=(),
        extra={"links": (Cell(say("site", "back", name=name), href=back),), "reports": (), "note": ""},
    )
    words = {
        **{
            key: say("site", key)
            for key in ("state", "appeared", "gone", "stayed", "compare_same", "drivers", "figures")
        },
        **{key: say("site", key) for key in ("findings", "none", "more_findings")},
        **{
            key: say("columns", key) for key in ("measure", "change", "noise", "feature", "rank", "finding", "interval")
        },
        "colon": str(say.tongue.words["document"]["colon"]),
        "points": say("change", "points"),
        "grew": say("change", "grew"),
        "shrank": say("change", "shrank"),
        "same_shares": say("change", "none"),
        "share": say("change", "share"),
        "ranks": say("change", "rank"),
    }
    kept, features, cut = _bounded(runs)
    words["limited"] = say("site", "limited", count=say.count(FEATURES)) if cut else ""
    content = {"language": say.tongue.code, "words": words, "features": features, "runs": kept}
    return environment.get_template("report/site-compare.html.j2").render(
        look=look(),
        sheet=sheet,
        medium="page",
        paper=PAPERS["a4"],
        p="rx",
        level=1,
        script=Markup(script),  # noqa: S704 - no text of a run is in it
        policy=hash_of(script),
        data=data_block(content),
        labels=say.words["site"],
    )


def data_block(content: object) -> Markup:
    """JSON that can stand inside a script element: nothing in it can end the element, or begin a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)  # noqa: S704 - every mark that HTML knows was escaped just now
