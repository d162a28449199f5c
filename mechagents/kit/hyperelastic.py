"""Stress and tangent of hyperelastic laws, for Newton's method.

Every law here is W(I1, I2, J). With the derivatives of the invariants by F,

    dI1 = 2 F,   dI2 = 2 (I1 F - F C),   dJ = J F^-T,

P = sum of W_a dI_a, and the tangent A = dP/dF takes the second derivatives once more.

References:
    Holzapfel, Nonlinear Solid Mechanics (2000), sections 6.2, 6.5, 6.6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray

STRETCHES = 40
"""The most Newton steps for the stretch across a body in plane stress."""
_I = np.eye(3)


@dataclass(frozen=True, eq=False)
class Response:
    """What a law answers to a deformation, arrays of any shape (...) with components last."""

    energy: FloatArray
    """W [J/m^3], shape (...)."""
    stress: FloatArray
    """First Piola-Kirchhoff stress P = dW/dF [Pa], shape (..., 3, 3)."""
    tangent: FloatArray
    """dP/dF [Pa], shape (..., 3, 3, 3, 3)."""
    gradient: FloatArray
    """F, with the stretch across the body that plane stress asks for, shape (..., 3, 3)."""

    @property
    def cauchy(self) -> FloatArray:
        """The true stress P F^T / J [Pa], shape (..., 3, 3)."""
        J = np.linalg.det(self.gradient)[..., None, None]
        found: FloatArray = self.stress @ np.swapaxes(self.gradient, -1, -2) / J
        return found


def respond(law: Hyperelastic, F: FloatArray, *, plane_stress: bool = False) -> Response:
    """Return energy, stress and tangent of a law.

    Args:
        law: With its constants.
        F: Deformation gradients, shape (..., 3, 3), J > 0.
        plane_stress: Whether the stretch F_33 is what makes P_33 zero, and the tangent that
            which follows from it.

    Raises:
        FloatingPointError: If J <= 0 somewhere, or there is no such stretch.
    """
    if not plane_stress:
        return _respond(law, F)
    found = _respond(law, _across(law, F))
    return replace(found, tangent=without_stress_across(found.tangent))


def without_stress_across(A: FloatArray) -> FloatArray:
    """Return the tangent in plane stress: what is left where the stress across stays zero.

    Args:
        A: The tangent in space [Pa], shape (..., 3, 3, 3, 3).
    """
    stiff = A[..., 2, 2, 2, 2][..., None, None, None, None]
    across, along = A[..., :, :, 2, 2][..., None, None], A[..., 2, 2, :, :][..., None, None, :, :]
    plane: FloatArray = A - across * along / stiff
    return plane


def stretch_across(law: Hyperelastic, F: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the stretch F_33 that leaves P_33 zero, and its derivative by F.

    Args:
        law: With its constants.
        F: Deformation gradients, shape (..., 3, 3), whose F_33 is not read.

    Returns:
        Shapes (...) and (..., 3, 3); the derivative by F_33 itself is no use.
    """
    found = _respond(law, _across(law, F))
    A = found.tangent
    return found.gradient[..., 2, 2], -A[..., 2, 2, :, :] / A[..., 2, 2, 2, 2][..., None, None]


def _across(law: Hyperelastic, F: FloatArray) -> FloatArray:
    """Return F with the stretch across the body that leaves P_33 zero."""
    stretched = F.copy()
    lam, mu = law.lame_constants
    area = F[..., 0, 0] * F[..., 1, 1] - F[..., 0, 1] * F[..., 1, 0]
    stretch = np.maximum(area, 1e-3) ** (-lam / (lam + 2 * mu))
    largest = np.inf
    for _ in range(STRETCHES):
        stretched[..., 2, 2] = stretch
        found = _respond(law, stretched)
        left = found.stress[..., 2, 2]
        largest = float(np.abs(left).max(initial=0.0))
        if largest <= 1e-13 * (lam + 2 * mu):
            return stretched
        step = -left / found.tangent[..., 2, 2, 2, 2]
        stretch = np.clip(stretch + step, stretch / 2, stretch * 2)
    if largest <= 1e-9 * (lam + 2 * mu):
        return stretched
    raise FloatingPointError("no stretch across the body leaves it without stress there")


