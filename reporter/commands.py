"""The commands of audits: arguments only, as in cli.py, which registers them."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of audits to the command line."""
