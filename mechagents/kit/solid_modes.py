"""Modes of solids: by factors, and beyond what the memory holds by iteration with multigrid.

References:
    Knyazev, Toward the optimal preconditioned eigensolver: locally optimal block preconditioned
    conjugate gradient method (2001).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from mechagents.kit.modes import (
    SEED,
    SHIFT,
    buckling_modes,
    check_positive,
    in_order,
    own_square,
    vibration_modes,
)
from mechagents.kit.solid_solver import FACTORS_UP_TO, held_matrix, limits, multigrid

if TYPE_CHECKING:
    from scipy.sparse import bsr_matrix, csr_matrix
    from scipy.sparse.linalg import LinearOperator

    from mechagents.kit.solid_space import SolidSpace
    from mechagents.mechanics.meshing import FloatArray, IntArray

MORE = 6
"""Modes that are iterated beyond those asked for, which converge much slower than the rest."""
LEFT = 1e-8
"""Of a mode's forces before they cancel: what may be left of them."""
STEPS, ROUNDS = 25, 8
"""Of the iteration between two looks at what is left, and how many."""


def solid_vibration_modes(
    space: SolidSpace,
    K: bsr_matrix,
    M: bsr_matrix,
    fixed: IntArray,
    count: int,
    *,
    direct_up_to: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest modes of K phi = omega^2 M phi of a solid, as ``vibration_modes`` does.

    Args:
        space: What K and M are of.
        K: Stiffness, symmetric, at least positive semidefinite, shape (N, N).
        M: Mass, symmetric, positive definite, shape (N, N).
        fixed: Unknowns that are held at 0; none for a free body.
        count: How many modes.
        direct_up_to: The largest number of unknowns whose matrix is factorised.

    Raises:
        RuntimeError: If the mesh has too few unknowns, or the iteration does not converge.
    """
    if _by_factors(space, direct_up_to):
        return vibration_modes(K.tocsr(), M.tocsr(), fixed, count)
    free = _free(space, fixed)
    stiff, heavy = held_matrix(K, free), held_matrix(M, free)
    shift = SHIFT * own_square(stiff.tocsr(), heavy.tocsr())
    shifted = (stiff + shift * heavy).tobsr((3, 3))
    inverse = multigrid(shifted, space.rigid_motions * free[:, None])
    _, phi = _lowest(shifted.tocsr(), heavy.tocsr(), inverse, free, count)
    return in_order(stiff.tocsr(), heavy.tocsr(), phi)


def solid_buckling_modes(
    space: SolidSpace,
    K: bsr_matrix,
    K_sigma: bsr_matrix,
    fixed: IntArray,
    count: int,
    *,
    direct_up_to: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest positive factors of a solid and their modes, as ``buckling_modes`` does.

    Args:
        space: What K and K_sigma are of.
        K: Stiffness, symmetric, positive definite on the free unknowns, shape (N, N).
        K_sigma: Geometric stiffness of the stress under the loads, shape (N, N).
        fixed: Unknowns that are held; their value in a mode is 0.
        count: How many modes.
        direct_up_to: The largest number of unknowns whose matrix is factorised.

    Raises:
        RuntimeError: If there are fewer positive factors, or the iteration does not converge.
    """
    if _by_factors(space, direct_up_to):
        return buckling_modes(K.tocsr(), K_sigma.tocsr(), fixed, count)
    free = _free(space, fixed)
    stiff, turning = held_matrix(K, free), held_matrix(K_sigma, free)
    inverse = multigrid(stiff, space.rigid_motions * free[:, None])
    hint = "did not converge; is nothing in compression? It took"
    negative, phi = _lowest(turning.tocsr(), stiff.tocsr(), inverse, free, count, hint)
    check_positive(-negative)
    energy = np.einsum("ik,ik->k", phi, stiff @ phi)
    return -1 / negative, phi / np.sqrt(energy)


def _by_factors(space: SolidSpace, direct_up_to: int | None) -> bool:
    _, most = limits(space.mesh, direct_up_to)
    return space.dofs.size <= most


def _free(space: SolidSpace, fixed: IntArray) -> FloatArray:
    free = np.ones(space.N)
    free[fixed] = 0.0
    return free


def _lowest(
    A: csr_matrix,
    B: csr_matrix,
    inverse: LinearOperator,
    free: FloatArray,
    count: int,
    hint: str = "did not converge in",
) -> tuple[FloatArray, FloatArray]:
    """Return the lowest values of A x = value B x in ascending order, and x on free unknowns.

    Raises:
        RuntimeError: If the iteration does not converge.
    """
    from scipy.sparse.linalg import LinearOperator, lobpcg

    x = np.random.default_rng(SEED).standard_normal((len(free), count + MORE))
    x = _each(inverse, x * free[:, None]) * free[:, None]
    x = x / np.sqrt(np.einsum("ik,ik->k", x, B @ x))
    block = LinearOperator(A.shape, matvec=inverse.matvec, matmat=lambda y: _each(inverse, y))
    for _ in range(ROUNDS):
        enough = LEFT / 10 * float(np.linalg.norm(abs(A) @ np.abs(x), axis=0).min())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells of what is looked at below
            values, x = lobpcg(A, x, B=B, M=block, tol=enough, maxiter=STEPS, largest=False)
        order = np.argsort(values)
        values, x = values[order], x[:, order] * free[:, None]
        if _left(A, B, values[:count], x[:, :count]) <= LEFT:
            return values[:count], x[:, :count]
    raise RuntimeError(
        f"the iteration for {count} modes {hint} {ROUNDS * STEPS} steps for {len(free)} unknowns. "
        f"Use a larger mesh size: up to {FACTORS_UP_TO} unknowns the matrix is factorised"
    )


def _each(inverse: LinearOperator, x: FloatArray) -> FloatArray:
    return np.stack([inverse.matvec(column) for column in x.T], axis=1)


def _left(A: csr_matrix, B: csr_matrix, values: FloatArray, x: FloatArray) -> float:
    """Return the largest force left in any mode, over its largest before they cancel [-]."""
    left = np.abs(A @ x - (B @ x) * values).max(axis=0)
    before = (abs(A) @ np.abs(x) + (abs(B) @ np.abs(x)) * np.abs(values)).max(axis=0)
    return float((left / before).max())
