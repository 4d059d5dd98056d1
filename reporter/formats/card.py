"""The method card: enough to compute an explanation again. The model card: what the study says of the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from reporter.explanation import Provenance
from reporter.facts import Facts
from reporter.formats.wording import Wording
from reporter.templating import capital

HASH_LENGTH = 12  # characters of a sha256 that are shown; the JSON has them all


@dataclass(frozen=True)
class Entry:
    """One labelled line, or several under one label; `literal` is to be typed as it stands."""

    label: str
    lines: tuple[str, ...]
    literal: bool = False


def method_card(facts: Facts, wording: Wording) -> tuple[Entry, ...]:
    """Everything in the provenance that is known."""
    provenance, words = facts.explanation.provenance, wording["method"]
    entries = (
        Entry(words["model"], _named(provenance.model, provenance.model_hash, wording)),
        Entry(words["data"], _named(provenance.data, provenance.data_hash, wording)),
        Entry(
            words["method"],
            (
                wording.joined(
                    [
                        capital(wording.method(provenance.method)),
                        *_settings(facts, wording),
                    ]
                ),
            ),
        ),
        Entry(words["reason"], (capital(_reason(provenance, wording)),)),
        Entry(words["tried"], tuple(_tried(provenance, wording))),
        Entry(words["baseline"], (capital(wording.baseline()),)),
        Entry(words["output"], (_output(facts, wording),)),
        Entry(words["computed"], (_computed(provenance, wording),)),
        Entry(words["versions"], (", ".join(f"{name} {version}" for name, version in provenance.versions.items()),)),
        Entry(words["measured"], tuple(_measured(facts, wording))),
        Entry(words["created"], (_date(provenance.created, facts),)),
        Entry(words["command"], (provenance.command,), literal=True),
    )
    return _kept(entries)


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 moment, in UTC where it names no zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _date(created: str, facts: Facts) -> str:
    """The day in words; what is no date is shown as it was stored."""
    return facts.language.date(created) if moment_of(created) else created


def model_card(facts: Facts, wording: Wording, told: str) -> tuple[Entry, ...]:
    """What the study says of the model, but for what the narrative already `told`."""
    words = wording["about"]
    fields = ("role", "intended_use", "limits", "next_step", "contact")
    said = {name: getattr(facts.card, name) for name in fields}
    return _kept(tuple(Entry(words[name], ("" if text in told else text,)) for name, text in said.items()))


def _kept(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries that say something."""
    filled = (Entry(e.label, tuple(line for line in e.lines if line.strip()), e.literal) for e in entries)
    return tuple(entry for entry in filled if entry.lines)


def _named(name: str, digest: str, wording: Wording) -> tuple[str, ...]:
    short = wording["method"]["hash"].format(hash=digest[:HASH_LENGTH]) if digest else ""
    return (wording.joined([name, short]),)


def _settings(facts: Facts, wording: Wording) -> Iterator[str]:
    """Settings under Captum's names, as they were used."""
    for name, value in facts.explanation.provenance.settings.items():
        if isinstance(value, bool):
            yield f"{name} {wording.yes_or_no(value)}"
        elif isinstance(value, str):
            yield f"{name} {value}"
        else:
            yield f"{name} {facts.language.significant(value)}"


def _reason(provenance: Provenance, wording: Wording) -> str:
    """Why this method; a reason that the words do not know is shown as it was stored."""
    words = wording["method"]
    if provenance.tried and provenance.method_reason.startswith(provenance.tried[-1].method):
        last = provenance.tried[-1]
        reason = wording.facts.language.reason(last.reason)
        return str(words["unusable"].format(method=wording.method(last.method), reason=reason))
    return wording.facts.language.reason(provenance.method_reason)


def _tried(provenance: Provenance, wording: Wording) -> Iterator[str]:
    for tried in provenance.tried:
        method, reason = capital(wording.method(tried.method)), wording.facts.language.reason(tried.reason)
        yield wording["method"]["tried_item"].format(method=method, reason=reason)


def _measured(facts: Facts, wording: Wording) -> Iterator[str]:
    """What was measured beside the checks that the report tells, and why a measure that was asked for has no value."""
    words = wording["measures"]
    told = {ruling.metric for ruling in facts.explanation.grade.rulings}
    for score in facts.explanation.scores:
        name = str(wording["metrics"].get(score.name) or words.get(score.name, score.name.replace("-", " ")))
        if score.value is None:
            reason = facts.language.reason(score.undefined)
            yield capital(str(words["undefined"]).format(name=name, reason=reason))
        elif score.name not in told:
            yield capital(str(words["item"]).format(name=name, value=facts.language.significant(score.value)))


def _output(facts: Facts, wording: Wording) -> str:
    target, words = facts.target, wording["output"]
    kind = facts.explanation.prediction.score_kind
    parts = [capital(words[kind].format(name=wording.bare(target.name)))]
    if target.score:
        instance = facts.card.instance or facts.language.lexicon["instance"]["one"]
        parts.append(words["here"].format(score=target.score, instance=instance))
    provenance = facts.explanation.provenance
    if provenance.output_inferred:
        parts.append(words["inferred"].format(output=wording["outputs"].get(provenance.output, provenance.output)))
    return wording.joined(parts)


def _computed(provenance: Provenance, wording: Wording) -> str:
    if not provenance.device:
        return ""
    seed = wording["method"]["seed"].format(seed=provenance.seed)
    return wording.joined([provenance.device, provenance.dtype, seed, _difference(provenance, wording)])


def _difference(provenance: Provenance, wording: Wording) -> str:
    """What running in another type than that of the weights does to the score."""
    if provenance.dtype_difference is None:
        return ""
    difference = wording.facts.language.significant(provenance.dtype_difference)
    return str(wording["method"]["dtype"]).format(difference=difference, own=provenance.own_dtype)
