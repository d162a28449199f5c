"""How the supports of a transient problem have to move, and how far a returned motion is off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechagents.mechanics.courses import Course, Rates, corners, rates_at
from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.geometry import AXES
from mechagents.verification.edges import on_axis
from mechagents.verification.elements import BoolArray, FloatArray, IntArray
from mechagents.verification.solution import Solution

STILL: Course = ((0.0, 0.0),)
"""The course of a support that does not move."""
_BESIDE = 1e-9
"""Of the end time: how close to a time both slopes at a corner are taken."""


@dataclass(frozen=True, eq=False)
class Held:
    """One component that a support holds: values at nodes, and their course."""

    nodes: IntArray
    column: int
    values: FloatArray
    """What the course multiplies [m], shape (nodes,)."""
    course: Course
    time: FloatArray
    """[s], shape (times,)."""

    @property
    def moves(self) -> bool:
        """Whether it does not stay at 0."""
        return self.course != STILL

    @cached_property
    def meant(self) -> FloatArray:
        """Where each node has to be at each time [m], shape (times, nodes)."""
        found = np.outer(rates_at(self.course, self.time).value, self.values)
        return np.asarray(found, dtype=np.float64)

    @cached_property
    def _beside(self) -> tuple[Rates, Rates]:
        near = _BESIDE * self.time[-1]
        return rates_at(self.course, self.time - near), rates_at(self.course, self.time + near)

    def off(self, u: FloatArray) -> FloatArray:
        """Return how far each node is from where it has to be at each time [m], (times, nodes).

        Args:
            u: Returned displacements, shape (times, points, d).
        """
        return np.abs(u[:, self.nodes, self.column] - self.meant)

    def off_slope(self, which: int, given: FloatArray) -> float:
        """Return how far velocity or acceleration are off at most, over the largest there is.

        At a corner any velocity between those beside it will do, and, within a step of it, any
        acceleration.

        Args:
            which: 1 for the velocity, 2 for the acceleration.
            given: Returned values, shape (times, points, d).
        """
        beside = [np.outer(rates[which], self.values) for rates in self._beside]
        low, high = np.minimum(*beside), np.maximum(*beside)
        here = given[:, self.nodes, self.column]
        beyond = np.maximum(np.maximum(low - here, here - high), 0.0)
        if which > 1:
            beyond = beyond[~self._near_a_corner]
        largest = max(float(np.abs(part).max(initial=0.0)) for part in beside)
        return float(beyond.max(initial=0.0)) / (largest or float(np.abs(given).max()) or 1.0)

    @property
    def _near_a_corner(self) -> BoolArray:
        step = 1.001 * np.diff(self.time).max()
        apart = [np.abs(self.time - corner) <= step for corner in corners(self.course)]
        beside = np.any([np.zeros(len(self.time), dtype=np.bool_), *apart], axis=0)
        return np.asarray(beside, dtype=np.bool_)


def held_components(solution: Solution, time: FloatArray) -> Iterator[Held]:
    """Yield every component that is held, and how it moves, those on an axis of revolution too.

    Args:
        solution: What was returned.
        time: The times of its steps [s], shape (times,).
    """
    for support in solution.formulation.supports:
        nodes = solution.places[support.boundary].nodes
        for axis, value in support.components.items():
            values = value_at(value, solution.fields.points[nodes])
            course = support.course if support.course and values.any() else STILL
            yield Held(nodes, AXES.index(axis), values, course, time)
    if solution.axisymmetric:
        nodes = np.flatnonzero(on_axis(solution.fields))
        yield Held(nodes, 0, np.zeros(len(nodes)), STILL, time)
