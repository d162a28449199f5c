"""Motion in time by a diagonally implicit Runge-Kutta method, apart from what programs use.

Five stages, fourth order, L-stable and stiffly accurate: waves that the elements cannot carry die
out, and forces balance at the end of each step.

References:
    Hairer & Wanner, Solving Ordinary Differential Equations II (1996), table 6.5 of section IV.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import SuperLU, splu

from mechagents.mechanics.courses import Course, factors_at, jumps, period, rates_at
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.materials import Law
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.verification.elements import BoolArray, FloatArray, IntArray

_GAMMA = 1 / 4
_BEFORE = (
    (),
    (1 / 2,),
    (17 / 50, -1 / 25),
    (371 / 1360, -137 / 2720, 15 / 544),
    (25 / 24, -49 / 48, 125 / 16, -85 / 12),
)
"""The coefficients of earlier stages; that of the own one is gamma."""
_STAGES = (1 / 4, 3 / 4, 11 / 20, 1 / 2, 1.0)
"""When the stages are, as shares of a step."""
STEPS_OF_A_WAVE = 60
STEPS_OF_A_PERIOD = 30
"""Of a load or a support that swings."""
FEWEST, MOST = 240, 480
"""Steps of time of the finest of two or three solutions."""

_NEARBY = (-0.011, -0.007, -0.003, 0.003, 0.007, 0.011)
"""Of the end time: behind a front that jumps, errors swing within such times, and two solutions
may agree at one of them by chance."""


@dataclass(frozen=True, eq=False)
class System:
    """M u'' + C u' + K u = factor(t) f on all unknowns, of which some are held."""

    mass: csr_matrix
    damping: csr_matrix
    stiffness: csr_matrix
    load: FloatArray
    held: BoolArray
    moved: tuple[tuple[Course, FloatArray], ...] = ()
    """Courses and, of shape (n,), what each moves of what is held; the rest of that stays at 0."""


@dataclass(frozen=True, eq=False)
class Marched:
    """A motion at equal steps, each array of shape (steps + 1, n)."""

    time: FloatArray
    """[s], shape (steps + 1,)."""
    u: FloatArray
    v: FloatArray
    a: FloatArray
    factor: FloatArray
    """Of the loads, shape (steps + 1,)."""

    def at(self, time: float) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Return u, v, a and the factor of the loads at a time.

        u and v follow their own slopes between the steps; a and the factor are linear.
        """
        place = float(np.interp(time, self.time, np.arange(len(self.time))))
        n = min(int(place), len(self.time) - 2)
        s, dt = place - n, float(self.time[1])
        u = cubic(s, dt, self.u[n : n + 2], self.v[n : n + 2])
        v = cubic(s, dt, self.v[n : n + 2], self.a[n : n + 2])
        a, factor = ((1 - s) * part[n] + s * part[n + 1] for part in (self.a, self.factor))
        return u, v, np.asarray(a, dtype=np.float64), float(factor)


def cubic(s: float, dt: float, values: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return the cubic of two values and slopes at a share s of a step dt."""
    (x0, x1), (d0, d1) = values, slopes
    h = s * s * (3 - 2 * s)
    found = (1 - h) * x0 + h * x1 + dt * s * (1 - s) * ((1 - s) * d0 - s * d1)
    return np.asarray(found, dtype=np.float64)


def steps_for(formulation: Formulation, length: float) -> int:
    """Return in how many steps a body of some length [m] is followed to its end time."""
    assert formulation.end_time is not None
    fastest = max(_wave_speed(law) for law in formulation.materials.values())
    steps = STEPS_OF_A_WAVE * formulation.end_time * fastest / length
    courses = [formulation.time_course, *(support.course for support in formulation.supports)]
    for course in courses:
        swing = period(course) if course else None
        steps = max(steps, STEPS_OF_A_PERIOD * formulation.end_time / swing if swing else 0.0)
    return round(min(max(steps, FEWEST), MOST))


def nearby_times(formulation: Formulation, time: float | None) -> list[float]:
    """Return the times at which errors are looked at besides one, if a support's velocity jumps."""
    courses = [support.course for support in formulation.supports if support.course]
    if time is None or not any(map(jumps, courses)):
        return []
    end = formulation.end_time or 0.0
    return [min(max(time + share * end, 0.0), end) for share in _NEARBY]


def _wave_speed(law: Law) -> float:
    if isinstance(law, Orthotropic):
        stiffest = max(law.youngs_moduli)
    else:
        stiffest = law.youngs_modulus if law.kind == "isotropic" else 0.0
    return float(np.sqrt(stiffest / (law.density or 1.0)))


