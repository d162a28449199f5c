"""Matrices of a returned mesh: stiffness, mass, and the geometric stiffness of a stress.

Summed from the same shape functions, strains and quadrature as the forces in ``assembly``.

References:
    Zienkiewicz, Taylor, The Finite Element Method (2000), volume 1, chapter 17; Hinton, Rock,
    Zienkiewicz, A note on mass lumping and related processes (1976).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mechagents.verification.assembly import Samples, strain, thermal_strain, volumes
from mechagents.verification.elements import FloatArray, IntArray, order
from mechagents.verification.solution import Solution

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ENTRIES = 8_000_000
"""Of element matrices that are held at once."""
_TENSOR = {2: np.array([[0, 3], [3, 1]]), 3: np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2]])}
"""Where the components of a stress tensor of the plane and of space are among four or six."""


def stiffness_matrix(solution: Solution, level: int) -> csr_matrix:
    """Return integral B^T D B dV [N/m, or N/m^2], by rows node after node, (n, n)."""
    return _assembled(solution, list(element_stiffness(solution, level)))


def element_stiffness(solution: Solution, level: int) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield nodes (elements, k) and matrices (elements, d k, d k) of some elements at a time."""
    for index, rows, at, volume in _chunks(solution, level):
        nodes = solution.fields.blocks[index].nodes[rows]
        B = _strain_matrix(at, nodes, solution.axisymmetric, solution.fields.points.shape[1])
        D = solution.stiffness(index)[rows]
        weighted = (D[:, None] @ B) * volume[..., None, None]
        flat = (len(B), -1, B.shape[-1])
        yield nodes, B.reshape(flat).transpose(0, 2, 1) @ weighted.reshape(flat)


def mass_matrix(solution: Solution, level: int, *, lumped: bool) -> csr_matrix:
    """Return integral rho N^T N dV [kg, or kg/m], consistent or lumped, (n, n).

    Lumped: a row's sum where elements are linear; where they are quadratic, a row's sum may be
    negative, and the diagonal is scaled to the element's mass (Hinton, Rock, Zienkiewicz).
    """
    return _assembled(solution, list(element_mass(solution, level, lumped=lumped)))


def element_mass(
    solution: Solution, level: int, *, lumped: bool
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield nodes and matrices of the mass of some elements at a time."""
    for index, rows, at, volume in _chunks(solution, level, whole=True):
        block = solution.fields.blocks[index]
        density = solution.density(index)[rows]
        consistent = np.einsum("mq,qk,ql->mkl", volume * density[:, None], at.N, at.N)
        if lumped and order(block.kind) == 1:
            consistent = _diagonal(consistent.sum(axis=2))
        elif lumped:
            diagonal = np.einsum("mkk->mk", consistent)
            whole = consistent.sum(axis=(1, 2)) / diagonal.sum(axis=1)
            consistent = _diagonal(diagonal * whole[:, None])
        yield block.nodes[rows], _for_each_axis(consistent, solution)


def geometric_matrix(solution: Solution, level: int) -> csr_matrix:
    """Return integral sigma_ij du_k/dx_i dv_k/dx_j dV with the stress of the displacement, (n, n).

    Tension is positive. Valid in the plane and in space, not for axisymmetric bodies.
    """
    parts: list[tuple[IntArray, FloatArray]] = []
    for index, rows, at, volume in _chunks(solution, level, whole=True):
        nodes = solution.fields.blocks[index].nodes[rows]
        eps = strain(at, solution.fields.displacement[nodes], axisymmetric=False)
        eps = eps - thermal_strain(solution, index, at.x, rows)
        stress = (eps @ solution.stiffness(index)[rows]) * volume[..., None]
        g = at.gradient
        sigma = stress[..., _TENSOR[g.shape[-1]]]
        scalar = np.einsum("mqki,mqli->mkl", g @ sigma, g, optimize=True)
        parts.append((nodes, _for_each_axis(scalar, solution)))
    return _assembled(solution, parts)


def _chunks(
    solution: Solution, level: int, *, whole: bool = False
) -> Iterator[tuple[int, slice, Samples, FloatArray]]:
    """Yield a block, some of its elements, their points of integration and what these count for.

    Four points of a tetra10 are enough for its stiffness, but not for whole shape functions or
    three gradients: nobody integrates a mass or a geometric stiffness by them.
    """
    for index, block in enumerate(solution.fields.blocks):
        few = whole and block.kind == "tetra10"
        at, volume = volumes(solution, index, max(level, 1) if few else level)
        size = block.nodes.shape[1] * solution.fields.points.shape[1]
        step = max(1, ENTRIES // (size * max(size, 6 * at.N.shape[0])))
        for start in range(0, len(block), step):
            rows = slice(start, start + step)
            some = replace(at, gradient=at.gradient[rows], jacobian=at.jacobian[rows], x=at.x[rows])
            yield index, rows, some, volume[rows]


def _strain_matrix(at: Samples, nodes: IntArray, axisymmetric: bool, dimension: int) -> FloatArray:
    """Return B, the strain of a unit displacement of each node in each direction."""
    columns: list[FloatArray] = []
    for node in range(nodes.shape[1]):
        for axis in range(dimension):
            unit = np.zeros((*nodes.shape, dimension))
            unit[:, node, axis] = 1.0
            columns.append(strain(at, unit, axisymmetric=axisymmetric))
    return np.stack(columns, axis=-1)


def _diagonal(values: FloatArray) -> FloatArray:
    found: FloatArray = values[:, :, None] * np.eye(values.shape[1])
    return found


def _for_each_axis(scalar: FloatArray, solution: Solution) -> FloatArray:
    """Return a matrix by nodes as one by unknowns, the same in every direction."""
    dimension = solution.fields.points.shape[1]
    size = scalar.shape[1] * dimension
    full = np.einsum("mkl,ab->mkalb", scalar, np.eye(dimension))
    return np.asarray(full.reshape(len(scalar), size, size), dtype=np.float64)


def _assembled(solution: Solution, parts: list[tuple[IntArray, FloatArray]]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    dimension = solution.fields.points.shape[1]
    size = solution.fields.points.size
    total = csr_matrix((size, size))
    for nodes, values in parts:
        each: IntArray = nodes[:, :, None] * dimension + np.arange(dimension, dtype=np.int64)
        dofs: IntArray = each.reshape(len(nodes), -1)
        row, column = np.repeat(dofs, dofs.shape[1], axis=1), np.tile(dofs, dofs.shape[1])
        row, column = row.ravel(), column.ravel()
        total = total + csr_matrix((values.ravel(), (row, column)), (size, size))
    return total
