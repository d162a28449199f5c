"""The team at work, one message at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from mechagents.messages import (
    Answer,
    Envelope,
    Execution,
    Failure,
    ModelCall,
    Program,
    Question,
)
from mechagents.report.blocks import said
from mechagents.report.console import blocks, headline, make_console, text
from mechagents.report.text import duration, joined, one_line

if TYPE_CHECKING:
    from rich.status import Status


class LiveView:
    """Prints each message of a run as it is logged.

    Call it with each envelope, in order; how the run ended is left to ``print_summary``. As a
    context manager it also shows, on a terminal only, a last line that says who is at work
    now; it goes away while a person is asked.

    Args:
        file: Where to print; None is standard output.
        width: Columns; None asks the terminal. Never less than 60.
        shown: Kinds that a person at this terminal is shown to approve, so that only their
            headlines are printed here.
    """

    def __init__(
        self,
        file: TextIO | None = None,
        *,
        width: int | None = None,
        shown: Iterable[str] = (),
    ) -> None:
        self._console = make_console(file, width=width)
        self._start: datetime | None = None
        self._status: Status | None = None
        self._shown = frozenset(shown)

    def __call__(self, envelope: Envelope) -> None:
        """Print one message."""
        self._start = self._start or envelope.time
        elapsed = duration((envelope.time - self._start).total_seconds())
        message = said(envelope.message)
        headline(self._console, elapsed, speakers(envelope), message)
        if not isinstance(envelope.message, Answer | Failure) and not self._is_shown(envelope):
            blocks(self._console, message.blocks)
        self._show_work(envelope)

    def _is_shown(self, envelope: Envelope) -> bool:
        message = envelope.message
        asked = isinstance(message, Question) and message.approves is not None
        return message.kind in self._shown or (asked and bool(self._shown))

    def _show_work(self, envelope: Envelope) -> None:
        if self._status is None:
            return
        if isinstance(envelope.message, Question | Answer | Failure):
            self._status.stop()
            return
        self._status.update(text(self._console, at_work(envelope), "dim"))
        self._status.start()

    def __enter__(self) -> Self:
        """Start showing who is at work, on a terminal only."""
        if self._console.is_terminal:
            self._status = self._console.status("", spinner="line", refresh_per_second=4)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the line of who is at work away."""
        if self._status is not None:
            self._status.stop()
        self._status = None


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
