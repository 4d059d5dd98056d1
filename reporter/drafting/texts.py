"""A first study of texts: the column that reads like prose, the tokenizer of the model's folder or beside the model."""

from __future__ import annotations

import os
from pathlib import Path

from reporter.drafting.finding import Found, finding
from reporter.drafting.naming import names_classes
from reporter.drafting.trial import Asked, tried
from reporter.errors import DataError, ReporterError, listing
from reporter.huggingface import is_hugging_face
from reporter.study import Study
from reporter.table import Table

TOKENIZERS = ("tokenizer.json", "tokenizer_config.json")
SEEN = 200  # rows looked at


def draft_texts(asked: Asked) -> Found:
    """Raises DataError where no column holds texts, ModelError when the model does not take their tokens."""
    table = asked.table
    name = text_column(table, asked.target)
    if not name:
        raise DataError(
            f"{table.name} has no column of texts",
            allowed=f"columns: {listing([*table.names, *table.arrays])}",
            remedy="give a table with a column of texts, or a folder of .txt files",
        )
    label = asked.label((name, "id"))
    data = asked.study.data.model_copy(
        update={"modality": "text", "input": name, "target": label, "id": asked.id((name, label))}
    )
    study, guesses = asked.study.model_copy(update={"data": data}), []
    if not is_hugging_face(study.model, study.folder):
        beside = tokenizer_beside(study)
        study = study.model_copy(update={"text": study.text.model_copy(update={"tokenizer": beside})})
        guesses.append(f"the tokenizer is the one in {beside!r}, beside the model")
    try:
        trial = tried(asked, study)
    except ReporterError as error:
        if "windows" not in error.remedy:
            raise
        trial = tried(asked, study.model_copy(update={"text": study.text.model_copy(update={"windows": True})}))
        guesses.append("windows = true: some texts are longer than the model takes, and are read part by part")
    where = "" if table.files else f" from the column {name!r}"
    return finding(asked, trial, f"{len(table)} texts{where}", guesses)


def tokenizer_beside(study: Study) -> str:
    """The folder of the model's file, as the study names it, when a tokenizer lies there; else empty."""
    path = study.folder / study.model.path
    folder = path if path.is_dir() else path.parent
    if not study.model.path or not any((folder / name).is_file() for name in TOKENIZERS):
        return ""
    return Path(os.path.relpath(folder, study.folder)).as_posix()


def text_column(table: Table, target: str) -> str:
    """The column of texts: the longest cells that are no list of classes; the files of a folder."""
    if table.files:
        return "file"
    lengths = {
        name: sum(len(cell or "") for cell in table.texts(name)[:SEEN])
        for name in table.names
        if name != target and table.column(name).dtype == object
    }
    free = {name: length for name, length in lengths.items() if not names_classes(table, name)} or lengths
    return max(free, key=lambda name: free[name], default="")
