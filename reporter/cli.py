"""The command line: arguments only; the work is below. Nothing heavy is imported until a command runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from reporter import __version__, commands
from reporter.errors import DemandNotMet, ReporterError, UnknownName, UsageError, listing

app = typer.Typer(
    name="reporter",
    help="Explain PyTorch models in words people can trust: attributions, prose that is checked, PDF and HTML.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STANDARD = "completeness,deletion,stability,agreement"  # what the grade needs

Outputs = Annotated[
    list[str],
    typer.Option("--output", "-o", help="Where to; .pdf .html .json .md, - for JSON. Repeats. {id} for many rows."),
]
Language = Annotated[str | None, typer.Option("--language", help="Language of the report (the study's otherwise).")]
Audience = Annotated[str | None, typer.Option("--audience", help="Whom it is told to (the study's otherwise).")]
Narrator = Annotated[str, typer.Option("--narrator", help="Who writes the prose: templated, or lm, a language model.")]
NarratorModel = Annotated[
    str, typer.Option("--narrator-model", metavar="FOLDER", help="Language model of --narrator lm, in a local folder.")
]
Fragment = Annotated[bool, typer.Option("--fragment", help="HTML without a page around it, to embed.")]
Paper = Annotated[str | None, typer.Option("--paper", help="Of a PDF: a4 or letter.")]
PdfVariant = Annotated[
    str | None, typer.Option("--pdf-variant", help="pdf/ua-1, or pdf/a-3a to be kept: it holds the JSON as well.")
]
Templates = Annotated[
    str | None,
    typer.Option("--templates", metavar="DIR", help="Your own templates and look; see `reporter templates`."),
]
Require = Annotated[
    str | None, typer.Option("--require", help="Exit 1 unless the grade is at least this: solid or indicative.")
]


@app.command()
def explain(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study file, or the folder that holds study.toml.")],
    output: Outputs = [],  # noqa: B006 - typer wants a list
    row: Annotated[int | None, typer.Option("--row", help="Row number in the data, from 0.")] = None,
    rows: Annotated[str, typer.Option("--rows", metavar="A:B", help="Rows from A up to, not including, B.")] = "",
    id: Annotated[list[str], typer.Option("--id", help="Instance by its id. Repeats.")] = [],  # noqa: A002, B006
    input: Annotated[list[str], typer.Option("--input", help="A picture, text or trace in a file. Repeats.")] = [],  # noqa: A002, B006
    text: Annotated[list[str], typer.Option("--text", help="A text to explain. Repeats.")] = [],  # noqa: B006
    method: Annotated[str | None, typer.Option("--method", help="See `reporter methods`.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="Class to explain; position,class; a value.")] = None,
    baseline: Annotated[str | None, typer.Option("--baseline", help="median, mean, zero, blur, mask, …")] = None,
    n_steps: Annotated[int | None, typer.Option("--n-steps", help="Fixed number of steps, as Captum's.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda, mps, …")] = "auto",
    dtype: Annotated[str, typer.Option("--dtype", help="auto, bf16, fp16, fp32, fp64.")] = "auto",
    seed: Annotated[int | None, typer.Option("--seed", help="Of everything that is sampled.")] = None,
    metrics: Annotated[str, typer.Option("--metrics", help="Comma list, or all; see `reporter metrics`.")] = STANDARD,
    language: Language = None,
    audience: Audience = None,
    narrator: Narrator = "templated",
    narrator_model: NarratorModel = "",
    fragment: Fragment = False,
    paper: Paper = None,
    pdf_variant: PdfVariant = None,
    templates: Templates = None,
    require: Require = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run code that lies beside the study.")] = False,
) -> None:
    """Explain instances of a study and write reports."""
    from reporter import delivery
    from reporter.exporting import proof
    from reporter.language import language as known_language
    from reporter.progress import Meter
    from reporter.selection import select
    from reporter.templating import templates_in, using

    outputs = delivery.outputs_from(
        output, fragment=fragment, settings={"pdf": _given(paper=paper, variant=pdf_variant)}
    )
    demanded = _level(require)
    dressed = templates_in(templates)
    proof(dressed)  # a mistake here is told before long work
    if language:
        with using(dressed):
            known_language(language)
    with Meter() as meter:
        writer = _narrator(narrator, narrator_model, device=device, seed=seed or 0, trust=trust)
        everything = any(one.many for one in outputs)
        chosen = select(study, row=row, rows=rows, ids=id, everything=everything, inputs=input, texts=text)
        delivery.check(outputs, chosen.ids)
        meter("starting torch", 0, 0)
        from reporter.pipeline import explain_selection

        said = _Said(to_stderr=any(o.pattern == delivery.STDOUT for o in outputs))
        for explanation in explain_selection(
            chosen,
            trust=trust,
            device=device,
            dtype=dtype,
            method=method,
            target=target,
            baseline=baseline,
            n_steps=n_steps,
            seed=seed,
            metrics=metrics,
            progress=meter,
        ):
            report = explanation.report(language=language, audience=audience, narrator=writer, templates=dressed)
            said.wrote([one.deliver(report) for one in outputs], report, demanded)
    said.close()


@app.command()
def render(
    explanation: Annotated[str, typer.Argument(metavar="EXPLANATION.json", help="A stored explanation.")],
    output: Outputs = [],  # noqa: B006
    language: Language = None,
    audience: Audience = None,
    narrator: Narrator = "templated",
    narrator_model: NarratorModel = "",
    fragment: Fragment = False,
    paper: Paper = None,
    pdf_variant: PdfVariant = None,
    templates: Templates = None,
    require: Require = None,
    device: Annotated[str, typer.Option("--device", help="Of --narrator lm: auto, cpu, cuda, mps, …")] = "auto",
    trust: Annotated[bool, typer.Option("--trust", help="Run code that lies beside the narrator's model.")] = False,
) -> None:
    """Tell a stored explanation again, in any language and format, without the model."""
    from reporter import delivery
    from reporter.explanation import Explanation
    from reporter.exporting import proof
    from reporter.templating import templates_in

    outputs = delivery.outputs_from(
        output, fragment=fragment, settings={"pdf": _given(paper=paper, variant=pdf_variant)}
    )
    demanded = _level(require)
    dressed = templates_in(templates)
    proof(dressed)
    stored = Explanation.from_json(sys.stdin.buffer.read() if explanation == "-" else Path(explanation))
    delivery.check(outputs, [stored.instance])
    writer = _narrator(narrator, narrator_model, device=device, seed=0, trust=trust)
    report = stored.report(language=language, audience=audience, narrator=writer, templates=dressed)
    said = _Said(to_stderr=any(o.pattern == delivery.STDOUT for o in outputs))
    said.wrote([one.deliver(report) for one in outputs], report, demanded)
    said.close()


@app.command()
def verify(
    explanation: Annotated[str, typer.Argument(metavar="EXPLANATION.json", help="A stored explanation.")],
    text: Annotated[str, typer.Argument(metavar="TEXTFILE", help="The text to check; - for standard input.")],
    language: Annotated[str | None, typer.Option("--language", help="Language of the text.")] = None,
) -> None:
    """Check any text against a stored explanation; exit 1 when a statement does not hold."""
    from reporter.explanation import Explanation
    from reporter.verification import verify as check

    if explanation == text == "-":
        raise UsageError("both the explanation and the text are -", remedy="give a file for one of them")
    stored = Explanation.from_json(sys.stdin.buffer.read() if explanation == "-" else Path(explanation))
    narrative = check(_read_text(text), stored, language=language)
    for sentence in narrative.sentences:
        typer.echo(f"{sentence.verdict:<13}{sentence.text}")
        for reason in sentence.reasons:
            typer.echo(f"{'':<13}  {reason}")
    verdicts = [sentence.verdict for sentence in narrative.sentences]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(sorted(verdicts)))
    noun = "sentence" if len(verdicts) == 1 else "sentences"
    summary = f"{len(verdicts)} {noun}: {counts}" if verdicts else "the text is empty"
    if narrative.coverage is not None:
        summary += f"; {narrative.coverage:.0%} of what can be told of the features mentioned was read"
    if narrative.failures or not verdicts:
        raise DemandNotMet(summary)
    typer.echo(summary)


@app.command()
def init(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A file, a Hugging Face folder, or module:object.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table, an array, or a folder of files.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Where to write the study.")] = "study.toml",
    target: Annotated[str, typer.Option("--target", help="Column with the label on record.")] = "",
    id: Annotated[str, typer.Option("--id", help="Column with the id of each row.")] = "",  # noqa: A002
    factory: Annotated[str, typer.Option("--factory", help="module:function that builds the model.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a study that is there.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Run code that lies beside the model.")] = False,
) -> None:
    """Write a first study by looking at a model and its data."""
    from reporter.drafting import draft_study
    from reporter.writing import write

    path = Path(output)
    if path.is_dir():
        path = path / "study.toml"
    if path.exists() and not force:
        raise UsageError(f"{path} exists", remedy="choose another with -o, or add --force")
    drafted = draft_study(model, data, folder=path.parent, target=target, identity=id, factory=factory, trust=trust)
    write(path, drafted.toml.encode())
    typer.echo(f"Wrote {path}: {drafted.summary}")
    for guess in drafted.guesses:
        typer.echo(f"  guessed: {guess}")
    typer.echo(f"Next: reporter explain {path} --row 0 -o report.html{' --trust' if trust else ''}")


@app.command()
def methods() -> None:
    """List the attribution methods and what each needs."""
    from reporter.plugins import METHODS

    rows: list[tuple[str, ...]] = [
        ("method", "modalities", "needs", "sums to the change", "towards or away", "sampled"),
    ]
    for name in METHODS.names():
        method = METHODS.load(name)()
        # Those of third parties may not say it all.
        needs = getattr(method, "needs", "gradients" if method.needs_gradients else "")
        directed = getattr(method, "directed", True)
        flags = ("yes" if flag else "no" for flag in (method.complete, directed, method.stochastic))
        rows.append((name, ", ".join(method.modalities), needs or "nothing more", *flags))
    _table(rows)


@app.command()
def metrics() -> None:
    """List the metrics behind the grade and their limits."""
    from reporter.grade import RULES
    from reporter.plugins import METRICS

    rules = {rule.metric: rule for rule in RULES}
    rows: list[tuple[str, ...]] = [("metric", "better", "solid", "indicative", "what it measures")]
    for name in METRICS.names():
        rule = rules.get(name)
        metric = METRICS.load(name)
        limits = (f"{rule.solid:g}", f"{rule.indicative:g}") if rule else ("", "")  # not all count for the grade
        rows.append((name, metric.better, *limits, _summary(metric)))
    _table(rows)


@app.command()
def formats() -> None:
    """List the formats a report can have."""
    from reporter.plugins import FORMATS

    rows: list[tuple[str, ...]] = [("format", "suffix", "media type", "what it is")]
    for name in FORMATS.names():
        form = FORMATS.load(name)
        rows.append((name, form.suffix, form.media_type, form.description))
    _table(rows)


@app.command()
def templates(
    folder: Annotated[
        str | None, typer.Option("--templates", metavar="DIR", help="Say what each file here does.")
    ] = None,
    export: Annotated[str, typer.Option("--export", metavar="DIR", help="Write all of them here, to be changed.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
) -> None:
    """List the templates that a folder of your own may override, or write them out."""
    from reporter import exporting
    from reporter.templating import templates_in

    if export:
        names = exporting.export(Path(export), force=force)
        typer.echo(f"Wrote {len(names)} files to {export}. Change some and delete the others; see {export}/README.md")
        return
    given = templates_in(folder)
    exporting.proof(given)
    rows: list[tuple[str, ...]] = [("template", "what it does" if folder else "")]
    _table([*rows, *exporting.described(given)])


@app.command()
def doctor() -> None:
    """Say what this machine has: devices, Pango, fonts, packages."""
    from reporter.doctor import examine, lacking, text

    checks = examine()
    typer.echo(text(checks))
    missing = [check.name for check in lacking(checks)]
    if missing:
        raise DemandNotMet(f"missing: {listing(missing)}")


commands.register(app)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")] = False,  # noqa: ARG001
) -> None:
    """Explain PyTorch models in words people can trust."""
    if version:
        typer.echo(f"reporter {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; an error is one line unless --debug is given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # Accepted anywhere, so that it can be added to the end of the command that failed.
    given = [argument for argument in given if argument != "--debug"]
    sys.exit(_run(given, debug=debug))


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        result = app(arguments, prog_name="reporter", standalone_mode=False)
    except ReporterError as error:
        return _failed(error, str(error), error.exit_code, debug=debug)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("reporter: stopped", err=True)
        return 130
    except BrokenPipeError:
        return 2  # whoever read our output has left; there is nobody to tell
    except Exception as error:  # noqa: BLE001 - the outermost border: one clear line, never a traceback
        if hasattr(error, "format_message"):  # a wrong option or command; typer brings its own class for it
            said = " ".join(error.format_message().split()).rstrip(".")
            return _failed(error, f"{said}; see `reporter --help`", 2, debug=debug)
        name = type(error).__name__
        return _failed(error, f"unexpected {name}: {' '.join(str(error).split())[:300]}; add --debug", 2, debug=debug)
    return result if isinstance(result, int) else 0


def _failed(error: BaseException, line: str, code: int, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    typer.echo(f"reporter: {line}", err=True)
    return code


class _Said:
    """The last line of a run: what was written, and in a sentence what it says."""

    def __init__(self, *, to_stderr: bool) -> None:
        self._err = to_stderr
        self._count = 0
        self._where: list[str] = []
        self._last = ""
        self._short: list[str] = []
        self._drafted = self._written = self._own = 0
        self._stopped = ""

    def wrote(self, places: list[str], report: Any, demanded: str | None) -> None:
        from reporter.grade import at_least

        self._count += 1
        self._where = places if self._count == 1 else [*self._where, *places]
        lead = report.narrative.section("lead")
        self._last = report.facts.language.fit(f"{report.headline} {lead.text if lead else ''}".strip())
        level = report.explanation.grade.level
        if demanded and not at_least(level, demanded):  # type: ignore[arg-type]
            self._short.append(f"{report.facts.instance} is {level}")
        if drafting := report.narrative.drafting:
            self._drafted += drafting.drafted
            self._written += drafting.written
            self._own += drafting.own
            self._stopped = self._stopped or drafting.problem or drafting.stopped
        if not places:
            typer.echo(report.text, err=self._err)

    def close(self) -> None:
        if self._where and self._count == 1:
            typer.echo(f"Wrote {' and '.join(self._where)}. {self._last}", err=self._err)
        elif self._where:
            typer.echo(
                f"Wrote {len(self._where)} files for {self._count} instances, {self._where[0]} first.", err=self._err
            )
        if self._drafted:
            rest = self._drafted - self._written
            why = f"; it stopped: {self._stopped}" if self._stopped else ""
            wrote = (
                f"The language model wrote {self._written} of {self._drafted} sentences, {self._own} in its own words"
            )
            typer.echo(f"{wrote}; {rest} are from the templates{why}.", err=self._err)
        if self._short:
            raise DemandNotMet(f"--require is not met: {listing(self._short, 5)}")


def _given(**settings: str | None) -> dict[str, str]:
    """Settings that were given."""
    return {name: value for name, value in settings.items() if value is not None}


def _narrator(name: str, model: str, *, device: str, seed: int, trust: bool) -> Any:
    """The narrator, ready to write: what it lacks is told before long work."""
    from reporter.plugins import NARRATORS

    kind = NARRATORS.load(name)
    if not hasattr(kind, "prepare"):
        if model:
            raise UsageError(
                f"--narrator-model is given, but the narrator {name!r} has none", remedy="add --narrator lm"
            )
        return name
    writer = kind(model=model, device=device, seed=seed, trust=trust)
    writer.prepare()
    return writer


def _level(demanded: str | None) -> str | None:
    if demanded not in (None, "solid", "indicative"):
        raise UnknownName("grade", str(demanded), ("solid", "indicative"))
    return demanded


def _read_text(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"cannot read {name}: {reason}", remedy="give a text file, or - for standard input") from error


def _summary(plugin: Any) -> str:
    return (plugin.__doc__ or "").strip().splitlines()[0] if plugin.__doc__ else ""


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
