"""A first study for a model of several inputs, or of categories: ways to hand it the columns, tried one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reporter.drafting.finding import Found, finding
from reporter.drafting.naming import TARGET_NAMES, few, is_id, is_prose, names_classes
from reporter.drafting.trial import Asked, accepted, tried
from reporter.errors import listing
from reporter.study import FeatureSection, Study
from reporter.table import Table, is_number

MOST_CODES = 1_000  # different texts of a category
Inputs = list[str | list[str]]


@dataclass(frozen=True)
class _Split:
    """The columns of a table by what they are for."""

    target: str
    id: str
    features: tuple[str, ...]  # in the order of the file
    categories: tuple[str, ...]


def draft_several(asked: Asked) -> Found | None:
    """The first way in which the model takes the columns; None when it takes them in none of the ways tried."""
    for split in _splits(asked):
        for inputs in _ways(split):
            study = _study(asked, split, inputs)
            if accepted(asked, study):
                continue
            told = f"{len(split.features)} columns" + (f" as {len(inputs)} inputs" if inputs else "")
            trial = tried(asked, study)
            return finding(asked, trial, f"{len(asked.table)} rows, {told}", _guesses(asked, split, inputs))
    return None


def _splits(asked: Asked) -> Iterator[_Split]:
    """Which column may be the label and the id, and which of the others are categories."""
    table = asked.table
    for target in _targets(asked):
        identity = asked.identity or next((n for n in table.names if n != target and is_id(n, table)), "")
        features = tuple(name for name in table.names if name not in (target, identity))
        texts = [name for name in features if table.column(name).dtype == object]
        if not features or any(is_prose(table, n) or len({*table.texts(n)}) > MOST_CODES for n in texts):
            continue
        whole = [name for name in features if name in texts or _indexes(table, name)]
        for categories in dict.fromkeys([tuple(texts), tuple(whole)]):
            yield _Split(target, identity, features, categories)


def _targets(asked: Asked) -> list[str]:
    if asked.target:
        return [asked.target]
    table = asked.table
    named = [name for name in table.names if name.casefold() in TARGET_NAMES]
    likely = [name for name in reversed(table.names) if names_classes(table, name) or few(table, name)]
    return list(dict.fromkeys([*named, *likely, table.names[-1], ""]))


def _indexes(table: Table, name: str) -> bool:
    numbers = table.numbers(name)
    return bool((numbers >= 0).all() and (numbers == numbers.round()).all())


def _ways(split: _Split) -> Iterator[Inputs]:
    """Ways to hand over the columns, the usual ones first; [] is all of them as one input of numbers."""
    categories = [*split.categories]
    numbers = [name for name in split.features if name not in categories]
    each: Inputs = [*categories]  # a vector each, as recommenders take users and items
    apart: Inputs = [[name] for name in categories]
    if len(split.features) > 1:
        yield [*split.features]
    if numbers and categories:
        yield [numbers, categories]
        yield [categories, numbers]
        for several in (each, apart):
            yield [numbers, *several]
            yield [*several, numbers]
    elif categories:
        yield [categories]
        yield apart
    yield []


def _study(asked: Asked, split: _Split, inputs: Inputs) -> Study:
    table = asked.table
    data = asked.study.data.model_copy(update={"target": split.target, "id": split.id, "inputs": inputs})
    features = {
        name: FeatureSection(kind="category", values={code: code for code in _codes(table, name)})
        if name in split.categories
        else FeatureSection()
        for name in split.features
    }
    return asked.study.model_copy(update={"data": data, "features": features})


def _codes(table: Table, name: str) -> list[str]:
    """The codes of a category in words, sorted; none where it is numbers, which are looked up as they are."""
    cells = {cell for cell in table.texts(name) if cell is not None}
    return [] if all(map(is_number, cells)) else sorted(cells)


def _guesses(asked: Asked, split: _Split, inputs: Sequence[str | list[str]]) -> list[str]:
    found = [f"inputs = {[*inputs]}: the first of the usual ways that the model accepts"] if inputs else []
    coded = [name for name in split.categories if _codes(asked.table, name)]
    if coded:
        found.append(f"the codes of {listing(coded)} are sorted: write them in the network's order")
    if len(split.categories) < len(split.features):
        found.append("the network sees the numbers as they stand: write mean and std if it was trained otherwise")
    return found
