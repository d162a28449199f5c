"""Hyperelastic laws by their stress in the deformed body, from the left Cauchy-Green tensor.

With b = F F^T and J = det F the Kirchhoff stress tau = J sigma is

    Saint-Venant-Kirchhoff  F (lambda tr E I + 2 mu E) F^T,  E = (F^T F - I) / 2
    neo-Hookean, logarithmic  mu (b - I) + lambda ln J I
    isochoric laws  2 c10 dev b' + 2 c01 dev(I1' b' - b'^2) + kappa/2 (J^2 - 1) I,  b' = J^(-2/3) b

and P = tau F^-T. Written apart from the laws that programs use, and by other formulas.

References:
    Bonet & Wood, Nonlinear Continuum Mechanics for Finite Element Analysis (2008), chapter 6;
    Simo & Hughes, Computational Inelasticity (1998), chapter 9.
"""

from __future__ import annotations

import numpy as np

from mechagents.mechanics.hyperelastic import (
    Hyperelastic,
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
)
from mechagents.verification.elements import FloatArray

_I = np.eye(3)
_WIDEST = 4.0
"""The logarithm of the largest stretch across a body in plane stress that is looked for."""
_HALVINGS = 6
"""How often the bracket of it is halved first: a law that softens may have more than one zero."""
_STEPS, _SETTLED = 60, 1e-14
"""The most steps of Newton's method then, and the last of them."""


def kirchhoff(law: Hyperelastic, F: FloatArray) -> FloatArray:
    """Return the Kirchhoff stress tau [Pa] of deformation gradients F, shape (..., 3, 3)."""
    lam, mu = law.lame_constants
    J = determinant(F)[..., None, None]
    if isinstance(law, SaintVenantKirchhoff):
        E = (_transposed(F) @ F - _I) / 2
        S = lam * _trace(E) * _I + 2 * mu * E
        return np.asarray(F @ S @ _transposed(F), dtype=np.float64)
    b = F @ _transposed(F)
    if isinstance(law, NeoHookean) and law.volumetric == "logarithmic":
        return np.asarray(mu * (b - _I) + lam * np.log(J) * _I, dtype=np.float64)
    c10, c01 = _constants(law)
    bar = J ** (-2 / 3) * b
    stress = 2 * c10 * _deviator(bar) + law.bulk_modulus / 2 * (J**2 - 1) * _I
    if c01:
        stress += 2 * c01 * _deviator(_trace(bar) * bar - bar @ bar)
    return np.asarray(stress, dtype=np.float64)


def energy(law: Hyperelastic, F: FloatArray) -> FloatArray:
    """Return the strain energy W per volume before deformation [J/m^3], shape (...)."""
    lam, mu = law.lame_constants
    J = determinant(F)
    if isinstance(law, SaintVenantKirchhoff):
        E = (_transposed(F) @ F - _I) / 2
        trace = _trace(E)[..., 0, 0]
        return np.asarray(lam / 2 * trace**2 + mu * (E * E).sum(axis=(-1, -2)), dtype=np.float64)
    b = F @ _transposed(F)
    if isinstance(law, NeoHookean) and law.volumetric == "logarithmic":
        log = np.log(J)
        logarithmic = mu / 2 * (_trace(b)[..., 0, 0] - 3 - 2 * log) + lam / 2 * log**2
        return np.asarray(logarithmic, dtype=np.float64)
    c10, c01 = _constants(law)
    bar = J[..., None, None] ** (-2 / 3) * b
    I1 = _trace(bar)[..., 0, 0]
    I2 = (I1**2 - (bar * bar).sum(axis=(-1, -2))) / 2
    W = c10 * (I1 - 3) + c01 * (I2 - 3) + law.bulk_modulus / 4 * (J**2 - 1 - 2 * np.log(J))
    return np.asarray(W, dtype=np.float64)


