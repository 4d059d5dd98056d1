"""On an accelerator every method gives the numbers of the processor, recurrent layers included."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from reporter.asking import ask
from reporter.errors import AttributionError
from reporter.guard import guarded
from reporter.plugins import METHODS
from reporter.question import Question
from tests.architectures import ARCHITECTURES, architecture

pytestmark = pytest.mark.gpu


def moved(question: Question, device: torch.device) -> Question:
    """The same question with everything on another device."""
    net = copy.deepcopy(question.model.forward)
    return replace(
        question,
        model=replace(question.model, forward=net, device=device),
        inputs=tuple(each.to(device) for each in question.inputs),
        baselines=tuple(each.to(device) for each in question.baselines),
        target=question.target.to(device),
        mask=question.mask.to(device),
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("method", METHODS.names())
def test_the_numbers_are_those_of_the_processor(method: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    here = architecture(name).question()
    there = moved(here, torch.device("cuda"))
    asked = METHODS.load(method)()
    try:
        wanted = ask(asked, here).attributions
    except AttributionError:
        with guarded(there.model), pytest.raises(AttributionError):
            ask(asked, there)
        return
    with guarded(there.model):
        found = ask(asked, there).attributions
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-4 * np.abs(wanted).max())
