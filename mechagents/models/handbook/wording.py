"""How the handbook puts what it quotes into its own sentences."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return a text that ends with a full stop, so that another sentence can follow."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