def _respond(law: Hyperelastic, F: FloatArray) -> Response:
    J = np.linalg.det(F)
    if not np.all(J > 0):
        raise FloatingPointError("an element is turned inside out: det F <= 0")
    C = np.swapaxes(F, -1, -2) @ F
    I1 = np.trace(C, axis1=-2, axis2=-1)
    I2 = (I1**2 - (C * C).sum(axis=(-1, -2))) / 2
    energy, first, second = _derivatives(law, I1, I2, J)
    G = [
        2 * F,
        2 * (I1[..., None, None] * F - F @ C),
        J[..., None, None] * np.swapaxes(np.linalg.inv(F), -1, -2),
    ]
    P = sum(w[..., None, None] * g for w, g in zip(first, G, strict=True))
    return Response(energy, np.asarray(P), _tangent(F, C, I1, J, G, first, second), F)


def _tangent(
    F: FloatArray,
    C: FloatArray,
    I1: FloatArray,
    J: FloatArray,
    G: list[FloatArray],
    first: list[FloatArray],
    second: dict[tuple[int, int], FloatArray],
) -> FloatArray:
    def scaled(w: FloatArray) -> FloatArray:
        return w[..., None, None, None, None]

    total = np.zeros((*F.shape, 3, 3))
    for (a, b), w in second.items():
        outer = np.einsum("...ij,...kl->...ijkl", G[a], G[b])
        total += scaled(w) * (outer if a == b else outer + np.einsum("...ijkl->...klij", outer))
    same = np.einsum("ik,jl->ijkl", _I, _I)
    total += scaled(2 * first[0]) * same
    if np.any(first[1]):
        B = F @ np.swapaxes(F, -1, -2)
        inner = 2 * np.einsum("...ij,...kl->...ijkl", F, F) + scaled(I1) * same
        inner -= np.einsum("ik,...jl->...ijkl", _I, C) + np.einsum("...ik,jl->...ijkl", B, _I)
        inner -= np.einsum("...il,...kj->...ijkl", F, F)
        total += scaled(2 * first[1]) * inner
    # J (F^-T)_ij (F^-T)_kl - J (F^-T)_il (F^-T)_kj, from the cofactor G[2] = J F^-T
    cofactor = G[2]
    turn = np.einsum("...ij,...kl->...ijkl", cofactor, cofactor)
    turn -= np.einsum("...il,...kj->...ijkl", cofactor, cofactor)
    total += scaled(first[2] / J) * turn
    return total


def _derivatives(
    law: Hyperelastic,
    I1: FloatArray,
    I2: FloatArray,
    J: FloatArray,
) -> tuple[FloatArray, list[FloatArray], dict[tuple[int, int], FloatArray]]:
    """Return W, its derivatives by I1, I2 and J, and its second ones by pairs of them."""
    zero = np.zeros_like(J)
    lam, mu = law.lame_constants
    if isinstance(law, SaintVenantKirchhoff):
        trace = (I1 - 3) / 2
        squares = (I1**2 - 2 * I2 - 2 * I1 + 3) / 4
        first = [lam / 2 * trace + mu / 2 * (I1 - 1), zero - mu / 2, zero]
        second = {(0, 0): zero + lam / 4 + mu / 2}
        return lam / 2 * trace**2 + mu * squares, first, second
    if isinstance(law, NeoHookean) and law.volumetric == "logarithmic":
        log = np.log(J)
        energy = mu / 2 * (I1 - 3 - 2 * log) + lam / 2 * log**2
        first = [zero + mu / 2, zero, (lam * log - mu) / J]
        return energy, first, {(2, 2): (lam - lam * log + mu) / J**2}
    if isinstance(law, MooneyRivlin):
        c10, c01 = law.c10, law.c01
    else:
        c10, c01 = mu / 2, 0.0
    kappa = law.bulk_modulus
    a, b = J ** (-2 / 3), J ** (-4 / 3)
    energy = c10 * (a * I1 - 3) + c01 * (b * I2 - 3) + kappa / 4 * (J**2 - 1 - 2 * np.log(J))
    slope = -2 / 3 * c10 * a * I1 / J - 4 / 3 * c01 * b * I2 / J + kappa / 2 * (J - 1 / J)
    second = {
        (0, 2): -2 / 3 * c10 * a / J,
        (1, 2): -4 / 3 * c01 * b / J,
        (2, 2): 10 / 9 * c10 * a * I1 / J**2
        + 28 / 9 * c01 * b * I2 / J**2
        + kappa / 2 * (1 + 1 / J**2),
    }
    return energy, [c10 * a, c01 * b, slope], second
