"""Reports to be drawn, made by hand: small and large, of classes and of values, unreliable, hostile. No narrator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reporter.explanation import Baseline, Card, Explanation, Performance, Provenance, Tried
from reporter.facts import Facts, facts_of
from reporter.grade import Score, grade_of
from reporter.narrative import Claim, Mention, Narrative, Section, Sentence, Verdict
from reporter.report import Report
from reporter.words import Words

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "a|b`c`*d*_e_[f](http://evil.example)~g~",
    "https://evil.example/x www.evil.example someone@evil.example @someone #12 GH-12",
    "</style><style>*{display:none}</style>",
    "'; } */ .rx{display:none} /*",
    "\u202egnirts desrever\u202c \u200fright to left",
    "x" * 300,
    "two\n\n# lines\n- of `text`\r\n\r\n---",
    "&lt;already&gt; &amp; escaped",
    "]]> --> <!-- \\ \\| $a$ ${b}",
)

GOOD = (
    Score("completeness", 0.004, {"sum": 4.64, "change": 4.66}),
    Score("stability", 0.98, {"first": 98.0, "repeats": 100.0, "firm": 3.0}),
    Score("deletion", 0.41, {"ranked": 2.0, "random": 9.0}),
    Score("agreement", 0.83, {"method": "feature-ablation", "correlation": 0.83}),
)
BAD = (
    Score("completeness", 0.41, {"sum": 1.0, "change": 1.7}),
    Score("stability", 0.2, {"first": 20.0, "repeats": 100.0}),
)

PROVENANCE = Provenance(
    method="integrated-gradients",
    method_reason="The model is differentiable.",
    settings={"n_steps": 96, "internal_batch": 64.0, "exact": True, "method": "gausslegendre"},
    tried=(Tried("feature-ablation", "one feature at a time misses what two do together"),),
    baseline=Baseline("median", 455, "benign", 0.969),
    model="model.pt2",
    model_hash="3f2a9c81d07e55b1" * 4,
    data="test.csv",
    data_hash="9be1" * 16,
    reference_rows=455,
    device="cpu",
    dtype="float32",
    seed=7,
    created="2026-11-21T08:15:00+00:00",
    versions={"torch": "2.13.0", "captum": "0.9.0"},
    command="reporter explain samples/breast-cancer --row 3 -o report.pdf",
)

CARD = Card(
    title="Breast mass: benign or malignant",
    role="It assists the laboratory; it does not make the diagnosis.",
    intended_use="A second reading.",
    limits="Not validated for clinical use.",
    next_step="A pathologist reads the sample.",
    contact="the review desk",
    instance="sample",
    instances="samples",
)


def decision(
    count: int = 30,
    *,
    classes: int = 2,
    names: Sequence[str] = (),
    scores: Sequence[Score] = GOOD,
    placed: bool = True,
    bare: bool = False,
) -> Explanation:
    """An explanation of `count` features towards a class, or of a value where `classes` is 0.

    `placed`: with reference rows. `bare`: as someone brings it who knows nothing but the attributions.
    """
    ids = [*names, *(f"measure_{i}" for i in range(len(names), count))][:count]
    values = [round(1 + 3.7 * math.sin(i) ** 2, 3) for i in range(count)]
    labels = ["benign", "malignant", *(f"class {i}" for i in range(2, classes))][:classes]
    probabilities = {label: (0.946 if i == 1 else 0.054 / (classes - 1)) for i, label in enumerate(labels)}
    found = Explanation.from_values(
        ids,
        values,
        [3 * math.cos(1.3 * i) / (i + 1) for i in range(count)],
        prediction=probabilities or 151.2,
        baseline=None if bare else [round(v * 0.8, 3) for v in values],
        reference=[[v * (0.5 + j / 20) for v in values] for j in range(20)] if placed and not bare else None,
        output=None if bare else 2.86,
        baseline_output=None if bare else -1.8,
        truth=None if bare else (labels[1] if labels else 160.0),
        instance="41",
        value_name="progression",
    )
    if bare:
        return found
    named = Words(description="a line that says what was measured")
    features = tuple(
        replace(f, interval=(f.share * 0.8, f.share * 1.2), firm=f.rank < 3, words={**f.words, "en": named})
        for f in found.features
    )
    grade = grade_of(scores)
    performance = Performance(114, "accuracy", 0.965, 0.63) if labels else Performance(89, "r2", 0.47, 0, 44.1)
    provenance = PROVENANCE if labels else replace(PROVENANCE, baseline=Baseline("median", 353))
    if not labels:
        found = replace(found, prediction=replace(found.prediction, usual=140.0, percentile=0.59))
    return replace(
        found,
        features=features,
        scores=tuple(scores),
        grade=grade,
        card={"en": CARD},
        performance=performance,
        provenance=provenance,
    )


def hostile() -> Explanation:
    """Every text that comes from outside is an attack."""
    found = decision(len(HOSTILE) + 3, names=HOSTILE)
    everything = " ".join(HOSTILE)
    features = tuple(
        replace(f, words={"en": Words(name=f.id, unit=HOSTILE[0], description=everything)}) for f in found.features
    )
    features = (replace(features[0], value=everything, baseline=HOSTILE[1], kind="category"), *features[1:])
    outcomes = tuple(
        replace(outcome, words={"en": Words(name=HOSTILE[i])}) for i, outcome in enumerate(found.prediction.outcomes)
    )
    card = Card(*(f"{name}: {everything}" for name in Card.__dataclass_fields__))
    provenance = replace(
        PROVENANCE,
        method_reason=everything,
        settings={HOSTILE[1]: everything},
        tried=(Tried(HOSTILE[0], everything),),
        model=everything,
        model_hash=HOSTILE[0],
        data=HOSTILE[3],
        device=HOSTILE[4],
        versions={HOSTILE[0]: HOSTILE[1]},
        created=everything,
        command=everything,
    )
    return replace(
        found,
        instance=everything,
        features=features,
        prediction=replace(found.prediction, outcomes=outcomes),
        card={"en": card},
        provenance=provenance,
    )


Told = tuple[str, tuple[str, ...]]  # a sentence and the ids of the facts it rests on


def told(
    explanation: Explanation,
    extra: Mapping[str, Sequence[Told]] | None = None,
    *,
    verdict: Verdict = "supported",
    missing: tuple[str, ...] = (),
) -> Report:
    """The explanation in a few sentences; `extra` adds or replaces sections, an empty one leaves it out."""
    facts = facts_of(explanation, "en")
    first = facts.features[0]
    mine = tuple(f"feature.{first.id}.{kind}" for kind in ("value", "percentile", "side_share", "direction"))
    about = tuple(fact for fact in mine if fact in facts)
    unreliable = "unreliable" in facts.situations
    sections: dict[str, Sequence[Told]] = {
        "headline": [(f"Read as {facts.predicted.name}.", ("prediction",))],
        "lead": [(f"Chiefly because of {first.name}.", about[-1:])],
        "why": []
        if unreliable
        else [(f"The strongest push comes from {first.name}.", about), (f"Again {first.name}.", about)],
        "trust": [("It adds up. The attributions sum to the change.", ("score.completeness",)), ("No more.", ())],
        "limits": [("These are the model's reasons, not causes.", ())],
        "about": [("The model is right in most cases.", ("performance.value",))],
        "next": [("Ask for a review.", ())],
        **(extra or {}),
    }
    return Report(
        facts,
        Narrative(
            "en",
            tuple(_section(name, sentences, facts, verdict) for name, sentences in sections.items() if sentences),
            audience="expert",
            narrator="by hand",
            missing=missing,
        ),
    )


def _section(name: str, sentences: Sequence[Told], facts: Facts, verdict: Verdict) -> Section:
    if name != "trust":
        return Section(name, (tuple(_sentence(text, rests, facts, verdict) for text, rests in sentences),))
    paragraphs = []
    for text, rests in sentences:
        title, stop, rest = text.partition(". ")
        parts = [(f"{title}.", ()), (rest, rests)] if stop else [(text, rests)]
        paragraphs.append(tuple(_sentence(part, grounds, facts, verdict) for part, grounds in parts))
    return Section(name, tuple(paragraphs))


def _sentence(text: str, rests: tuple[str, ...], facts: Facts, verdict: Verdict) -> Sentence:
    known = tuple(fact for fact in rests if fact in facts)
    reason = "" if verdict == "supported" else "the fact says otherwise"
    claims = (Claim("value", 0, len(text), verdict, known, reason),) if known else ()
    mentions = tuple(
        Mention("feature", f.id, text.find(f.name), text.find(f.name) + len(f.name))
        for f in facts.features
        if f.name in text
    )
    return Sentence(text, claims, mentions)


def everything() -> dict[str, Report]:
    """One report of every kind that the formats must draw."""
    return {
        "one feature": told(decision(1)),
        "three features": told(decision(3)),
        "eleven features": told(decision(11)),
        "thirty features": told(decision(30)),
        "two hundred features": told(decision(200)),
        "ten classes": told(decision(12, classes=10)),
        "a value": told(decision(10, classes=0)),
        "no reference": told(decision(8, placed=False)),
        "nothing known": told(decision(5, bare=True), {"trust": [("No check was made.", ())], "about": [], "next": []}),
        "no effect": told(
            replace(
                decision(3),
                features=tuple(replace(f, attribution=0.0, share=0.0, side_share=0.0) for f in decision(3).features),
            )
        ),
        "unreliable": told(decision(12, scores=BAD), {"lead": [("This explanation gives no reasons.", ("grade",))]}),
        "unknown section": told(decision(4), {"counter-example": [("With less of it the answer turns.", ())]}),
        "headline only": told(decision(4), {name: [] for name in ("lead", "why", "trust", "limits", "about", "next")}),
        "no headline": told(decision(4), {"headline": []}),
        "contradicted": told(decision(4), verdict="contradicted", missing=("prediction",)),
        "hostile": told(hostile(), {"why": [(" ".join(HOSTILE), ("prediction",))]}),
    }
