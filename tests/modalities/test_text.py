"""Texts end to end: from a study, from files, from Python; words, baselines, windows, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import reporter
from reporter.errors import DataError, ReporterError, StudyError, UnknownName, UsageError
from reporter.explanation import Explanation
from reporter.heatmap import Shading
from reporter.loading import model_of
from reporter.modalities.text import Texts
from reporter.model import Model
from reporter.pipeline import explain_selection
from reporter.rows import Given
from reporter.selection import select
from reporter.study import study_from
from reporter.textual import Textual
from tests.languages import CORPUS, NAMES, Bag, bert, bytes_only, gpt2, saved, wordpiece

TEXT = "The printer is not working, please reset my password."
QUICK = ("completeness",)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return wordpiece()


@pytest.fixture(scope="module")
def network(tokenizer: Any) -> Any:
    return bert(tokenizer)


@pytest.fixture
def folder(tmp_path: Path, network: Any, tokenizer: Any) -> Path:
    return saved(tmp_path / "model", network, tokenizer)


def explained(model: Any, inputs: Any, tokenizer: Any, **settings: Any) -> Explanation:
    found = reporter.explain(model, inputs, tokenizer=tokenizer, metrics=QUICK, **settings)
    assert isinstance(found, Explanation)
    return found


def missed(explanation: Explanation) -> float:
    """The completeness error."""
    score = next(each for each in explanation.scores if each.name == "completeness").value
    assert score is not None
    return score


def rows_of(inputs: Any, tokenizer: Any, model: Model | None = None, **given: Any) -> Textual:
    model = model or model_of(Bag())
    return Texts().of_inputs(inputs, Given(model=model, tokenizer=tokenizer, **given))


def study(folder: Path, text: str = "", data: str = 'path = "data.csv"\nid = "id"\ntarget = "label"') -> Path:
    content = f'[model]\npath = "model"\n[data]\nmodality = "text"\n{data}\n[text]\n{text}\n'
    (folder / "study.toml").write_text(content, encoding="utf-8")
    with (folder / "data.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label"])
        writer.writerows([f"t{i}", each, NAMES[i % 3]] for i, each in enumerate(CORPUS))
    return folder / "study.toml"


def from_study(path: Path, **chosen: Any) -> list[Explanation]:
    return list(explain_selection(select(str(path), **chosen), metrics=QUICK))


# Words


def test_a_text_is_explained_by_its_words(network: Any, tokenizer: Any) -> None:
    found = explained(network, TEXT, tokenizer)
    ordered = sorted(found.features, key=lambda feature: int(feature.id[1:]))
    assert [f.value for f in ordered] == ["The", "printer", "is", "not working", "please", "reset", "my", "password"]
    assert [TEXT[int(f.span[0]) : int(f.span[1])] for f in ordered if f.span] == [f.value for f in ordered]
    assert {f.kind for f in ordered} == {"word"}
    assert found.modality == "text"
    assert found.prediction.label in NAMES
    assert found.provenance.method == "integrated-gradients"
    assert found.provenance.baseline.name == "mask"
    whole = found.attributions
    assert isinstance(whole, np.ndarray)
    assert whole.shape == (1, len(tokenizer(TEXT)["input_ids"]))
    assert whole[0, 0] == 0.0  # special tokens stand in the baseline too
    assert whole[0, -1] == 0.0
    assert sum(f.attribution for f in ordered) == pytest.approx(whole.sum())
    outcome = found.prediction.explained
    assert outcome.score is not None
    assert outcome.baseline_score is not None
    assert whole.sum() == pytest.approx(outcome.score - outcome.baseline_score, rel=0.02)


def test_the_heat_map_is_the_text_with_its_words(network: Any, tokenizer: Any) -> None:
    found = explained(network, TEXT, tokenizer)
    heat = found.heatmap("words")
    assert isinstance(heat, Shading)
    assert heat.text == TEXT
    assert [TEXT[piece.start : piece.end] for piece in heat.pieces][3] == "not working"
    assert heat.scale == abs(found.features[0].attribution)


def test_a_very_long_text_is_drawn_as_far_as_it_can_be() -> None:
    text = "word " * 5_000
    rows = rows_of(text, lambda given: [1] * len(given.split()))
    told = rows.told(0, np.ones(5_000))
    heat = rows.heatmaps(0, np.ones(5_000), told.features)[0]
    assert isinstance(heat, Shading)
    assert len(heat.text) == 20_001
    assert max(piece.end for piece in heat.pieces) <= 20_000
    assert len(told.features) == 5_000


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b c",
        "🔥🔥 👍🏽 ok",
        "مرحبا لا يعمل",
        "x" * 3_000,
        "half \ud83d a pair",
        "\u200b\u202e zero",
        "?!",
        "e\u0301",
    ],
)
def test_odd_texts_are_explained_and_told(text: str, tokenizer: Any) -> None:
    found = explained(Bag(), text, tokenizer)
    report = found.report()
    assert "rx-text" in report.to_html()
    assert report.to_markdown()
    assert Explanation.from_json(found.to_json()) == found


def test_several_texts_of_different_lengths(network: Any, tokenizer: Any) -> None:
    found = reporter.explain(network, CORPUS[:3], tokenizer=tokenizer, metrics=QUICK, ids=["a", "b", "c"])
    assert isinstance(found, list)
    assert [each.instance for each in found] == ["a", "b", "c"]
    assert [len(each.features) for each in found] == [
        len(explained(network, t, tokenizer).features) for t in CORPUS[:3]
    ]


def test_texts_come_in_whatever_holds_them(tokenizer: Any) -> None:
    import pandas as pd

    for given in (CORPUS[:2], tuple(CORPUS[:2]), np.array(CORPUS[:2]), pd.Series(CORPUS[:2])):
        assert [text.tokens.text for text in rows_of(given, tokenizer).texts] == CORPUS[:2]


@pytest.mark.parametrize(
    "given", [[], [1.5], 7, None, ["text", 3], {"ids": [1]}, [[1, 2], "text"], np.zeros((1, 2, 3))]
)
def test_what_is_no_text_is_refused_in_one_line(given: Any, tokenizer: Any) -> None:
    with pytest.raises(UsageError) as told:
        rows_of(given, tokenizer)
    assert "\n" not in str(told.value)


# Tokenizers and ids


def test_a_tokenizers_tokenizer_gives_the_same(network: Any, tokenizer: Any) -> None:
    own = tokenizer.backend_tokenizer
    own.enable_truncation(3)
    own.enable_padding(length=40)
    found = explained(network, TEXT, own)
    assert own.truncation is not None  # the caller's is as it was
    own.no_truncation()
    own.no_padding()
    assert [f.id for f in found.features] == [f.id for f in explained(network, TEXT, tokenizer).features]


def test_a_function_of_words_is_a_tokenizer() -> None:
    numbers = {word: i + 1 for i, word in enumerate(TEXT.split())}
    found = explained(Bag(), TEXT, lambda text: [numbers[word] for word in text.split()])
    assert "not working" in {f.value for f in found.features}
    assert found.provenance.baseline.name == "zero"
    tensors = explained(Bag(), TEXT, lambda text: torch.tensor([[numbers[word] for word in text.split()]]))
    assert [f.attribution for f in tensors.features] == [f.attribution for f in found.features]


def test_a_function_that_splits_otherwise_is_refused() -> None:
    with pytest.raises(UsageError, match="one id per word"):
        explained(Bag(), TEXT, lambda text: [ord(letter) for letter in text[1:]])
    with pytest.raises(UsageError, match="whole numbers"):
        explained(Bag(), TEXT, lambda text: text)
    with pytest.raises(UsageError, match="is no tokenizer"):
        explained(Bag(), TEXT, 7)


def test_ids_are_read_back_and_padding_is_left_out(network: Any, tokenizer: Any) -> None:
    alone = explained(network, TEXT, tokenizer)
    padded = tokenizer([TEXT, "word " * 20], padding=True, return_tensors="pt")
    assert padded["input_ids"].shape[1] > len(tokenizer(TEXT)["input_ids"])
    for given in (padded["input_ids"][:1], padded["input_ids"][:1].numpy(), tokenizer([TEXT])):
        found = explained(network, given, tokenizer)
        values = {f.id: round(f.attribution, 5) for f in found.features}
        assert values == {f.id: round(f.attribution, 5) for f in alone.features}
        assert found.attributions.shape == alone.attributions.shape  # type: ignore[union-attr]


def test_ids_that_no_text_leads_to_are_read_one_by_one(tokenizer: Any) -> None:
    odd = torch.tensor([[2, 40, 40, 41, 3]])
    rows = rows_of(odd, tokenizer)
    assert rows.inputs(slice(0, 1))[0].tolist() == odd.tolist()
    assert sorted(c for word in rows.texts[0].words for c in word.columns) == [0, 1, 2, 3, 4]


def test_texts_without_a_tokenizer_and_ids_without_text_are_refused(tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="need a tokenizer"):
        reporter.explain(Bag(), TEXT)
    with pytest.raises(UsageError, match="can decode"):
        explained(Bag(), torch.ones(1, 4, dtype=torch.long), lambda text: [1] * len(text.split()))
    with pytest.raises(UsageError, match="is no text"):
        explained(Bag(), torch.rand(1, 4), tokenizer)
    with pytest.raises(UsageError, match="holds no text"):
        explained(Bag(), torch.zeros(1, 4, dtype=torch.long), tokenizer)


@pytest.mark.parametrize("text", ["", "   \n\t", "\u3000"])
def test_an_empty_text_is_refused(text: str, tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="the text is empty"):
        explained(Bag(), text, tokenizer)


# Baselines


@pytest.mark.parametrize(("name", "token"), [("mask", 4), ("unk", 1), ("pad", 0), ("zero", 0), (None, 4)])
def test_the_baseline_is_one_token_for_every_word(name: str | None, token: int, tokenizer: Any) -> None:
    rows = rows_of(TEXT, tokenizer, baselines=name)
    baseline = rows.baselines_of(slice(0, 1))[0][0].tolist()
    assert baseline[0] == 2
    assert baseline[-1] == 3
    assert set(baseline[1:-1]) == {token}
    assert rows.baseline_name == (name or "mask")


def test_an_own_baseline_is_taken_as_captum_takes_it(tokenizer: Any) -> None:
    ids = torch.tensor(tokenizer(TEXT)["input_ids"])
    own = torch.where(ids > 4, torch.arange(len(ids)) + 10, ids)
    for given in (own, own[None]):
        rows = rows_of(TEXT, tokenizer, baselines=given)
        assert rows.baselines_of(slice(0, 1))[0].tolist() == [own.tolist()]
        assert rows.baseline_name == "own"
    assert set(rows_of(TEXT, tokenizer, baselines=9).baselines_of(slice(0, 1))[0][0].tolist()) == {9}


def test_a_baseline_that_does_not_fit_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UnknownName, match="median"):
        rows_of(TEXT, tokenizer, baselines="median")
    with pytest.raises(UsageError, match="has no mask token"):
        rows_of(TEXT, bytes_only(), baselines="mask")
    with pytest.raises(UsageError, match="tokens, the text"):
        rows_of(TEXT, tokenizer, baselines=torch.ones(1, 2, dtype=torch.long))


def test_a_padding_token_that_ends_a_text_is_no_baseline() -> None:
    """GPT-2 reads the last token before the padding, so a baseline of padding would be read elsewhere."""
    own = bytes_only()
    found = explained(gpt2(own), "The printer is not working", own)
    assert found.provenance.baseline.name == "zero"
    assert missed(found) < 0.05


def test_other_baselines_keep_special_tokens_and_half_of_the_usual_ones(tokenizer: Any) -> None:
    rows = rows_of(TEXT, tokenizer, reference=CORPUS[1:3])
    (drawn,) = rows.resampled(slice(0, 1), 400, seed=1)
    (usual,) = rows.baselines_of(slice(0, 1))
    assert (drawn[:, 0] == 2).all()
    assert (drawn[:, -1] == 3).all()
    known = {token for text in CORPUS[1:3] for token in tokenizer(text)["input_ids"]} | {4}
    assert set(drawn.flatten().tolist()) <= known
    kept = (drawn == usual)[:, 1:-1].float().mean()
    assert 0.4 < kept < 0.6
    assert torch.equal(drawn, rows.resampled(slice(0, 1), 400, seed=1)[0])
    assert not torch.equal(drawn, rows.resampled(slice(0, 1), 400, seed=2)[0])


# Long texts

LONG = " ".join(CORPUS[:6] * 3)


def test_a_text_longer_than_the_model_takes_is_refused_with_the_way_out(network: Any, tokenizer: Any) -> None:
    count = len(tokenizer(LONG, verbose=False)["input_ids"])
    with pytest.raises(UsageError, match=rf"{count} tokens; at most 64.*windows = true"):
        explained(network, LONG, tokenizer)


def test_windows_explain_every_word_and_average_the_scores(folder: Path, network: Any, tokenizer: Any) -> None:
    path = study(folder.parent, "windows = true")
    (found,) = from_study(path, texts=[LONG])
    words = {int(f.id[1:]): f for f in found.features}
    assert len(words) > 100
    assert sum(f.attribution != 0 for f in words.values()) > 0.95 * len(words)
    assert missed(found) < 0.05
    ids = torch.tensor([tokenizer(LONG, verbose=False)["input_ids"]])
    parts = ids[:, 1:-1].tensor_split(-(-(ids.shape[1] - 2) // 62), dim=1)
    with torch.no_grad():
        each = [network(torch.cat([ids[:, :1], part, ids[:, -1:]], dim=1)).logits for part in parts]
    mean = torch.stack(each).mean(dim=0)[0]
    assert [o.score for o in found.prediction.outcomes] == pytest.approx(mean.tolist(), abs=1e-4)


def test_a_window_explains_its_words_as_if_it_were_alone(folder: Path, network: Any, tokenizer: Any) -> None:
    """Two windows of the same words: each word has half of what it has in a text of one window."""
    half = " ".join(["printer invoice password refund"] * 3)
    inner = len(tokenizer(half)["input_ids"]) - 2
    path = study(folder.parent, f"windows = true\nmax_tokens = {inner + 2}")
    target = NAMES[0]
    alone, both = (
        next(explain_selection(select(str(path), texts=[text]), metrics=QUICK, target=target, n_steps=50))
        for text in (half, f"{half} {half}")
    )
    once = {int(f.id[1:]): f.attribution for f in alone.features}
    twice = {int(f.id[1:]): f.attribution for f in both.features}
    assert len(twice) == 2 * len(once)
    for number, value in once.items():
        assert twice[number] == pytest.approx(value / 2, abs=1e-5)
        assert twice[number + len(once)] == pytest.approx(value / 2, abs=1e-5)


def test_windows_from_python(network: Any, tokenizer: Any) -> None:
    found = explained(network, LONG, tokenizer, study=study_from({"text": {"windows": True}}))
    assert len(found.features) > 100
    assert missed(found) < 0.05
    short = explained(network, TEXT, tokenizer, study=study_from({"text": {"windows": True}}))
    assert short.features == explained(network, TEXT, tokenizer).features


def test_windows_without_room_for_words_are_refused(folder: Path) -> None:
    tight = study(folder.parent, "windows = true\nmax_tokens = 3")
    assert from_study(tight, texts=["printer"])
    tighter = study(folder.parent, "windows = true\nmax_tokens = 2")
    with pytest.raises(ReporterError, match="max_tokens"):
        from_study(tighter, texts=["printer"])


def test_the_studys_limit_goes_before_the_models(folder: Path) -> None:
    path = study(folder.parent, "max_tokens = 5")
    with pytest.raises(DataError, match="at most 5"):
        from_study(path)


# Studies


def test_a_study_of_a_column_of_texts(folder: Path) -> None:
    path = study(folder.parent)
    found = from_study(path, ids=["t3", "t1"])
    assert [each.instance for each in found] == ["t3", "t1"]
    assert found[0].prediction.truth == NAMES[0]
    assert found[0].provenance.reference_rows == len(CORPUS)
    assert found[0].provenance.data_hash
    assert "wi-fi" in {f.value for f in found[0].features}


def test_a_text_of_the_command_line_has_the_studys_reference(folder: Path) -> None:
    (found,) = from_study(study(folder.parent), texts=[TEXT])
    assert found.provenance.reference_rows == len(CORPUS)
    assert found.instance == "1"


def test_a_folder_of_text_files(folder: Path) -> None:
    for name, text in (("access/one", CORPUS[1]), ("billing/two", "\ufeff" + CORPUS[2])):
        file = folder.parent / "texts" / f"{name}.txt"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    path = study(folder.parent, data='path = "texts"')
    found = from_study(path, everything=True)
    assert [each.instance for each in found] == ["access/one", "billing/two"]
    assert [each.prediction.truth for each in found] == ["access", "billing"]
    assert "My" in {f.value for f in found[1].features}


def test_a_file_of_the_command_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text(TEXT, encoding="utf-8")
    (found,) = from_study(study(folder.parent), inputs=[str(tmp_path / "mail.txt")])
    assert found.instance == "mail"
    assert len(found.features) == 8


def test_files_that_are_no_texts_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_bytes(b"caf\xe9 au lait")
    with pytest.raises(DataError, match="UTF-8"):
        from_study(study(folder.parent), inputs=[str(tmp_path / "mail.txt")])
    (tmp_path / "mail.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(DataError, match="'mail': the text is empty"):
        from_study(study(folder.parent), inputs=[str(tmp_path / "mail.txt")])


def test_a_tokenizer_of_its_own(folder: Path, tokenizer: Any) -> None:
    tokenizer.backend_tokenizer.save(str(folder.parent / "tokenizer.json"))
    path = study(folder.parent, 'tokenizer = "."')
    whole = {f.id: f.attribution for f in from_study(path)[0].features}
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    assert {f.id: f.attribution for f in from_study(path)[0].features} == whole


def test_a_study_without_a_tokenizer_is_refused(folder: Path) -> None:
    path = study(folder.parent)
    torch.save(Bag().state_dict(), folder.parent / "bag.pt")
    path.write_text(path.read_text().replace('path = "model"', 'path = "bag.pt"\nfactory = "tests.languages:Bag"'))
    with pytest.raises(StudyError, match="set tokenizer under"):
        list(explain_selection(select(str(path)), trust=True, metrics=QUICK))


class Fooled(torch.nn.Module):
    """Two logits from whether a certain token is there."""

    def __init__(self, token: int) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(400, 2)
        with torch.no_grad():
            self.table.weight.zero_()
            self.table.weight[token, 1] = 3.0

    def forward(self, ids: Tensor) -> Tensor:
        found: Tensor = self.table(ids).sum(dim=1)
        return found


def test_the_word_that_decides_is_found(tokenizer: Any) -> None:
    """A closed form: one token has all of the score, and with it the word it stands in, wherever that repeats."""
    token = tokenizer("refund", add_special_tokens=False)["input_ids"][-1]
    found = explained(Fooled(token), "no refund, a refund please", tokenizer, target=1)
    values = {f.value: f.attribution for f in found.features}
    assert values == {"no refund": 3.0, "a": 0.0, "refund": 3.0, "please": 0.0}
