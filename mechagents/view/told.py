"""What a message says, in the words that the terminal has for it, as JSON for the page.

The words have no hidden characters in them, and are cut; ``full`` gives programs, output streams
and what a model wrote whole.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from mechagents.messages import Message, Opaque, parse_message
from mechagents.report.blocks import Block, Line, said
from mechagents.view.respond import Json

LONGEST = 1000
"""Characters of a text in a list of messages [-]."""
MOST_BLOCKS = 4
"""Blocks of a message in a list of messages [-]."""


def told(envelope: dict[str, Any], *, full: bool = False) -> dict[str, Json]:
    """Return an envelope with its message in words.

    Args:
        envelope: As it was logged.
        full: Whether nothing is left out.

    Returns:
        The envelope's head, and ``kind``, ``head``, ``style`` and ``blocks``: lines with ``text``,
        or tables with ``head`` and ``rows``, each with a ``style``.
    """
    message = as_message(envelope["message"])
    shown = said(message, full=full)
    blocks = shown.blocks if full else shown.blocks[:MOST_BLOCKS]
    return {
        "seq": envelope["seq"],
        "sender": envelope["sender"],
        "to": envelope["to"],
        "cause": envelope["cause"],
        "time": envelope["time"],
        "kind": str(message.kind),
        "attempt": getattr(message, "attempt", None),
        "head": shown.head,
        "style": shown.style,
        "blocks": [_block(block, full) for block in blocks],
    }


def as_message(data: dict[str, Any]) -> Message:
    """Return a logged message; what is none of its kind comes back as it is."""
    try:
        return parse_message(data)
    except ValidationError:
        rest = {key: value for key, value in data.items() if key != "kind"}
        return Opaque.model_validate({"kind": str(data.get("kind", "")), "content": rest})


def _block(block: Block, full: bool) -> dict[str, Json]:
    if isinstance(block, Line):
        text = block.text
        cut = not full and len(text) > LONGEST
        return {"text": text[:LONGEST] + "…" if cut else text, "style": block.style}
    return {"head": block.head, "rows": block.rows, "style": block.style}
