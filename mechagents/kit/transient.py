"""Motion in time by Newmark's method of average acceleration, and what is read from it.

References:
    Newmark, A method of computation for structural dynamics (1959); Hughes, The Finite Element
    Method (1987), section 9.1: beta = 1/4 and gamma = 1/2, which loses no energy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mechagents.kit.elements import locate
from mechagents.kit.evaluate import Result, Solution, component, evaluate, extreme
from mechagents.kit.solver import factors
from mechagents.mechanics.courses import factors_at, rates_at
from mechagents.mechanics.formulas import value_at
from mechagents.mechanics.formulation import (
    Formulation,
    WantedDisplacement,
    WantedOfMode,
    WantedReaction,
    WantedVelocity,
)

if TYPE_CHECKING:
    from scipy.sparse import bsr_matrix, csr_matrix

    from mechagents.mechanics.formulation import WantedOfField
    from mechagents.mechanics.meshing import FloatArray, IntArray, Mesh

    Matrix = csr_matrix | bsr_matrix
    Solver = Callable[[FloatArray], FloatArray]
    """From a load to a solution, both of shape (n,), the latter 0 on what is held."""
    Linear = Callable[[Matrix], Solver]
    """From a symmetric matrix of shape (n, n) to what solves with it."""


class Moment(NamedTuple):
    """The unknowns at one time, each of shape (n,)."""

    u: FloatArray
    """[m]."""
    v: FloatArray
    """[m/s]."""
    a: FloatArray
    """[m/s^2]."""
    held: FloatArray
    """M a + C v + K u - f: what supports exert [N, or N/m]."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Displacement, velocity, acceleration and forces of all unknowns at equal steps of time."""

    time: FloatArray
    """From 0 to the end [s], shape (steps + 1,)."""
    u: FloatArray
    """[m], shape (steps + 1, n)."""
    v: FloatArray
    """[m/s], shape (steps + 1, n)."""
    a: FloatArray
    """[m/s^2], shape (steps + 1, n)."""
    held: FloatArray
    """M a + C v + K u - f: what supports exert [N, or N/m], shape (steps + 1, n)."""

    def at(self, time: float) -> Moment:
        """Return the unknowns at a time [s], linear between the steps."""
        import numpy as np

        place = float(np.interp(time, self.time, np.arange(len(self.time))))
        before = min(int(place), len(self.time) - 2)
        share = place - before
        parts = (self.u, self.v, self.a, self.held)
        return Moment(*((1 - share) * p[before] + share * p[before + 1] for p in parts))


def load_factors(problem: Formulation, time: FloatArray) -> FloatArray:
    """Return what the loads of a problem are multiplied by at some times [s]."""
    return factors_at(problem.time_course, time)


class BaseMotion(NamedTuple):
    """How what is held moves, each of shape (times, held)."""

    u: FloatArray
    """[m]."""
    v: FloatArray
    """[m/s]; where it jumps, that after the jump."""
    a: FloatArray
    """[m/s^2]; 0 where the velocity jumps."""


def base_motion(
    problem: Formulation, mesh: Mesh, dofs: IntArray, fixed: IntArray, time: FloatArray
) -> BaseMotion:
    """Return how the supports of a problem move, by their values and courses.

    Args:
        problem: Whose supports.
        mesh: The mesh.
        dofs: The unknowns of each node, shape (nodes, 2), of solids (nodes, 3).
        fixed: The unknowns that are held, in rising order.
        time: When [s], shape (times,).
    """
    import numpy as np

    motion = BaseMotion(*(np.zeros((len(time), len(fixed))) for _ in range(3)))
    for support in problem.supports:
        if support.course is None:
            continue
        rates = rates_at(support.course, time)
        nodes = mesh.boundary_nodes[support.boundary]
        for axis, value in support.moving.items():
            unknowns: IntArray = dofs[nodes, "xyz".index(axis)]
            at = np.searchsorted(fixed, unknowns)
            for part, rate in zip(motion, rates, strict=True):
                part[:, at] = np.outer(rate, value_at(value, mesh.points[nodes]))
    return motion


