"""A returned motion in time: its forces at every step, its energies, and the state at a time.

    M a + C v + K u  =  factor(t) f,    C = alpha M + beta K without springs

summed element by element with the shape functions, strains and quadrature of ``matrices``. No
method of integration is taken for granted: what is asked of velocity and acceleration is that
they are those of the displacement. On what supports hold they are those of their courses.

References:
    Hughes, The Finite Element Method (1987), sections 7.2 and 9.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.courses import factors_at
from mechagents.verification.assembly import balance
from mechagents.verification.elements import RULES, FloatArray, IntArray
from mechagents.verification.equilibrium import RESIDUAL, Equilibrium
from mechagents.verification.fields import Fields
from mechagents.verification.history import read_steps
from mechagents.verification.matrices import element_mass, element_stiffness
from mechagents.verification.solution import Solution
from mechagents.verification.springs import spring_stiffness

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

QUIET = 1e-3
"""Of the largest force at any time: a step of smaller forces is held to this share of them."""
ROUNDING = 1e-15
"""Of the numbers in a history, which are in double precision."""
_AT_ONCE = 64
"""Times whose element forces are held at once."""
_TRIED = 9
"""Times at which a discretisation is tried."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What a program returned at every step of time."""

    time: FloatArray
    """[s], shape (times,)."""
    u: FloatArray
    """[m], shape (times, points, d)."""
    v: FloatArray
    """[m/s], shape (times, points, d)."""
    a: FloatArray
    """[m/s^2], shape (times, points, d)."""

    def some(self, rows: IntArray) -> Motion:
        """Return the motion at some of the times."""
        return Motion(self.time[rows], self.u[rows], self.v[rows], self.a[rows])

    @property
    def steps(self) -> int:
        """How many steps there are between the times."""
        return len(self.time) - 1


def read_motion(path: Path, fields: Fields) -> Motion:
    """Return the motion in a ``history.npz``.

    Raises:
        ValueError: If it is missing, too large, or does not hold what it has to.
    """
    names = ("time", "displacement", "velocity", "acceleration")
    found = Motion(*read_steps(path, fields, names))
    if found.steps < 1:
        raise ValueError(f"{path.name} needs two times at least")
    return found


