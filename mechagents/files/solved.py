"""A result as it is handed to other programs: the mesh, and what it holds at points and cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mechagents.errors import UsageError
from mechagents.mechanics.formulation import Formulation
from mechagents.verification.assembly import Stresses, stresses
from mechagents.verification.averages import nodal_range
from mechagents.verification.constitutive import COLUMNS, von_mises
from mechagents.verification.dynamics import Motion, read_motion
from mechagents.verification.elements import BoolArray, FloatArray
from mechagents.verification.fields import FIELDS_BYTES, read_fields
from mechagents.verification.history import read_history
from mechagents.verification.plastic import plastic_stresses
from mechagents.verification.solution import Solution

Named = dict[str, FloatArray]
"""Arrays by name: scalars (n,), vectors (n, 3)."""


@dataclass(frozen=True, eq=False)
class Solved:
    """A returned solution and the folder it was read from."""

    solution: Solution
    folder: Path

    @property
    def formulation(self) -> Formulation:
        """The problem."""
        return self.solution.formulation

    @property
    def points(self) -> FloatArray:
        """[m], shape (points, 3)."""
        return in_space(self.solution.fields.points)

    @property
    def loaded(self) -> bool:
        """Whether there is a displacement under loads; free vibration has modes alone."""
        return self.formulation.analysis != "modal"

    @cached_property
    def stresses(self) -> tuple[Stresses, ...]:
        """The stress that the law makes of the displacement, for each block of elements [Pa]."""
        if self.solution.history is not None:
            return plastic_stresses(self.solution)
        return stresses(self.solution)

    def point_stress(self, chosen: tuple[BoolArray, ...] | None = None) -> FloatArray:
        """Return the mean at each point of the stress in its elements [Pa], (points, 4 or 6).

        Args:
            chosen: For each block, the elements that count; all for None.
        """
        return nodal_range(self.solution.fields, self.stresses, chosen).mean

    @cached_property
    def point_data(self) -> Named:
        """Displacement [m], stress and von Mises stress [Pa], and modes, at each point."""
        fields = self.solution.fields
        found: Named = {}
        if self.loaded:
            found["displacement"] = in_space(fields.displacement)
            found |= named_stress(self.point_stress())
        for number, mode in enumerate(fields.modes, start=1):
            found[f"mode_{number}"] = in_space(mode)
        return found

    def steps(self) -> Iterator[tuple[float, Named]]:
        """Return the number or the time [s] of each step of the result, and its data at points.

        Raises:
            UsageError: If the history of a motion cannot be read.
        """
        fields, history = self.solution.fields, self.solution.history
        if self.formulation.analysis == "transient":
            return _moments(self.motion())
        if history is not None:
            return _numbered("displacement", history.displacement)
        if fields.modes:
            return _numbered("mode", fields.modes)
        return iter([(0.0, self.point_data)])

    def motion(self) -> Motion:
        """Return the steps of a motion in time.

        Raises:
            UsageError: If they cannot be read.
        """
        path = self.folder / "history.npz"
        try:
            return read_motion(path, self.solution.fields)
        except ValueError as error:
            raise UsageError(str(error), where=str(path)) from error

    @cached_property
    def cell_data(self) -> dict[str, list[FloatArray]]:
        """The stress as its mean in each element [Pa], by name for each block."""
        if not self.loaded:
            return {}
        by_block = [named_stress(part.at_points.mean(axis=1)) for part in self.stresses]
        return {name: [block[name] for block in by_block] for name in by_block[0]}


def read_solved(formulation: Formulation, folder: Path, *, most: int = FIELDS_BYTES) -> Solved:
    """Return the result that a program left in a folder.

    Args:
        formulation: The problem.
        folder: Holds ``fields.vtu`` and, of plastic flow, ``history.npz``.
        most: Bytes that ``fields.vtu`` may have.

    Raises:
        UsageError: If a file is missing or does not hold what it has to; it names the file.
    """
    moved, name = formulation.analysis != "modal", "fields.vtu"
    try:
        fields = read_fields(
            folder / name,
            formulation.modes,
            moved=moved,
            dimension=formulation.dimension,
            most=most,
        )
        solution = Solution.of(formulation, fields)
        if formulation.analysis == "static_plastic":
            name = "history.npz"
            solution = replace(solution, history=read_history(folder / name, fields))
    except ValueError as error:
        raise UsageError(str(error), where=str(folder / name)) from error
    return Solved(solution, folder)


def _moments(motion: Motion) -> Iterator[tuple[float, Named]]:
    every = zip(motion.time.tolist(), motion.u, motion.v, motion.a, strict=True)
    for at, u, v, a in every:
        vectors = {"displacement": u, "velocity": v, "acceleration": a}
        yield float(at), {name: in_space(vector) for name, vector in vectors.items()}


def _numbered(name: str, vectors: Iterable[FloatArray]) -> Iterator[tuple[float, Named]]:
    for number, vector in enumerate(vectors, start=1):
        yield float(number), {name: in_space(vector)}


def in_space(vectors: FloatArray) -> FloatArray:
    """Return vectors (n, 2 or 3) with three components; the third of the plane is 0."""
    found = np.zeros((len(vectors), 3))
    found[:, : vectors.shape[1]] = vectors
    return found


def named_stress(stress: FloatArray) -> Named:
    """Return the six components and the von Mises stress of stresses (n, 4 or 6) by name [Pa]."""
    columns = {column: np.ascontiguousarray(stress[:, i]) for i, column in _columns(stress)}
    zero = np.zeros(len(stress))
    found = {f"stress_{column}": columns.get(column, zero) for column in COLUMNS}
    return {**found, "von_mises": von_mises(stress)}


def _columns(stress: FloatArray) -> list[tuple[int, str]]:
    return list(enumerate(COLUMNS[: stress.shape[1]]))
