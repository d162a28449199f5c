"""What a person is asked to approve, as text to read."""

from __future__ import annotations

from io import StringIO

from mechagents.messages import Evidence, Message
from mechagents.report.blocks import Line, said
from mechagents.report.console import blocks, make_console
from mechagents.report.summary import proposed_blocks


def readable(message: Message, *, width: int = 100) -> str:
    """Return a message whole, as plain text; for evidence, the answer that would rest on it.

    Args:
        message: A plan, a formulation, a program or evidence.
        width: Columns.
    """
    out = StringIO()
    console = make_console(out, width=width)
    if isinstance(message, Evidence):
        blocks(console, proposed_blocks(message), indent=0)
    else:
        shown = said(message, full=True)
        blocks(console, (Line(shown.head), *shown.blocks), indent=0)
    return out.getvalue().rstrip("\n")
