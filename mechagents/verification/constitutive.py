"""The constitutive law in Voigt order xx, yy, zz, xy, yz, xz, and equivalent stress."""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.formulation import Idealisation, StrainComponent, StressComponent
from mechagents.mechanics.materials import Law
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.verification.elements import FloatArray
from mechagents.verification.orthotropy import expansion_strain, orthotropic_matrix

COLUMNS = ("xx", "yy", "zz", "xy", "yz", "xz")
"""The order of stress and strain components; the plane has the first four.

There zz is out of the plane, or the hoop direction."""


def elasticity_matrix(material: Law, idealisation: Idealisation) -> FloatArray:
    """Return D with sigma = D eps for strains xx, yy, zz and gamma_xy = 2 eps_xy.

    In space gamma_yz and gamma_xz follow. In plane strain eps_zz is zero and in an axisymmetric
    body it is the hoop strain; all these take the full law. In plane stress sigma_zz = 0, and the
    zz row and column are zero. Of a nonlinear law this is what it is at small strain.

    Returns:
        Matrix [Pa], shape (4, 4), or (6, 6) in space, symmetric; in the order of ``COLUMNS``.

    References:
        Timoshenko & Goodier, Theory of Elasticity (1970), sections 8, 15, 16.
    """
    if isinstance(material, Orthotropic):
        return orthotropic_matrix(material, idealisation)
    lam, G = material.lame_constants
    if idealisation == "plane_stress":
        b = 2 * lam * G / (lam + 2 * G)
        a = b + 2 * G
        rows = [[a, b, 0, 0], [b, a, 0, 0], [0, 0, 0, 0], [0, 0, 0, G]]
        return np.array(rows, dtype=np.float64)
    D = np.diag([2 * G] * 3 + [G] * (3 if idealisation == "solid" else 1))
    D[:3, :3] += lam
    return D


def thermal_expansion(material: Law, idealisation: Idealisation) -> FloatArray:
    """Return the strain that a kelvin makes, as ``COLUMNS`` has it [1/K], shape (4,) or (6,)."""
    columns = 6 if idealisation == "solid" else 4
    if isinstance(material, Orthotropic):
        return expansion_strain(material)[:columns]
    alpha = material.thermal_expansion or 0.0
    return np.array([alpha] * 3 + [0.0] * (columns - 3))


def von_mises(stress: FloatArray) -> FloatArray:
    """Return the von Mises stress [Pa] of stresses as ``COLUMNS`` has them, (..., 4 or 6)."""
    xx, yy, zz = np.moveaxis(stress[..., :3], -1, 0)
    squares = (xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2
    shear = (stress[..., 3:] ** 2).sum(axis=-1)
    return np.asarray(np.sqrt(squares / 2 + 3 * shear), dtype=np.float64)


def tensor_component(
    tensor: FloatArray, component: StressComponent | StrainComponent
) -> FloatArray:
    """Return one component, a principal value or the von Mises stress of tensors.

    Args:
        tensor: Stresses [Pa] or strains [-] in the order of ``COLUMNS``, of which the shear is
            eps_xy, not gamma_xy; shape (..., 4 or 6).
        component: Which; principal values are the largest and the smallest of the three.
    """
    if component == "von_mises":
        return von_mises(tensor)
    if component == "max_principal" or component == "min_principal":
        values = np.linalg.eigvalsh(_matrices(tensor))
        return np.asarray(values[..., 2 if component == "max_principal" else 0], dtype=np.float64)
    return tensor[..., COLUMNS.index(component)]


def _matrices(tensor: FloatArray) -> FloatArray:
    """Return tensors as symmetric matrices, shape (..., 3, 3)."""
    found = np.zeros((*tensor.shape[:-1], 3, 3))
    for column, name in enumerate(COLUMNS[: tensor.shape[-1]]):
        i, j = ("xyz".index(axis) for axis in name)
        found[..., i, j] = found[..., j, i] = tensor[..., column]
    return found
