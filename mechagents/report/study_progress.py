"""A study's progress: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""
STAGES = {
    "base": "the team solves the problem",
    "samples": "samples",
    "returned": "samples back with the team",
    "dataset": "the dataset is written",
}


class StudyView:
    """Shows how far a study is.

    Args:
        stream: Where.
        quiet: Whether nothing is shown.
    """

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._last = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        if not self._quiet and self._stream.isatty():
            self._bar = _bar(self._stream)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def tell(
        self, stage: str, done: int, total: int, failed: int, rate: float, left: float | None
    ) -> None:
        """Show how far it is.

        Args:
            stage: ``base``, ``samples``, ``returned`` or ``dataset``.
            done: Samples done.
            total: Of how many.
            failed: Of these without an accepted result.
            rate: Samples a second.
            left: Seconds that the rest may take, if that is known.
        """
        if self._quiet:
            return
        fresh, self._stage = stage != self._stage, stage
        words = STAGES[stage] + (f", {failed} failed" if failed else "")
        if self._bar is not None:
            self._show(words, done, total, rate, fresh)
        elif fresh or done == total or monotonic() - self._last > EVERY:
            self._last = monotonic()
            print(_line(words, done, total, rate, left), file=self._stream, flush=True)

    def _show(self, words: str, done: int, total: int, rate: float, fresh: bool) -> None:
        assert self._bar is not None
        if fresh or self._task is None:
            if self._task is not None:
                self._bar.stop_task(self._task)
            self._task = self._bar.add_task(words, total=total or None, rate="")
        speed = f"{rate:.2f}/s" if rate else ""
        self._bar.update(self._task, description=words, completed=done, rate=speed)


def _line(words: str, done: int, total: int, rate: float, left: float | None) -> str:
    if not total:
        return words
    speed = f", {rate:.2f} a second" if rate else ""
    rest = f", about {left:.0f} s left" if left else ""
    return f"{words}: {done} of {total}{speed}{rest}"


def _bar(stream: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=stream),
    )
