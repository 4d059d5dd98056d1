"""Explanations of every kind for tests, plain and hostile, each from a seed so that a failure can be repeated."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from reporter.explanation import (
    Baseline,
    Card,
    Explanation,
    Feature,
    Performance,
    RunnerUp,
    bars,
    ranked,
)
from reporter.grade import Score, grade_of
from reporter.words import Words

PLAIN = (
    "worst texture",
    "worst fractal dimension",
    "worst concave points",
    "worst concavity",
    "mean concave points",
    "radius error",
    "mean concavity",
    "worst smoothness",
    "mean smoothness",
    "symmetry error",
    "radius",
    "radius worst",
    "texture",
    "area",
    "age",
    "income",
    "employment length",
    "blood pressure",
    "bmi",
    "s5",
    "x1",
    "x2",
    "x10",
    "MedInc",
    "house_age",
    "avgRooms",
    "number of late payments",
    "loan amount",
    "duration",
    "credit history",
    "housing",
    "distance to the centre",
    "living area",
    "year built",
    "pH",
    "free sulphur dioxide",
    "total sulphur dioxide",
    "wind speed",
    "humidity",
    "temperature",
    "steps per day",
    "resting heart rate",
    "hours of sleep",
)
# Words that the prose itself uses, alone and together.
EVERYDAY = (
    "share",
    "first",
    "the model",
    "reason",
    "two",
    "features",
    "class",
    "value",
    "it",
    "not",
    "higher",
    "reference rows",
    "record",
    "prediction",
    "push",
    "strongest features",
    "order",
    "checks",
    "the other way",
    "none",
    "100",
    "3.5",
    "weight",
    "a typical instance",
    "repeats",
    "attributions",
    "instance",
    "explanation",
    "usual",
)
HOSTILE = (
    "a.b*c?",
    "cost (in $)",
    "rate, yearly",
    "x\ny",
    "say “no”",
    'the "big" one',
    "e.g. this",
    "((",
    "[a-z]+",
    "50%",
    "1,000 steps",
    "A; B: C!",
    "price per 100 g",
    "Dr. No",
    "<b>bold</b>",
    "{{ f }}",
    "ratio of 2 to 1",
    "ÄÖ-ü",
    "年龄",
    "temp. [°C]",
    "a -> b",
    "radius and area",
    "age (years)",
    "p|q",
    "T-3",
    "tab\there",
    "ends with a dot.",
    "not a reason",
    "lower than usual",
    "adds 15%",
    "\\d+",
    "x_1",
    "X_1",
    "naïve",
    "ﬁne",
    "…",
)
UNITS = ("", "", "", "mm", "years", "€", "%", "mg/100 ml", "°C", "m²", "km/h")
PHRASES = (
    ("a rough outline", "a smooth outline"),
    ("a large nucleus", "a small nucleus"),
    ("old age", "young age"),
    ("a high income", "a low income"),
    ("uneven radii", "even radii"),
    ("many late payments", "few late payments"),
    ("a value above 5.5", "a value below 5.5"),
)
GROUPS = (
    "measures of how dented the nuclei are",
    "measures of size",
    "answers about money",
    "readings of the first week",
    "laboratory values",
    "features of the house",
    "words. with dots",
)
CLASSES = (
    ("benign", "malignant"),
    ("no", "yes"),
    ("0", "1"),
    ("good", "bad"),
    ("setosa", "versicolor", "virginica"),
    ("negative", "positive"),
    ("class 1", "class 2", "class 3"),
    ("approved", "refused"),
    ("≤ 50K", "> 50K"),
    ("A.B", "C?"),
    ("normal", "not normal"),
    ("malignant", "not malignant"),
)
VALUES = ("price", "disease progression", "value", "house price in 1,000 $", "progression. after 1 year", "y")
INSTANCES = ("", "sample", "patient", "application", "house", "ticket no.")


def an_explanation(seed: int, names: tuple[str, ...] = ()) -> Explanation:
    """One explanation, the same for the same seed; `names` are used as names of its first features."""
    rng = random.Random(seed)
    count = rng.choice((1, 2, 3, 4, 5, 8, 10, 11, 15, 30, 60))
    pool = list(PLAIN) + (list(EVERYDAY) if rng.random() < 0.3 else []) + (list(HOSTILE) if rng.random() < 0.3 else [])
    rng.shuffle(pool)
    chosen = list(dict.fromkeys([*names, *pool]))
    chosen = [*chosen, *(f"column {i}" for i in range(60))][: max(count, len(names))]
    return _dressed(rng, _told(rng, chosen))


def _told(rng: random.Random, names: list[str]) -> Explanation:
    rows = [[rng.gauss(10, 4) for _ in names] for _ in range(rng.choice((8, 40)))]
    values: list[float | str | None] = [round(rng.gauss(10, 6), rng.choice((0, 1, 3))) for _ in names]
    for i in range(len(names)):
        fate = rng.random()
        if fate < 0.08:
            values[i] = rng.choice(("blue", "no", "second hand", "A.1", "12", "“x”", names[0]))
        elif fate < 0.12:
            values[i] = None
        elif fate < 0.16:
            values[i] = rng.choice((0.0, 1.0, -3.0, 1e6, 1e-4, 123456.789))
    weights = _weights(rng, len(names))
    baseline = [v if isinstance(v, str) else round(rng.gauss(10, 3), 1) for v in values]
    known = rng.random() < 0.85
    words = {name: _words(rng, name) for name in names}
    settings: dict[str, Any] = {
        "baseline": baseline if rng.random() < 0.8 else None,
        "reference": rows if known else None,
        "instance": rng.choice(("41", "A-7", "row 3", "12.5", "“q”")),
        "method": rng.choice(("own", "integrated-gradients", "SHAP values")),
        "title": rng.choice(("", "Breast mass: benign or malignant", "Prices, 2.0")),
        "words": words,
    }
    base = rng.choice((0.0, -2.5, 140.0))
    output = base + sum(weights) * rng.choice((1.0, 1.0, 1.004, 1.05, 1.6)) + rng.choice((0.0, 0.0, 1e-9))
    if rng.random() < 0.35:
        truth = rng.choice((None, round(output + rng.gauss(0, 5), 1)))
        return Explanation.from_values(
            names,
            values,
            weights,
            prediction=output,
            baseline_output=base,
            output=output,
            truth=truth,
            value_name=rng.choice(VALUES),
            **settings,
        )
    classes = rng.choice(CLASSES)
    raw = [rng.random() ** 3 + 1e-4 for _ in classes]
    if rng.random() < 0.2:
        raw = [r * (1e-5 if i else 1) for i, r in enumerate(raw)]
    probabilities = {name: value / sum(raw) for name, value in zip(classes, raw, strict=True)}
    label = max(probabilities, key=lambda name: probabilities[name])
    return Explanation.from_values(
        names,
        values,
        weights,
        prediction=probabilities if rng.random() < 0.9 else label,
        class_names=classes,
        target=rng.choice(classes) if rng.random() < 0.15 else label,
        output=output,
        baseline_output=base,
        truth=rng.choice((None, label, label, rng.choice(classes))),
        **settings,
    )


def _weights(rng: random.Random, count: int) -> list[float]:
    kind = rng.random()
    if kind < 0.04:
        return [0.0] * count
    scale = rng.choice((1.0, 0.01, 200.0))
    found = [rng.gauss(0.2, 1) * scale * rng.random() ** rng.choice((0, 2, 6)) for _ in range(count)]
    if kind < 0.15:
        found = [scale * rng.choice((1.0, -1.0, 0.0)) for _ in range(count)]  # ties
    elif kind < 0.22:
        found = [abs(weight) for weight in found]
    elif kind < 0.28:
        found = [-abs(weight) for weight in found]
    elif kind < 0.34:
        found[0] = 5 * sum(abs(weight) for weight in found)
    elif kind < 0.40 and count > 1:
        found[0] -= sum(found)  # reasons cancel
    return found


def _words(rng: random.Random, name: str) -> Words:
    high, low = rng.choice(PHRASES) if rng.random() < 0.4 else ("", "")
    aliases = tuple(rng.sample(("the texture", "roughness", "pressure (systolic)", "net pay"), rng.choice((0, 0, 1))))
    codes = {"0": "no", "1": "yes"} if rng.random() < 0.1 else {}
    given = name if rng.random() < 0.8 else rng.choice(PLAIN)
    return Words(given, aliases, rng.choice(UNITS), "", high, low, codes)


def _dressed(rng: random.Random, explanation: Explanation) -> Explanation:
    """The same with groups, scores, performance, the study's words and everything else a run may know."""
    groups = {f"g{i}": {"en": Words(rng.choice(GROUPS))} for i in range(rng.choice((0, 0, 2, 3)))}
    features = ranked(_feature(rng, feature, list(groups)) for feature in explanation.features)
    scores = tuple(score for score in (*explanation.scores, *_scores(rng, features)) if rng.random() < 0.8)
    grade = grade_of(scores)
    if grade.level == "unreliable" and rng.random() < 0.7:  # else too many would have no reasons to tell
        scores = tuple(replace(score, value=_good(score.name)) for score in scores)
        grade = grade_of(scores)
    prediction = explanation.prediction
    outcome = prediction.explained
    if prediction.task == "regression":
        unit = rng.choice(UNITS)
        words = {"": Words(outcome.label, unit=unit)}
        score = prediction.score or 0.0
        off = rng.choice((None, 0.0, 1.0, -40.0))
        usual = None if off is None else score + off
        place = None if off is None else 0.5 if off == 0 else 0.95 if off < 0 else 0.1
        prediction = replace(
            prediction,
            outcomes=(replace(outcome, words=words),),
            usual=usual,
            percentile=place,
            decimals=rng.choice((None, 0, 2)),
        )
    else:
        outcomes = tuple(
            replace(o, baseline_probability=round(1 / len(prediction.outcomes), 3) if rng.random() < 0.9 else None)
            for o in prediction.outcomes
        )
        prediction = replace(prediction, outcomes=outcomes)
    baseline = Baseline(
        rng.choice(("own", "median", "mean", "zero")),
        40,
        rng.choice(("", prediction.explained.label)) if prediction.task == "classification" else "",
        rng.choice((0.6, 0.93)),
    )
    provenance = replace(
        explanation.provenance,
        baseline=baseline,
        settings={"n_steps": rng.choice((50, 1000))} if rng.random() < 0.6 else {},
    )
    return replace(
        explanation,
        features=features,
        heatmaps=(bars(features),),
        prediction=prediction,
        groups=groups,
        scores=scores,
        grade=grade,
        provenance=provenance,
        performance=_performance(rng, prediction.task),
        runner_up=_runner_up(rng, explanation),
        card=_card(rng, explanation),
    )