@dataclass(frozen=True)
class _Rules:
    """By which rules a program seems to have integrated."""

    level: int
    """Of the quadrature in elements."""
    faces: int
    """Of that on edges and faces."""
    lumped: bool
    """Whether the mass is lumped."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """A motion with the forces of the discretisation that the program seems to have used."""

    solution: Solution
    motion: Motion
    rules: _Rules
    load: FloatArray
    """At a factor of one [N, or N/m], shape (points, d)."""
    left: FloatArray
    """M a + C v + K u - factor f [N, or N/m], shape (times, points, d)."""
    inertia: FloatArray
    """M a + C v [N, or N/m], shape (times, points, d)."""
    scale: FloatArray
    """The largest force at a point before it cancels, at each time, shape (times,)."""
    stored: FloatArray
    """Strain energy, that of springs too [J, or J/m], shape (times,)."""
    kinetic: FloatArray
    """Kinetic energy of what no support holds, shape (times,)."""
    damped: FloatArray
    """Energy that damping took from what no support holds until each time, shape (times,)."""
    pushed: FloatArray
    """What moving supports did on the rest of the body until each time, shape (times,)."""

    @classmethod
    def of(cls, solution: Solution, motion: Motion) -> Dynamics:
        """Return the forces by the first discretisation in use that leaves them balanced.

        Tried at a few times are the quadrature rules, with a consistent mass, then a lumped one.
        Programs choose those on faces by themselves, so that these may be the most usual ones.
        """
        rows = np.unique(np.linspace(0, motion.steps, _TRIED).astype(np.int64))
        some = motion.some(rows)
        best: tuple[float, _Rules] | None = None
        for lumped, level in product((False, True), range(len(RULES["quad"]))):
            for faces in sorted({level, 0}, reverse=True):
                rules = _Rules(level, faces, lumped)
                worst = float(_by_rules(solution, some, rules).shares.max())
                if best is None or worst < best[0]:
                    best = worst, rules
                if worst <= RESIDUAL:
                    return _by_rules(solution, motion, rules)
        assert best is not None
        return _by_rules(solution, motion, best[1])

    @property
    def factor(self) -> FloatArray:
        """Of the loads at each time, shape (times,)."""
        return factors_at(self.solution.formulation.time_course, self.motion.time)

    @cached_property
    def shares(self) -> FloatArray:
        """What is left at the worst free point at each time, over what is large, (times,)."""
        left = np.where(self.solution.free, np.abs(self.left), 0.0).max(axis=(1, 2))
        large = np.maximum(self.scale, QUIET * self.scale.max(initial=0.0))
        return np.asarray(left / np.where(large > 0, large, 1.0), dtype=np.float64)

    @cached_property
    def work(self) -> FloatArray:
        """What loads and moving supports did until each time [J, or J/m], shape (times,)."""
        force = self.factor[:, None, None] * np.where(self.solution.free, self.load, 0.0)
        return _summed(force, self.motion.u) + self.pushed

    def moment(self, time: float, *, curved: bool = False) -> Equilibrium:
        """Return displacement and forces at a time [s], between two steps.

        Args:
            time: When.
            curved: Whether the displacement follows its velocity between the steps; else it is
                linear, as all the forces are.
        """
        before, share = self._place(time)
        u, inertia, factor = (
            (1 - share) * part[before] + share * part[before + 1]
            for part in (self.motion.u, self.inertia, self.factor)
        )
        if curved:
            u = self._followed(before, share)
        fields = replace(self.solution.fields, displacement=u, rounding=ROUNDING)
        then = replace(self.solution, factor=float(factor), fields=fields)
        forces = balance(then, self.rules.level, faces=self.rules.faces)
        # In a plain static balance inertia and damping are loads.
        acting = replace(
            forces,
            external=forces.external - inertia,
            activity=forces.activity + np.abs(inertia),
        )
        return Equilibrium(then, acting, np.zeros_like(u))

    def velocity(self, time: float) -> FloatArray:
        """Return the velocity at a time [m/s], linear between two steps, shape (points, d)."""
        before, share = self._place(time)
        v = self.motion.v
        return np.asarray((1 - share) * v[before] + share * v[before + 1], dtype=np.float64)

    def between(self, time: float) -> bool:
        """Return whether a time lies between two steps, beyond rounding."""
        _, share = self._place(time)
        return min(share, 1 - share) > 1e-6

    def _place(self, time: float) -> tuple[int, float]:
        place = float(np.interp(time, self.motion.time, np.arange(len(self.motion.time))))
        before = min(int(place), self.motion.steps - 1)
        return before, place - before

    def _followed(self, before: int, share: float) -> FloatArray:
        """Return the cubic through displacements and velocities at both ends of a step."""
        motion, n = self.motion, before
        dt = float(motion.time[n + 1] - motion.time[n])
        return hermite(share, dt, motion.u[n], motion.u[n + 1], motion.v[n], motion.v[n + 1])


def hermite(
    share: float | FloatArray,
    dt: float | FloatArray,
    u0: FloatArray,
    u1: FloatArray,
    v0: FloatArray,
    v1: FloatArray,
) -> FloatArray:
    """Return the cubic with given values and slopes at both ends of a step, at a share of it."""
    s = share
    value = (1 + 2 * s) * (1 - s) ** 2 * u0 + s**2 * (3 - 2 * s) * u1
    return np.asarray(value + dt * s * (1 - s) * ((1 - s) * v0 - s * v1), dtype=np.float64)


def _by_rules(solution: Solution, motion: Motion, rules: _Rules) -> Dynamics:
    """Return the forces of a motion with all integrals by some quadrature rules."""
    level = rules.level
    damping = solution.formulation.damping
    alpha, beta = (0.0, 0.0) if damping is None else (damping.mass, damping.stiffness)
    stiff = _Parts(solution, list(element_stiffness(solution, level)))
    heavy = _Parts(solution, list(element_mass(solution, level, lumped=rules.lumped)))
    Ku, scale = stiff.forces(motion.u)
    Ma, of_mass = heavy.forces(motion.a)
    Mv, _ = heavy.forces(motion.v)
    Cv = alpha * Mv
    if beta:
        Kv, of_damping = stiff.forces(motion.v)
        Cv, scale = Cv + beta * Kv, scale + beta * of_damping
    Su = _springs(solution, motion.u, rules.faces)
    still = replace(solution.fields, displacement=np.zeros_like(solution.fields.points))
    load = balance(replace(solution, fields=still, factor=1.0), level, faces=rules.faces).external
    factor = factors_at(solution.formulation.time_course, motion.time)
    acting = factor[:, None, None] * load
    inertia, inner = Ma + Cv, Ku + Su
    activity = scale + of_mass + np.abs(Su) + np.abs(alpha * Mv) + np.abs(acting)
    free = solution.free
    # A support gives its own mass any velocity, even by a jump: energies are those of the rest,
    # on which the support acts through stiffness and mass.
    of_rest, Ma_held = Mv, np.zeros_like(Ma)
    if motion.v[:, ~free].any() or motion.a[:, ~free].any():
        of_rest, _ = heavy.forces(np.where(free, motion.v, 0.0))
        Ma_held, _ = heavy.forces(np.where(free, 0.0, motion.a))
    return Dynamics(
        solution,
        motion,
        rules,
        load,
        left=inertia + inner - acting,
        inertia=inertia,
        scale=activity.max(axis=(1, 2)),
        stored=_products(motion.u, inner) / 2,
        kinetic=_products(np.where(free, motion.v, 0.0), of_rest) / 2,
        damped=_summed(np.where(free, Cv, 0.0), motion.u),
        pushed=_summed(np.where(free, -Ma_held, inner), motion.u),
    )


def _products(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.asarray((one * two).sum(axis=(1, 2)), dtype=np.float64)


def _summed(force: FloatArray, u: FloatArray) -> FloatArray:
    """Return the work of a force until each time: its mean in a step times what moved."""
    each = _products((force[1:] + force[:-1]) / 2, np.diff(u, axis=0))
    return np.concatenate([[0.0], np.cumsum(each)])


def _springs(solution: Solution, u: FloatArray, level: int) -> FloatArray:
    """Return what it takes to move the springs, shape (times, points, d)."""
    from scipy.sparse import csr_matrix

    size = u[0].size
    values, rows, columns = spring_stiffness(solution, level)
    K = csr_matrix((values, (rows, columns)), (size, size))
    return np.asarray((K @ u.reshape(len(u), -1).T).T.reshape(u.shape), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Element matrices, and the forces that they make."""

    solution: Solution
    parts: list[tuple[IntArray, FloatArray]]

    def forces(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return A x, and the sum of the sizes of what each element adds, (times, points, d)."""
        total, size = np.zeros_like(x), np.zeros_like(x)
        for nodes, matrices in self.parts:
            dofs, gather = self._gather(nodes)
            for rows in _spans(len(x)):
                flat = x[rows].reshape(len(x[rows]), -1).T
                each = (matrices @ flat[dofs]).reshape(-1, flat.shape[1])
                total[rows] += (gather @ each).T.reshape(x[rows].shape)
                size[rows] += (gather @ np.abs(each)).T.reshape(x[rows].shape)
        return total, size

    def _gather(self, nodes: IntArray) -> tuple[IntArray, csr_matrix]:
        """Return the unknowns of each element, and the matrix that sums over elements."""
        from scipy.sparse import csr_matrix

        d = self.solution.fields.points.shape[1]
        each: IntArray = nodes[:, :, None] * d + np.arange(d, dtype=np.int64)
        dofs: IntArray = each.reshape(len(nodes), -1)
        count = np.arange(dofs.size, dtype=np.int64)
        shape = (self.solution.fields.points.size, dofs.size)
        return dofs, csr_matrix((np.ones(dofs.size), (dofs.ravel(), count)), shape)


def _spans(count: int) -> Iterator[slice]:
    for start in range(0, count, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)
