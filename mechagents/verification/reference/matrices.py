"""Element matrices of the reference in numpy, and their sum."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse

from mechagents.verification.assembly import Samples
from mechagents.verification.elements import FloatArray, IntArray
from mechagents.verification.solution import Solution


def assembled(solution: Solution, parts: list[FloatArray]) -> sparse.csr_array:
    """Return the stiffness matrix [N/m, or N/m^2], shape (d points, d points).

    Args:
        solution: The mesh.
        parts: The matrix of each element of each block, shape (elements, d nodes, d nodes).
    """
    d = solution.fields.points.shape[1]
    values: list[FloatArray] = []
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    for block, K in zip(solution.fields.blocks, parts, strict=True):
        dofs = unknowns(block.nodes, d)
        across, along = np.broadcast_arrays(dofs[:, :, None], dofs[:, None, :])
        values.append(K.ravel())
        rows.append(across.ravel())
        columns.append(along.ravel())
    count = solution.fields.points.size
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_array(entries, shape=(count, count)).tocsr()


def unknowns(nodes: IntArray, d: int) -> IntArray:
    """Return the unknowns of elements, node by node, shape (elements, d nodes)."""
    each = np.asarray(d * nodes[..., None] + np.arange(d), dtype=np.int64)
    return each.reshape(len(nodes), -1)


def strain_matrix(at: Samples, *, axisymmetric: bool) -> FloatArray:
    """Return B with eps = B u for xx, yy, zz, gamma_xy, shape (elements, q, 4, 2 nodes).

    In space gamma_yz and gamma_xz follow, and it is (elements, q, 6, 3 nodes).
    """
    g = at.gradient
    if g.shape[-1] == 3:
        return _in_space(g)
    B = np.zeros((*g.shape[:2], 4, 2 * g.shape[2]))
    B[..., 0, 0::2], B[..., 1, 1::2] = g[..., 0], g[..., 1]
    B[..., 3, 0::2], B[..., 3, 1::2] = g[..., 1], g[..., 0]
    if axisymmetric:
        B[..., 2, 0::2] = at.N / at.x[..., :1]
    return B


def _in_space(g: FloatArray) -> FloatArray:
    B = np.zeros((*g.shape[:2], 6, 3 * g.shape[2]))
    for axis in range(3):
        B[..., axis, axis::3] = g[..., axis]
    for row, (i, j) in enumerate(((0, 1), (1, 2), (0, 2)), start=3):
        B[..., row, i::3], B[..., row, j::3] = g[..., j], g[..., i]
    return B
