"""Provenance: where an explanation came from, and what the study says of the model."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tried:
    """A method that was tried and left, with the reason in plain words."""

    method: str
    reason: str


@dataclass(frozen=True)
class Baseline:
    """What the instance was compared with."""

    name: str  # "median", "zero", "mean", "own"
    rows: int = 0  # reference rows it was computed from; 0 when none
    label: str = ""  # class the model gives the baseline itself; empty for regression
    probability: float | None = None


@dataclass(frozen=True)
class Provenance:
    """Where the explanation came from: enough to compute it again."""

    method: str
    method_reason: str = ""
    evidence: bool = True  # False: a view of the model, which says nothing of what moved the score
    directed: bool = True  # the sign of an attribution says towards or away; False: it says only how much
    settings: dict[str, float | int | str | bool] = field(default_factory=dict)  # n_steps, …, as used
    tried: tuple[Tried, ...] = ()
    baseline: Baseline = field(default_factory=lambda: Baseline("own"))
    output: str = ""  # what the model returns: "logits", "logit", "probabilities", …
    output_inferred: bool = False  # told from its outputs, because nobody said
    model: str = ""  # file or import path, as given
    model_hash: str = ""  # sha256 over the weights; empty for models without any
    data: str = ""
    data_hash: str = ""
    reference_rows: int = 0
    device: str = ""
    dtype: str = ""
    own_dtype: str = ""  # of the weights, where the model was run in another type than its own
    dtype_difference: float | None = None  # of the score because of that, relative to the largest score of the row
    seed: int = 0
    created: str = ""  # ISO 8601, UTC
    versions: dict[str, str] = field(default_factory=dict)  # package → version
    command: str = ""


@dataclass(frozen=True)
class Card:
    """What the study says of the model, in one language."""

    title: str = ""
    role: str = ""  # a sentence: "It assists the laboratory; it does not make the diagnosis."
    intended_use: str = ""
    limits: str = ""
    next_step: str = ""
    contact: str = ""
    instance: str = ""  # what one row is called: "sample", "patient"
    instances: str = ""  # the same in the plural
