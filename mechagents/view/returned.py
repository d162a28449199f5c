"""The mesh and the fields that a program returned, read for being looked at.

Unlike verification it takes what is there: a field that nobody asked for is shown, one that is
missing is not missed, and numbers that are not finite are left for the page to mark.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import Formulation, WantedOfMode
from mechagents.mechanics.geometry import Dimension
from mechagents.verification.elements import FloatArray, IntArray, dimension
from mechagents.verification.fields import Block, Fields, grid_blocks
from mechagents.verification.files import read_bounded, read_results
from mechagents.verification.history import read_steps
from mechagents.verification.judge import read_formulation
from mechagents.verification.vtu import Grid, parse_vtu

FILE = "fields.vtu"
HISTORY = "history.npz"
FILE_BYTES = 256 * 2**20
"""The largest file that is read to be looked at."""
UNPACKED_BYTES = 512 * 2**20
"""The most that its arrays may unpack to."""
HISTORY_BYTES = 256 * 2**20
MOST_ELEMENTS = 2_000_000
MOST_ARRAYS = 64

StepKind = Literal["result", "mode", "time", "load"]
_HISTORIES: dict[StepKind, tuple[str, ...]] = {
    "time": ("time", "displacement", "velocity", "acceleration"),
    "load": ("factor", "displacement"),
}
"""What a history holds: first what tells its steps apart."""
Arrays = dict[str, FloatArray]
"""Values by the name of their array, shape (places, columns)."""


@dataclass(frozen=True, eq=False)
class Step:
    """One state of the body: the result, a mode, or a step of a history."""

    label: str
    kind: StepKind
    at: float
    """The time [s], the factor of the loads, or the number of the mode; 0 for the result."""
    points: Arrays
    cells: Arrays
    """Of the elements, in the order of the blocks."""

    @property
    def moves(self) -> str:
        """The name of the field that the body is drawn deformed by, or nothing."""
        name = "mode" if self.kind == "mode" else "displacement"
        return name if name in self.points else ""


@dataclass(frozen=True, eq=False)
class Returned:
    """What a program left in its folder."""

    x: FloatArray
    """The points that belong to an element [m], shape (points, 3)."""
    number: IntArray
    """The number of each in the file, from 0, shape (points,)."""
    blocks: tuple[Block, ...]
    cell: IntArray
    """The number of each element in the file, shape (elements,)."""
    steps: tuple[Step, ...]
    formulation: Formulation | None = None
    notes: tuple[str, ...] = ()
    """What could not be read, in words."""

    @cached_property
    def fields(self) -> Fields:
        """The mesh as verification has it."""
        return Fields(self.x, self.blocks, self.x)

    @property
    def dimension(self) -> int:
        """2 for a body of the plane, or of a surface; 3 for a solid."""
        return dimension(self.blocks[0].kind)

    @property
    def size(self) -> float:
        """Diagonal of the box around the mesh [m]."""
        return self.fields.size

    @cached_property
    def starts(self) -> IntArray:
        """The number of the first element of each block, and of all, shape (blocks + 1,)."""
        return np.cumsum([0, *map(len, self.blocks)], dtype=np.int64)

    def element(self, number: int) -> tuple[Block, int]:
        """Return the block of an element and its row there.

        Raises:
            IndexError: If there is no such element.
        """
        if not 0 <= number < self.starts[-1]:
            raise IndexError(f"there is no element {number}")
        index = int(np.searchsorted(self.starts, number, side="right")) - 1
        return self.blocks[index], number - int(self.starts[index])

    @cached_property
    def region(self) -> IntArray | None:
        """The region of each element as the program numbered them, if it did."""
        found = self.steps[0].cells.get("region")
        if found is None or found.shape[1] != 1 or not np.isfinite(found).all():
            return None
        return found[:, 0].astype(np.int64)


def read_returned(folder: Path) -> Returned:
    """Return what a program left in a folder.

    Args:
        folder: Holds ``fields.vtu`` and, where they belong to it, ``history.npz``,
            ``formulation.json`` and ``results.json``.

    Raises:
        ValueError: If ``fields.vtu`` is missing, damaged or too large.
    """
    bare, points, cells = _read(folder / FILE)
    return _with_steps(bare, folder, points, cells)


def read_file(path: Path, formulation: Formulation | None) -> Returned:
    """Return what one file of fields holds that stands alone, as those of a study's samples do.

    Args:
        path: The file, as a program left it.
        formulation: Gives names and units.

    Raises:
        ValueError: If it is missing, damaged or too large.
    """
    bare, points, cells = _read(path)
    modes = {name: points.pop(name) for name in list(points) if _mode_number(name)}
    steps = [Step("Result", "result", 0.0, points, cells)] if points or not modes else []
    steps += _modes(modes, {}, cells)
    return replace(bare, steps=tuple(steps), formulation=formulation)


def _read(path: Path) -> tuple[Returned, Arrays, Arrays]:
    """Return the mesh of a file, and what it has at points and of elements."""
    grid = parse_vtu(read_bounded(path, FILE_BYTES), every=True, most=UNPACKED_BYTES)
    if grid.points.ndim != 2 or grid.points.shape[1] != 3 or not len(grid.points):
        raise ValueError(f"points need shape (n, 3), not {grid.points.shape}")
    if not np.isfinite(grid.points).all():
        raise ValueError("points are not finite (nan or inf)")
    if len(grid.types) > MOST_ELEMENTS:
        raise ValueError(f"more than {MOST_ELEMENTS:,} elements are not drawn")
    blocks, rows = grid_blocks(grid, _dimension(grid))
    used = np.unique(np.concatenate([block.nodes.ravel() for block in blocks]))
    renumbered = np.full(len(grid.points), -1, dtype=np.int64)
    renumbered[used] = np.arange(len(used))
    cell = np.concatenate(rows)
    points = _arrays(grid.point_data, len(grid.points), used)
    cells = _arrays(grid.cell_data, len(grid.types), cell)
    bare = Returned(
        x=grid.points[used],
        number=used,
        blocks=tuple(Block(block.kind, renumbered[block.nodes]) for block in blocks),
        cell=cell,
        steps=(),
    )
    return bare, points, cells


def _dimension(grid: Grid) -> Dimension:
    """Return 3 where there are solid elements; their faces may be there too."""
    solid = (10, 24, 12, 25, 29, 13)
    return 3 if np.isin(grid.types, solid).any() else 2


def _arrays(data: dict[str, FloatArray], count: int, rows: IntArray) -> Arrays:
    """Return the arrays that have a value for each place, of some places, as columns."""
    found: Arrays = {}
    for name, values in list(data.items())[:MOST_ARRAYS]:
        columns = values[:, None] if values.ndim == 1 else values
        if len(columns) == count and columns.shape[1]:
            found[name] = columns[rows]
    return found


def _with_steps(bare: Returned, folder: Path, points: Arrays, cells: Arrays) -> Returned:
    notes: list[str] = []
    formulation = _formulation(folder, notes)
    modes = {name: points.pop(name) for name in list(points) if _mode_number(name)}
    steps: list[Step] = []
    if points or not modes:
        steps = [Step("Result", "result", 0.0, points, cells)]
    if steps and os.path.lexists(folder / HISTORY):
        steps = _history(folder, steps[0], notes)
    steps += _modes(modes, _mode_labels(formulation, folder), cells)
    return replace(bare, steps=tuple(steps), formulation=formulation, notes=tuple(notes))


def _modes(modes: Arrays, named: dict[int, str], cells: Arrays) -> Iterator[Step]:
    for name in sorted(modes, key=_mode_number):
        number = _mode_number(name)
        label = f"Mode {number}{named.get(number, '')}"
        yield Step(label, "mode", number, {"mode": modes[name]}, _lasting(cells))


def _formulation(folder: Path, notes: list[str]) -> Formulation | None:
    try:
        return read_formulation(folder / "formulation.json")
    except ProblemError as error:
        notes.append(f"formulation.json cannot be read, so units are not known: {error!s:.200}")
        return None


def _mode_number(name: str) -> int:
    """Return the number of a mode by its array's name, or 0."""
    number = name.removeprefix("mode_")
    plain = name.startswith("mode_") and number.isascii() and number.isdigit()
    return int(number) if plain and len(number) < 6 else 0


