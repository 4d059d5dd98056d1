"""The numbers are plain Captum's, on networks of many kinds; what Captum gets wrong without a word is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

from reporter.asking import ask
from reporter.errors import AttributionError
from reporter.methods.coalitions import KernelShap, ShapleyValues
from reporter.methods.deep_lift import DeepLift, DeepLiftShap
from reporter.methods.grad_cam import GuidedGradCam, LayerGradCam
from reporter.methods.gradients import GradientShap, InputXGradient, Saliency
from reporter.methods.guided import Deconvolution, GuidedBackprop
from reporter.methods.integrated_gradients import IntegratedGradients
from reporter.methods.lime import Lime
from reporter.methods.noise import SmoothGrad, SmoothGradSquared, VarGrad
from reporter.methods.occlusion import Occlusion
from reporter.methods.permutation import FeaturePermutation
from reporter.methods.perturbation import FeatureAblation, ShapleyValueSampling, masks_of
from reporter.methods.relevance import LRP
from reporter.model import Inputs
from reporter.question import Question
from tests.architectures import ARCHITECTURES, Architecture, architecture

pytestmark = pytest.mark.filterwarnings("ignore:Setting:UserWarning", "ignore:Input Tensor:UserWarning")

SEED = 7
IMAGES = {"cnn with one ReLU", "resnet", "max pooling"}
CONVOLUTIONS = IMAGES | {"1-d cnn"}
FUNCTIONAL = {"transformer"}
WITHOUT_RELU = {"lstm", "gru"}
WITHOUT_RULE = {"lstm", "gru", "transformer", "1-d cnn", "resnet", "embedding bag"}


def joined(found: Any, rows: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Captum's tensors as (rows, columns); what it gives for vectors is added up over each."""
    tensors = found if isinstance(found, tuple) else (found,)
    return np.concatenate([each.detach().reshape(rows, -1).double().numpy() for each in tensors], axis=1)


def same(found: Any, wanted: Any, size: float = 1e-5) -> None:
    assert np.abs(wanted).max() > 0
    np.testing.assert_allclose(found, wanted, rtol=0, atol=size * float(np.abs(wanted).max()))


def expected(given: Architecture, run: Callable[..., Any], *, baselines: bool = True, grad: bool = True) -> Any:
    """What Captum answers, row by row of a batch: for whole numbers, added up over each number's vector."""
    net, inputs, compared = given.for_captum() if grad else (given.net, given.inputs, given.baselines)
    inputs = tuple(each.clone().requires_grad_() if grad else each for each in inputs)
    more = {"baselines": compared} if baselines else {}
    found = run(net, inputs, target=given.target, **more)
    if grad and given.vectors is not None:
        found = tuple(each.sum(dim=-1) for each in found)
    return joined(found, len(given.target))


def of(kind: Any, *args: Any, **settings: Any) -> Callable[..., Any]:
    return lambda net, inputs, **given: kind(net, *args).attribute(inputs, **given, **settings)


def map_of(net: Any, inputs: Inputs, **given: Any) -> Tensor:
    """Captum's map at the last convolution, brought to the input's size and shared among its channels."""
    shape = inputs[0].shape
    found = attr.LayerGradCam(net, last(net)).attribute(inputs, **given)
    wide: Tensor = attr.LayerAttribution.interpolate(found, tuple(shape[2:]))
    return (wide / shape[1]).expand(shape)


def last(net: nn.Module) -> nn.Module:
    return [each for each in net.modules() if isinstance(each, (nn.Conv1d, nn.Conv2d))][-1]


