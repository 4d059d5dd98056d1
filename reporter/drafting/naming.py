"""What columns and classes are: told from their names, their cells, and from what the model answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reporter.table import Table, is_number

MOST_CLASSES = 50  # a target column with more distinct values is no list of classes
TARGET_NAMES = ("target", "label", "labels", "class", "y", "outcome", "diagnosis", "response", "category")
WORDS = 3  # of a cell, on average: a column of more holds sentences
SEEN = 256  # rows looked at for that
ID_NAMES = ("id", "key", "uuid", "index", "name")


def names_classes(table: Table, target: str) -> bool:
    """Whether a column speaks of classes: text with few distinct values, or two numbers."""
    if not target:
        return False
    distinct = len(set(table.texts(target)))
    return distinct <= (min(MOST_CLASSES, len(table) - 1) if table.column(target).dtype == object else 2)


def few(table: Table, name: str) -> bool:
    """Whether a column of numbers holds few distinct whole ones, as numbers of classes do."""
    if table.column(name).dtype == object:
        return False
    values = table.numbers(name)
    return bool((values == values.round()).all()) and 2 <= len({*values.tolist()}) <= min(MOST_CLASSES, len(table) // 2)


def is_prose(table: Table, name: str) -> bool:
    """Whether a column holds sentences."""
    if table.column(name).dtype != object:
        return False
    cells = table.texts(name)[:SEEN]
    return sum(len((cell or "").split()) for cell in cells) > WORDS * len(cells)


def is_id(name: str, table: Table) -> bool:
    """Whether a column is called like an id, and every cell of it is another."""
    words = name.casefold().replace("_", " ").replace("-", " ").split()
    if not set(words) & set(ID_NAMES):
        return False
    cells = table.texts(name)
    return len(set(cells)) == len(cells) and None not in cells


def order_of(said: Sequence[int], labels: Sequence[str | None], every: Iterable[str]) -> tuple[str, ...]:
    """The classes in the order in which the answers agree best with the labels, where that beats chance; else sorted.

    `said` is the index of the class that the model names for each row.
    """
    names = sorted(every, key=lambda text: (0, float(text), "") if is_number(text) else (1, 0.0, text))
    together = {
        (index, name): sum(i == index and label == name for i, label in zip(said, labels, strict=True))
        for index in range(len(names))
        for name in names
    }
    order: dict[int, str] = {}
    for index, name in sorted(together, key=lambda pair: (-together[pair], pair[0], names.index(pair[1]))):
        if index not in order and name not in order.values():
            order[index] = name
    found = tuple(order[index] for index in range(len(names)))
    # On a scale that is not the network's all rows look alike, and some order always fits a little better: only one
    # that gets at least half of the way from the most frequent class to perfect is believed.
    chance, agree = max(map(labels.count, names)), agreeing(said, labels, found)
    clear = agree > agreeing(said, labels, names) and agree - chance >= (len(labels) - chance) / 2
    return found if clear else tuple(names)


def agreeing(said: Sequence[int], labels: Sequence[str | None], names: Sequence[str]) -> int:
    """In how many rows the model names the label on record."""
    return sum(names[index] == label for index, label in zip(said, labels, strict=True))
