"""The network of this sample. It is code that lies beside the study, so the reporter runs it only with `--trust`."""

from __future__ import annotations

from torch import Tensor, nn

WIDTHS = (16, 32)
CELLS = 16  # 4 x 4 places are left of 8 x 8 pixels after the pooling


class Digits(nn.Module):
    """Ten logits, one per digit, from scans (n, 1, 8, 8) that are standardised as the study says."""

    def __init__(self, widths: tuple[int, int] = WIDTHS) -> None:
        super().__init__()
        first, second = widths
        self.layers = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(second, second, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(second * CELLS, 10),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.layers(inputs)
        return logits


def build() -> nn.Module:
    """The network without its weights: those are in model.safetensors."""
    return Digits()
