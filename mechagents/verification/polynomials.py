"""Polynomial displacements of a plane body, with the stress and the body force that they need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mechagents.verification.elements import FloatArray

DEGREE = 4
"""Of the displacement: enough for a body force of degree two."""


def balancing(
    x: FloatArray, youngs_modulus: float, poisson_ratio: float, kappa: float
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield monomial displacements of degree two and more, and what they need.

    Args:
        x: Places, shape (places, 2); all is counted in this length.
        youngs_modulus: [Pa].
        poisson_ratio: [-].
        kappa: Kolosov's constant, which tells plane stress from plane strain [-].

    Yields:
        Displacement (places, 2), stress xx, yy, xy [Pa] (places, 3), and the body force that
        balances it, - div sigma (places, 2) [Pa over the length].
    """
    G = youngs_modulus / (2 * (1 + poisson_ratio))
    lam = G * (3 - kappa) / (kappa - 1)
    for degree in range(2, DEGREE + 1):
        for i in range(degree + 1):
            for axis in (0, 1):
                yield _monomial(x, i, degree - i, axis, lam, G)


def _monomial(
    x: FloatArray, i: int, j: int, axis: int, lam: float, G: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    def d(a: int, b: int) -> FloatArray:
        """Return a derivative of x^i y^j."""
        value = np.ones(len(x))
        for power, times, column in ((i, a, 0), (j, b, 1)):
            for k in range(times):
                value = value * (power - k)
            value = value * x[:, column] ** max(power - times, 0)
        return value

    zero = np.zeros(len(x))
    xx, xy, yy = d(2, 0), d(1, 1), d(0, 2)
    if axis == 0:
        u = np.stack([d(0, 0), zero], axis=1)
        sigma = [(lam + 2 * G) * d(1, 0), lam * d(1, 0), G * d(0, 1)]
        force = [-(lam + 2 * G) * xx - G * yy, -(lam + G) * xy]
    else:
        u = np.stack([zero, d(0, 0)], axis=1)
        sigma = [lam * d(0, 1), (lam + 2 * G) * d(0, 1), G * d(1, 0)]
        force = [-(lam + G) * xy, -(lam + 2 * G) * yy - G * xx]
    return u, np.stack(sigma, axis=1), np.stack(force, axis=1)