def _feature(rng: random.Random, feature: Feature, groups: list[str]) -> Feature:
    group = rng.choice(groups) if groups and rng.random() < 0.7 else ""
    decimals = rng.choice((None, None, 0, 2)) if not isinstance(feature.value, str) else None
    filled = feature.value is None and rng.random() < 0.5
    return replace(
        feature,
        group=group,
        decimals=decimals,
        value=4.5 if filled else feature.value,
        protected=rng.random() < 0.05,
        firm=rng.random() < 0.5,
    )


def _good(name: str) -> float:
    return {"completeness": 0.004, "deletion": 0.5, "stability": 0.97, "agreement": 0.7}[name]


def _scores(rng: random.Random, features: tuple[Feature, ...]) -> list[Score]:
    depth = rng.randint(0, len(features))
    first = rng.choice((100, 97, 60, 30))
    ranked_after = rng.choice((1.0, 2.0, 7.0))
    after = rng.choice((9.0, 4.5, 12.3))
    detail: dict[str, float | int | str] = {"ranked": ranked_after, "random": after} if rng.random() < 0.7 else {}
    correlation = rng.choice((0.81, 0.34, -0.2, 1.0))
    return [
        Score("stability", first / 100, {"first": float(first), "repeats": 100.0, "firm": float(depth)}),
        Score("deletion", rng.choice((0.6, 0.1, -0.3)), detail),
        Score("agreement", correlation, {"correlation": correlation, "method": "shapley-value-sampling"}),
    ]


