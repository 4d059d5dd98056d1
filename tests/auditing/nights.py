"""A plausible series of nights, built by hand: eleven on which nothing happens, and one on which a lot does."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reporter.auditing.ledger import Ledger
from reporter.auditing.results import FailedItem, RunResult
from reporter.comparison import Comparison
from reporter.finding import Finding, by_severity
from reporter.overview import (
    Confidence,
    Cost,
    Driver,
    Histogram,
    Overview,
    Quality,
    Reliability,
    Slice,
    Summary,
    Told,
)
from reporter.plugins import CHECKS
from reporter.words import Words

FIRST = datetime(2026, 11, 10, 1, tzinfo=UTC)
ZONE = "Europe/Berlin"
_MALIGNANT = {"en": Words("malignant"), "zh": Words("恶性")}
_BENIGN = {"en": Words("benign"), "zh": Words("良性")}
# id, English, Chinese, share, along, mean of the column, its unit
_FEATURES = (
    ("worst_texture", "worst texture", "最差纹理", 0.164, 0.91, 25.7, ""),
    ("worst_radius", "worst radius", "最差半径", 0.131, 0.88, 16.3, "µm"),
    ("worst_concave_points", "worst concave points", "最差凹点数", 0.117, 0.86, 0.115, ""),
    ("worst_area", "worst area", "最差面积", 0.098, 0.80, 880.6, "µm²"),
    ("mean_concave_points", "mean concave points", "平均凹点数", 0.089, 0.84, 0.0489, ""),
    ("worst_smoothness", "worst smoothness", "最差平滑度", 0.077, 0.71, 0.132, ""),
    ("worst_symmetry", "worst symmetry", "最差对称性", 0.071, 0.69, 0.290, ""),
    ("radius_error", "radius error", "半径误差", 0.062, -0.52, 0.405, "µm"),
    ("mean_smoothness", "mean smoothness", "平均平滑度", 0.055, -0.74, 0.0964, ""),
    ("compactness_error", "compactness error", "紧密度误差", 0.049, -0.81, 0.0255, ""),
    ("symmetry_error", "symmetry error", "对称性误差", 0.046, 0.1, 0.0205, ""),
    ("age", "age", "年龄", 0.041, 0.05, 54.2, ""),
)
# On the bad night: what its share becomes.
_SHIFTED = {"age": 0.173, "worst_texture": 0.112, "worst_radius": 0.094, "radius_error": 0.05}


def _words(english: str, chinese: str, unit: str = "") -> dict[str, Words]:
    return {"en": Words(english, unit=unit), "zh": Words(chinese, unit=unit)}


def _drivers(dice: random.Random, *, bad: bool) -> tuple[Driver, ...]:
    shares = {
        key: max(0.005, (_SHIFTED.get(key, share * 0.93) if bad else share) + dice.gauss(0, 0.002))
        for key, _, _, share, *_ in _FEATURES
    }
    total = sum(shares.values())
    order = sorted(shares, key=lambda key: -shares[key])
    found = []
    for key, english, chinese, _, along, _, unit in _FEATURES:
        share = shares[key] / total
        turned = bad and key == "age"
        found.append(
            Driver(
                key,
                share=share,
                error=0.0031,
                rank=order.index(key) + 1,
                mean=0.21 * share * (1 if along > 0 else -1),
                mean_error=0.004,
                along=0.77 if turned else along,
                noise=0.006,
                protected=key == "age",
                words=_words(english, chinese, unit),
            )
        )
    return tuple(sorted(found, key=lambda driver: driver.rank))


def _columns(dice: random.Random, *, bad: bool) -> tuple[Summary, ...]:
    found = []
    for key, english, chinese, _, _, mean, unit in _FEATURES:
        shift = 1.31 if bad and key == "mean_smoothness" else 1 + dice.gauss(0, 0.01)
        centre = mean * shift
        found.append(
            Summary(
                key,
                rows=569,
                missing=41 if bad and key == "age" else 0,
                mean=centre,
                std=mean * 0.24,
                low=centre * 0.4,
                high=centre * 1.9,
                histogram=Histogram(
                    (mean * 0.8, mean, mean * 1.2), (40, 90, 180, 259) if shift > 1.2 else (120, 160, 170, 119)
                ),
                unit=unit,
                words=_words(english, chinese, unit),
            )
        )
    site = {"north": 301, "south": 230, "": 38} if bad else {"north": 280, "south": 289}
    found.append(Summary("site", "category", rows=569, values=site, words=_words("site", "院区")))
    return tuple(found)


def _told(*, bad: bool) -> tuple[Told, ...]:
    main, other = ("age", "worst_texture") if bad else ("worst_texture", "worst_radius")
    english = {
        "age": "The model reads sample 41 as malignant (91%), chiefly because of age, and of the worst texture.",
        "worst_texture": "The model reads sample 41 as malignant (95%), chiefly because of the worst texture, "
        "and because of the worst radius.",
    }
    chinese = {
        "age": "模型判定 41 号样本为恶性（91%），主要依据是年龄，其次是最差纹理。",
        "worst_texture": "模型判定 41 号样本为恶性（95%），主要依据是最差纹理，其次是最差半径。",
    }
    watched = (
        Told(
            "41", "malignant", "indicative" if bad else "solid", ((main, True), (other, True)),
            {"en": english[main], "zh": chinese[main]}, 2.9, 0.91 if bad else 0.946,
            {"malignant": _MALIGNANT}, watched=True, right=True, report="watched-41.html",
        ),
        Told(
            "208", "benign", "solid", (("worst_area", True),),
            {
                "en": "The model reads sample 208 as benign (99%), chiefly because the worst area is small.",
                "zh": "模型判定 208 号样本为良性（99%），主要因为最差面积较小。",
            },
            -4.1, 0.99, {"benign": _BENIGN}, watched=True, right=True, report="watched-208.html",
        ),
    )  # fmt: skip
    surprising = (
        Told(
            "512", "benign", "unreliable", (("age", True),),
            {
                "en": "The model reads sample 512 as benign (58%); the record says malignant.",
                "zh": "模型判定 512 号样本为良性（58%），而记录为恶性。",
            },
            -0.3, 0.58, {"benign": _BENIGN}, surprise=3.2, right=False, report="surprising-512.html",
        ),
        Told(
            "77", "malignant", "indicative", (("worst_symmetry", True),),
            {
                "en": "The model reads sample 77 as malignant (81%), chiefly because of the worst symmetry.",
                "zh": "模型判定 77 号样本为恶性（81%），主要依据是最差对称性。",
            },
            1.4, 0.81, {"malignant": _MALIGNANT}, surprise=1.4, right=True, report="surprising-77.html",
        ),
    )  # fmt: skip
    return watched + surprising


def _confidence(*, bad: bool) -> tuple[Confidence, ...]:
    rows = ((31, 0.56), (42, 0.68), (58, 0.79), (97, 0.89), (341, 0.985))
    off = 0.09 if bad else 0.012
    return tuple(Confidence(n, p, max(0.0, p - off), p * (1 - p)) for n, p in rows)


def overview(night: int, *, study: str = "breast-cancer", bad: bool = False) -> Overview:
    """What was found on one night, 0 for the first."""
    dice = random.Random(f"{study}{night}")
    slot = FIRST + timedelta(days=night)
    wrong = 47 if bad else 15 + night % 3
    north = 8 if bad else 7

    def quality(rows: int, wrong: int) -> Quality:
        loss = wrong / rows
        return Quality("classification", rows, loss, (loss * (1 - loss)) ** 0.5, majority=0.627)

    grades = Reliability(11, 8, 5) if bad else Reliability(20 + night % 3, 3 - night % 3, 1)
    return Overview(
        study=study,
        slot=slot.isoformat(),
        title="Breast-cancer screening" if study == "breast-cancer" else study,
        data=f"data/{slot:%Y-%m-%d}.csv",
        data_hash=f"{night:02d}" + "c4d1" * 15 + "ab",
        model="model-2.pt2" if bad else "model.pt2",
        model_hash=("9e" if bad else "3f") + "07" * 31,
        weight_hash=("1d" if bad else "5b") + "a8" * 31,
        towards="malignant",
        rows=569,
        columns=_columns(dice, bad=bad),
        said=Summary(
            "malignant",
            rows=569,
            mean=0.44 if bad else 0.37,
            std=0.4,
            low=0.0,
            high=1.0,
            histogram=Histogram((0.1, 0.5, 0.9), (230, 88, 71, 180) if bad else (310, 47, 40, 172)),
        ),
        classes={"benign": 318, "malignant": 251} if bad else {"benign": 357 + night % 4, "malignant": 212 - night % 4},
        quality=quality(569, wrong),
        confidence=_confidence(bad=bad),
        slices=(
            Slice("site", "north", quality(280, north), words=_words("site", "院区")),
            Slice("site", "south", quality(289, wrong - north), words=_words("site", "院区")),
        ),
        drivers=_drivers(dice, bad=bad),
        attributed=569,
        method="integrated-gradients",
        reliability=replace(
            grades,
            scores={"completeness": 0.004, "deletion": 0.31 if bad else 0.52, "stability": 0.81 if bad else 0.97},
        ),
        told=_told(bad=bad),
        cost=Cost(61.2 if bad else 38.4 + dice.gauss(0, 1), 569, 569, 412_000_000, 96_000),
        class_words={"malignant": _MALIGNANT, "benign": _BENIGN},
    )


def findings(night: int = 11, *, bad: bool = True) -> tuple[Finding, ...]:
    """What the checks say of a night, looking at it beside the one before and all earlier ones."""
    earlier = tuple(overview(number) for number in reversed(range(night)))
    looked_at = Comparison(overview(night, bad=bad), earlier[0] if earlier else None, earlier)
    return by_severity(found for name in CHECKS.names() for found in CHECKS.load(name)().compare(looked_at))


def run(night: int = 11, *, bad: bool | None = None, language: str = "en", **changes: object) -> RunResult:
    """The run of one night; the twelfth is the bad one."""
    bad = night == 11 if bad is None else bad
    slot = FIRST + timedelta(days=night)
    before = {"breast-cancer": overview(night - 1)} if night else {}
    result = RunResult(
        audit="screening",
        slot=slot,
        overviews={"breast-cancer": overview(night, bad=bad)},
        title="Breast-cancer screening",
        zone=ZONE,
        state="partial" if bad else "complete",
        started=slot + timedelta(seconds=4),
        seconds=84.0 if bad else 52.0,
        reference=(slot - timedelta(days=1)).isoformat() if night else "",
        before=before,
        findings=findings(night, bad=bad) if bad else (),
        failed=(FailedItem("breast-cancer", "rows 10000–20000", "the worker ended by signal 11", "crash", 3, 2.1),)
        if bad
        else (),
        checks=tuple(CHECKS.names()),
        language=language,
        engine="processes",
        workers=2,
        versions={"reporter": "0.1", "torch": "2.13", "captum": "0.9"},
        command="reporter audit audit.toml --slot 2026-11-21T01:00:00Z",
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def ledger_of(folder: Path, nights: int = 12, *, audit: str = "screening", study: str = "breast-cancer") -> Ledger:
    """A ledger that holds these nights, the last one bad, with reports in the folder of each. Close it when done."""
    ledger = Ledger.open("ledger.sqlite", folder=folder)
    for number in range(nights):
        bad = number == nights - 1
        slot = FIRST + timedelta(days=number)
        place = folder / "reports" / audit / f"{slot:%Y-%m-%d}"
        place.mkdir(parents=True)
        (place / "report.html").write_text("<!doctype html><title>report</title>", "utf-8")
        ledger.begin(audit, slot, (slot - timedelta(days=1)).isoformat() if number else "")
        ledger.finish(
            audit,
            slot,
            "partial" if bad else "complete",
            {study: overview(number, study=study, bad=bad)},
            findings(number, bad=bad) if bad else (),
            52.0,
            [str((place / "report.html").relative_to(folder))],
        )
    return ledger
