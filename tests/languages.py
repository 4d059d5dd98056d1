"""Small tokenizers and text classifiers, ordinary and awkward, made from configurations: nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    PreTrainedTokenizerFast,
)

CORPUS = [
    "The printer in room 204 is not working since this morning.",
    "I cannot log in, my password has expired. Please reset it!",
    "My invoice of $49.99 was charged twice, I want a refund.",
    "The wi-fi is slow and the connection drops without warning.",
    "Never change a running system; the update broke everything.",
    "Please send the invoice to anna@example.org, see https://example.org/pay?id=7 for details.",
    "打印机不能工作，请帮忙。 密码过期了。",
]
NAMES = ("hardware", "access", "billing")


def wordpiece(size: int = 200) -> Any:
    """As BERT has it: lower case, ## for what goes on, [CLS] and [SEP] around."""
    own = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    own.normalizer = normalizers.BertNormalizer(lowercase=True)
    own.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    own.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    own.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=size, special_tokens=special))
    around = [("[CLS]", 2), ("[SEP]", 3)]
    own.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=around)
    kind: Any = PreTrainedTokenizerFast
    return kind(
        tokenizer_object=own,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )


def bytes_only() -> Any:
    """As GPT-2 has it: bytes, nothing around, one special token for everything."""
    own = Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    own.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet)
    )
    end = "<|endoftext|>"
    kind: Any = PreTrainedTokenizerFast
    return kind(tokenizer_object=own, unk_token=end, eos_token=end, bos_token=end, pad_token=end)


def bert(tokenizer: Any, **changes: Any) -> Any:
    """Two layers with weights large enough to say something."""
    torch.manual_seed(0)
    settings: Any = BertConfig
    config = settings(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        id2label=dict(enumerate(NAMES)),
        label2id={name: i for i, name in enumerate(NAMES)},
        pad_token_id=tokenizer.pad_token_id,
        **changes,
    )
    return _louder(BertForSequenceClassification(config))


def distilbert(tokenizer: Any) -> Any:
    torch.manual_seed(1)
    settings: Any = DistilBertConfig
    config = settings(
        vocab_size=len(tokenizer),
        dim=16,
        hidden_dim=32,
        n_layers=2,
        n_heads=2,
        max_position_embeddings=64,
        num_labels=3,
    )
    return _louder(DistilBertForSequenceClassification(config))


def gpt2(tokenizer: Any) -> Any:
    """Reads the last token that is no padding."""
    torch.manual_seed(2)
    settings: Any = GPT2Config
    config = settings(
        vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, n_positions=64, num_labels=3,
        pad_token_id=tokenizer.pad_token_id, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    return _louder(GPT2ForSequenceClassification(config))


def _louder(network: Any) -> Any:
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                parameter.mul_(8.0 if "embed" not in name else 4.0)
    return network.eval()


class Bag(nn.Module):
    """The mean of the vectors, and a layer."""

    def __init__(self, size: int = 400, outputs: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table, self.out = nn.Embedding(size, 8), nn.Linear(8, outputs)

    def forward(self, ids: Tensor) -> Tensor:
        found: Tensor = self.out(torch.tanh(self.table(ids).mean(dim=1)))
        return found


def saved(folder: Path, network: Any, tokenizer: Any) -> Path:
    """A folder as save_pretrained writes it."""
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
