"""J2 flow in plane stress, returned in the plane, where sigma_zz = 0 from the start.

With the columns xx, yy, xy, the deviator is P sigma and the size of it sqrt(sigma . P sigma). The
flow of a step is slip P sigma, so that sigma = (D^-1 + slip P)^-1 D^-1 sigma_trial. D and P have
the same axes: (xx + yy) / sqrt 2, (yy - xx) / sqrt 2, and xy; the slip is the root of one convex
equation.

References:
    Simo & Taylor, International Journal for Numerical Methods in Engineering 22 (1986) 649-670;
    Simo & Hughes, Computational Inelasticity (1998), section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import FloatArray

MOST_STEPS = 60
"""Of Newton's method for the slip; from the left, on a convex function, it cannot overshoot."""
_AXES = np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 2**0.5]]) / 2**0.5
"""Rows: the common axes of D and P; orthonormal."""
_P = np.array([1 / 3, 1.0, 2.0])
"""P in these axes."""
_PLANE = [0, 1, 3]


@dataclass(frozen=True, eq=False)
class PlaneLaw:
    """Constants of points [Pa]; shapes that go with (elements, points)."""

    kappa: FloatArray
    mu: FloatArray
    yields: FloatArray
    """The yield stress, as hardened before the step; infinite where nothing flows."""
    hardens: FloatArray

    @property
    def stiffness(self) -> FloatArray:
        """D in the common axes: E / (1 - nu), 2 mu, mu; 0 outside all regions, (..., 3)."""
        sum_ = 3 * self.kappa + 4 * self.mu
        even = 18 * self.kappa * self.mu / np.where(sum_ > 0, sum_, 1.0)
        return np.stack(np.broadcast_arrays(even, 2 * self.mu, self.mu), axis=-1)


@dataclass(frozen=True, eq=False)
class PlaneReturn:
    """What a step comes to; shapes (elements, points, 4) and (elements, points)."""

    stress: FloatArray
    """xx, yy, zz, xy [Pa]."""
    strain: FloatArray
    """What the step adds to the plastic strain: xx, yy, zz, gamma_xy."""
    alpha: FloatArray
    """What it adds to the accumulated plastic strain."""
    slip: FloatArray
    """The multiplier of P sigma [1/Pa]."""


def returned(law: PlaneLaw, elastic: FloatArray) -> PlaneReturn:
    """Return what a step comes to.

    Args:
        law: With what hardened before the step.
        elastic: The strain less the plastic one before the step: xx, yy, any zz, gamma_xy, shape
            (elements, points, 4).
    """
    trial = law.stiffness * (elastic[..., _PLANE] @ _AXES.T)
    slip = _slip(law, trial)
    sigma = trial / (1 + law.stiffness * _P * slip[..., None])
    size = np.sqrt((_P * sigma**2).sum(axis=-1))
    flow = (slip[..., None] * _P * sigma) @ _AXES
    across = -flow[..., 0] - flow[..., 1]
    plane = sigma @ _AXES
    zero = np.zeros_like(slip)
    return PlaneReturn(
        np.stack([plane[..., 0], plane[..., 1], zero, plane[..., 2]], axis=-1),
        np.stack([flow[..., 0], flow[..., 1], across, flow[..., 2]], axis=-1),
        np.sqrt(2 / 3) * slip * size,
        slip,
    )


def _slip(law: PlaneLaw, trial: FloatArray) -> FloatArray:
    """Return the root of size(slip) (1 - 2/3 H slip) = sqrt(2/3) sigma_y, 0 in elasticity."""
    finite = np.isfinite(law.yields)
    radius = np.sqrt(2 / 3) * np.where(finite, law.yields, 0.0)
    softens = law.stiffness * _P
    slip = np.zeros(trial.shape[:-1])
    flows = (np.sqrt((_P * trial**2).sum(axis=-1)) > radius) & finite
    for _ in range(MOST_STEPS):
        along = 1 + softens * slip[..., None]
        square = _P * (trial / along) ** 2
        size = np.sqrt(square.sum(axis=-1))
        safe = np.where(size > 0, size, 1.0)
        left = 1 - 2 / 3 * law.hardens * slip
        slope = -(square * softens / along).sum(axis=-1) / safe * left - 2 / 3 * law.hardens * size
        beyond = np.where(flows, size * left - radius, 0.0)
        if np.all(np.abs(beyond) <= 1e-14 * np.where(flows, radius, 1.0)):
            break
        slip = slip - beyond / np.where(flows & (slope < 0), slope, 1.0)
    return slip


def plane_tangent(law: PlaneLaw, found: PlaneReturn) -> FloatArray:
    """Return d sigma / d eps of a step [Pa], shape (elements, points, 4, 4), 0 across."""
    softer = law.stiffness / (1 + law.stiffness * _P * found.slip[..., None])
    sigma = found.stress[..., _PLANE] @ _AXES.T
    along = softer * _P * sigma
    square = (_P * sigma**2).sum(axis=-1)
    hardens = 2 / 3 * law.hardens / (1 - 2 / 3 * law.hardens * found.slip) * square
    below = (_P * sigma * along).sum(axis=-1) + hardens
    share = np.where(found.slip > 0, 1 / np.where(below > 0, below, 1.0), 0.0)[..., None, None]
    axes = np.eye(3) * softer[..., None, :] - share * along[..., :, None] * along[..., None, :]
    D = np.zeros((*axes.shape[:-2], 4, 4))
    D[..., np.ix_(_PLANE, _PLANE)[0], np.ix_(_PLANE, _PLANE)[1]] = _AXES.T @ axes @ _AXES
    return D
