"""The index of everything that can be plugged in, by kind and name.

A built-in is one line here, `name → "module:attribute"`; a third party declares the same line as an
entry point in the group `reporter.<kind>`. Nothing is imported until it is asked for, and what is asked
for by name is how a lower layer reaches a higher one without importing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from reporter.errors import MissingDependency, UnknownName

LISTED = ("methods", "metrics", "formats", "checks")  # kinds that the command line has a list of


@dataclass(frozen=True)
class Registry:
    """The plug-ins of one kind: built-ins first, then entry points; a built-in's name cannot be taken over."""

    kind: str  # singular, as in an error message: "method"
    plural: str  # as in the entry-point group: "methods"
    built_in: dict[str, str]
    short: dict[str, str] = field(default_factory=dict)  # short name → name

    @cached_property
    def _foreign(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=f"reporter.{self.plural}")}

    def names(self) -> list[str]:
        """All names, built-ins in their table's order, then third parties' sorted."""
        return [*self.built_in, *sorted(set(self._foreign) - set(self.built_in))]

    def load(self, name: str) -> Any:
        """The plug-in of that name. Raises UnknownName, or MissingDependency when its import fails."""
        name = self.short.get(name, name)
        try:
            if name in self.built_in:
                module, _, attribute = self.built_in[name].partition(":")
                return getattr(import_module(module), attribute)
            if name in self._foreign:
                return self._load_foreign(self._foreign[name])
        except ModuleNotFoundError as error:
            raise MissingDependency(
                f"the {self.kind} {name!r} needs the package {error.name!r}, which is not installed",
                remedy=f"pip install {error.name}",
            ) from error
        raise self._unknown(name)

    def known(self, name: str) -> str:
        """The name in full, without importing what it stands for. Raises UnknownName."""
        name = self.short.get(name, name)
        if name not in self.names():
            raise self._unknown(name)
        return name

    def _unknown(self, name: str) -> UnknownName:
        remedy = f"see `reporter {self.plural}`" if self.plural in LISTED else ""
        return UnknownName(self.kind, name, [*self.names(), *self.short], remedy=remedy)

    def _load_foreign(self, point: EntryPoint) -> Any:
        try:
            return point.load()
        except ModuleNotFoundError:
            raise
        except Exception as error:  # a stranger's module may raise anything at all
            package = point.dist.name if point.dist is not None else point.value
            raise MissingDependency(
                f"the {self.kind} {point.name!r} of {package} cannot be loaded: {error}",
                remedy=f"update or remove {package}",
            ) from error


METHODS = Registry(
    "method",
    "methods",
    {
        "integrated-gradients": "reporter.methods.integrated_gradients:IntegratedGradients",
        "shapley-value-sampling": "reporter.methods.perturbation:ShapleyValueSampling",
        "feature-ablation": "reporter.methods.perturbation:FeatureAblation",
        "gradient-shap": "reporter.methods.gradients:GradientShap",
        "deep-lift": "reporter.methods.deep_lift:DeepLift",
        "deep-lift-shap": "reporter.methods.deep_lift:DeepLiftShap",
        "saliency": "reporter.methods.gradients:Saliency",
        "input-x-gradient": "reporter.methods.gradients:InputXGradient",
        "guided-backprop": "reporter.methods.guided:GuidedBackprop",
        "deconvolution": "reporter.methods.guided:Deconvolution",
        "guided-grad-cam": "reporter.methods.grad_cam:GuidedGradCam",
        "layer-grad-cam": "reporter.methods.grad_cam:LayerGradCam",
        "lrp": "reporter.methods.relevance:LRP",
        "occlusion": "reporter.methods.occlusion:Occlusion",
        "feature-permutation": "reporter.methods.permutation:FeaturePermutation",
        "shapley-values": "reporter.methods.coalitions:ShapleyValues",
        "kernel-shap": "reporter.methods.coalitions:KernelShap",
        "lime": "reporter.methods.lime:Lime",
        "smooth-grad": "reporter.methods.noise:SmoothGrad",
        "smooth-grad-squared": "reporter.methods.noise:SmoothGradSquared",
        "var-grad": "reporter.methods.noise:VarGrad",
        "attention-rollout": "reporter.methods.attention:AttentionRollout",
    },
)

METRICS = Registry(
    "metric",
    "metrics",
    {
        "completeness": "reporter.metrics.completeness:Completeness",
        "deletion": "reporter.metrics.deletion:Deletion",
        "stability": "reporter.metrics.stability:Stability",
        "agreement": "reporter.metrics.agreement:Agreement",
        "insertion": "reporter.metrics.insertion:Insertion",
        "infidelity": "reporter.metrics.infidelity:Infidelity",
        "max-sensitivity": "reporter.metrics.sensitivity:MaxSensitivity",
        "parameter-randomisation": "reporter.metrics.randomisation:ParameterRandomisation",
    },
)

MODALITIES = Registry(
    "modality",
    "modalities",
    {
        "tabular": "reporter.modalities.tabular:Tables",
        "image": "reporter.modalities.image:Images",
        "text": "reporter.modalities.text:Texts",
        "sequence": "reporter.modalities.sequence:Sequences",
    },
)

NARRATORS = Registry(
    "narrator",
    "narrators",
    {
        "templated": "reporter.narrators.templated:TemplatedNarrator",
        "language-model": "reporter.narrators.language_model:LanguageModelNarrator",
    },
    {"lm": "language-model"},
)

FORMATS = Registry(
    "format",
    "formats",
    {
        "page": "reporter.formats.page:Page",
        "fragment": "reporter.formats.fragment:Fragment",
        "pdf": "reporter.formats.pdf:Pdf",
        "json": "reporter.formats.json:Json",
        "markdown": "reporter.formats.markdown:Markdown",
    },
)

CHECKS = Registry(
    "check",
    "checks",
    {  # in the order in which their findings are told: what is wrong, what explains it, what else changed
        "performance": "reporter.checks.performance:PerformanceDrop",
        "model": "reporter.checks.model:ModelChanged",
        "columns": "reporter.checks.columns:ColumnsChanged",
        "calibration": "reporter.checks.calibration:CalibrationShift",
        "slices": "reporter.checks.slices:SliceGap",
        "predictions": "reporter.checks.predictions:PredictionDrift",
        "inputs": "reporter.checks.inputs:InputDrift",
        "dominance": "reporter.checks.dominance:NewDominant",
        "ranks": "reporter.checks.ranks:RankChange",
        "signs": "reporter.checks.signs:SignChange",
        "shares": "reporter.checks.shares:ShareChange",
        "protected": "reporter.checks.protected:ProtectedDriver",
        "reliability": "reporter.checks.reliability:ReliabilityDrop",
        "narrative": "reporter.checks.narrative:NarrativeChange",
        "cost": "reporter.checks.cost:CostGrowth",
    },
)

ENGINES = Registry(
    "engine",
    "engines",
    {
        "serial": "reporter.engines.serial:Serial",
        "processes": "reporter.engines.processes:Processes",
        "ray": "reporter.engines.ray:RayEngine",
    },
)

REGISTRIES = (METHODS, METRICS, MODALITIES, NARRATORS, FORMATS, CHECKS, ENGINES)