def _mode_labels(formulation: Formulation | None, folder: Path) -> dict[int, str]:
    """Return what the reported value of each mode adds to its name."""
    if formulation is None or not formulation.modes:
        return {}
    try:
        results = {result.name: result for result in read_results(folder / "results.json")}
    except ValueError:
        return {}
    found: dict[int, str] = {}
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedOfMode) and wanted.name in results:
            value = results[wanted.name].value
            vibrates = formulation.analysis == "modal"
            found[wanted.number] = f": {value:.4g} Hz" if vibrates else f": factor {value:.4g}"
    return found


def _history(folder: Path, last: Step, notes: list[str]) -> list[Step]:
    """Return the steps of a history, of which the last has all fields."""
    u = last.points.get("displacement")
    if u is None:
        return [last]
    as_verified = Fields(u, (), u)
    reason = ""
    for kind, names in _HISTORIES.items():
        try:
            at, *vectors = read_steps(folder / HISTORY, as_verified, names, limit=HISTORY_BYTES)
        except ValueError as error:
            reason = str(error)
        else:
            return list(_numbered(kind, names[1:], at, vectors, last))
    notes.append(f"the steps are not shown: {reason:.200}")
    return [last]


def _numbered(
    kind: StepKind,
    names: tuple[str, ...],
    at: FloatArray,
    vectors: list[FloatArray],
    last: Step,
) -> Iterator[Step]:
    for row, value in enumerate(map(float, at)):
        arrays = {name: vector[row] for name, vector in zip(names, vectors, strict=True)}
        label = f"t = {value:.6g} s" if kind == "time" else f"Load × {value:.6g}"
        ends = row == len(at) - 1
        points = {**arrays, **last.points} if ends else arrays
        yield Step(label, kind, value, points, last.cells if ends else _lasting(last.cells))


def _lasting(cells: Arrays) -> Arrays:
    """Return what does not change from step to step."""
    return {name: values for name, values in cells.items() if name == "region"}
