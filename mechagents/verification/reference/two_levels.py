"""Conjugate gradients for quadratic elements, preconditioned by two levels.

The coarse level is the straight elements on the same corners, factorised; on the fine one
Chebyshev polynomials of the matrix smooth what the coarse one cannot represent.

References:
    Saad, Iterative Methods for Sparse Linear Systems (2003), sections 9.2, 12.3 and 13.4.
    Ronquist, Patera, Spectral element multigrid (1987): levels by order.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu

from mechagents.verification.elements import (
    BoolArray,
    ElementKind,
    FloatArray,
    IntArray,
    corners,
    reference_nodes,
    shape_functions,
)
from mechagents.verification.fields import Block

TOLERANCE = 1e-11
"""Of the first residual."""
STEPS = 2000
SMOOTHINGS = 4
"""Order of the polynomial, before and after the coarse correction."""
SPREAD = 20.0
"""The largest value of the matrix over the smallest that the polynomial is meant for."""


def solved_by_levels(K: csr_matrix, force: FloatArray, free: BoolArray, block: Block) -> FloatArray:
    """Return the displacement under forces, 0 where it is held; shape (points, 3).

    Args:
        K: The stiffness matrix [N/m], shape (3 points, 3 points).
        force: On each component [N], shape (3 points,).
        free: Which components nothing holds, shape (points, 3).
        block: The elements, of one quadratic kind.

    Raises:
        RuntimeError: If it does not converge.
    """
    rows = np.flatnonzero(free.ravel())
    A = K[rows][:, rows]
    levels = _Levels(A, _from_corners(block, free)[rows])
    u = np.zeros(free.size)
    u[rows] = _conjugate_gradients(A, force[rows], levels)
    return u.reshape(free.shape)


class _Levels:
    """A symmetric approximation of the inverse of a matrix."""

    def __init__(self, A: csr_matrix, P: csr_matrix) -> None:
        """Take a matrix, and what its unknowns are if those of the coarse level are given."""
        self._A, self._P = A, P
        self._inverse = 1.0 / A.diagonal()
        coarse = (P.T @ (A @ P)).tocsc()
        self._factors = splu(coarse, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        self._largest = 1.1 * self._largest_value()

    def _largest_value(self) -> float:
        """Return about the largest value of the matrix over its diagonal, by power iteration."""
        x = np.random.default_rng(1).standard_normal(self._A.shape[0])
        size = 1.0
        for _ in range(15):
            x = self._inverse * (self._A @ x)
            size = float(np.linalg.norm(x))
            x /= size
        return size

    def __call__(self, rest: FloatArray) -> FloatArray:
        """Return about the solution for what is left over."""
        x = self._smoothed(rest)
        x = x + self._P @ self._factors.solve(self._P.T @ (rest - self._A @ x))
        return x + self._smoothed(rest - self._A @ x)

    def _smoothed(self, rest: FloatArray) -> FloatArray:
        """Return the polynomial of the matrix that is least on its upper values, times a vector."""
        low, high = self._largest / SPREAD, self._largest
        middle, half = (high + low) / 2, (high - low) / 2
        rho = half / middle
        step = self._inverse * rest / middle
        x = step
        for _ in range(SMOOTHINGS - 1):
            left = self._inverse * (rest - self._A @ x)
            next_rho = 1 / (2 * middle / half - rho)
            step = next_rho * rho * step + 2 * next_rho / half * left
            rho, x = next_rho, x + step
        return x


def _from_corners(block: Block, free: BoolArray) -> csr_matrix:
    """Return what straight elements make of the free components of corners, (3 points, corners)."""
    count = corners(block.kind)
    kind: ElementKind = "tetra" if count == 4 else "hexahedron"
    N = shape_functions(kind, reference_nodes(block.kind))
    nodes, first = np.unique(block.nodes, return_index=True)
    element, local = np.divmod(first, block.nodes.shape[1])
    weights = N[local]
    kept = np.zeros_like(free)
    corner_nodes: IntArray = np.unique(block.nodes[:, :count])
    kept[corner_nodes] = free[corner_nodes]
    column = (np.cumsum(kept) - 1).reshape(kept.shape)
    fine = np.repeat(nodes[:, None], count, axis=1)
    coarse = block.nodes[element, :count]
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    values: list[FloatArray] = []
    for axis in range(3):
        used = (np.abs(weights) > 1e-12) & kept[coarse, axis]
        rows.append(3 * fine[used] + axis)
        columns.append(column[coarse[used], axis])
        values.append(weights[used])
    at = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(values), at), (free.size, int(kept.sum())))


def _conjugate_gradients(A: csr_matrix, b: FloatArray, inverse: _Levels) -> FloatArray:
    x, rest = np.zeros_like(b), b.copy()
    enough = TOLERANCE * float(np.linalg.norm(b))
    z = inverse(rest)
    way, product = z, float(rest @ z)
    for _ in range(STEPS):
        if float(np.linalg.norm(rest)) <= enough:
            return x
        pushed = A @ way
        length = product / float(way @ pushed)
        x += length * way
        rest -= length * pushed
        z = inverse(rest)
        before, product = product, float(rest @ z)
        way = z + product / before * way
    raise RuntimeError(f"conjugate gradients did not converge in {STEPS} steps")
