"""Lines at the foot of a terminal, drawn anew where they stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from mechagents.report.blocks import Line
from mechagents.report.console import LEAST_WIDTH, STYLES, text

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.live import Live

PER_SECOND = 4.0


class Area:
    """Shows lines below what is printed, on a terminal that can move its cursor only.

    Args:
        console: Where what is printed goes.
        lines: Returns the lines of the present moment; each is cut to the width.
    """

    def __init__(self, console: Console, lines: Callable[[], list[Line]]) -> None:
        self._console = console
        self._lines = lines
        self._live: Live | None = None

    def show(self) -> None:
        """Draw them now, and from now on."""
        from rich.live import Live

        if self._live is not None:
            self._live.refresh()
            return
        if not can_redraw(self._console):
            return
        # A stream that goes elsewhere, into a file or a program, is left alone.
        self._live = Live(
            get_renderable=self._drawn,
            console=self._console,
            transient=True,
            refresh_per_second=PER_SECOND,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        self._live.start(refresh=True)

    def hide(self) -> None:
        """Take them away and leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
        self._live = None

    def _drawn(self) -> Group:
        from rich.console import Group

        drawn = [text(self._console, line.text, STYLES[line.style]) for line in self._lines()]
        for line in drawn:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*drawn)


def can_redraw(console: Console) -> bool:
    """Return whether a console is a terminal, wide enough, whose cursor can move.

    Colours may be forced on what is no terminal.
    """
    if not console.file.isatty() or not console.is_terminal or console.is_dumb_terminal:
        return False
    return _columns(console.file) >= LEAST_WIDTH


def _columns(stream: IO[str]) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or LEAST_WIDTH
    except (OSError, ValueError):  # a stream without a descriptor, or one that tells no size
        return LEAST_WIDTH
