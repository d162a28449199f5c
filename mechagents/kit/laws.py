"""The law of each element as a matrix, and the strain of changes of temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechagents.kit.spaces import at_points, inside
from mechagents.mechanics.formulation import Formulation, Idealisation
from mechagents.mechanics.materials import Law
from mechagents.mechanics.meshing import Mesh
from mechagents.mechanics.orthotropic import Orthotropic

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray


def stiffness_matrix(law: Law, idealisation: Idealisation) -> FloatArray:
    """Return D with sigma = D eps, in the order xx, yy, zz, xy, and for a solid yz, xz.

    Shear strains are gamma = 2 eps. In plane stress the zz row and column are zero: what
    sigma_zz = 0 makes of the law is in the others.

    Returns:
        Matrix [Pa], shape (4, 4), of a solid (6, 6).

    References:
        Jones, Mechanics of Composite Materials, 2nd ed. (1999), sections 2.3 to 2.6.
    """
    import numpy as np

    D = _turned(law) if isinstance(law, Orthotropic) else _isotropic(law)
    if idealisation == "solid":
        return D
    plane: FloatArray = D[:4, :4].copy()
    if idealisation == "plane_stress":
        plane -= np.outer(plane[:, 2], plane[2]) / plane[2, 2]
        plane[2], plane[:, 2] = 0.0, 0.0
    return plane


def _isotropic(law: Law) -> FloatArray:
    import numpy as np

    assert not isinstance(law, Orthotropic)
    lam, mu = law.lame_constants
    D = np.diag([2 * mu, 2 * mu, 2 * mu, mu, mu, mu])
    D[:3, :3] += lam
    return D


def _turned(law: Orthotropic) -> FloatArray:
    """Return the matrix in x, y, z of a law along axes of its own, shape (6, 6)."""
    import numpy as np

    E, nu, G = law.youngs_moduli, law.poisson_ratios, law.shear_moduli
    S = np.diag([1 / E[0], 1 / E[1], 1 / E[2], 1 / G[0], 1 / G[2], 1 / G[1]])
    for (i, j), ratio in zip(((0, 1), (0, 2), (1, 2)), nu, strict=True):
        S[i, j] = S[j, i] = -ratio / E[i]
    T = strain_along(law.angle)
    found: FloatArray = T.T @ np.linalg.inv(S) @ T
    return found


def strain_along(angle: float) -> FloatArray:
    """Return T, with which T eps is a strain along axes turned about z by an angle [rad].

    Returns:
        Shape (6, 6), for xx, yy, zz, xy, yz, xz with shear strains gamma = 2 eps.
    """
    import numpy as np

    c, s = np.cos(angle), np.sin(angle)
    T = np.eye(6)
    T[0, [0, 1, 3]] = c * c, s * s, c * s
    T[1, [0, 1, 3]] = s * s, c * c, -c * s
    T[3, [0, 1, 3]] = -2 * c * s, 2 * c * s, c * c - s * s
    T[4, 4:] = c, -s
    T[5, 4:] = s, c
    return T


def stiffness(problem: Formulation, mesh: Mesh) -> FloatArray:
    """Return the matrix of each element's material, to multiply strains at points.

    Returns:
        [Pa], shape (4, 4, elements, 1), of solids (6, 6, elements, 1); with a strain of shape
        (4, elements, points) the stress is ``einsum("ij...,j...->i...", D, strain)``.
    """
    import numpy as np

    laws = [problem.materials[name] for name in mesh.regions]
    matrices = np.stack([stiffness_matrix(law, problem.idealisation) for law in laws])
    found: FloatArray = np.moveaxis(matrices[mesh.region], 0, 2)[..., None]
    return found


def free_expansion(problem: Formulation, mesh: Mesh, x: FloatArray) -> FloatArray:
    """Return the strain alpha T that changes of temperature make where nothing holds the body.

    Args:
        problem: The problem.
        mesh: The mesh.
        x: Points of each element, coordinates first [m], shape (2 | 3, elements, points).

    Returns:
        xx, yy, zz and gamma_xy, of solids gamma_yz and gamma_xz too; shape
        (4 | 6, elements, points).
    """
    import numpy as np

    count = 6 if problem.dimension == 3 else 4
    laws = [problem.materials[name] for name in mesh.regions]
    alpha = np.stack([expansion(law)[:count] for law in laws])[mesh.region].T[..., None]
    total: FloatArray = np.zeros((count, *x.shape[1:]))
    for load in problem.loads:
        if load.kind == "temperature":
            total += alpha * inside(mesh, load.region) * at_points(load.change, x)
    return total


def expansion(law: Law) -> FloatArray:
    """Return the strain that a kelvin makes in x, y, z [1/K], shape (6,); 0 where none is given."""
    import numpy as np

    alpha = law.thermal_expansion or 0.0
    along: FloatArray = np.zeros(6)
    along[:3] = alpha
    if isinstance(law, Orthotropic):
        along = strain_along(-law.angle) @ along
    return along