GRADIENT: dict[str, tuple[Any, Callable[..., Any], bool, set[str]]] = {
    # method, Captum, takes baselines, refused on
    "integrated-gradients": (IntegratedGradients(n_steps=20), of(attr.IntegratedGradients, n_steps=20), True, set()),
    "saliency": (Saliency(), of(attr.Saliency), False, set()),
    "saliency with signs": (Saliency(abs=False), of(attr.Saliency, abs=False), False, set()),
    "input-x-gradient": (InputXGradient(), of(attr.InputXGradient), False, set()),
    "deep-lift": (DeepLift(), of(attr.DeepLift), True, {"lstm", "gru", "transformer"}),
    "guided-backprop": (GuidedBackprop(), of(attr.GuidedBackprop), False, FUNCTIONAL | WITHOUT_RELU),
    "deconvolution": (Deconvolution(), of(attr.Deconvolution), False, FUNCTIONAL | WITHOUT_RELU),
    "lrp": (LRP(), of(attr.LRP), False, WITHOUT_RULE),
    "layer-grad-cam": (LayerGradCam(), map_of, False, set(ARCHITECTURES) - CONVOLUTIONS),
    "guided-grad-cam": (
        GuidedGradCam(),
        lambda net, inputs, **given: attr.GuidedGradCam(net, last(net)).attribute(inputs[0], **given),
        False,
        set(ARCHITECTURES) - CONVOLUTIONS,
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("method", GRADIENT)
def test_methods_that_need_gradients(method: str, name: str) -> None:
    asked, run, baselines, refused = GRADIENT[method]
    given = architecture(name)
    if name in refused:
        with pytest.raises(AttributionError):
            ask(asked, given.question())
        return
    same(ask(asked, given.question()).attributions, expected(given, run, baselines=baselines))


def windows(inputs: Inputs) -> Any:
    shapes = tuple(tuple(max(1, n // 2) for n in each.shape[1:]) for each in inputs)
    return shapes if len(shapes) > 1 else shapes[0]


def masked(kind: Any, given: Architecture, **settings: Any) -> Any:
    """A Captum class that takes a mask; its group's number is shared among the columns of the group."""
    question = given.question(SEED)
    found = expected(given, of(kind, feature_mask=masks_of(question), **settings), grad=False)
    return found / torch.bincount(question.mask)[question.mask].numpy()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_methods_that_only_run_the_model(name: str) -> None:
    given = architecture(name)
    question = given.question(SEED)
    same(ask(FeatureAblation(), question).attributions, masked(attr.FeatureAblation, given))
    shapley = masked(attr.ShapleyValues, given)
    same(ask(ShapleyValues(), question).attributions, shapley)
    same(ask(KernelShap(n_samples=14), question).attributions, shapley)
    size = windows(given.inputs)
    slid = of(
        attr.Occlusion, sliding_window_shapes=size, strides=1 if len(given.inputs) == 1 else (1,) * len(given.inputs)
    )
    same(
        ask(Occlusion(sliding_window_shapes=size, strides=1), question).attributions,
        expected(given, slid, grad=False),
    )
    torch.manual_seed(SEED)
    sampled = masked(attr.ShapleyValueSampling, given, n_samples=6)
    same(ask(ShapleyValueSampling(n_samples=6), question).attributions, sampled)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_feature_permutation(name: str) -> None:
    given = architecture(name)
    question = given.question(SEED)
    torch.manual_seed(SEED)
    found = of(attr.FeaturePermutation, feature_mask=masks_of(question))(given.net, given.inputs, target=given.target)
    wanted = joined(found, len(given.target)) / torch.bincount(question.mask)[question.mask].numpy()
    same(ask(FeaturePermutation(), question).attributions, wanted)


FLOATING = [name for name in ARCHITECTURES if name not in ("embedding bag", "recommender")]


@pytest.mark.parametrize("name", FLOATING)
@pytest.mark.parametrize("row", [0, 2])
def test_sampled_methods_draw_as_captum_draws_for_one_row(name: str, row: int) -> None:
    given = architecture(name)
    inputs, baselines, target = given.inputs[0][row : row + 1], given.baselines[0], int(given.target[row])
    question = given.question(SEED)
    some = Question(**{**vars(question), "distribution": (baselines,)})
    torch.manual_seed(SEED)
    np.random.seed(SEED)
    wanted = attr.GradientShap(given.net).attribute(inputs, baselines, n_samples=5, stdevs=0.2, target=target)
    same(ask(GradientShap(n_samples=5, stdevs=0.2), some).attributions[row], joined(wanted, 1)[0])
    for kind, own in (("smoothgrad", SmoothGrad), ("smoothgrad_sq", SmoothGradSquared), ("vargrad", VarGrad)):
        torch.manual_seed(SEED)
        tunnel = attr.NoiseTunnel(attr.InputXGradient(given.net))
        wanted = tunnel.attribute(inputs, nt_type=kind, nt_samples=6, stdevs=0.3, target=target)
        same(ask(own(nt_samples=6, stdevs=0.3), question).attributions[row], joined(wanted, 1)[0], 1e-4)


@pytest.mark.parametrize("name", ["mlp", "resnet", "1-d cnn"])
def test_deep_lift_shap(name: str) -> None:
    given = architecture(name)
    question = Question(**{**vars(given.question()), "distribution": given.baselines})
    wanted = attr.DeepLiftShap(given.for_captum()[0]).attribute(given.inputs, given.baselines, target=given.target)
    same(ask(DeepLiftShap(), question).attributions, joined(wanted, len(given.target)))
    alone = ask(DeepLiftShap(), given.question()).attributions
    same(alone, ask(DeepLift(), given.question()).attributions)


def test_lime_is_captums_where_the_scores_have_a_standard_deviation_of_one() -> None:
    given = architecture("mlp")
    question = given.question(SEED)
    count, alpha = 60, 0.02
    found = ask(Lime(n_samples=count, alpha=alpha), question).attributions
    for row in range(len(question)):
        torch.manual_seed(SEED)
        lime = attr.Lime(given.net, interpretable_model=Scaled(alpha))
        wanted = lime.attribute(
            given.inputs[0][row : row + 1],
            baselines=given.baselines[0][row : row + 1],
            target=int(given.target[row]),
            feature_mask=masks_of(question)[0],
            n_samples=count,
        )
        sizes = torch.bincount(question.mask)[question.mask].numpy()
        np.testing.assert_allclose(found[row], wanted[0].numpy() / sizes, atol=1e-4 * np.abs(wanted.numpy()).max())


class Scaled:
    """scikit-learn's lasso, as Captum asks for one, with a penalty in standard deviations of the scores."""

    def __init__(self, alpha: float) -> None:
        self.alpha, self.coefficients = alpha, torch.empty(0)

    def fit(self, data: Any, **_: Any) -> Any:
        from sklearn.linear_model import Lasso

        given, scores, weights = (each.double().numpy() for each in next(iter(data)))
        middle = np.average(scores, weights=weights)
        spread = np.sqrt(np.average((scores - middle) ** 2, weights=weights))
        lasso = Lasso(alpha=self.alpha * spread, tol=1e-10, max_iter=100_000)
        self.coefficients = torch.tensor(lasso.fit(given, scores, sample_weight=weights).coef_)
        return {}

    def representation(self) -> Tensor:
        return self.coefficients.float()[None]
