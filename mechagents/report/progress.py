"""How far a run is: the checks on its last program, and what is spent of what may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from mechagents.messages import (
    Answer,
    Check,
    Envelope,
    Evidence,
    Execution,
    Failure,
    Formulated,
    Message,
    ModelCall,
    Program,
    Question,
)
from mechagents.report.blocks import Line
from mechagents.report.console import VERY_NARROW
from mechagents.report.numbers import ratio
from mechagents.report.text import count, duration, one_line

NEARLY = 0.8
"""The share of a limit from which on it is shown as nearly spent."""
LONGEST_NAME = 48


class Progress:
    """Counts what a run's messages say of its checks and its budget.

    Args:
        limits: What may be spent by name, as in a ``Setup``; None takes those of the run's own.
        clock: Returns the present time [s].
    """

    def __init__(
        self, limits: Mapping[str, float] | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._since: float | None = clock()
        self._worked = 0.0
        self._spent: dict[str, float] = dict.fromkeys(
            ("attempts", "executions", "model_calls", "tokens", "cost"), 0.0
        )
        self._attempt = 0
        self._checks: tuple[Check, ...] = ()

    def count(self, message: Message) -> None:
        """Count what a message took, and keep the checks that it tells of."""
        match message:
            case Program():
                self._spent["attempts"] += 1
                self._attempt, self._checks = message.attempt, ()
            case Execution():
                self._spent["executions"] += 1
            case ModelCall():
                self._spent["model_calls"] += 1
                self._spent["tokens"] += message.prompt_tokens + message.completion_tokens
                self._spent["cost"] += message.cost
            case Evidence():
                self._attempt, self._checks = message.attempt, message.checks
            case Formulated():
                self._checks = ()  # they were made on what was asked before
            case _:
                pass

    def see(self, envelope: Envelope) -> None:
        """Count a message of this sitting, whose time stands still while a person is asked."""
        message = envelope.message
        self.count(message)
        if self._limits is None and message.kind == "setup":
            self._limits = getattr(message, "budget", None)
        stands = isinstance(message, Question | Answer | Failure)
        if stands and self._since is not None:
            self._worked, self._since = self.elapsed, None
        elif not stands and self._since is None:
            self._since = self._clock()

    @property
    def elapsed(self) -> float:
        """Return the wall time of this sitting, less that in which a person was asked [s]."""
        return self._worked + (0.0 if self._since is None else self._clock() - self._since)

    def spent_lines(self, width: int) -> list[Line]:
        """Return what is spent of what may be, broken between its parts where it is too wide."""
        lines: list[str] = []
        for part in self._parts():
            if lines and len(lines[-1]) + len(part) + 3 <= width:
                lines[-1] += f" · {part}"
            else:
                lines.append(part)
        nearly = any(self._share(name) >= NEARLY for name in (*self._spent, "seconds"))
        return [Line(line, "note" if nearly else "dim") for line in lines]

    def _parts(self) -> list[str]:
        limits = self._limits or {}
        parts = [duration(self.elapsed)]
        if "seconds" in limits:
            parts[0] += f", {duration(limits['seconds'] - self.elapsed)} left"
        for name, used in self._spent.items():
            # A model without tokens or price, such as the handbook, spends none of them.
            if name in limits and (used or name not in ("tokens", "cost")):
                parts.append(f"{_NAMES[name]} {_number(used)}/{_number(limits[name])}")
        return parts

    def _share(self, name: str) -> float:
        used = self.elapsed if name == "seconds" else self._spent[name]
        limit = (self._limits or {}).get(name)
        return used / limit if limit else 0.0

    def check_lines(self, width: int, room: int) -> list[Line]:
        """Return the checks on the last program as a table: the failed, then by how near they came.

        Args:
            width: Columns.
            room: Lines that there are, at least 4; checks beyond it are counted.
        """
        checks = sorted(self._checks, key=_concern)
        if not checks:
            return []
        failed = sum(not check.passed for check in checks)
        told = f"{failed} failed, " if failed else ""
        told += f"{len(checks) - failed} passed"
        shown = checks if len(checks) + 2 <= room else checks[: room - 3]
        lines = _check_table(f"attempt {self._attempt}: {told}", shown, width)
        if len(shown) < len(checks):
            lines.append(Line(f"and {count(len(checks) - len(shown), 'check')} more", "dim"))
        return [*lines, Line("")]


_NAMES = {
    "attempts": "attempts",
    "executions": "executions",
    "model_calls": "model calls",
    "tokens": "tokens",
    "cost": "USD",
}


def _concern(check: Check) -> tuple[bool, bool, float]:
    """Return where a check stands in the table: the less it passed, the further up."""
    if check.value is None:
        return check.passed, True, 0.0
    return check.passed, False, -abs(check.value) / (abs(check.tolerance or 0.0) or 1.0)


def _check_table(title: str, checks: list[Check], width: int) -> list[Line]:
    """Return a line for each check below a title; long names are cut, numbers are not."""
    rows = [
        ("passed" if c.passed else "FAILED", c.name, ratio(c.value), ratio(c.tolerance))
        for c in checks
    ]
    titles = ("value", "tolerance") if width >= VERY_NARROW else ("", "")
    value = max(len(titles[0]), *(len(row[2]) for row in rows))
    tolerance = max(len(titles[1]), *(len(row[3]) for row in rows))
    room = min(width - len("passed") - value - tolerance - 6, LONGEST_NAME)
    name = min(max(len(title) - 8, *(len(row[1]) for row in rows)), room)
    head = f"{title:<{name + 8}}  {titles[0]:>{value}}  {titles[1]:>{tolerance}}".rstrip()
    lines = [Line(head if len(head) <= width else one_line(title, width), "dim")]
    for passed, called, *numbers in rows:
        row = f"{passed}  {one_line(called, name):<{name}}"
        row += f"  {numbers[0]:>{value}}  {numbers[1]:>{tolerance}}"
        lines.append(Line(row.rstrip(), "good" if passed == "passed" else "bad"))
    return lines


def _number(value: float) -> str:
    """Return a count or a price, in as few digits as it has."""
    if value >= 10_000:
        return f"{value / 1000:,.0f}k" if value < 1_000_000 else f"{value / 1e6:.3g}M"
    return f"{value:.4g}"
