"""Estimators in the manner of scikit-learn as Models: arrays in, probabilities, margins or values out, no gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reporter.errors import ModelError
from reporter.model import Model
from reporter.study import Output


def is_estimator(given: Any) -> bool:
    """Whether it predicts as an estimator does: has `predict_proba` or `predict`; no nn.Module, class or code file."""
    if isinstance(given, (nn.Module, type, ModuleType)):
        return False
    return callable(getattr(given, "predict_proba", None)) or callable(getattr(given, "predict", None))


def estimator_model(given: Any, name: str = "") -> Model:
    """The estimator as a Model. A classifier without probabilities is explained by its `decision_function`.

    Raises ModelError for a classifier that has neither, because labels alone have no degree to explain.
    """
    classes = tuple(str(each) for each in getattr(given, "classes_", ()))
    name = name or type(given).__name__
    output: Output | None
    if callable(getattr(given, "predict_proba", None)):
        predict, output = given.predict_proba, "probabilities"
    elif not classes:
        predict, output = given.predict, "value"
    elif callable(getattr(given, "decision_function", None)):
        predict, output = given.decision_function, "logit" if len(classes) == 2 else "logits"
    else:
        raise ModelError(
            f"{name} predicts labels only",
            allowed="predict_proba or decision_function",
            remedy="give a classifier that has one",
        )
    return Model(
        functools.partial(_predicted, predict, getattr(given, "feature_names_in_", None)),
        name=name,
        task="regression" if output == "value" else "classification",
        output=output,
        classes=classes,
        dtype=torch.float64,
    )


def _predicted(predict: Callable[[Any], Any], names: Any, inputs: Tensor) -> Tensor:
    array: Any = inputs.detach().cpu().numpy()
    if names is not None and find_spec("pandas") is not None:
        import pandas

        array = pandas.DataFrame(array, columns=names)  # fitted on a data frame: it warns when the names are missing
    return torch.as_tensor(np.asarray(predict(array)))
