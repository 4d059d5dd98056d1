"""Decisions as in a laboratory, a bank and an estate agency, and what people may write about them."""

from __future__ import annotations

from dataclasses import replace

from reporter.explanation import (
    Baseline,
    Card,
    Explanation,
    Feature,
    Outcome,
    Performance,
    Prediction,
    Provenance,
    RunnerUp,
    bars,
    ranked,
)
from reporter.grade import Score, grade_of
from reporter.words import Words

# id, name, value, unit, attribution, percentile, group, high, low
Row = tuple[str, str, float, str, float, float, str, str, str]

CELLS: tuple[Row, ...] = (
    ("worst_texture", "worst texture", 35.3, "", 2.92, 0.94, "", "", ""),
    ("worst_fractal_dimension", "worst fractal dimension", 0.0961, "", 1.53, 0.80, "", "a rough outline", ""),
    ("worst_concave_points", "worst concave points", 0.142, "", 0.96, 0.67, "dents", "", ""),
    ("worst_concavity", "worst concavity", 0.402, "", 0.86, 0.78, "dents", "deep dents", "shallow dents"),
    ("mean_concave_points", "mean concave points", 0.0567, "", 0.81, 0.67, "dents", "", ""),
    ("radius_error", "radius error", 0.237, "mm", -0.71, 0.27, "", "uneven radii", "even radii"),
    ("mean_concavity", "mean concavity", 0.104, "", 0.69, 0.68, "", "", ""),
    ("worst_smoothness", "worst smoothness", 0.191, "", 0.67, 0.99, "", "", ""),
    ("mean_smoothness", "mean smoothness", 0.123, "", -0.66, 0.96, "", "", ""),
    ("symmetry_error", "symmetry error", 0.0136, "", 0.63, 0.14, "", "", ""),
    ("mean_radius", "mean radius", 12.1, "mm", 0.50, 0.40, "", "", ""),
    ("area_error", "area error", 20.1, "mm²", -0.40, 0.40, "", "", ""),
    ("mean_area", "mean area", 386.0, "mm²", 0.41, 0.17, "", "", ""),
    ("texture_error", "texture error", 1.2, "", -0.595, 0.55, "", "", ""),
    ("compactness_error", "compactness error", 0.025, "", -0.595, 0.55, "", "", ""),
    ("concavity_error", "concavity error", 0.031, "", -0.595, 0.55, "", "", ""),
    ("mean_symmetry", "mean symmetry", 0.181, "", -0.595, 0.55, "", "", ""),
    ("worst_symmetry", "worst symmetry", 0.29, "", -0.595, 0.55, "", "", ""),
    ("mean_texture", "mean texture", 19.1, "", -0.595, 0.55, "", "", ""),
)  # fmt: skip
LOAN: tuple[Row, ...] = (
    ("income", "income", 2100.0, "€", 0.31, 0.72, "", "a high income", "a low income"),
    ("employment_length", "employment length", 1.5, "years", -0.29, 0.12, "", "", ""),
    ("age", "age", 31.0, "years", 0.2, 0.5, "", "", ""),
    ("debts", "debts", 4300.0, "€", -0.12, 0.8, "", "", ""),
    ("children", "number of children", 2.0, "", -0.08, 0.6, "", "", ""),
)  # fmt: skip
HOUSE: tuple[Row, ...] = (
    ("living_area", "living area", 132.0, "m²", 38123.0, 0.81, "", "a large living area", "a small living area"),
    ("distance", "distance to the centre", 12.4, "km", -35700.0, 0.9, "", "", ""),
    ("year_built", "year built", 1987.0, "", 700.0, 0.5, "", "", ""),
    ("rooms", "number of rooms", 4.0, "", -723.0, 0.5, "", "", ""),
)  # fmt: skip

SOUND = (
    Score("completeness", 0.0037),
    Score("stability", 1.0, {"first": 100.0, "repeats": 100.0, "firm": 3.0}),
    Score("deletion", 0.9, {"ranked": 2.0, "random": 9.0}),
    Score("agreement", 0.7, {"correlation": 0.7, "method": "feature-ablation"}),
)


def _features(rows: tuple[Row, ...]) -> tuple[Feature, ...]:
    return ranked(
        Feature(
            id=identifier,
            attribution=attribution,
            share=0.0,
            side_share=0.0,
            rank=0,
            value=value,
            baseline=round(value / 2, 4),
            percentile=percentile,
            low=0.0,
            high=10 * value,
            group=group,
            words={"en": Words(name=name, unit=unit, high=high, low=low)},
        )
        for identifier, name, value, unit, attribution, percentile, group, high, low in rows
    )


