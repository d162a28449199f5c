"""The team at work, one message at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import Self, TextIO

from mechagents.messages import (
    Answer,
    Envelope,
    Execution,
    Failure,
    ModelCall,
    Program,
    Question,
)
from mechagents.report.area import PER_SECOND, Area
from mechagents.report.blocks import Line, said
from mechagents.report.console import blocks, headline, make_console
from mechagents.report.progress import Progress
from mechagents.report.text import duration, joined, one_line

LEAST_TABLE = 4
"""Lines that a table of checks takes at least."""


class LiveView:
    """Prints each message of a run as it is logged.

    Call it with each envelope, in order; how the run ended is left to ``print_summary``. As a
    context manager it also shows, at the foot of a terminal, the checks on the last program,
    who is at work now, and what is spent of the budget; that goes away while a person is asked,
    and is never written to a file or pipe.

    Args:
        file: Where to print; None is standard output.
        width: Columns; None asks the terminal. Never less than 40.
        shown: Kinds that a person at this terminal is shown to approve, so that only their
            headlines are printed here.
        limits: What the run may spend by name; None: what its ``Setup`` says.
        earlier: What a run that goes on had logged before, which counts and is not printed.
        clock: Returns the present time [s].
    """

    def __init__(
        self,
        file: TextIO | None = None,
        *,
        width: int | None = None,
        shown: Iterable[str] = (),
        limits: Mapping[str, float] | None = None,
        earlier: Iterable[Envelope] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._console = make_console(file, width=width)
        self._start: datetime | None = None
        self._shown = frozenset(shown)
        self._doing = "the team is at work"
        self._progress = Progress(limits, clock)
        for envelope in earlier:
            self._progress.count(envelope.message)
        self._area: Area | None = None

    def __call__(self, envelope: Envelope) -> None:
        """Print one message."""
        self._start = self._start or envelope.time
        elapsed = duration((envelope.time - self._start).total_seconds())
        message = said(envelope.message)
        headline(self._console, elapsed, speakers(envelope), message)
        if not isinstance(envelope.message, Answer | Failure) and not self._is_shown(envelope):
            blocks(self._console, message.blocks)
        self._progress.see(envelope)
        self._doing = at_work(envelope)
        self._show_area(envelope)

    def _is_shown(self, envelope: Envelope) -> bool:
        message = envelope.message
        asked = isinstance(message, Question) and message.approves is not None
        return message.kind in self._shown or (asked and bool(self._shown))

    def _show_area(self, envelope: Envelope) -> None:
        if self._area is None:
            return
        if isinstance(envelope.message, Question | Answer | Failure):
            self._area.hide()
        else:
            self._area.show()

    def lines(self) -> list[Line]:
        """Return what stands at the foot of the terminal now; at most half of it is filled."""
        width, room = self._console.width, self._console.height // 2 - 3
        frame = "-\\|/"[int(self._progress.elapsed * PER_SECOND) % 4]
        return [
            Line(""),
            *(self._progress.check_lines(width, room) if room >= LEAST_TABLE else ()),
            Line(f"{frame} {self._doing}"),
            *self._progress.spent_lines(width),
        ]

    def __enter__(self) -> Self:
        """Start showing how far the run is, on a terminal only."""
        self._area = Area(self._console, self.lines)
        self._area.show()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._area is not None:
            self._area.hide()
        self._area = None


def speakers(envelope: Envelope) -> str:
    """Return who speaks to whom."""
    to = joined(envelope.to, 4)
    return f"{one_line(envelope.sender, 40)} → {to}" if to else one_line(envelope.sender, 40)


def at_work(envelope: Envelope) -> str:
    """Return in words who acts on a message."""
    message = envelope.message
    if isinstance(message, Program):
        return f"attempt {message.attempt} is running"
    if isinstance(message, Execution):
        return "checks are made on what it returned"
    if isinstance(message, ModelCall):
        return f"{message.role} is at work"
    return f"{joined(envelope.to, 2) or 'the team'} at work"
