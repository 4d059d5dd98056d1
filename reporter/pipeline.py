"""explain(): read, load, attribute, and add what the study says. Where the Python face and the command line meet."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_args

from reporter.attribution import STANDARD, Plan, attribute
from reporter.errors import UnknownName, UsageError, listing
from reporter.explanation import Card, Explanation, Performance
from reporter.loading import described, load_model, model_of
from reporter.model import Model
from reporter.performance import performance_of, performance_of_study
from reporter.plugins import METRICS, MODALITIES
from reporter.precision import in_type
from reporter.progress import Progress, silent
from reporter.question import Setting
from reporter.receiving import by_name
from reporter.rows import Given, Rows
from reporter.selection import Selection
from reporter.study import ModelSection, Study, read_study
from reporter.study import Output as OutputKind
from reporter.windows import windowed
from reporter.words import Words

PACKAGES = ("torch", "captum", "numpy")


def explain(
    model: Any,
    inputs: Any,
    *,
    modality: str | None = None,
    method: str = "auto",
    target: Any = None,
    baselines: Any = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    feature_mask: Any = None,
    additional_forward_args: Any = None,
    reference: Any = None,
    raw: Any = None,
    raw_reference: Any = None,
    labels: Sequence[str | float] | None = None,
    ids: Sequence[str] | None = None,
    tokenizer: Any = None,
    study: Study | str | Path | None = None,
    output: OutputKind | None = None,
    metrics: Sequence[str] | str = STANDARD,
    n_steps: int | None = None,
    device: str = "auto",
    dtype: Any = "auto",
    seed: int = 0,
    **settings: Setting,
) -> Explanation | list[Explanation]:
    """Explain a model's decisions for rows of inputs: one row gives an Explanation, more give a list.

    `model`: any nn.Module, exported program, callable of tensors, or estimator with predict_proba. `inputs`: rows ×
    columns as tensor, array, lists or data frame; a tuple for several inputs. `target`: a class by name or index, the
    predicted one unless given; a list or a tensor with one for each row; a tuple (position, class) for a model with an
    output for each position; the name or index of one of several values. `baselines`: "median", "mean", "zero", or
    one's own as Captum takes them. `reference`: rows on the scale of the inputs that say what is usual; `raw` and
    `raw_reference`: the same in the units a reader knows. `labels`: what is on record for each row. `study`: a Study
    or its path for all the words. `output`: what the model returns, where it cannot be told ("logits", "logit",
    "probabilities", …; "multi-label" where labels may hold together, each a question of its own; what is on record is
    not compared then). `dtype`: "bf16", "fp16", "fp32" or "fp64" to run the model in, its own unless given; what that
    changes is measured. `metrics`: names, or "all". Further settings are the method's, under Captum's names.

    Attributions are above 0 towards the target, or up. Model, inputs and random state are left as they were.
    Raises ReporterError in one line.
    """
    told = study if isinstance(study, Study) else read_study(study) if study is not None else Study()
    section = told.model
    if class_names is not None:
        if len(set(map(str, class_names))) < len(class_names):
            raise UsageError(f"two classes have one name: {listing(map(str, class_names))}", remedy="rename one")
        section = section.model_copy(update={"classes": [str(name) for name in class_names]})
    if output is not None:
        section = _with_output(section, output)
    loaded = in_type(described(model_of(model, device=device), section, told.task), dtype)
    loaded = windowed(loaded, told, tokenizer) if told.text.windows else loaded
    kind = modality or told.data.modality or modality_of(inputs, tokenizer)
    loaded = by_name(loaded, list(inputs)) if kind == "tabular" and isinstance(inputs, Mapping) else loaded
    given = Given(
        model=loaded,
        names=feature_names,
        mask=feature_mask,
        reference=reference,
        raw=raw,
        raw_reference=raw_reference,
        baselines=baselines,
        study=told if study is not None else None,
        ids=ids,
        truths=_plain(labels),
        tokenizer=tokenizer,
    )
    rows: Rows = MODALITIES.load(kind)().of_inputs(inputs, given)
    if n_steps is not None:
        settings["n_steps"] = n_steps
    plan = Plan(
        method=method,
        target=target,
        settings=settings,
        metrics=_metrics(metrics),
        seed=seed,
        args=_arguments(additional_forward_args),
        words=_outcome_words(told, loaded),
    )
    performance = performance_of(loaded, rows, plan) if labels is not None else None
    found = [finished(each, loaded, told, performance) for each in attribute(loaded, rows, plan)]
    return found[0] if len(found) == 1 else found


def explain_selection(
    selection: Selection,
    *,
    trust: bool = False,
    device: str = "auto",
    dtype: str = "auto",
    method: str | None = None,
    target: str | None = None,
    baseline: str | None = None,
    n_steps: int | None = None,
    seed: int | None = None,
    metrics: Sequence[str] | str = STANDARD,
    progress: Progress = silent,
) -> Iterator[Explanation]:
    """Explain the chosen rows of a study, one by one in order. What is None is the study's to say."""
    study = selection.study
    modality = MODALITIES.load(selection.modality)()
    progress("loading the model", 0, 0)
    model = opened(study, trust=trust, device=device, dtype=dtype)
    rows: Rows = modality.of_study(selection, selection.rows, model=model, baseline=baseline or "")
    plan = plan_of(study, model, method=method, target=target, n_steps=n_steps, seed=seed, metrics=_metrics(metrics))
    performance = performance_of_study(model, modality, selection, plan)
    asked = {"method": method, "target": target, "baseline": baseline, "n-steps": n_steps, "seed": seed}
    asked["dtype"] = None if dtype == "auto" else dtype
    flags = {name: value for name, value in asked.items() if value is not None}
    for row, explanation in zip(selection.rows, attribute(model, rows, plan, progress), strict=True):
        command = _command(selection, row, explanation.instance, flags, trust=trust)
        yield finished(explanation, model, study, performance, command)