def _classes(*outcomes: tuple[str, float, float]) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(name, index, None, None, probability, baseline)
        for index, (name, probability, baseline) in enumerate(outcomes)
    )


def sample() -> Explanation:
    """A sample of cells, clearly malignant: situation A."""
    features = _features(CELLS)
    return Explanation(
        "41",
        "tabular",
        features,
        Prediction(
            "classification",
            "logit",
            _classes(("benign", 0.054, 0.9), ("malignant", 0.946, 0.1)),
            1,
            1,
            truth="malignant",
            threshold=0.5,
        ),
        (),
        (bars(features),),
        scores=SOUND,
        grade=grade_of(SOUND),
        groups={"dents": {"en": Words("measures of how dented the nuclei are")}},
        card={"en": Card(instance="sample", instances="samples", contact="the review desk")},
        performance=Performance(114, "accuracy", 0.965, 0.63),
        provenance=Provenance(
            "integrated-gradients",
            settings={"n_steps": 100},
            baseline=Baseline("median", 455, "benign", 0.9),
            reference_rows=455,
        ),
    )


def loan() -> Explanation:
    """An application between approved and refused, with what argued for refusing it: situation B."""
    features = _features(LOAN)
    against = {f.id: -f.attribution for f in features}
    return replace(
        sample(),
        instance="A-7",
        features=features,
        heatmaps=(bars(features),),
        prediction=Prediction(
            "classification", "logit", _classes(("approved", 0.53, 0.6), ("refused", 0.47, 0.4)), 0, 0
        ),
        runner_up=RunnerUp("refused", 1, against),
        groups={},
        card={"en": Card(instance="application", instances="applications")},
        performance=None,
    )


def house() -> Explanation:
    """A house at almost the usual price for reasons that cancel: situation C."""
    features = _features(HOUSE)
    price = Outcome("price", 0, 214400.0, 212000.0, words={"en": Words("price", unit="€")})
    return replace(
        sample(),
        instance="12",
        features=features,
        heatmaps=(bars(features),),
        prediction=Prediction("regression", "value", (price,), 0, 0, usual=212500.0, percentile=0.52, decimals=0),
        groups={},
        card={"en": Card(instance="house", instances="houses")},
        performance=Performance(44, "r2", 0.48, 0.0, 17300.0),
    )


def doubtful() -> Explanation:
    """An application whose explanation cannot be relied on: situation E."""
    scores = (Score("completeness", 0.412), Score("stability", 0.2, {"first": 20.0, "repeats": 100.0, "firm": 0.0}))
    provenance = replace(loan().provenance, settings={"n_steps": 1000})
    return replace(loan(), scores=scores, grade=grade_of(scores), provenance=provenance)


def mistaken() -> Explanation:
    """The sample read as benign although the record says malignant: situation F."""
    prediction = replace(
        sample().prediction, outcomes=_classes(("benign", 0.712, 0.9), ("malignant", 0.288, 0.1)), index=0, target=0
    )
    return replace(sample(), prediction=prediction)


