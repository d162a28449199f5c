"""A whole conversation in print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from mechagents.messages import Envelope
from mechagents.report.blocks import said
from mechagents.report.console import blocks, headline, make_console
from mechagents.report.terminal import speakers


def print_conversation(
    envelopes: Iterable[Envelope],
    *,
    full: bool = False,
    file: TextIO | None = None,
    width: int | None = None,
) -> None:
    """Print each message of a conversation with its number, time, and what it answers.

    Args:
        envelopes: The conversation, in order.
        full: Whether to print programs, output streams and model replies whole.
        file: Where to print; None is standard output.
        width: Columns; None asks the terminal. Never less than 40.
    """
    console = make_console(file, width=width)
    for envelope in envelopes:
        message = said(envelope.message, full=full)
        stamp = f"{envelope.time:%Y-%m-%d %H:%M:%S}"
        answers = "" if envelope.cause is None else f", answers #{envelope.cause}"
        headline(console, f"#{envelope.seq}", f"{speakers(envelope)} ({stamp}{answers})", message)
        blocks(console, message.blocks)