def _performance(rng: random.Random, task: str) -> Performance | None:
    if rng.random() < 0.4:
        return None
    if task == "regression":
        return Performance(rng.choice((44, 1200)), "r2", rng.choice((0.48, -0.1)), 0.0, rng.choice((None, 43.7)))
    return Performance(rng.choice((114, 20000)), "accuracy", rng.choice((0.965, 0.5)), 0.63)


def _runner_up(rng: random.Random, explanation: Explanation) -> RunnerUp | None:
    others = [o for o in explanation.prediction.outcomes if o.index != explanation.prediction.index]
    if not others or rng.random() < 0.5:
        return None
    other = rng.choice(others)
    return RunnerUp(other.label, other.index, {f.id: rng.gauss(0, 1) for f in explanation.features})


def _card(rng: random.Random, explanation: Explanation) -> dict[str, Card]:
    noun = rng.choice(INSTANCES)
    return {
        "en": Card(
            title=rng.choice(("", "Breast mass: benign or malignant")),
            role=rng.choice(("", "It assists the laboratory; it does not make the diagnosis.")),
            intended_use=rng.choice(("", "A second reading, e.g. of masses. Not for 2 or more at once.")),
            limits=rng.choice(("", "The model knows 30 measurements and nothing else. It was trained before 1996.")),
            next_step=rng.choice(("", "A pathologist reads the sample first.")),
            contact=rng.choice(("", "the review desk (+49 30 1234)", "help@example.org")),
            instance=noun,
            instances=f"{noun}s" if noun else "",
        )
    }


