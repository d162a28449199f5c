"""The one seam to rich: plain values in, safe text on a stream out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from mechagents.report.blocks import Block, Line, Rows, Said, Style
from mechagents.report.text import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.segment import Segment
    from rich.table import Table
    from rich.text import Text

STYLES: dict[Style, str] = {
    "plain": "",
    "dim": "dim",
    "good": "green",
    "bad": "red",
    "note": "yellow",
}
INDENT = 9
"""Columns left of what a message says: room for the time."""
LEAST_WIDTH = 40
NARROW = 90
"""Below this width the meaning of a check goes under it instead of beside it."""
VERY_NARROW = 60
"""Below this width no table has columns: the cells of a row stand one after the other."""


def make_console(file: TextIO | None = None, *, width: int | None = None) -> Console:
    """Return a console that shows text as it is: no markup, no emoji, no guessed colours.

    Args:
        file: Where to write; None is standard output. Only a terminal gets colours.
        width: Columns; None asks the terminal. Never less than 40.
    """
    from rich.console import Console

    class Quiet(Console):
        """Falls silent when nobody reads any more; what it reports on goes on."""

        def on_broken_pipe(self) -> None:
            self.quiet = True
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)

    stream = file or sys.stdout
    console = Quiet(file=stream, markup=False, emoji=False, highlight=False, width=width)
    if console.width < LEAST_WIDTH:  # else it is left free, to follow a terminal that is resized
        console.width = LEAST_WIDTH
    return console


def text(console: Console, words: str, style: str = "") -> Text:
    """Return words as rich text that holds no control character and fits the encoding."""
    from rich.text import Text

    encoding = console.encoding
    safe = visible(words).encode(encoding, "replace").decode(encoding)
    return Text(safe, style=style, overflow="fold")


def headline(console: Console, lead: str, who: str, said: Said) -> None:
    """Print the first line of a message: when, who speaks to whom, what."""
    line = text(console, "")
    if said.style == "dim":
        line.append_text(text(console, said.head, "dim"))
    else:
        line.append_text(text(console, who, "bold"))
        line.append_text(text(console, f"  {said.head}", STYLES[said.style]))
    start = text(console, "").append_text(text(console, f"{lead:>{INDENT - 2}}  ", "dim"))
    for piece in line.wrap(console, console.width - INDENT):
        piece.rstrip()
        console.print(start + piece, soft_wrap=True)
        start = text(console, " " * INDENT)


def blocks(console: Console, shown: Iterable[Block], indent: int = INDENT) -> None:
    """Print lines and rows, indented, wrapped to the console's width."""
    for one in shown:
        further = indent + (one.indent if isinstance(one, Line) else 0)
        options = console.options.update_width(console.width - further)
        for segments in console.render_lines(_renderable(console, one, indent), options):
            console.print(_stripped(segments, further), soft_wrap=True)


def _stripped(segments: list[Segment], indent: int) -> Text:
    """Return a rendered line without the blanks at its end."""
    from rich.text import Text

    line = Text(" " * indent)
    for segment in segments:
        line.append(segment.text, segment.style)
    line.rstrip()
    return line


def _renderable(console: Console, one: Block, indent: int) -> RenderableType:
    if not isinstance(one, Rows):
        return text(console, one.text, STYLES[one.style])
    if console.width < (NARROW - INDENT + indent if one.sentences else VERY_NARROW):
        return _stacked(console, one)
    return _table(console, one, one.rows)


def _stacked(console: Console, rows: Rows) -> RenderableType:
    """Return a table whose last column stands under each row."""
    from rich.console import Group
    from rich.padding import Padding

    shorter = Rows(rows.head[:-1], tuple(row[:-1] for row in rows.rows), rows.style)
    parts: list[RenderableType] = []
    for whole, short in zip(rows.rows, shorter.rows, strict=True):
        pairs = [f"{h} {v}" for h, v in zip(shorter.head[1:], short[1:], strict=True) if v]
        parts.append(text(console, "  ".join([short[0], *pairs]), STYLES[rows.style]))
        parts.append(Padding(text(console, whole[-1]), (0, 0, 0, 2)))
    return Group(*parts)


def _table(console: Console, one: Rows, rows: tuple[tuple[str, ...], ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=bool(one.head), pad_edge=False, padding=(0, 2, 0, 0))
    width = max(len(one.head), *(len(row) for row in rows), 0) if rows else len(one.head)
    for column in range(width):
        title = one.head[column] if one.head else ""
        # Only the last column may wrap freely; the others keep their words together.
        longest = max((len(row[column]) for row in rows), default=0)
        least = None if column == width - 1 else min(longest, 24)
        table.add_column(text(console, title, "dim"), min_width=least, overflow="fold")
    for row in rows:
        cells = [text(console, cell) for cell in row]
        cells[0].stylize(STYLES[one.style])
        table.add_row(*cells)
    return table
