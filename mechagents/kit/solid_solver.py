"""Solving the equations of solids: multigrid that knows rigid motions, and factors for small ones.

In space the factors of a stiffness fill up: 42 000 unknowns of tetrahedra take 9 s and 0.7 GB, and
both grow faster than the unknowns do. Multigrid stays in proportion to the unknowns, but thin
elements and nearly incompressible materials slow it down, so factors also stand behind it.

References:
    Vanek, Mandel, Brezina, Algebraic multigrid by smoothed aggregation for second and fourth
    order elliptic problems (1996): rigid motions are what coarse levels have to represent.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from mechagents.kit.solver import factors
from mechagents.mechanics._outer_faces import outer_faces

if TYPE_CHECKING:
    from scipy.sparse import bsr_matrix, csr_matrix
    from scipy.sparse.linalg import LinearOperator

    from mechagents.kit.solid_space import SolidSpace
    from mechagents.mechanics.meshing import FloatArray, IntArray, Mesh

DIRECT_UP_TO = 10_000
"""Unknowns that are solved by factors at once: about half a second."""
FACTORS_UP_TO = 60_000
"""Unknowns that are solved by factors where multigrid fails: some 20 s and a GB."""
THIN, THIN_UP_TO = 0.6, 150_000
"""A body that has more than this share of its nodes on its surface is thin. Its factors fill up as
those of the plane do, while multigrid needs hundreds of steps: 150 000 unknowns take 9 s."""
RESIDUAL = 1e-10
"""Of the load: what a solution may leave unbalanced."""
ROUNDING, MOST = 1e-14, 1e-6
"""Of the forces before they cancel: what rounding may leave, up to so much of the load."""
STEPS, PATIENT_STEPS = 150, 1000
"""Of conjugate gradients, where factors stand behind them and where nothing does."""
RESTARTS = 4
"""How often they start from what is left: the residual they update drifts from the true one."""
KEPT = 100
"""Directions that GMRES keeps before it starts anew."""
STRENGTH = 0.08
"""Nodes that are coupled less, relative to their own stiffness, are not aggregated."""


def solve_solid(
    space: SolidSpace,
    K: csr_matrix,
    f: FloatArray,
    fixed: IntArray,
    values: FloatArray,
    *,
    direct_up_to: int | None = None,
    symmetric: bool = True,
) -> FloatArray:
    """Return u with K u = f on the free unknowns and u = values on the fixed ones.

    By factors up to ``DIRECT_UP_TO`` unknowns, of thin bodies up to ``THIN_UP_TO``, beyond by
    conjugate gradients with smoothed aggregation multigrid, and by factors where these do not
    converge, up to ``FACTORS_UP_TO``: so does a tangent that is not positive definite.

    Args:
        space: What K is of.
        K: Stiffness or tangent on the unknowns of the space, shape (N, N), in blocks of 3 x 3.
        f: Loads, shape (N,).
        fixed: Unknowns that are prescribed; one named twice takes its last value.
        values: What they are, as long as ``fixed``.
        direct_up_to: The largest number of unknowns that is solved by factors, at once or later.
        symmetric: Whether K is; a pressure that follows the surface makes it unsymmetric, and
            GMRES takes the place of conjugate gradients.

    Raises:
        RuntimeError: If the matrix is singular (a part of the body can move freely) or nothing
            converges.
    """
    u = np.zeros(len(f))
    u[fixed] = values
    free = np.ones(len(f))
    free[fixed] = 0.0
    A, load = held_matrix(K.tobsr((3, 3)), free), (f - K @ u) * free
    if not load.any():
        return u
    at_once, at_last = limits(space.mesh, direct_up_to)
    if len(f) > at_once:
        steps = STEPS if len(f) <= at_last else PATIENT_STEPS
        motions = space.rigid_motions * free[:, None]
        found = _by_multigrid(A, load, motions, steps, symmetric=symmetric)
        if found is not None:
            return u + found * free
        if len(f) > at_last:
            raise RuntimeError(
                f"{'conjugate gradients' if symmetric else 'GMRES'} did not converge in {steps} "
                f"steps for {len(f)} unknowns: "
                "elements are much longer than thick, or the material is nearly incompressible. "
                f"Use a larger mesh size: up to {FACTORS_UP_TO} unknowns are solved by factors"
            )
    return u + _by_factors(A, load) * free


def solid_steps(
    space: SolidSpace, fixed: IntArray, *, direct_up_to: int | None = None
) -> Callable[[csr_matrix | bsr_matrix], Callable[[FloatArray], FloatArray]]:
    """Return what prepares one matrix after the other for many loads, as a motion in time needs.

    A matrix becomes a function from a load f, shape (N,), to x with A x = f on the free unknowns
    and x = 0 on the fixed ones. It is factorised up to as many unknowns as by ``solve_solid``;
    beyond, multigrid is set up once and conjugate gradients run for each load.

    Args:
        space: What the matrices are of.
        fixed: Unknowns that are held at 0.
        direct_up_to: The largest number of unknowns that is solved by factors.
    """
    free = np.ones(space.N)
    free[fixed] = 0.0
    at_once, _ = limits(space.mesh, direct_up_to)

    def prepared(matrix: csr_matrix | bsr_matrix) -> Callable[[FloatArray], FloatArray]:
        A = held_matrix(matrix.tobsr((3, 3)), free)
        if at_once >= space.N:
            return _with(_factors_of(A), free)
        return _with(_iterations_of(A, space.rigid_motions * free[:, None]), free)

    return prepared


def _with(
    solve: Callable[[FloatArray], FloatArray], free: FloatArray
) -> Callable[[FloatArray], FloatArray]:
    return lambda load: solve(load * free) * free


def _factors_of(A: bsr_matrix) -> Callable[[FloatArray], FloatArray]:
    inverse = factors(A.tocsc())
    return lambda load: np.asarray(inverse.solve(load), dtype=np.float64)


def _iterations_of(A: bsr_matrix, motions: FloatArray) -> Callable[[FloatArray], FloatArray]:
    inverse = multigrid(A, motions)

    def solve(load: FloatArray) -> FloatArray:
        if not load.any():
            return np.zeros_like(load)
        found = _iterated(A, load, inverse, PATIENT_STEPS, symmetric=True)
        if found is None:
            raise RuntimeError(
                f"conjugate gradients did not converge in {PATIENT_STEPS} steps for {len(load)} "
                "unknowns. Use a larger mesh size"
            )
        return found

    return solve


def limits(mesh: Mesh, direct_up_to: int | None) -> tuple[int, int]:
    """Return how many unknowns are solved by factors at once, and where multigrid fails."""
    if direct_up_to is not None:
        return direct_up_to, direct_up_to
    on_surface = np.unique(outer_faces(mesh.cells, mesh.kind))
    if len(on_surface) > THIN * len(mesh.points):
        return THIN_UP_TO, THIN_UP_TO
    return DIRECT_UP_TO, FACTORS_UP_TO


def held_matrix(K: bsr_matrix, free: FloatArray) -> bsr_matrix:
    """Return K with the rows and columns that are not free emptied but for their diagonal."""
    from scipy.sparse import bsr_matrix

    of_node = free.reshape(-1, 3)
    row = np.repeat(np.arange(len(of_node)), np.diff(K.indptr))
    data = K.data * of_node[row][:, :, None]
    data *= of_node[K.indices][:, None, :]
    on_diagonal = np.flatnonzero(row == K.indices)
    data[on_diagonal] += K.data[on_diagonal] * np.eye(3) * (1 - of_node[row[on_diagonal], None])
    return bsr_matrix((data, K.indices, K.indptr), shape=K.shape)


def _balanced(A: bsr_matrix, x: FloatArray, load: FloatArray) -> bool:
    """Return whether what is left is small beside the load, or is what rounding leaves."""
    left, size = np.linalg.norm(A @ x - load), np.linalg.norm(load)
    if left <= RESIDUAL * size:
        return True
    return bool(left <= min(MOST * size, ROUNDING * np.linalg.norm(abs(A) @ np.abs(x))))


def _by_factors(A: bsr_matrix, load: FloatArray) -> FloatArray:
    inverse = factors(A.tocsc())
    x: FloatArray = inverse.solve(load)
    # One step of refinement takes off most of what rounding left.
    x = x + inverse.solve(load - A @ x)
    if not _balanced(A, x, load):
        left = np.linalg.norm(A @ x - load) / np.linalg.norm(load)
        raise RuntimeError(
            f"the solution leaves {left:.1e} of the load unbalanced: the stiffness is (nearly) "
            "singular; is a part of the body free to move?"
        )
    return x


def _by_multigrid(
    A: bsr_matrix, load: FloatArray, motions: FloatArray, steps: int, *, symmetric: bool
) -> FloatArray | None:
    """Return the solution by preconditioned iterations, None if they do not converge."""
    inverse = multigrid(A if symmetric else (0.5 * (A + A.T)).tobsr((3, 3)), motions)
    return _iterated(A, load, inverse, steps, symmetric=symmetric)


def _iterated(
    A: bsr_matrix, load: FloatArray, inverse: LinearOperator, steps: int, *, symmetric: bool
) -> FloatArray | None:
    from scipy.sparse.linalg import cg, gmres

    x = np.zeros_like(load)
    size = float(np.linalg.norm(load))
    for _ in range(RESTARTS):
        rest = load - A @ x
        enough = RESIDUAL / 2 * size / float(np.linalg.norm(rest))
        rtol = min(enough, 0.1)
        if symmetric:
            step, state = cg(A, rest, rtol=rtol, maxiter=steps, M=inverse)
        else:
            cycles = RESTARTS + steps // KEPT
            step, state = gmres(A, rest, rtol=rtol, restart=KEPT, maxiter=cycles, M=inverse)
        x = x + step
        if _balanced(A, x, load):
            return x
        if state != 0:
            return None
    return None


def multigrid(A: bsr_matrix, motions: FloatArray) -> LinearOperator:
    """Return about the inverse of a symmetric matrix: a cycle of smoothed aggregation.

    Args:
        A: In blocks of 3 x 3.
        motions: The rigid motions on the free unknowns, shape (N, 6).
    """
    import pyamg

    with _repeatable():
        levels = pyamg.smoothed_aggregation_solver(
            A,
            B=motions,
            symmetry="symmetric",
            strength=("symmetric", {"theta": STRENGTH}),
            presmoother=("gauss_seidel", {"sweep": "forward"}),
            postsmoother=("gauss_seidel", {"sweep": "backward"}),
            improve_candidates=None,
            max_coarse=50,
        )
    return levels.aspreconditioner()


@contextmanager
def _repeatable() -> Generator[None]:
    """Have multigrid estimate its eigenvalues from the same numbers whenever it is set up."""
    before = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(before)