def another_instance(explanation: Explanation, rng: random.Random) -> Explanation:
    """The same study with other values, other attributions and another probability."""
    own = explanation.features
    weights, values = rng.sample(own, len(own)), rng.sample(own, len(own))
    features = ranked(
        replace(
            feature,
            attribution=weight.attribution,
            value=value.value,
            baseline=value.baseline,
            percentile=value.percentile,
            low=value.low,
            high=value.high,
            out_of_range=value.out_of_range,
            missing=value.missing,
            kind=value.kind,
        )
        for feature, weight, value in zip(own, weights, values, strict=True)
    )
    prediction = explanation.prediction
    if prediction.task == "classification":
        shares = [rng.random() for _ in prediction.outcomes]
        outcomes = tuple(
            replace(o, probability=s / sum(shares)) if o.probability is not None else o
            for o, s in zip(prediction.outcomes, shares, strict=True)
        )
        index = max(range(len(shares)), key=shares.__getitem__)
        prediction = replace(prediction, outcomes=outcomes, index=index, target=index)
    else:
        moved = replace(prediction.outcomes[0], score=(prediction.score or 0.0) + rng.uniform(1, 9))
        prediction = replace(prediction, outcomes=(moved,))
    without = tuple(replace(each, probability=rng.random()) for each in explanation.without)
    return replace(explanation, features=features, heatmaps=(bars(features),), prediction=prediction, without=without)


def explanations() -> st.SearchStrategy[Explanation]:
    """Random explanations; some with names that hypothesis makes up."""
    names = st.lists(st.text(min_size=1, max_size=12), max_size=3, unique=True).map(tuple)
    return st.builds(an_explanation, st.integers(0, 2**32), st.one_of(st.just(()), names))
