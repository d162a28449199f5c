"""The reference for motion in time by NGSolve, on the meshes of ``high_order``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from ngsolve import BilinearForm, CoefficientFunction, GridFunction, InnerProduct, VectorH1, dx
from scipy.sparse import csr_matrix

from mechagents.mechanics.courses import Course
from mechagents.mechanics.formulation import (
    Formulation,
    WantedOfField,
    WantedOfMode,
    WantedReaction,
    WantedVelocity,
)
from mechagents.mechanics.shapes import outline, size
from mechagents.verification.reference import march, springs
from mechagents.verification.reference.body import make_body
from mechagents.verification.reference.eigen import exported
from mechagents.verification.reference.high_order import COARSE, FINE, ROUNDING, Solved
from mechagents.verification.reference.probe import FloatArray, at_point
from mechagents.verification.reference.values import ReferenceSolution, ReferenceValue

SAFETY = 4.0
"""The error is taken as this times the difference between the two: behind the front of a wave,
which has a kink, errors fall more slowly than in statics."""


class Read(NamedTuple):
    """A quantity of one motion, in SI units."""

    values: FloatArray
    """Usually one, none where it has no place."""
    scale: float
    """What is large for its kind."""
    nearby: tuple[FloatArray, ...] = ()
    """The same shortly before and after, where the velocity of a support jumps."""


def solve(formulation: Formulation) -> ReferenceSolution:
    """Return the wanted quantities of a transient problem, with error estimates.

    Raises:
        Exception: Whatever netgen, NGSolve and scipy raise.
    """
    outlines = [outline(shape) for shape in formulation.geometry.regions.values()]
    steps = march.steps_for(formulation, size(outlines))
    fine, coarse = (
        Moving(formulation, Solved(formulation, resolution, make_body(formulation, resolution)), n)
        for resolution, n in ((FINE, steps), (COARSE, steps // 2))
    )
    found = compared(fine.readings, coarse.readings)
    means = f"NGSolve {version('ngsolve')}, curved elements of order {FINE.order}"
    means += f" graded to the corners, {fine.solved.space.ndof} unknowns, {steps} steps of an "
    means += f"implicit Runge-Kutta method; error by order {COARSE.order} and half the steps"
    return ReferenceSolution(means=means, quantities=found)


def compared(fine: dict[str, Read], coarse: dict[str, Read]) -> dict[str, ReferenceValue]:
    """Return the quantities of the finer of two motions, with errors by how far they are apart.

    Args:
        fine: What was read of the finer one, by name.
        coarse: The same of the coarser motion.
    """
    found: dict[str, ReferenceValue] = {}
    for name, (best, scale, nearby) in fine.items():
        rough = coarse[name]
        if len(best) and len(best) == len(rough.values):
            pairs = zip((best, *nearby), (rough.values, *rough.nearby), strict=True)
            error = SAFETY * max(float(np.abs(one - other).max()) for one, other in pairs)
            error += ROUNDING * max(float(np.abs(best).max()), scale)
            values = tuple(map(float, best))
            found[name] = ReferenceValue(values=values, error=error, scale=scale)
    return found


@dataclass(frozen=True)
class Moment(Solved):
    """A body at one time: what is read of it is read as in statics."""

    base: Solved
    moved: FloatArray
    """Displacement, or velocity, of each unknown, scaled."""
    left: FloatArray
    """What holds each unknown, scaled."""

    @cached_property
    def space(self) -> VectorH1:
        """That of the body."""
        return self.base.space

    @cached_property
    def displacement(self) -> GridFunction:
        """The displacement, scaled."""
        u = GridFunction(self.space)
        u.vec.FV().NumPy()[:] = self.moved
        return u

    @cached_property
    def residual(self) -> FloatArray:
        """What the surroundings exert on each degree of freedom, scaled."""
        return self.left


@dataclass(frozen=True)
class Moving:
    """The motion of a formulation at one resolution."""

    formulation: Formulation
    solved: Solved
    steps: int

    @cached_property
    def system(self) -> march.System:
        """In coordinates s times as large a mass is s^2 times as large as a stiffness."""
        stiffness, force = self.solved.system
        K = exported(stiffness.mat)
        M = self._mass()
        damping = self.formulation.damping
        slowing = 0.0 * M
        if damping is not None:
            slowing = damping.mass * M + damping.stiffness * self._body_alone(K)
        load = np.array(force.vec.FV().NumPy())
        return march.System(M, slowing, K, load, self.solved.held, self._moved())

    def _moved(self) -> tuple[tuple[Course, FloatArray], ...]:
        """Return the courses of supports, with what they move, scaled."""
        found: dict[Course, FloatArray] = {}
        for support in self.formulation.supports:
            if support.course is not None:
                values = found.setdefault(support.course, np.zeros(self.solved.space.ndof))
                self.solved.prescribe(support, values)
        return tuple(found.items())

    def _mass(self) -> csr_matrix:
        u, v = self.solved.space.TnT()
        laws, scale = self.formulation.materials, self.solved.body.frame.scale
        densities = {name: law.density or 0.0 for name, law in laws.items()}
        rho = self.solved.body.mesh.MaterialCF(densities)
        form = rho * InnerProduct(u, v) * self.solved.weight
        mass = BilinearForm(form * dx(bonus_intorder=2), symmetric=True).Assemble()
        return 1 / scale**2 * exported(mass.mat)

    def _body_alone(self, K: csr_matrix) -> csr_matrix:
        """Return the stiffness without springs, which are not damped."""
        if not self.formulation.springs:
            return K
        bare = self.formulation.model_copy(update={"springs": ()})
        alone = type(self.solved)(bare, self.solved.resolution, self.solved.body)
        return exported(alone.stiffness.mat)

    @cached_property
    def motion(self) -> march.Marched:
        """The motion, scaled."""
        assert self.formulation.end_time is not None
        v0 = np.zeros(self.solved.space.ndof)
        for column, speed in enumerate(self.formulation.initial_velocity):
            part = self.solved.space.Range(column)
            field = GridFunction(self.solved.space.components[column])
            field.Set(self.solved.varying(speed * self.solved.body.frame.scale))
            v0[part.start : part.stop] = field.vec.FV().NumPy()
        f = self.formulation
        return march.march(self.system, f.time_course, v0, self.formulation.end_time, self.steps)

    @property
    def readings(self) -> dict[str, Read]:
        """Every wanted quantity of the motion."""
        return {
            wanted.name: Read(self.quantity(wanted), self.scale(wanted), self._nearby(wanted))
            for wanted in self.formulation.wanted
            if not isinstance(wanted, WantedOfMode)
        }

    @cached_property
    def left(self) -> FloatArray:
        """What holds each unknown at each time, scaled."""
        return march.left(self.system, self.motion)

    def moment(self, time: float, *, fast: bool = False) -> Solved:
        """Return the body at a time [s], its velocity in place of displacement if ``fast``."""
        u, v, a, factor = self.motion.at(time)
        system = self.system
        left = system.mass @ a + system.damping @ v + system.stiffness @ u - factor * system.load
        return self.moment_of(v if fast else u, left)

    def moment_of(self, moved: FloatArray, left: FloatArray) -> Solved:
        """Return the body with a displacement, or velocity, and what holds it, both scaled."""
        solved = self.solved
        return Moment(solved.formulation, solved.resolution, solved.body, solved, moved, left)

    def quantity(self, wanted: WantedOfField | WantedVelocity) -> FloatArray:
        """Return a wanted quantity in SI units: usually one value, none where it has no place."""
        if wanted.over_time is not None:
            series = self._series(wanted)
            found = [march.extreme_of(series, wanted.over_time)] if len(series) else []
            return np.array(found)
        return self._read(wanted, wanted.time or 0.0)

    def _nearby(self, wanted: WantedOfField | WantedVelocity) -> tuple[FloatArray, ...]:
        """Return a quantity shortly before and after its time, where a support jumps."""
        times = march.nearby_times(self.formulation, wanted.time)
        return tuple(self._read(wanted, time) for time in times)

    def _read(self, wanted: WantedOfField | WantedVelocity, time: float) -> FloatArray:
        if isinstance(wanted, WantedVelocity):
            return self.value(self.moment(time, fast=True), wanted.as_displacement)
        return self.value(self.moment(time), wanted)

    def value(self, then: Solved, wanted: WantedOfField) -> FloatArray:
        """Return a quantity of a moment in SI units; none where it has no place."""
        return then.quantity(wanted, 12)

    def at(self, field: CoefficientFunction, point: tuple[float, ...]) -> FloatArray:
        """Return a continuous field at a point; none where it has no place."""
        return at_point(self.solved.body, field, point, jumps=False)

    def _series(self, wanted: WantedOfField | WantedVelocity) -> FloatArray:
        """Return a quantity at many times; none where it has no place."""
        if isinstance(wanted, WantedReaction):
            return self._reactions(wanted)
        assert isinstance(wanted, WantedVelocity) or wanted.kind == "displacement"
        motion, fast = self.motion, isinstance(wanted, WantedVelocity)
        runs = (motion.v, motion.a) if fast else (motion.u, motion.v)
        values, slopes = (self._at(run, wanted.at or ()) for run in runs)
        if not len(values):
            return values
        dense = march.densely(float(motion.time[1]), values, slopes)
        if wanted.component == "magnitude":
            return np.asarray(np.linalg.norm(dense, axis=1), dtype=np.float64)
        return np.asarray(dense[:, "xyz".index(wanted.component)], dtype=np.float64)

    def _at(self, run: FloatArray, point: tuple[float, ...]) -> FloatArray:
        """Return all components of a run of fields at a point, shape (times, d)."""
        field, found = GridFunction(self.solved.space), list[FloatArray]()
        numbers = field.vec.FV().NumPy()
        for values in run:
            numbers[:] = values / self.solved.body.frame.scale
            read = [self.at(field[i], point) for i in range(len(self.formulation.axes))]
            if not len(read[0]):
                return np.zeros((0, len(read)))
            found.append(np.concatenate(read))
        return np.array(found)

    def _reactions(self, wanted: WantedReaction) -> FloatArray:
        solved = self.solved
        unit = solved.on(wanted.boundary, "xyz".index(wanted.component), solved.varying(1.0))
        held = self.left @ unit / solved.force_scale
        if any(spring.boundary == wanted.boundary for spring in self.formulation.springs):
            times = [self.moment_of(u, u) for u in self.motion.u]
            held = held + [springs.total(t, wanted.boundary, wanted.component) for t in times]
        return np.asarray(held, dtype=np.float64)

    def scale(self, wanted: WantedOfField | WantedVelocity) -> float:
        """Return what is large for a quantity of this kind at any time, in SI units."""
        if isinstance(wanted, WantedReaction):
            series = wanted.model_copy(update={"time": None, "over_time": "max_abs"})
            return float(np.abs(self._reactions(series)).max())
        if isinstance(wanted, WantedVelocity):
            energies = _halves(self.motion.v, self.system.mass)
            fastest = float(self.motion.time[int(energies.argmax())])
            return self.moment(fastest, fast=True).size_of_displacement()
        energies = _halves(self.motion.u, self.system.stiffness)
        fullest = float(self.motion.time[int(energies.argmax())])
        return self.moment(fullest).scale(wanted)


def _halves(x: FloatArray, A: csr_matrix) -> FloatArray:
    return np.asarray((x * (A @ x.T).T).sum(axis=1) / 2, dtype=np.float64)
