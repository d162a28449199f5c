"""Inflation of a thick-walled sphere or cylinder at finite strain, as a boundary value problem.

    P_r' + k (P_r - P_t) / R = 0,  P_r(a) = -p (r/R)^k,  P_r(b) = 0,  k = 2 (sphere) or 1 (cylinder)

with the principal nominal stresses P = dW/dstretch of W = mu/2 (I1 - 3 - 2 ln J) + lam/2 (ln J)^2.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_bvp


def inflated(
    radii: tuple[float, float], mu: float, lam: float, pressure: float, *, sphere: bool
) -> tuple[float, float, float]:
    """Return how far the inner wall moves [m], and its true radial and hoop stress [Pa].

    Args:
        radii: Before deformation [m].
        mu: Shear modulus [Pa].
        lam: Lame's first constant [Pa].
        pressure: Inside, per area after deformation [Pa].
        sphere: Whether it is a sphere, or a cylinder in plane strain.
    """
    k, (a, b) = 2 if sphere else 1, radii

    def nominal(along: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log = np.log(along * across**k)
        return tuple(mu * (s - 1 / s) + lam * log / s for s in (along, across))

    def slopes(R: np.ndarray, y: np.ndarray) -> np.ndarray:
        r, s = y
        t = r / R
        P_r, P_t = nominal(s, t)
        log = np.log(s * t**k)
        by_s = mu * (1 + 1 / s**2) + lam * (1 - log) / s**2
        by_t = lam * k / (s * t)
        return np.vstack([s, (-k * (P_r - P_t) / R - by_t * (s - t) / R) / by_s])

    def ends(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        at_a, _ = nominal(inner[1], inner[0] / a)
        at_b, _ = nominal(outer[1], outer[0] / b)
        return np.array([at_a + level * (inner[0] / a) ** k, at_b]) / mu

    R = np.linspace(a, b, 101)
    y = np.vstack([R, np.ones_like(R)])
    for share in np.linspace(0.1, 1.0, 10):
        level = share * pressure
        found = solve_bvp(slopes, ends, R, y, tol=1e-10, max_nodes=100_000)
        assert found.success
        R, y = found.x, found.y
    (r, s), J = y[:, 0], y[1, 0] * (y[0, 0] / a) ** k
    P_r, P_t = nominal(s, r / a)
    return float(r - a), float(P_r * s / J), float(P_t * (r / a) / J)
