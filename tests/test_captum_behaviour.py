"""The rows of what was measured of plain Captum on awkward models, each with the test of what is promised there.

The tests themselves are in test_awkward_models.py; here stands which row is which, so that neither can go missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from captum.attr import Saliency
from torch import nn

import reporter
from reporter.explanation import Explanation
from tests import test_awkward_models as awkward
from tests.networks import rows

CRASHES = {
    "token ids with integrated gradients and saliency": "token_ids",
    "mixed float and integer inputs": "floats_and_whole_numbers_together",
    "one ReLU module used twice, with DeepLift": "one_relu_module_used_twice_and_deep_lift",
    "tuple, dict or ModelOutput returned": "outputs_that_are_wrapped",
    "one logit, one axis, targets missing, out of range or float": "one_logit_and_targets_that_are_none",
    "sequence output": "an_output_per_position",
    "argmax, detach, no_grad or comparison inside": "what_cuts_the_gradient",
    "unused input": "an_input_that_is_not_used",
    "training mode with batch norm and a batch of one": "a_batch_of_one_in_training_mode_with_batch_norm",
    "inference_mode around the call": "inference_mode_around_the_call",
    "float64 data and a float32 model, and the reverse": "double_data_and_single_model_and_the_reverse",
    "KernelShap with one feature": "kernel_shap_of_one_feature",
    "exported program with a static batch": "an_exported_program_of_a_fixed_batch",
    "exported program with DeepLift or a layer method": "an_exported_program_and_hooks",
    "scripted model with a layer method": "a_scripted_model_and_hooks",
    "dynamically quantised model with gradients": "a_quantised_model",
    "LRP with a layer without a rule": "lrp_through_a_layer_without_a_rule",
    "in-place operation on the input": "a_model_that_writes_to_its_input",
    "empty batch, empty text, text too long": "empty_and_overlong_inputs",
    "keyword-only forward, arrays, lists, sparse, nested and meta tensors": "ways_to_hand_over_inputs",
    "two threads and one model": "one_model_and_several_threads",
    "recurrent layers on CUDA in evaluation mode": "recurrent_layers_that_cudnn_cannot_differentiate",
    "out of memory": "out_of_memory",
}
SILENTLY_WRONG = {
    "LLMAttribution with cached outputs": "cached_language_model_attribution_is_not_there",
    "functional ReLU and DeepLift": "deep_lift_and_relu_as_a_function",
    "functional ReLU and guided backpropagation": "guided_backpropagation_and_relu_as_a_function",
    "traced TorchScript and DeepLift": "a_traced_program_and_deep_lift",
    "DeepLift through layers without a rule": "deep_lift_through_what_has_no_rule",
    "LRP through a residual sum": "lrp_through_a_sum_of_branches",
    "training mode with dropout or batch norm": "training_mode_with_dropout_and_batch_norm",
    "NaN in one cell": "a_missing_number",
    "sqrt at 0 and the like": "a_gradient_that_is_not_a_number",
    "round or steps inside": "steps_inside_the_model",
    "target -1": "target_minus_one",
    "Lime's defaults": "lime_of_scores_that_vary_little",
    "KernelShap with too few samples": "kernel_shap_with_few_samples",
    "FeaturePermutation with a batch of one": "feature_permutation_of_one_instance",
    "transformer and 50 steps": "a_transformer_takes_as_many_steps_as_it_needs",
    "GradientShap and the seeds": "gradient_shap_is_seeded",
    "one symbol occurring twice": "one_symbol_that_occurs_twice",
    "memory of integrated gradients": "memory_of_integrated_gradients_is_bounded",
    "results that keep the graph": "no_graph_is_kept",
    "other internal batch sizes": "batch_sizes_change_nothing_that_is_told",
}
KNOWN_EXACTLY = {
    "ReLU(ReLU(x1) − 1 − ReLU(x2))": "two_networks_of_one_function[one form]",
    "ReLU(ReLU(x1 − 1) − ReLU(x2))": "two_networks_of_one_function[the other]",
    "linear model": "a_linear_model",
    "product": "a_product",
    "logistic regression": "a_logistic_regression",
}
TABLE = {**CRASHES, **SILENTLY_WRONG, **KNOWN_EXACTLY}


def counted(module: Any) -> Iterator[str]:
    """The tests of a module as pytest counts them, without their prefix; parametrised ones with their ids."""
    for name, found in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks = [mark for mark in getattr(found, "pytestmark", []) if mark.name == "parametrize"]
        ids = [f"[{each}]" for mark in marks for each in mark.kwargs["ids"]] or [""]
        yield from (name.removeprefix("test_") + each for each in ids)


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    tests = list(counted(awkward))
    assert sorted(TABLE.values()) == sorted(tests)
    assert (len(CRASHES), len(SILENTLY_WRONG), len(KNOWN_EXACTLY)) == (23, 20, 5)
    assert len(TABLE) == len(tests) == 48


@pytest.mark.parametrize("row", TABLE)
def test_no_row_is_tested_in_name_only(row: str) -> None:
    """Each test runs `explain`, or looks through the methods, and demands something of what comes back."""
    name = TABLE[row].partition("[")[0]
    assert awkward.__file__ is not None
    source = Path(awkward.__file__).read_text(encoding="utf-8")
    (body,) = re.findall(rf"^def test_{name}\(.*?(?=^(?:def|@|#) |\Z)", source, re.MULTILINE | re.DOTALL)
    assert re.search(r"\b(one|explained|numbers|fell_back)\(|METHODS\.names", body)
    assert re.search(r"\bassert\b|pytest\.raises|assert_allclose|assert_array_equal|assert_same|fell_back\(", body)


@pytest.mark.filterwarnings("ignore:.*quantiz", "ignore:Input Tensor:UserWarning")
def test_a_network_that_torch_quantised_is_explained_without_gradients() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)).eval()
    quantised = torch.ao.quantization.quantize_dynamic(net, {nn.Linear})
    with pytest.raises(RuntimeError):
        Saliency(quantised).attribute(rows(1), target=0)
    found = reporter.explain(quantised, rows(1), metrics=("completeness",))
    assert isinstance(found, Explanation)
    assert found.provenance.method == "shapley-values"
    assert "integrated-gradients could not be used" in found.provenance.method_reason
    # Its activations are scaled by the largest of a batch, so that a row's score depends a little on its neighbours.
    assert found.scores[0].value is not None
    assert found.scores[0].value < 0.05
