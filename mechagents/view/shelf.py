"""The results that were looked at last, read once and kept as long as their files stay the same."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock, RLock
from typing import Protocol

from mechagents.mechanics.formulation import Formulation
from mechagents.view.components import Extremes, Where, array_of, extremes, values_of
from mechagents.view.returned import FILE, HISTORY, Returned, Step, read_file, read_returned
from mechagents.view.surface import Surface, surface_of

KEPT = 2
"""How many results are kept."""
LAYOUT = 1
"""Of what is sent to the page; another number makes browsers ask again."""
ATTEMPTS = "attempts"
_ATTEMPT = re.compile(r"[0-9]{1,6}(-[a-z0-9]{1,20})?")
_FILES = (FILE, HISTORY, "formulation.json", "results.json")


@dataclass(frozen=True, eq=False)
class Shown:
    """A result with what was made of it for the page."""

    returned: Returned
    _turn: RLock = field(default_factory=RLock)
    _ranges: dict[tuple[str, str, str, str], tuple[float, float]] = field(
        default_factory=dict[tuple[str, str, str, str], tuple[float, float]]
    )

    @property
    def surface(self) -> Surface:
        """Its surface."""
        with self._turn:
            return self._surface

    @cached_property
    def _surface(self) -> Surface:
        return surface_of(self.returned)

    def step(self, number: int) -> Step:
        """Return a step by its number from 0.

        Raises:
            IndexError: If there is none.
        """
        steps = self.returned.steps
        if not 0 <= number < len(steps):
            raise IndexError(f"there is no step {number}; there are {len(steps)}, from 0")
        return steps[number]

    def range_of_all(
        self, kind: str, where: Where, name: str, component: str
    ) -> tuple[float, float]:
        """Return between which values a component lies in all steps of a kind."""
        with self._turn:
            key = (kind, where, name, component)
            if key not in self._ranges:
                found = [
                    extremes(values_of(array_of(step, name, where), name, component))
                    for step in self.returned.steps
                    if step.kind == kind
                    and name in (step.points if where == "points" else step.cells)
                ]
                self._ranges[key] = _around(found)
            return self._ranges[key]


def _around(parts: list[Extremes]) -> tuple[float, float]:
    lows = [part.low for part in parts if part.low_at >= 0]
    highs = [part.high for part in parts if part.low_at >= 0]
    return min(lows, default=float("nan")), max(highs, default=float("nan"))


class Source(Protocol):
    """Where a result is read from."""

    @property
    def place(self) -> Path:
        """What it is known by."""
        ...

    def stamp(self) -> str:
        """Return a text that changes with its files."""
        ...

    def read(self) -> Returned:
        """Read it.

        Raises:
            ValueError: If it cannot be read.
        """
        ...


@dataclass(frozen=True)
class Execution:
    """The result of an execution of a run.

    Args:
        place: The folder that the program ran in.
    """

    place: Path

    def stamp(self) -> str:
        """Return a text that changes with the files of the result."""
        return _stamp(self.place / name for name in _FILES)

    def read(self) -> Returned:
        """Read it, with its history, its formulation and the values of its modes."""
        return read_returned(self.place)


@dataclass(frozen=True)
class Sample:
    """The fields of a study's sample, which are one file.

    Args:
        place: The file.
        formulation: Gives names and units.
    """

    place: Path
    formulation: Formulation | None = field(compare=False)

    def stamp(self) -> str:
        """Return a text that changes with the file."""
        return _stamp([self.place])

    def read(self) -> Returned:
        """Read it."""
        return read_file(self.place, self.formulation)


class Shelf:
    """Reads results and keeps the last few. Several threads may use one."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Path, str], Shown] = OrderedDict()
        self._turn = Lock()

    def shown(self, source: Source) -> Shown:
        """Return the result that a source holds.

        Raises:
            ValueError: If it cannot be read.
        """
        # One at a time: two that are read at once would take twice the memory.
        with self._turn:
            key = (source.place, source.stamp())
            if key not in self._held:
                for old in [held for held in self._held if held[0] == source.place]:
                    del self._held[old]
                while len(self._held) >= KEPT:
                    self._held.popitem(last=False)
                self._held[key] = Shown(source.read())
            self._held.move_to_end(key)
            return self._held[key]


def _stamp(files: Iterable[Path]) -> str:
    told: list[object] = [LAYOUT]
    for path in files:
        try:
            status = os.lstat(path)
        except OSError:
            told.append(None)
        else:
            told.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return sha256(repr(told).encode()).hexdigest()[:20]


def attempts_of(run: Path) -> list[str]:
    """Return the names of the executions of a run that left fields, the first attempt first."""
    try:
        with os.scandir(run / ATTEMPTS) as entries:
            names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    found = [n for n in names if _ATTEMPT.fullmatch(n) and _has_file(run / ATTEMPTS / n)]
    return sorted(found, key=lambda name: (int(name.split("-")[0]), name))


def newest(attempts: list[str]) -> str:
    """Return the newest attempt as it was answered with, not on a coarser mesh; nothing of none."""
    whole = [name for name in attempts if "-" not in name]
    return [*attempts, *whole][-1] if attempts else ""


def folder_of(run: Path, attempt: str) -> Path:
    """Return the folder of an execution that ``attempts_of`` has found."""
    return run / ATTEMPTS / attempt


def _has_file(folder: Path) -> bool:
    return (folder / FILE).is_file() and not (folder / FILE).is_symlink()
