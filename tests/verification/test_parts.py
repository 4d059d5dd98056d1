"""What is said of words, regions and stretches: read whole, held against the facts, in our own prose and in others'."""

from __future__ import annotations

import re

import pytest

from reporter.explanation import (
    Area,
    Array,
    Baseline,
    Card,
    Explanation,
    Feature,
    Outcome,
    Piece,
    Prediction,
    Provenance,
    Raster,
    RunnerUp,
    Shading,
    Without,
    bars,
    ranked,
)
from reporter.facts import facts_of
from reporter.verification import verify

TEXT = "I was charged twice. The refund is not here; the login page said refund, account and half."
WEIGHTS = {"charged": 1.2, "twice": 0.9, "refund": 0.5, "login": -0.5, "page": -0.2, "account": 0.1, "half": 0.05}


def prediction(labels: tuple[str, ...], probabilities: tuple[float, ...]) -> Prediction:
    outcomes = tuple(
        Outcome(label, i, p, 0.0, p, 1 / len(labels))
        for i, (label, p) in enumerate(zip(labels, probabilities, strict=True))
    )
    said = probabilities.index(max(probabilities))
    return Prediction("classification", "logit", outcomes, said, said)


def ticket() -> Explanation:
    found = [(m[0], m.start(), m.end()) for m in re.finditer(r"\w+", TEXT)]
    made = [
        Feature(f"w{i}", WEIGHTS.get(word, 0.001), 0, 0, 0, value=word, kind="word", span=(float(a), float(b)))
        for i, (word, a, b) in enumerate(found, 1)
    ]
    features = ranked(made)
    first, second = features[0].id, features[1].id
    towards = {f.id: {"login": 0.8, "page": 0.2}.get(str(f.value), -0.1) for f in features}
    return Explanation(
        "7",
        "text",
        features,
        prediction(("billing", "account", "delivery"), (0.91, 0.07, 0.02)),
        (Array((1, len(features)), tuple(f.attribution for f in features)),),
        heatmaps=(
            bars(features),
            Shading(TEXT, tuple(Piece(f"w{i}", a, b) for i, (_, a, b) in enumerate(found, 1)), 1),
        ),
        runner_up=RunnerUp("account", 1, towards),
        without=(Without((first,), "billing", 0.7, 0.3), Without((first, second), "account", 0.55, -0.2)),
        card={"": Card(title="Tickets"), "en": Card(instance="ticket", instances="tickets")},
        provenance=Provenance("integrated-gradients", baseline=Baseline("mask", 0, "delivery", 0.4)),
    )


def scan() -> Explanation:
    sizes = {"upper-left": 0.2, "upper-right": 1.0, "lower-left": -0.4, "lower-right": 0.1}
    features = ranked([Feature(name, size, 0, 0, 0, kind="region") for name, size in sizes.items()])
    areas = tuple(Area(name, 0.0, i / 4, 1.0, (i + 1) / 4) for i, name in enumerate(sizes))
    values = (1.0, 0.5, 0.2, 0.1)
    return Explanation(
        "3",
        "image",
        features,
        prediction(("cat", "dog", "owl"), (0.1, 0.7, 0.2)),
        (Array((1, 2, 2), values),),
        heatmaps=(bars(features), Raster(2, 2, values, "", areas, 1.0, 0.09)),
        runner_up=RunnerUp("owl", 2, {name: -size for name, size in sizes.items()}),
        without=(Without(("upper-right",), "dog", 0.6, 1.0), Without(("upper-right", "upper-left"), "dog", 0.5, 0.8)),
        card={"": Card(title="Scans"), "en": Card(instance="scan", instances="scans")},
        provenance=Provenance("integrated-gradients", baseline=Baseline("blur", 0, "cat", 0.4)),
    )


def holding(sentence: str, explanation: Explanation) -> bool:
    (read,) = verify(sentence, facts_of(explanation), published=True).sentences
    return read.verdict == "supported"


