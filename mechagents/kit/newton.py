"""Newton's method with load steps that are halved where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mechagents.kit.solver import solve

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from mechagents.mechanics.meshing import FloatArray, IntArray

Equations = Callable[["FloatArray", float], "tuple[FloatArray, csr_matrix]"]
"""Returns internal less outer forces, and the tangent, of a displacement at a load factor."""
Linear = Callable[["csr_matrix", "FloatArray", "IntArray", "FloatArray"], "FloatArray"]
"""Returns u with K u = f and prescribed values on fixed unknowns, from K, f, fixed and values."""
CONVERGED = 1e-11
"""Of the largest force, reactions included, now or before the step, that may be left anywhere."""
STALLED = 1e-7
"""Of the same: a residual below that no longer falls is rounding."""
MOST_ITERATIONS = 25
SHORTEST = 1e-4
"""Of a load step: when halving gets below it there is no solution to be found."""


class NotConvergedError(RuntimeError):
    """Newton's method found no equilibrium; the message has its residuals."""


def newton(
    equations: Equations,
    u: FloatArray,
    factor: float,
    fixed: IntArray,
    values: FloatArray,
    *,
    linear: Linear = solve,
) -> tuple[FloatArray, list[float]]:
    """Return the displacement in equilibrium at a load factor, and the residuals on the way.

    Args:
        equations: Forces and tangent.
        u: Where to start, shape (n,).
        factor: The share of the load.
        fixed: Unknowns that are prescribed.
        values: What they are at this factor.
        linear: How the linear equations of an iteration are solved.

    Returns:
        The displacement, and in each iteration the largest force left over the largest force.

    Raises:
        NotConvergedError: If it does not converge.
    """
    import numpy as np

    free = np.setdiff1d(np.arange(len(u)), fixed)
    history: list[float] = []
    step = values - u[fixed]
    at_first = 1e-300
    for _ in range(MOST_ITERATIONS):
        try:
            forces, K = equations(u, factor)
            if not np.isfinite(forces).all():
                raise FloatingPointError("a force is not finite")
            left = float(np.abs(forces[free]).max(initial=0.0))
            largest = float(np.abs(forces).max(initial=0.0))
            # Where a load is taken off, no force is left to measure by but that at first.
            at_first = at_first if history else max(largest, 1e-300)
            scale = max(largest, at_first)
            if np.any(step):
                history.append(1.0)
            else:
                history.append(left / scale)
                if left <= CONVERGED * scale or _stalled(history):
                    return u, history
            u = u + linear(K, -forces, fixed, step)
        except (FloatingPointError, RuntimeError) as error:
            raise NotConvergedError(f"{error}; {_told(history)}") from error
        step = np.zeros_like(step)
    raise NotConvergedError(f"{MOST_ITERATIONS} iterations were not enough; {_told(history)}")


def _stalled(history: list[float]) -> bool:
    return len(history) > 2 and max(history[-2:]) <= STALLED and history[-1] > 0.1 * history[-2]


def _told(history: list[float]) -> str:
    return "residuals " + (", ".join(f"{one:.1e}" for one in history) or "none")


def load_steps(
    equations: Equations,
    u: FloatArray,
    fixed: IntArray,
    values: FloatArray,
    steps: int,
    *,
    start: float = 0.0,
    end: float = 1.0,
    accept: Callable[[FloatArray, float], None] | None = None,
    linear: Linear = solve,
) -> FloatArray:
    """Return the displacement at the end of a load that grows in steps.

    A step in which Newton's method fails is halved. Each is printed with its residuals.

    Args:
        equations: Forces and tangent.
        u: In equilibrium at ``start``, shape (n,).
        fixed: Unknowns that are prescribed.
        values: What they are at a factor of one.
        steps: How many.
        start: The factor of the load to start from.
        end: That to end at.
        accept: Is told each displacement in equilibrium and its factor, where the history counts.
        linear: How linear equations are solved: ``solve``, or ``solid_linear(V)`` for solids.

    Raises:
        NotConvergedError: If halving does not help either.
    """
    whole = (end - start) / steps
    done, size, number = start, whole, 0
    marks = [start + whole * i for i in range(1, steps)] + [end]
    while marks:
        following = marks[0] if abs(marks[0] - done) <= abs(size) * (1 + 1e-9) else done + size
        try:
            found = newton(equations, u, following, fixed, following * values, linear=linear)
            u, history = found
        except NotConvergedError as error:
            size /= 2
            print(f"load factor {following:.6g}: {error}; the step is halved")
            if abs(size) < SHORTEST * abs(whole):
                raise NotConvergedError(
                    f"Newton's method did not converge beyond load factor {done:.6g}: {error}. "
                    "The body may buckle or have no equilibrium there; load_steps sets finer steps"
                ) from error
            continue
        done, number = following, number + 1
        if following == marks[0]:
            marks.pop(0)
        size = whole if abs(size) >= abs(whole) / 2 else 2 * size
        print(f"load step {number}, factor {done:.6g}: {_told(history)}")
        if accept is not None:
            accept(u, done)
    return u