def march(system: System, course: Course, v0: FloatArray, end: float, steps: int) -> Marched:
    """Return the motion from u = 0 and v0 where nothing is held.

    A motion s(t) g of what is held is extended to the rest by some e, and the remainder
    w = u - s e is followed, which stays at 0 where u is held:

        M w'' + C w' + K w  =  factor f - s K e - s' C e - s'' M e

    If the velocity of a support jumps, M e = 0 on the rest, and no acceleration is left; else e is
    about what g makes in statics, so that no mode that is too fast for the steps is pushed. At
    first w' is what the mass projects v0 on.

    Args:
        system: The equations.
        course: Times [s] and factors of the loads.
        v0: Velocity of each unknown at first, shape (n,), of the held ones as if they were free.
        end: When to end [s].
        steps: How many equal steps.

    Raises:
        RuntimeError: If a matrix is singular.
    """
    free = np.flatnonzero(~system.held)
    M, C, K = (A[free][:, free] for A in (system.mass, system.damping, system.stiffness))
    dt = end / steps
    own = _GAMMA * dt
    solve, of_mass = _factors(M + own * C + own**2 * K), _factors(M)
    time = np.linspace(0.0, end, steps + 1)
    extended = [(moves, _extended(system, free, moves, g, end)) for moves, g in system.moved]

    def force(at: FloatArray) -> FloatArray:
        """Return what acts on what is free at some times, shape (times, free)."""
        acting = np.outer(factors_at(course, at), system.load[free])
        for moves, e in extended:
            matrices = system.stiffness, system.damping, system.mass
            for rate, matrix in zip(rates_at(moves, at), matrices, strict=True):
                acting -= np.outer(rate, (matrix @ e)[free])
        return acting

    u, v, a = (np.zeros((steps + 1, len(free))) for _ in range(3))
    v[0] = of_mass.solve((system.mass @ v0)[free]) if extended else v0[free]
    a[0] = of_mass.solve(force(time[:1])[0] - C @ v[0])
    for n in range(steps):
        speeds, pushes, last = list[FloatArray](), list[FloatArray](), u[n]
        acting = force(time[n] + dt * np.array(_STAGES))
        for before, now in zip(_BEFORE, acting, strict=True):
            moved = u[n] + dt * sum(c * s for c, s in zip(before, speeds, strict=True))
            speed = v[n] + dt * sum(c * p for c, p in zip(before, pushes, strict=True))
            push = solve.solve(now - C @ speed - K @ (moved + own * speed))
            pushes.append(push)
            speeds.append(speed + own * push)
            last = moved + own * speeds[-1]
        u[n + 1], v[n + 1], a[n + 1] = last, speeds[-1], pushes[-1]
    parts = [_whole(part, free, len(v0)) for part in (u, v, a)]
    for moves, e in extended:
        for part, rate in zip(parts, rates_at(moves, time), strict=True):
            part += np.outer(rate, e)
    U, V, A = parts
    return Marched(time, U, V, A, factors_at(course, time))


def _extended(
    system: System, free: IntArray, course: Course, g: FloatArray, end: float
) -> FloatArray:
    """Return the e that is g where that is held, extended to what is free, shape (n,)."""
    matrix = system.mass
    if not jumps(course):  # a body that floats has a stiffness without inverse
        matrix = system.stiffness + (2 * np.pi / end) ** 2 * system.mass
    e = np.array(g)
    e[free] = _factors(matrix[free][:, free]).solve(-(matrix @ g)[free])
    return e


def _factors(matrix: csr_matrix) -> SuperLU:
    return splu(
        matrix.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def _whole(values: FloatArray, free: IntArray, size: int) -> FloatArray:
    found = np.zeros((len(values), size))
    found[:, free] = values
    return found


def left(system: System, marched: Marched) -> FloatArray:
    """Return M a + C v + K u - factor f, what holds the unknowns, shape (steps + 1, n)."""
    forces = system.mass @ marched.a.T + system.damping @ marched.v.T
    forces = forces + system.stiffness @ marched.u.T
    return np.asarray(forces.T - np.outer(marched.factor, system.load), dtype=np.float64)


def densely(dt: float, values: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return values at the steps and on the cubics between them, shape (many, ...)."""
    shares = np.arange(8) / 8
    parts = [
        cubic(s, dt, np.stack([values[:-1], values[1:]]), np.stack([slopes[:-1], slopes[1:]]))
        for s in map(float, shares)
    ]
    return np.concatenate([*parts, values[-1:]])


def extreme_of(values: FloatArray, which: str) -> float:
    """Return the largest, the smallest or the largest absolute of some values."""
    if which == "max_abs":
        return float(np.abs(values).max())
    return float(values.max() if which == "max" else values.min())