def determinant(F: FloatArray) -> FloatArray:
    """Return det F of matrices of shape (..., 3, 3), written out: LAPACK is slow for small ones."""
    (a, b, c), (d, e, f), (g, h, i) = (np.moveaxis(row, -1, 0) for row in np.moveaxis(F, -2, 0))
    return np.asarray(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def stretched_across(law: Hyperelastic, F: FloatArray) -> FloatArray:
    """Return F with the stretch F_33 that leaves plane stress without stress across.

    Its logarithm is found by halving a bracket, then by Newton's method, which halves on where a
    step would leave it.

    Args:
        law: With its constants.
        F: Shape (..., 3, 3), F_13 = F_23 = 0; its F_33 is not read.
    """
    found = F.copy()
    if isinstance(law, SaintVenantKirchhoff):
        lam, mu = law.lame_constants
        in_plane = ((F[..., :2, :2] ** 2).sum(axis=(-1, -2)) - 2) / 2
        found[..., 2, 2] = np.sqrt(np.maximum(1 - 2 * lam / (lam + 2 * mu) * in_plane, 0.0))
        return found
    found[..., 2, 2] = np.exp(_log_across(law, F[..., :2, :2]))
    return found


def _log_across(law: Hyperelastic, A: FloatArray) -> FloatArray:
    """Return the logarithm of the stretch across for the part of F in the plane, shape (...)."""
    j = A[..., 0, 0] * A[..., 1, 1] - A[..., 0, 1] * A[..., 1, 0]
    trace = (A * A).sum(axis=(-1, -2))
    low, high = (np.full(j.shape, side) for side in (-_WIDEST, _WIDEST))
    at = np.zeros_like(j)
    # An element that is turned inside out has no stress, and no answer.
    with np.errstate(invalid="ignore", divide="ignore"):
        for number in range(_HALVINGS + _STEPS):
            pull, slope = _pull_across(law, at, j, trace)
            low, high = np.where(pull > 0, low, at), np.where(pull > 0, at, high)
            new = at - pull / slope
            inside = (new >= low) & (new <= high) & (number >= _HALVINGS)
            new = np.where(inside, new, (low + high) / 2)
            step, at = np.abs(new - at), new
            if step.max(initial=0.0) <= _SETTLED:
                break
    return at


def _pull_across(
    law: Hyperelastic, log: FloatArray, j: FloatArray, trace: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return tau_33 in plane stress [Pa], and its slope over the logarithm of F_33.

    Args:
        law: With its constants; not Saint-Venant-Kirchhoff.
        log: The logarithm of F_33.
        j: The determinant of the part of F in the plane.
        trace: b_11 + b_22.
    """
    lam, mu = law.lame_constants
    square = np.exp(2 * log)  # b_33
    if isinstance(law, NeoHookean) and law.volumetric == "logarithmic":
        return mu * (square - 1) + lam * (np.log(j) + log), 2 * mu * square + lam
    c10, c01 = _constants(law)
    J = j * np.exp(log)
    one, two = J ** (-2 / 3) / 3, J ** (-4 / 3) / 3
    first, second = 2 * square - trace, trace * square - 2 * j**2
    pull = 2 * c10 * one * first + 2 * c01 * two * second
    pull += law.bulk_modulus / 2 * (J**2 - 1)
    slope = 2 * c10 * one * (4 * square - 2 / 3 * first)
    slope += 2 * c01 * two * (2 * trace * square - 4 / 3 * second) + law.bulk_modulus * J**2
    return pull, slope


def _constants(law: Hyperelastic) -> tuple[float, float]:
    """Return c10 and c01 [Pa] of an isochoric law."""
    if isinstance(law, MooneyRivlin):
        return law.c10, law.c01
    return law.lame_constants[1] / 2, 0.0


def _transposed(values: FloatArray) -> FloatArray:
    return np.swapaxes(values, -1, -2)


def _trace(values: FloatArray) -> FloatArray:
    """Return the trace, shape (..., 1, 1)."""
    found: FloatArray = np.trace(values, axis1=-2, axis2=-1)[..., None, None]
    return found


def _deviator(values: FloatArray) -> FloatArray:
    return values - _trace(values) / 3 * _I