def opened(study: Study, *, trust: bool = False, device: str = "auto", dtype: str = "auto") -> Model:
    """The model of a study, loaded, on its device and in its type."""
    model = in_type(load_model(study, trust=trust, device=device), dtype)
    return windowed(model, study) if study.text.windows else model


def plan_of(
    study: Study,
    model: Model,
    *,
    method: str | None = None,
    target: str | None = None,
    n_steps: int | None = None,
    seed: int | None = None,
    metrics: Sequence[str] = STANDARD,
) -> Plan:
    """How the rows of a study are explained; what is None is the study's to say."""
    settings = dict(study.settings)
    if n_steps is not None:
        settings["n_steps"] = n_steps
    return Plan(
        method=method or study.method,
        target=target,
        settings=settings,
        metrics=metrics,
        seed=study.seed if seed is None else seed,
        words=_outcome_words(study, model),
    )


def modality_of(inputs: Any, tokenizer: Any) -> str:
    """What inputs from Python are, told from what they look like."""
    first = next(iter(inputs), None) if isinstance(inputs, (list, tuple)) else inputs
    if tokenizer is not None or isinstance(first, str):
        return "text"
    shape = getattr(inputs, "shape", None)
    axes = len(shape) if shape is not None else _depth(inputs) if isinstance(inputs, list) else 2
    return {3: "sequence", 4: "image"}.get(axes, "tabular")


def _depth(given: Any) -> int:
    """How deep lists are nested, arrays in them counted by their axes."""
    depth = 0
    while isinstance(given, list) and given:
        given, depth = given[0], depth + 1
    return depth + len(getattr(given, "shape", ()))


# What surrounds an attribution


def finished(
    explanation: Explanation, model: Model, study: Study, performance: Performance | None, command: str = ""
) -> Explanation:
    """The explanation with the study's words, the model's performance, and what it takes to compute it again."""
    provenance = replace(explanation.provenance, created=_now(), versions=_versions(model), command=command)
    return replace(
        explanation,
        provenance=provenance,
        groups=study.group_words(),
        card=_cards(study),
        performance=performance,
        language=study.language,
        audience=study.audience,
    )


def _cards(study: Study) -> dict[str, Card]:
    """What the study says of the model, by language; a title for every language under ""."""
    names = set(Card.__dataclass_fields__)
    found = {code: Card(**words.model_dump(include=names)) for code, words in study.words.items()}
    return {"": Card(title=study.title), **found}


def _outcome_words(study: Study, model: Model) -> dict[str, dict[str, Words]]:
    """The words of each class, or of the value, by id; a value's unit holds for every language."""
    values = (*model.values, model.value)
    found = {label: study.class_words(label) for label in (*model.classes, *values, *study.model.classes)}
    if study.model.unit:
        for value in values:
            found[value][""] = Words(unit=study.model.unit)
    return found


def _command(selection: Selection, row: int, instance: str, flags: Mapping[str, Any], *, trust: bool) -> str:
    """The command line that computes this explanation again."""
    chosen = ("--id", instance) if selection.study.data.id else ("--row", str(row))
    if selection.given:
        option, _, what = selection.given[row].partition("=")
        chosen = (option, what)
    parts = ["reporter", "explain", selection.name, *chosen]
    for name, value in flags.items():
        parts += [f"--{name}", str(value)]
    return shlex.join([*parts, "--trust"] if trust else parts)


def _now() -> str:
    """The moment, or the one that SOURCE_DATE_EPOCH sets so that two runs can be the same to the byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return moment.isoformat(timespec="seconds")


def _versions(model: Model) -> dict[str, str]:
    """The packages whose numbers these are; transformers where the network is one of theirs."""
    found = {"reporter": _version("explanation-reporter"), "python": platform.python_version()}
    theirs = any(type(part).__module__.startswith("transformers.") for each in model.modules for part in each.modules())
    packages = (*PACKAGES, "transformers") if theirs else PACKAGES
    return {**found, **{package: _version(package) for package in packages}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _metrics(given: Sequence[str] | str) -> tuple[str, ...]:
    if given == "all":
        return tuple(METRICS.names())
    names = tuple(part.strip() for part in given.split(",")) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in METRICS.names():
            raise UnknownName("metric", name, METRICS.names(), remedy="see `reporter metrics`")
    return names


def _arguments(given: Any) -> tuple[Any, ...]:
    return () if given is None else given if isinstance(given, tuple) else (given,)


def _plain(labels: Any) -> list[str | float | None] | None:
    """Labels as plain Python: class names as text, class numbers and values as numbers."""
    if labels is None:
        return None
    if isinstance(labels, str) or not hasattr(labels, "__iter__"):
        raise UsageError(f"labels = {labels!r}", allowed="a list with what is on record for each row")
    found = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    return [each if each is None or isinstance(each, str) else float(each) for each in found]


def _with_output(section: ModelSection, output: str) -> ModelSection:
    known = get_args(OutputKind)
    if output not in known:
        raise UnknownName("output", output, known)
    return section.model_copy(update={"output": output})