def newmark(
    matrices: tuple[Matrix, Matrix, Matrix],
    f: FloatArray,
    fixed: IntArray,
    v0: FloatArray,
    time: FloatArray,
    factor: FloatArray,
    *,
    base: BaseMotion | None = None,
    linear: Linear | None = None,
) -> Motion:
    """Return the motion M a + C v + K u = factor(t) f from u = 0, by average acceleration.

    The matrix of a step, M + dt / 2 C + dt^2 / 4 K, is factorised once, or as ``linear`` does it.
    What is held has the displacement, velocity and acceleration of ``base`` at every time; the
    rest feels them through M, C and K.

    Args:
        matrices: M, C and K, symmetric, each of shape (n, n); M positive definite.
        f: The loads at a factor of one, shape (n,).
        fixed: Unknowns that are held.
        v0: The velocity at first [m/s], shape (n,), of what is not held.
        time: Equal steps from 0 to the end [s], shape (steps + 1,).
        factor: Of the loads at each time, shape (steps + 1,).
        base: How what is held moves, in the order of ``fixed``; None where it stays at 0.
        linear: What solves with a matrix again and again; by factors for None, of solids
            ``solid_steps(V, fixed)``.

    Raises:
        RuntimeError: If a matrix is singular.
    """
    import numpy as np

    solver = linear or partial(_by_factors, np.setdiff1d(np.arange(len(f)), fixed))
    M, C, K = matrices
    dt = float(time[1] - time[0])
    step = solver(M + dt / 2 * C + dt**2 / 4 * K)
    u, v, a = (np.zeros((len(time), len(f))) for _ in range(3))
    held_u, held_v, held_a = base or (np.zeros((len(time), len(fixed))),) * 3
    push = np.zeros(len(f))  # acceleration of what is held alone
    v[0] = v0
    u[0, fixed], v[0, fixed], push[fixed] = held_u[0], held_v[0], held_a[0]
    a[0] = solver(M)(factor[0] * f - C @ v[0] - K @ u[0] - M @ push) + push
    for n in range(len(time) - 1):
        moved = u[n] + dt * v[n] + dt**2 / 4 * a[n]
        speed = v[n] + dt / 2 * a[n]
        moved[fixed], speed[fixed], push[fixed] = held_u[n + 1], held_v[n + 1], held_a[n + 1]
        found = step(factor[n + 1] * f - C @ speed - K @ moved - M @ push)  # 0 where held
        a[n + 1] = found + push
        v[n + 1] = speed + dt / 2 * found
        u[n + 1] = moved + dt**2 / 4 * found
    held = (M @ a.T + C @ v.T + K @ u.T).T - np.outer(factor, f)
    return Motion(time, u, v, a, held)


def _by_factors(free: IntArray, matrix: Matrix) -> Solver:
    """Return what solves on the free unknowns, and leaves the others at 0."""
    import numpy as np

    rows = matrix.tocsr()
    inverse = factors(rows[free][:, free].tocsc())

    def solve(load: FloatArray) -> FloatArray:
        found = np.zeros(len(load))
        found[free] = inverse.solve(load[free])
        return found

    return solve


def motion_quantities(
    problem: Formulation,
    motion: Motion,
    dofs: IntArray,
    solution_at: Callable[[float], Solution],
    beds: Mapping[str, Matrix] | None = None,
) -> list[Result]:
    """Return every wanted quantity of a motion in time.

    Args:
        problem: What is wanted.
        motion: The motion.
        dofs: The unknowns of each node, shape (nodes, 2), of solids (nodes, 3).
        solution_at: Returns the solution at a time [s], whose forces are ``held`` then.
        beds: The stiffness of the springs on each boundary that has some, shape (n, n).

    Raises:
        ValueError: If a wanted point lies outside the mesh.
    """
    found: list[Result] = []
    for wanted in problem.wanted:
        if isinstance(wanted, WantedOfMode):
            continue
        if wanted.over_time is not None:
            series = _series(wanted, solution_at(0.0).mesh, motion, dofs, beds or {})
            value = extreme(series, wanted.over_time)
            method = f"{wanted.over_time} of {len(series)} times"
        else:
            time = wanted.time or 0.0
            around = problem.idealisation == "axisymmetric"
            then, v = solution_at(time), motion.at(time).v[dofs]
            value, method = _evaluated(wanted, then, v, axisymmetric=around)
        found.append(Result(wanted.name, float(value), problem.unit(wanted), method))
    return found


def _evaluated(
    wanted: WantedOfField | WantedVelocity, then: Solution, v: FloatArray, *, axisymmetric: bool
) -> tuple[float, str]:
    read = wanted
    if isinstance(read, WantedVelocity):
        read, then = read.as_displacement, replace(then, displacement=v)
    value, method = evaluate(read, then, axisymmetric=axisymmetric)
    return value, f"{method}, linear between the times of steps"


def _series(
    wanted: WantedOfField | WantedVelocity,
    mesh: Mesh,
    motion: Motion,
    dofs: IntArray,
    beds: Mapping[str, Matrix],
) -> FloatArray:
    """Return a quantity at every time, shape (steps + 1,)."""
    import numpy as np

    if isinstance(wanted, WantedReaction):
        column = "xyz".index(wanted.component)
        held = motion.held[:, dofs[mesh.boundary_nodes[wanted.boundary], column]].sum(axis=1)
        if wanted.boundary in beds:
            held = held - (beds[wanted.boundary] @ motion.u.T)[dofs[:, column]].sum(axis=0)
        return np.asarray(held, dtype=np.float64)
    if not isinstance(wanted, WantedDisplacement | WantedVelocity) or wanted.at is None:
        raise ValueError(f"{wanted.name}: has no extreme over time")
    element, weights = locate(mesh, wanted.at)
    moved = motion.v if isinstance(wanted, WantedVelocity) else motion.u
    at = np.einsum("k,tkx->tx", weights, moved[:, dofs[mesh.cells[element]]])
    return component(at, wanted.component)


def write_motion(motion: Motion, dofs: IntArray, folder: Path | str = ".") -> None:
    """Write times, displacements, velocities and accelerations at the nodes to ``history.npz``.

    Args:
        motion: The motion.
        dofs: The unknowns of each node, shape (nodes, 2), of solids (nodes, 3).
        folder: Where.
    """
    import numpy as np

    np.savez(
        Path(folder) / "history.npz",
        time=motion.time,
        displacement=motion.u[:, dofs],
        velocity=motion.v[:, dofs],
        acceleration=motion.a[:, dofs],
    )
