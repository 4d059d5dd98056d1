"""Make this sample again: `python train.py [FOLDER]` writes reference tickets and model, and prints how good it is.

The test tickets are not made: test.csv was written by hand, and no ticket of the training corpus shares four words in
a row with it. Training runs in double precision on one thread and the weights are stored in single precision, so that
they come out the same, bit for bit, whatever the processor.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch
from corpus import Ticket, generate  # type: ignore[import-not-found]  # it lies beside this file
from pandas import DataFrame
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from transformers import ModernBertConfig, ModernBertForSequenceClassification, PreTrainedTokenizerFast

SEED = 3
CLASSES = ("billing", "account", "delivery", "technical", "cancellation")
TICKETS, REFERENCE = 15000, 300  # the first tickets of the corpus are kept beside the model
SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
VOCABULARY, PARTS, LONGEST = 2400, 400, 128
WIDTH, INNER, LAYERS, HEADS, DROPOUT = 64, 128, 2, 4, 0.2
EPOCHS, BATCH, RATE, DECAY = 4, 64, 0.004, 0.05
SMOOTHING = 0.1  # smoothed labels keep probabilities away from 1
MASKED, REPLACED = 0.5, 0.1  # most tokens hidden at once, and tokens swapped: it must look at all words, and trust none


def vocabulary_of(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, int]:
    """The most frequent words, and the beginnings, endings and letters that spell all others.

    Counted here because the library's own trainer breaks ties by chance.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        found = tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text))
        counts.update(word for word, _ in found)
    letters = sorted(set("".join(counts)))
    parts: Counter[str] = Counter()
    for word in counts:
        parts.update(word[:size] for size in (2, 3, 4, 5) if size < len(word))
        parts.update(f"##{word[-size:]}" for size in (2, 3, 4) if size < len(word))
    ordered = [*SPECIAL.values(), *letters, *(f"##{letter}" for letter in letters)]
    ordered += [part for part, _ in sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))][:PARTS]
    ordered += [word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    return {piece: number for number, piece in enumerate(list(dict.fromkeys(ordered))[:VOCABULARY])}


def tokenizer_of(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Lower-case word pieces, learned from these texts."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.model = models.WordPiece(vocabulary_of(tokenizer, texts), unk_token=SPECIAL["unk_token"])
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    tokenizer.decoder = decoders.WordPiece()
    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=LONGEST,
        model_input_names=["input_ids", "attention_mask"],
        **SPECIAL,
    )


def network(vocabulary: int) -> ModernBertForSequenceClassification:
    torch.manual_seed(SEED)
    first, last = list(SPECIAL).index("cls_token"), list(SPECIAL).index("sep_token")
    config = ModernBertConfig(  # type: ignore[call-arg]  # every configuration takes attn_implementation
        vocab_size=vocabulary,
        max_position_embeddings=LONGEST,
        local_attention=LONGEST,
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        embedding_dropout=DROPOUT,
        mlp_dropout=DROPOUT,
        classifier_dropout=DROPOUT,
        classifier_pooling="mean",  # so small a network learns more from all words alike than from the first token
        pad_token_id=0,
        cls_token_id=first,
        bos_token_id=first,
        sep_token_id=last,
        eos_token_id=last,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: number for number, name in enumerate(CLASSES)},
        attn_implementation="sdpa",  # "eager" computes part in single precision, and fails with padding in double
    )
    return ModernBertForSequenceClassification(config)


def batches(lengths: Tensor) -> list[Tensor]:
    """Row numbers in random order, tickets of about one length together, so that little is padding."""
    parts = [
        part[lengths[part].argsort(stable=True)].split(BATCH) for part in torch.randperm(len(lengths)).split(16 * BATCH)
    ]
    found = [batch for part in parts for batch in part]
    return [found[number] for number in torch.randperm(len(found)).tolist()]


def disturbed(words: Tensor, vocabulary: int) -> Tensor:
    """Tickets with tokens swapped for any other, and up to half of them masked; special tokens stay."""
    share = torch.rand(len(words), 1) * MASKED
    hidden = (torch.rand(words.shape) < share) & (words >= len(SPECIAL))
    other = torch.randint(len(SPECIAL), vocabulary, words.shape)
    swapped = (torch.rand(words.shape) < REPLACED) & (words >= len(SPECIAL))
    return words.where(~swapped, other).masked_fill(hidden, list(SPECIAL).index("mask_token"))


def train(tokenizer: PreTrainedTokenizerFast, tickets: Sequence[Ticket]) -> ModernBertForSequenceClassification:
    model = network(len(tokenizer)).double().train()
    encoded = tokenizer([ticket.text for ticket in tickets], padding=True, truncation=True, return_tensors="pt")
    inputs, mask = encoded["input_ids"], encoded["attention_mask"]
    labels = torch.tensor([CLASSES.index(ticket.label) for ticket in tickets])
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * len(batches(mask.sum(1)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    for _ in range(EPOCHS):
        for batch in batches(mask.sum(1)):
            width = int(mask[batch].sum(1).max())
            seen = disturbed(inputs[batch, :width], len(tokenizer))
            logits = model(input_ids=seen, attention_mask=mask[batch, :width]).logits
            optimizer.zero_grad()
            nn.functional.cross_entropy(logits, labels[batch], label_smoothing=SMOOTHING).backward()
            optimizer.step()
            schedule.step()
    trained: ModernBertForSequenceClassification = model.float().eval()
    return trained


def answers(model: nn.Module, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Tensor:
    """Probabilities, (tickets, classes)."""
    with torch.no_grad():
        probabilities: Tensor = model(**tokenizer(list(texts), padding=True, return_tensors="pt")).logits.softmax(1)
    return probabilities


def linear(tickets: Sequence[Ticket], texts: Sequence[str]) -> list[str]:
    """What a linear model on word counts says: the measure of what the network is worth."""
    vectorizer = TfidfVectorizer()
    model = LogisticRegression(max_iter=1000)
    model.fit(vectorizer.fit_transform([ticket.text for ticket in tickets]), [ticket.label for ticket in tickets])
    return list(model.predict(vectorizer.transform(texts)))


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    test = pd.read_csv(Path(__file__).parent / "test.csv")
    tickets = generate(TICKETS, SEED, unlike=test["text"])
    kept = [(1001 + number, ticket.label, ticket.text) for number, ticket in enumerate(tickets[:REFERENCE])]
    DataFrame(kept, columns=["id", "label", "text"]).to_csv(folder / "reference.csv", index=False)

    tokenizer = tokenizer_of([ticket.text for ticket in tickets])
    tokenizer.save_pretrained(folder / "model")  # now: it would keep how it padded and cut in training
    model = train(tokenizer, tickets)
    model.save_pretrained(folder / "model")

    says = [CLASSES[number] for number in answers(model, tokenizer, list(test["text"])).argmax(1).tolist()]
    for name, said in (
        ("accuracy on the test tickets", says),
        ("TF-IDF and a linear model", linear(tickets, list(test["text"]))),
    ):
        print(f"{name}: {(test['label'] == said).mean():.4f} on {len(test)} tickets")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
