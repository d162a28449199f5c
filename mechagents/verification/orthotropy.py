"""Orthotropic laws in the axes of the problem, by rotation of the compliance tensor."""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.formulation import Idealisation
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.verification.elements import FloatArray

_PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))
"""The order of components: xx, yy, zz, xy, and in space yz, xz."""


def orthotropic_matrix(material: Orthotropic, idealisation: Idealisation) -> FloatArray:
    """Return D with sigma = D eps, in the order and for the strains of ``elasticity_matrix``.

    The compliance S_ijkl of the material's own axes is turned as a tensor, and only then
    inverted: without its zz row and column in plane stress, whole elsewhere.

    Returns:
        Matrix [Pa], shape (4, 4), of a solid (6, 6).

    References:
        Lekhnitskii, Theory of Elasticity of an Anisotropic Body (1981), sections 3 to 5.
    """
    S = _compliance(material)
    if idealisation == "solid":
        return np.asarray(np.linalg.inv(S), dtype=np.float64)
    if idealisation != "plane_stress":
        return np.asarray(np.linalg.inv(S)[:4, :4], dtype=np.float64)
    kept = np.ix_([0, 1, 3], [0, 1, 3])
    D = np.zeros((4, 4))
    D[kept] = np.linalg.inv(S[kept])
    return D


def expansion_strain(material: Orthotropic) -> FloatArray:
    """Return the strain that a kelvin makes in xx, yy, zz, gamma_xy, gamma_yz, gamma_xz [1/K]."""
    alpha = np.diag(material.thermal_expansion or (0.0, 0.0, 0.0))
    R = _rotation(material)
    turned = R @ alpha @ R.T
    return np.array([turned[i, j] * (1 if i == j else 2) for i, j in _PAIRS])


def _rotation(material: Orthotropic) -> FloatArray:
    """Return R whose columns are the material's axes in x, y, z."""
    c, s = np.cos(material.angle), np.sin(material.angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _compliance(material: Orthotropic) -> FloatArray:
    """Return S with eps = S sigma in x, y, z for engineering shear strains, shape (6, 6)."""
    E1, E2, E3 = material.youngs_moduli
    nu12, nu13, nu23 = material.poisson_ratios
    G12, G13, G23 = material.shear_moduli
    S = np.zeros((3, 3, 3, 3))
    for (i, j), value in {
        (0, 0): 1 / E1, (1, 1): 1 / E2, (2, 2): 1 / E3,
        (0, 1): -nu12 / E1, (0, 2): -nu13 / E1, (1, 2): -nu23 / E2,
    }.items():  # fmt: skip
        S[i, i, j, j] = S[j, j, i, i] = value
    for (i, j), modulus in {(0, 1): G12, (0, 2): G13, (1, 2): G23}.items():
        # eps_ij = sigma_ij / (2 G), in two halves for the two stresses that are the same.
        S[i, j, i, j] = S[i, j, j, i] = S[j, i, i, j] = S[j, i, j, i] = 1 / (4 * modulus)
    R = _rotation(material)
    turned = np.einsum("ia,jb,kc,ld,abcd->ijkl", R, R, R, R, S)
    factor = [1.0 if i == j else 2.0 for i, j in _PAIRS]
    rows = [
        [turned[i, j, k, m] * p * q for (k, m), q in zip(_PAIRS, factor, strict=True)]
        for (i, j), p in zip(_PAIRS, factor, strict=True)
    ]
    return np.array(rows)
