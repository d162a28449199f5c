"""The choice of a sparse solver, behind one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import SuperLU

    from mechagents.mechanics.meshing import FloatArray, IntArray

DIRECT_UP_TO = 400_000
"""Unknowns that are still solved directly: about 8 s and 1.1 GB of factors."""
RESIDUAL = 1e-6
"""A solution that leaves more than this share of the load unbalanced is refused."""


def solve(
    K: csr_matrix,  # noqa: N803
    f: FloatArray,
    fixed: IntArray,
    values: FloatArray,
    *,
    direct_up_to: int | None = None,
) -> FloatArray:
    """Return u with K u = f on the free unknowns and u = values on the fixed ones.

    Up to ``direct_up_to`` unknowns by SuperLU in its mode for symmetric matrices: the ordering
    of A + A^T with diagonal pivots leaves less than half of the fill of its default, and for
    plane problems the factors stay below 250 numbers an unknown. Beyond, by conjugate gradients
    with an incomplete factorisation whose fill is capped, so that memory grows with the number
    of unknowns only.

    Args:
        K: Stiffness, symmetric, positive definite on the free unknowns, shape (n, n).
        f: Loads, shape (n,).
        fixed: Unknowns that are prescribed; one named twice takes its last value.
        values: What they are, as long as ``fixed``.
        direct_up_to: The largest number of free unknowns that is solved directly;
            ``DIRECT_UP_TO`` for None.

    Raises:
        RuntimeError: If the matrix is singular (a part of the body can move freely) or the
            iteration does not converge.
    """
    import numpy as np

    u = np.zeros(len(f))
    u[fixed] = values
    free = np.setdiff1d(np.arange(len(f)), fixed)
    if not free.size:
        return u
    rows = K[free]
    load = f[free] - rows @ u
    A = rows[:, free].tocsc()  # noqa: N806
    limit = DIRECT_UP_TO if direct_up_to is None else direct_up_to
    found = _direct(A, load) if free.size <= limit else _iterative(A, load)
    left, scale = np.linalg.norm(A @ found - load), np.linalg.norm(load)
    if not left <= RESIDUAL * scale:
        raise RuntimeError(
            f"the solution leaves {left:.1e} of a load of {scale:.1e} unbalanced: the stiffness "
            "is (nearly) singular; is a part of the body free to move?"
        )
    u[free] = found
    return u


def factors(A: csr_matrix) -> SuperLU:  # noqa: N803
    """Return the factors of a symmetric, positive definite matrix, whose ``solve`` applies A^-1.

    Raises:
        RuntimeError: If it is singular.
    """
    from scipy.sparse.linalg import splu

    try:
        found: SuperLU = splu(
            A,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:
        raise RuntimeError(
            f"the stiffness is singular ({error}): is a part of the body free to move?"
        ) from error
    return found


def _direct(A: csr_matrix, load: FloatArray) -> FloatArray:  # noqa: N803
    inverse = factors(A)
    found = inverse.solve(load)
    # One step of refinement takes off most of what rounding left.
    return found + inverse.solve(load - A @ found)


def _iterative(A: csr_matrix, load: FloatArray) -> FloatArray:  # noqa: N803
    from scipy.sparse.linalg import LinearOperator, cg, spilu

    incomplete = spilu(
        A,
        drop_tol=1e-4,
        fill_factor=10,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    found, state = cg(
        A, load, rtol=1e-12, maxiter=5000, M=LinearOperator(A.shape, matvec=incomplete.solve)
    )
    if state != 0:
        raise RuntimeError(
            f"conjugate gradients did not converge in 5000 steps for {len(load)} unknowns; "
            "use a larger mesh size"
        )
    return found
