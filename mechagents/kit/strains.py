"""The small strain of a displacement, from the shape functions of the elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechagents.kit.elements import reference_nodes, shape_functions
from mechagents.kit.spaces import node_means

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray, Mesh


def strain_at_nodes(mesh: Mesh, u: FloatArray, *, axisymmetric: bool = False) -> FloatArray:
    """Return the strain at each element's own nodes, the mean of the elements of a region there.

    Args:
        mesh: The mesh.
        u: Displacement at its nodes [m], shape (nodes, 2 | 3).
        axisymmetric: Whether x is a radius, and zz the hoop strain u_x / x.

    Returns:
        xx, yy, zz, xy (, yz, xz) of the tensor, xy = eps_xy [-], shape (elements, nodes of an
        element, 4 | 6). In plane stress zz is not known from u, and 0.
    """
    _, slopes = shape_functions(mesh.kind, reference_nodes(mesh.kind))
    x, moved = mesh.points[mesh.cells], u[mesh.cells]
    along = np.einsum("qnl,end->eqld", slopes, x)
    inverse = np.asarray(np.linalg.inv(along), dtype=np.float64)
    slope = np.einsum("eqdl,qnl,eni->eqid", inverse, slopes, moved, optimize=True)
    eps = (slope + np.swapaxes(slope, -1, -2)) / 2
    if x.shape[-1] == 3:
        columns = [eps[..., i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))]
    else:
        hoop = np.zeros(eps.shape[:2])
        if axisymmetric:  # on the axis u_r / r tends to du_r/dr
            off = x[..., 0] > 1e-9 * np.abs(x).max()
            hoop = np.divide(moved[..., 0], x[..., 0], out=eps[..., 0, 0].copy(), where=off)
        columns = [eps[..., 0, 0], eps[..., 1, 1], hoop, eps[..., 0, 1]]
    return node_means(mesh, np.stack(columns, axis=-1))