MOST = "What speaks most for dog is"


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("Chiefly because of “charged twice”, and because of the first “refund”.", True),
        ("Chiefly because of “charged twice”, and because of “login”.", False),
        ("Chiefly because of “charged twice”.", True),
        ("Chiefly because of “charged”.", False),
        ("Chiefly because of “charged refund”.", False),
        ("Chiefly because of “it”.", False),
        ("Chiefly because of “charged twice” and “it”.", False),
        ("The strongest push towards billing comes from “charged twice”: together its words supply 64% of it.", False),
        ("Among the ten strongest words two argue the other way, above all “login page”.", True),
        ("Among the ten strongest words two argue the other way: “login page”.", True),
        ("Among the ten strongest words two argue the other way, above all “login”.", False),  # half of a phrase
        ("Among the ten strongest words two argue the other way, above all “page”.", False),
        ("Among the ten strongest regions two argue the other way, above all “login”.", False),
        (
            "What argues for “account”, the next class (7.0%), is “login”, with 80% of everything that speaks for it.",
            True,
        ),
        ("What argues for “account”, the next class (7.0%), is “login”, with everything that speaks for it.", False),
        (
            "What argues for delivery, the next class (7.0%), is “login”, with 80% of everything that speaks for it.",
            False,
        ),
        (
            "What argues for “account”, the next class (9.0%), is “login”, with 80% of everything that speaks for it.",
            False,
        ),
        (
            "What argues for “account”, the next class (7.0%), is “page”, with 80% of everything that speaks for it.",
            False,
        ),
        (
            "What argues for “account”, the next class (7.0%), is “half”, with 80% of everything that speaks for it.",
            False,
        ),
        ("Without “charged twice” the model would say “account” (55.0%).", True),
        ("Without “charged” and “twice” the model would say “account” (55.0%).", True),
        ("Without “charged” the model would say “account” (55.0%).", False),
        ("Without “charged twice” the model would say delivery (55.0%).", False),
        ("Without “charged twice” the model would say “account” (54.0%).", False),
        ("Without “charged twice” the model would not say “account” (55.0%).", False),
        ("Even without “charged twice” the model would still say “account” (55.0%).", False),
        ("Even without “charged” the model would still say billing (70.0%).", False),  # told is what turns it
        ("No single word decides it.", False),
        ("One region stands out.", False),
        ("This method promises no sum.", False),
        ("This method tells how strongly the score reacts to a word, not in which direction.", False),
    ],
)
def test_our_own_prose_of_a_text(sentence: str, holds: bool) -> None:
    assert holding(sentence, ticket()) is holds


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        ("Half of all influence lies in 9% of the picture.", True),
        ("Half of all influence lies in 8% of the picture.", False),
        ("Half of all influence lies in 9% of the recording.", False),
        (f"{MOST} the upper right: on 25% of the picture it supplies 77% of everything that speaks for dog.", True),
        (f"{MOST} the upper right: on 24% of the picture it supplies 77% of everything that speaks for dog.", False),
        (f"{MOST} the upper right: it supplies everything that speaks for dog.", False),
        (f"{MOST} the upper left: on 25% of the picture it supplies 15% of everything that speaks for dog.", False),
        ("Among the four regions one argues the other way: the lower left.", True),
        ("Among the four regions one argues the other way: the lower right.", False),
        ("What argues for owl, the next class (20.0%), is the lower left, with everything that speaks for it.", True),
        ("What argues for owl, the next class (20.0%), is the upper left, with everything that speaks for it.", False),
        ("Even without the upper right and the upper left the model would still say dog (50.0%).", True),
        ("Even without the upper left and the upper right the model would still say dog (50.0%).", True),
        ("Even without the upper right and the lower left the model would still say dog (50.0%).", False),
        ("Without the upper right and the upper left the model would say dog (50.0%).", False),
    ],
)  # fmt: skip
def test_our_own_prose_of_a_picture(sentence: str, holds: bool) -> None:
    assert holding(sentence, scan()) is holds


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Without “charged twice” the model would have chosen account.", "supported"),
        ("Without 'charged twice' the model would have chosen delivery.", "contradicted"),
        ('Masking "charged twice" turns the answer into account.', "supported"),
        ("Without “login” the model would have said account.", "unverified"),
        ("Even without “charged” the model would still have said billing.", "supported"),
        ("Even without “charged twice” the model would still say billing.", "contradicted"),
        ("“refund” speaks for billing.", "supported"),  # both of them do
        ("'login' speaks for billing.", "contradicted"),
    ],
)
def test_others_prose_of_a_text(sentence: str, verdict: str) -> None:
    (read,) = verify(sentence, ticket()).sentences
    assert read.verdict == verdict


def test_others_prose_of_a_picture() -> None:
    def read(text: str) -> str:
        return verify(text, scan()).sentences[0].verdict

    assert read("Half of the evidence lies in 9% of the image.") == "supported"
    assert read("Half of the evidence lies in 40% of the image.") == "contradicted"
    assert read("Masking the upper right and the upper left turns the answer into owl.") == "contradicted"
