"""Make the small narrator again: `python train.py [FOLDER]` writes model/ into it and prints how well it writes.

It learns to say in other words what a plan says, in slot form, from the sentences of grammar/.
Its tokenizer leaves out whatever stands in quotation marks but the plan: what comes from the data is never seen.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from sentences import AUDIENCES, Grammar, Pair  # type: ignore[import-not-found]  # it lies beside this file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from torch import Tensor, nn
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from reporter.explanation import Explanation
from reporter.narrators.language_model import LanguageModelNarrator
from reporter.narrators.speaking import load
from reporter.pipeline import explain_selection
from reporter.selection import select
from reporter.slots import fill, prompt
from reporter.telling import tell

SEED = 6
LANGUAGES = ("en", "zh")
SPECIAL = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
KNOWN = 30_000  # pairs whose words are tokens
DECIDED = ("breast-cancer", "diabetes", "digits", "tickets", "heartbeats", "splice")
ROWS = "0:2"  # of each
SLOTS = 24  # numbers of slots that are tokens of their own
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WIDTH, INNER, LAYERS, HEADS, LONGEST = 128, 352, 4, 4, 512
STEPS, BATCH, RATE, DECAY, WARMING = 6500, 16, 3e-3, 0.05, 150
STRANGE = 0.08  # share of the pairs with a word that no grammar knows, to be taken over letter by letter
COPIED = 0.5  # of them, how many are the plan itself
SPELLED = re.compile(r"(?<![{A-Za-z])[a-z]{3,}(?![}A-Za-z])")


# ----------------------------------------------------------------------------------------------------------- tokenizer


def tokenizer_of(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Whole words of these texts, and letters for all others. Data and the sentence before are left out."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"], continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r'\n(?:before|上文): "[^"\n]*"'), ""),
            normalizers.Replace(Regex(r'(?: of \{\d+\}| \{\d+\})?(?<!plan|提纲): "[^"\n]*"'), ""),
            normalizers.Replace(Regex(r' \{\d+[a-z]\} "[^"\n]*"'), ""),
            # Chinese has spaces beside some slots of a plan, by what will be filled in.
            normalizers.Replace(
                Regex(r"(?<=[\u3000-\u9fff\uff00-\uff65}]) (?=[{\u3000-\u9fff\uff00-\uff65][^\n]*\n写出)"), ""
            ),
            # What every prompt holds is short.
            normalizers.Replace(Regex(r'\n(?:plan|提纲): "'), "="),
            normalizers.Replace(Regex(r'"\n(?:write|写出):'), "\n"),
            normalizers.Replace(Regex(r"\n(?=\{)"), ""),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(r" ?\{\d+\}| ?\{\d+(?=[a-z]\})|[a-z]\}| ?[A-Za-z]+| ?[^\sA-Za-z]|\s"), behavior="isolated"
    )
    counts: Counter[str] = Counter()
    for text in texts:
        found = tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text))
        counts.update(word for word, _ in found)
    slots = [f"{space}{{{number}{end}" for space in ("", " ") for number in range(1, SLOTS + 1) for end in ("}", "")]
    letters = [*(f" {letter}" for letter in LETTERS), *LETTERS, *LETTERS.upper(), *(f" {x}" for x in LETTERS.upper())]
    words = [word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    pieces = dict.fromkeys([*SPECIAL.values(), *slots, *(f"{x}}}" for x in LETTERS), " ", "\n", *letters, *words])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer.model = models.WordPiece(
        vocabulary, unk_token=SPECIAL["unk_token"], continuing_subword_prefix="", max_input_chars_per_word=60
    )
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=LONGEST,
        model_input_names=["input_ids", "attention_mask"],
        **SPECIAL,
    )


# --------------------------------------------------------------------------------------------------------------- pairs


class Pairs:
    """Draws what the model learns from; the same seed draws the same."""

    def __init__(self, grammars: Sequence[Grammar], seed: int) -> None:
        self.grammars, self.random = tuple(grammars), Random(seed)  # noqa: S311  # nothing secret

    def texts(self, count: int) -> list[str]:
        """What is drawn, without words that no grammar knows."""
        pairs = [self.random.choice(self.grammars).draw(self.random) for _ in range(count)]
        return [prompt(pair.plan) + pair.said for pair in pairs]

    def draw(self) -> tuple[str, str]:
        """A prompt and the sentence that answers it."""
        pair: Pair = self.random.choice(self.grammars).draw(self.random)
        plan, said = pair.plan, pair.said
        if self.random.random() < STRANGE:
            frame, said = self.strange(plan.frame, plan.frame if self.random.random() < COPIED else said)
            plan = replace(plan, frame=frame)
        return prompt(plan), said

    def strange(self, frame: str, said: str) -> tuple[str, str]:
        """The same with another word for one that both hold: a word may come that the grammar does not know."""
        both = sorted(set(SPELLED.findall(frame)) & set(SPELLED.findall(said)))
        if not both:
            return frame, said
        old, new = self.random.choice(both), "".join(self.random.choices(LETTERS, k=self.random.randint(3, 9)))
        place = re.compile(rf"(?<![{{A-Za-z]){old}(?![}}A-Za-z])")
        return place.sub(new, frame), place.sub(new, said)


# --------------------------------------------------------------------------------------------------------------- model


def network(vocabulary: int) -> LlamaForCausalLM:
    torch.manual_seed(SEED)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=INNER,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            max_position_embeddings=LONGEST,
            tie_word_embeddings=True,
            pad_token_id=0,
            bos_token_id=None,
            eos_token_id=1,
        )
    )


@dataclass(frozen=True)
class Batch:
    """Prompts with their sentences, (rows, tokens); `answers` are the tokens to be said, -100 elsewhere."""

    tokens: Tensor
    answers: Tensor


def batches(tokenizer: PreTrainedTokenizerFast, pairs: Pairs) -> Iterator[Batch]:
    """Pairs of about one length together, so that little is padding."""
    while True:
        drawn = [pairs.draw() for _ in range(32 * BATCH)]
        asked = tokenizer([prompt for prompt, _ in drawn])["input_ids"]
        said = tokenizer([said for _, said in drawn])["input_ids"]
        rows = sorted(zip(asked, said, strict=True), key=lambda row: len(row[0]) + len(row[1]))
        stretches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        pairs.random.shuffle(stretches)
        yield from map(batched, stretches)


def batched(rows: Sequence[tuple[list[int], list[int]]]) -> Batch:
    width = max(len(asked) + len(said) + 1 for asked, said in rows)
    tokens, answers = torch.zeros(len(rows), width, dtype=torch.long), torch.full((len(rows), width), -100)
    for at, (asked, said) in enumerate(rows):
        whole = [*asked, *said, 1]
        tokens[at, : len(whole)] = torch.tensor(whole)
        answers[at, len(asked) : len(whole)] = torch.tensor(whole[len(asked) :])
    return Batch(tokens, answers)


def train(tokenizer: PreTrainedTokenizerFast, pairs: Pairs, steps: int) -> LlamaForCausalLM:
    model = network(len(tokenizer)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=WARMING / steps)
    begun, lost = time.process_time(), 0.0
    for step, batch in zip(range(1, steps + 1), batches(tokenizer, pairs), strict=False):
        states = model.model(input_ids=batch.tokens).last_hidden_state  # causal: what pads a row comes after it
        asked = batch.answers[:, 1:] >= 0
        loss = nn.functional.cross_entropy(model.lm_head(states[:, :-1][asked]), batch.answers[:, 1:][asked])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        lost += loss.item()
        if step % 250 == 0:
            print(
                f"step {step}: loss {lost / 250:.4f}, {time.process_time() - begun:.0f} s of processor time", flush=True
            )
            lost = 0.0
    trained: LlamaForCausalLM = model.eval()
    return trained


# ---------------------------------------------------------------------------------------------------------- how well


def exact(folder: Path, pairs: Pairs, count: int) -> float:
    """Share of sentences for plans drawn anew whose slots are all there, none too often, and that come to an end."""
    speaker = load(folder, "cpu")
    plans = [pairs.random.choice(pairs.grammars).draw(pairs.random).plan for _ in range(count)]
    # Drawn plans have no wordings: every letter of a direction stands for one.
    drawn = [replace(p, slots=tuple(replace(s, wordings=("x",) * len(LETTERS)) for s in p.slots)) for p in plans]
    said: list[str] = []
    for start in range(0, count, BATCH):
        said += speaker.speak(drawn[start : start + BATCH], 0.0, SEED, LONGEST, time.monotonic() + 600)
    return sum(not fill(text, plan).problem for text, plan in zip(said, drawn, strict=True)) / count


def decisions() -> Iterator[Explanation]:
    """Decisions of the other samples, explained by their real models: the grammar has never seen any."""
    samples = Path(__file__).parent.parent
    for name in DECIDED:
        selection = select(os.path.relpath(samples / name), rows=ROWS)
        yield from explain_selection(selection, trust=name == "digits")


def fared(folder: Path, explanations: Sequence[Explanation], code: str) -> str:
    """How the narratives of these explanations came about, in a line."""
    narrator = LanguageModelNarrator(model=str(folder), device="cpu")
    reports = [
        tell(explanation, language=code, audience=audience, narrator=narrator)
        for explanation in explanations
        for audience in AUDIENCES
    ]
    drafts = [report.narrative.drafting for report in reports if report.narrative.drafting]
    drafted, first, second = (sum(getattr(d, name) for d in drafts) for name in ("drafted", "first", "second"))
    supported = sum(report.narrative.supported for report in reports)
    return (
        f"{code}: {len(reports)} narratives, {drafted} sentences, {first / drafted:.1%} accepted at first, "
        f"{second / drafted:.1%} when written again, {1 - (first + second) / drafted:.1%} replaced; "
        f"{supported} narratives supported"
    )


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    grammars = [Grammar(code) for code in LANGUAGES]
    tokenizer = tokenizer_of(Pairs(grammars, SEED).texts(KNOWN))
    model = train(tokenizer, Pairs(grammars, SEED), STEPS)
    place = folder / "model"
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False, eos_token_id=1, pad_token_id=0
    )
    half: Any = model.half()  # type: ignore[no-untyped-call]
    half.save_pretrained(place)
    tokenizer.save_pretrained(place)

    print(f"{sum(each.numel() for each in model.parameters()):,} parameters, {len(tokenizer)} tokens")
    for grammar in grammars:
        share = exact(place, Pairs([grammar], SEED + 1), 256)
        print(f"{grammar.language.code}: the slots of {share:.1%} of 256 sentences are exact")
    explanations = list(decisions())
    for code in LANGUAGES:
        print(fared(place, explanations, code))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