# What people may write, by decision and by what becomes of it.
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "sample": {
        "supported": (
            "The model thinks this sample is malignant.",
            "Prediction: malignant (94.6% probability).",
            "The model is 95% confident that the sample is malignant.",
            "With a 94.6% chance, the outcome is malignant.",
            "The probability of malignant is 0.946.",
            "It gives benign only 5%.",
            "The sample was predicted to be malignant, mainly because of the worst texture.",
            "Worst texture was 35.3, which is higher than 94% of the reference samples.",
            "worst_texture = 35.3 pushes the result towards malignant.",
            "Worst texture is the most important feature here.",
            "The second most important feature is the worst fractal dimension.",
            "Texture error counts against malignant.",
            "Texture error does not support malignant.",
            "Despite a texture error of 1.2, the model says malignant.",
            "The worst texture and the worst fractal dimension both push towards malignant.",
            "While the worst texture speaks for malignant, the texture error speaks against it.",
            "Although its mean smoothness is high, it lowers the probability of malignant.",
            "The mean radius of 12.1 mm increases the risk of malignant.",
            "Mean smoothness is unusually high.",
            "Radius error is low.",
            "The main driver is the worst texture, followed by the worst fractal dimension.",
            "The explanation is solid.",
            "The model was right in 96% of 114 labelled samples.",
            "We used integrated gradients with 100 steps.",
            "All four checks were passed.",
            "The record agrees: malignant.",
            "Of the ten strongest features, two argue against malignant.",
            "A rough outline speaks for malignant.",
            "Deep dents push towards malignant.",
            "There are 19 features in total.",
            "Radius errors speak against malignant.",
            "Malignant is favoured by the worst texture and opposed by the texture error.",
            "The result is driven by the worst texture.",
            "Texture error pulls the score down; worst texture pushes it up.",
            "The score rises because of the worst texture.",
            "The score falls because of the texture error.",
            "Worst texture has a positive effect on malignant.",
            "Worst texture contributes 29% of the push towards malignant.",
            "Its worst texture lies at the 94th percentile.",
            "The worst texture is in the top 6% of samples.",
            "You can contact the review desk.",
            "The tumour is malignant according to the model, which is 95% sure.",
            "Its main reason is the worst texture (35.3).",
            "Texture errors push it away from malignant.",
            "The model decided on malignant.",
            "The worst concave points, worst concavity and mean concave points push towards malignant.",
            "Radius error (0.237 mm) points away from malignant.",
            "Compared to a typical sample, the worst texture is high.",
            "Mean radius: 12.1 mm.",
            "mean_radius of 12.1 mm, lower than 60% of the reference samples, still speaks for malignant.",
            "A mean area of 386 mm² is lower than 83% of samples.",
            "Worst texture (29%) and worst fractal dimension (15%) push towards malignant.",
            "Worst texture (+2.92) pushes towards malignant.",
            "The main reason is the worst texture.",
            "Neither the radius error nor the mean smoothness speaks for malignant.",
        ),
        "contradicted": (
            "The model thinks this sample is benign.",
            "Prediction: benign (94.6% probability).",
            "The model is 85% confident that the sample is malignant.",
            "The probability of malignant is 0.846.",
            "The sample was predicted to be malignant, mainly because of the radius error.",
            "Worst texture was 35.3, which is lower than 94% of the reference samples.",
            "Worst texture was 45.3.",
            "worst_texture = 35.3 pushes the result towards benign.",
            "worst_texture = 35.3 pushes the result away from malignant.",
            "Radius error is the most important feature here.",
            "Worst fractal dimension is the most important factor.",
            "Texture error counts for malignant.",
            "Texture error supports malignant.",
            "Worst texture does not support malignant.",
            "Despite a worst texture of 35.3, the model says malignant.",
            "The worst texture and the texture error both push towards malignant.",
            "While the worst texture speaks against malignant, the texture error speaks for it.",
            "Although its mean smoothness is high, it raises the probability of malignant.",
            "The mean radius of 12.1 cm increases the risk of malignant.",
            "The mean radius of 12.1 mm decreases the risk of malignant.",
            "The main driver is the worst texture, followed by the radius error.",
            "The explanation is unreliable.",
            "The model was right in 86% of 114 labelled samples.",
            "We used integrated gradients with 200 steps.",
            "We used feature ablation.",
            "Only two of four checks were passed.",
            "The record disagrees with the model.",
            "Of the ten strongest features, four argue against malignant.",
            "A rough outline speaks against malignant.",
            "Shallow dents push towards malignant.",
            "There are 25 features in total.",
            "Malignant is favoured by the texture error and opposed by the worst texture.",
            "The worst texture is 3 times higher than usual.",  # it is twice as high
            "Worst texture has a negative effect on malignant.",
            "Worst texture contributes 39% of the push towards malignant.",
            "Its worst texture lies at the 84th percentile.",
            "The worst texture is in the bottom 6% of samples.",
            "Its main reason is the mean texture (19.1).",
            "The model decided on benign.",
            "The worst concave points, radius error and mean concave points push towards malignant.",
            "Mean radius: 13.1 mm.",
            "A mean area of 386 mm² is higher than 83% of samples.",
            "The main reason is the mean radius.",
            "Neither the worst texture nor the mean smoothness speaks for malignant.",
            "Worst texture (+3.92) pushes towards malignant.",  # a sign makes it the amount
        ),
        "unverified": (
            "The patient smokes a lot.",
            "A high worst texture causes cancer.",
            "The moon was full.",
            "The colour was 12 points.",
            "The worst smoothness is above that of 99% of the reference samples.",
            "The worst smoothness is below that of 99% of the reference samples.",
            "If the sample were benign, the worst texture would be lower.",
            "Is the sample benign?",
            "Worst texture (49%) pushes towards malignant.",
            "Radius error is unusually high.",  # above the baseline, though lower than in most rows
            # for a bad outcome nobody can be sure that "the score" is the one of that outcome
            "Texture error pulls the score up; worst texture pushes it down.",
            "The score rises because of the texture error.",
            "Had the worst texture been 20, the sample might have been benign.",
            "The model would say benign without the worst texture.",
        ),
    },
    "loan": {
        "supported": (
            "The model leans towards approved, but only just: 53% against 47%.",
            (
                "Income pulls one way and the employment length the other, and they are nearly equal in weight (31% "
                "and 29% of all influence), so a small change in either could turn the outcome."
            ),
            "It should be read as undecided.",
            "The application is approved because of its income of 2,100 €.",
            "An employment length of 1.5 years argues for refused.",
            "The number of children is 2.",
            "Income raises the chance of approval.",
            "The applicant has two children.",
            # what helps or hurts is known where one outcome is approval
            "Debts hurt the application.",
            "Age (31 years) helps.",
        ),
        "contradicted": (
            "The model leans towards approved, but only just: 63% against 37%.",
            "Income and the employment length pull the same way.",
            (
                "Income pulls one way and the employment length the other, and they are nearly equal in weight (31% "
                "and 19% of all influence), so a small change in either could turn the outcome."
            ),
            "The application is approved because of its income of 2,200 €.",
            "The application is refused because of its employment length.",
            "An income of 2,100 € argues for refused.",
            "Debts of $4,300 speak against it.",
            "The number of children is 3.",
            "Income hurts the application.",
        ),
    },
    "house": {
        "supported": (
            (
                "The predicted price, 214,400 €, is close to the usual one, yet not because nothing stands out: a "
                "large living area adds about 38,000 €, and the distance to the centre takes away nearly as much."
            ),
            "What remains of all influences together is a mere 2,400 €.",
            "The living area of 132 m² raises the price by 38,000 €.",
            "The distance to the centre lowers the price.",
            "The distance to the centre reduces it by roughly 36,000 €.",
            "The model estimates 214,400 €.",
            "Living area pushes the price up while distance to the centre pushes it down.",
            "The predicted price is 214,400 €, which is close to the usual 212,500 €.",
            "The price is pulled up by the living area and pulled down by the distance to the centre.",
            "Mostly the living area drives up the price.",
            "The living area (132 m²) adds 38,123 €.",
            "The living area (132 sqm) adds 38,000 €.",
            "Its living area adds €38,000.",
            "The main reason is the large living area.",
            "The house is priced at about 214k.",
            "The year it was built, 1987, matters little.",
            "The main reason is a large living area of 132 m².",
        ),
        "contradicted": (
            "The predicted price, 234,400 €, is close to the usual one.",
            "A large living area takes away about 38,000 €.",
            "What remains of all influences together is a mere 3,400 €.",
            "The living area of 132 m² lowers the price by 38,000 €.",
            "The distance to the centre drives up the price.",
            "The distance to the centre reduces it by roughly 26,000 €.",
            "The model estimates 114,400 €.",
            "Living area pushes the price down while distance to the centre pushes it up.",
            "The predicted price is 214,400 €, which is close to the usual 112,500 €.",
            "The price is pulled down by the living area and pulled up by the distance to the centre.",
            "Number of rooms: 5.",
            "Living area, 3 rooms and distance to the centre matter.",
            "The living area (132 ft²) adds 38,000 €.",
            "It was built in 1988 by an architect.",
        ),
        "unverified": ("It was designed by an architect.",),
    },
    "doubtful": {
        "supported": (
            "This explanation is not reliable and gives no reasons.",
            (
                "The attributions miss the change in score by 41% even after 1,000 steps, and their order changes "
                "from repeat to repeat."
            ),
            "The prediction itself (approved, 53%) is not affected.",
        ),
        "contradicted": (
            "This explanation is reliable.",
            "The attributions miss the change in score by 21% even after 1,000 steps.",
        ),
        "neutral": ("The table is shown for inspection only.",),
    },
    "mistaken": {
        "supported": ("The model says benign (71%); the record says malignant.",),
        "contradicted": (
            "The model says malignant (71%); the record says malignant.",
            "The model says benign (71%); the record says benign.",
        ),
    },
}
