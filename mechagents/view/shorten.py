"""Envelopes cut to what a list of messages shows; the whole one is asked for by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mechagents.view.respond import Json

LONGEST = 600
"""Characters of a text that are kept [-]."""
MOST = 12
"""Parts of a list that are kept [-]."""
DEEPEST = 5
"""Levels of a message that are kept [-]."""


def shortened(envelope: dict[str, Any]) -> dict[str, Any]:
    """Return an envelope whose message is cut; ``cut`` says whether anything was."""
    cut = _Cut()
    message = cut.part(envelope["message"], 0)
    return {**envelope, "message": message, "cut": cut.made}


class _Cut:
    """Cuts a value, and remembers whether it had to."""

    def __init__(self) -> None:
        self.made = False

    def part(self, value: Json, level: int) -> Json:
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, Mapping | Sequence):
            return value
        if level > DEEPEST:
            self.made = True
            return None
        if isinstance(value, Mapping):
            return {key: self.part(part, level + 1) for key, part in value.items()}
        self.made = self.made or len(value) > MOST
        return [self.part(part, level + 1) for part in value[:MOST]]

    def _text(self, text: str) -> str:
        if len(text) <= LONGEST:
            return text
        self.made = True
        return text[:LONGEST] + "…"
