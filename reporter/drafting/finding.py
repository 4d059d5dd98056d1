"""What a draft ends in: a study, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reporter.drafting.trial import Asked, Trial
from reporter.study import Study


@dataclass(frozen=True, eq=False)
class Found:
    """A study that works, in words what it holds, and what in it is a guess."""

    study: Study
    told: str  # "60 pictures of 24 × 24 points, …"
    guesses: tuple[str, ...] = ()


def finding(asked: Asked, trial: Trial, told: str, guesses: Sequence[str] = ()) -> Found:
    """What came out of a trial, told; how far the model agrees with the labels says whether the guesses are right."""
    known, study = trial.model, trial.study
    told += f", {known.task}"
    if known.task == "classification":
        told += f" into {len(known.classes)} classes ({known.output})"
    label = study.data.target
    if not label:
        told += "; no label column"
    else:
        told += "; the label is the sub-folder" if asked.table.files else f"; the label is {label!r}"
    if trial.agreement is not None:
        told += f", and the model agrees with it in {trial.agreement:.0%} of {trial.rows} rows"
    guessed = list(guesses)
    if study.model.classes:
        guessed.append("classes are the labels, in the order " + ("that fits them best" if trial.clear else "of names"))
    if label and known.task == "classification" and trial.agreement is None:
        guessed.append("the model's classes and the labels are not called the same: write classes under [model]")
    elif trial.agreement is not None and not trial.clear:
        guessed.append("so few labels agree that one of these guesses must be wrong, or the model is")
    return Found(_written(asked, study), told, tuple(guessed))


def _written(asked: Asked, study: Study) -> Study:
    """The study without what the layout of a folder says by itself."""
    if not asked.table.files:
        return study
    data = study.data.model_copy(update={"input": "", "id": "", "target": ""})
    return study.model_copy(update={"data": data})
