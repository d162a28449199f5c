"""Finite deformation of a returned displacement: F = I + grad u, forces, energy and true stress.

f_int = sum over elements of  integral P(F) grad N dV    over the body before deformation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.mechanics.hyperelastic import Hyperelastic
from mechagents.verification.elements import BoolArray, FloatArray
from mechagents.verification.hyperelastic import determinant, energy, kirchhoff, stretched_across

if TYPE_CHECKING:
    from mechagents.verification.assembly import Samples
    from mechagents.verification.solution import Solution

_COLUMNS = ((0, 1, 2, 0, 1, 0), (0, 1, 2, 1, 2, 2))
"""xx, yy, zz, xy, and in space yz, xz."""


def deformation_gradient(solution: Solution, index: int, at: Samples, u: FloatArray) -> FloatArray:
    """Return F at points of a block's elements, shape (elements, points, 3, 3).

    Args:
        solution: The solution.
        index: Which block.
        at: Which points.
        u: Displacement of each element's nodes [m], shape (elements, nodes, d).
    """
    F = np.zeros((*at.jacobian.shape, 3, 3)) + np.eye(3)
    d = u.shape[-1]
    F[..., :d, :d] += np.swapaxes(u, 1, 2)[:, None] @ at.gradient
    if solution.axisymmetric:
        r, u_r = at.x[..., 0], (at.N @ u)[..., 0]
        off_axis = r > 1e-12 * np.abs(at.x).max()
        hoop = np.where(off_axis, u_r / np.where(off_axis, r, 1.0), F[..., 0, 0] - 1)
        F[..., 2, 2] = 1 + hoop
    if solution.formulation.idealisation == "plane_stress":
        for law, rows in _laws(solution, index):
            F[rows] = stretched_across(law, F[rows])
    return F


def element_answer(
    solution: Solution, index: int, at: Samples, volume: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return forces, strain energy, and work of the stress on the displacement, by element.

    Args:
        solution: The solution.
        index: Which block.
        at: The quadrature points.
        volume: What each counts for before deformation, shape (elements, points).

    Returns:
        Forces at each element's nodes [N or N/m], shape (elements, nodes, d), and strain energy
        and work [J or J/m], each of shape (elements,).
    """
    block = solution.fields.blocks[index]
    u = solution.fields.displacement[block.nodes]
    F = deformation_gradient(solution, index, at, u)
    P, W = np.zeros_like(F), np.zeros(F.shape[:2])
    for law, rows in _laws(solution, index):
        P[rows] = kirchhoff(law, F[rows]) @ np.linalg.inv(np.swapaxes(F[rows], -1, -2))
        W[rows] = energy(law, F[rows])
    weighted = P * volume[..., None, None]
    d = u.shape[-1]
    force = (at.gradient @ np.swapaxes(weighted[..., :d, :d], -1, -2)).sum(axis=1)
    if solution.axisymmetric:
        force[..., 0] += (weighted[..., 2, 2] / at.x[..., 0]) @ at.N
    return force, (W * volume).sum(axis=1), (force * u).sum(axis=(1, 2))


def cauchy_stress(solution: Solution, index: int, at: Samples) -> FloatArray:
    """Return the true stress in a block [Pa], shape (elements, points, 4 or 6).

    Components as ``COLUMNS`` has them.
    """
    block = solution.fields.blocks[index]
    F = deformation_gradient(solution, index, at, solution.fields.displacement[block.nodes])
    columns = 6 if solution.formulation.dimension == 3 else 4
    i, j = (list(axes[:columns]) for axes in _COLUMNS)
    sigma = np.zeros((*F.shape[:2], columns))
    for law, rows in _laws(solution, index):
        J = determinant(F[rows])
        sigma[rows] = kirchhoff(law, F[rows])[..., i, j] / J[..., None]
    return sigma


def least_volume_change(solution: Solution, index: int, at: Samples) -> float:
    """Return the least J = det F of a block, and in plane stress of the plane's part alone too.

    Across a sheet of Saint-Venant-Kirchhoff material that is stretched too far nothing is left of
    the thickness, though in its plane no element is turned inside out.
    """
    block = solution.fields.blocks[index]
    u = solution.fields.displacement[block.nodes]
    if solution.formulation.idealisation == "plane_stress":
        in_plane = np.eye(2) + np.einsum("mki,mqkj->mqij", u, at.gradient)
        flat = float(np.linalg.det(in_plane).min())
        if not flat > 0:
            return flat
    return float(determinant(deformation_gradient(solution, index, at, u)).min())


def _laws(solution: Solution, index: int) -> list[tuple[Hyperelastic, BoolArray]]:
    """Return each region's law and its elements of a block; what lies outside has none."""
    materials, region = solution.formulation.materials, solution.region[index]
    laws = [cast("Hyperelastic", materials[name]) for name in solution.regions]
    return [(law, region == number) for number, law in enumerate(laws)]
