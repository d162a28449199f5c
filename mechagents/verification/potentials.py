"""Exact solutions of plane elasticity by Kolosov's potentials, to be superposed.

    2 mu (u + i v) = kappa phi(z) - z conj(phi'(z)) - conj(psi(z))
    sigma_xx + sigma_yy = 4 Re phi'(z)
    sigma_yy - sigma_xx + 2 i sigma_xy = 2 (conj(z) phi''(z) + psi'(z))

with kappa = 3 - 4 nu in plane strain and (3 - nu) / (1 + nu) in plane stress. Every pair of
analytic functions phi and psi balances without a body force.

References:
    Muskhelishvili, Some Basic Problems of the Mathematical Theory of Elasticity (1953), sections
    32 and 41.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechagents.verification.elements import FloatArray

ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Term:
    """An analytic function: a power of the distance from a centre, or that times its logarithm."""

    power: int
    centre: complex = 0.0
    """[m]"""
    size: float = 1.0
    """What the distance is counted in [m]."""
    cut: float | None = None
    """For a logarithm, the direction from the centre in which it jumps [rad]."""

    def derivatives(self, z: ComplexArray) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """Return the function and its first two derivatives at places [m]."""
        n, w = self.power, (z - self.centre) / self.size
        f, df, ddf = _power(w, n), _power(w, n - 1, n), _power(w, n - 2, n * (n - 1))
        if self.cut is not None:
            log = np.log(w * np.exp(1j * (np.pi - self.cut)))
            df, ddf = df * log + _power(w, n - 1), ddf * log + _power(w, n - 2, 2 * n - 1)
            f = f * log
        return f, df / self.size, ddf / self.size**2


def _power(w: ComplexArray, n: int, factor: float = 1.0) -> ComplexArray:
    if factor == 0:  # at the centre its negative power has no value
        return np.zeros_like(w)
    return np.asarray(factor * (w**n if n >= 0 else 1 / w**-n), dtype=np.complex128)


def superposable(
    terms: Sequence[Term], z: ComplexArray, kappa: float
) -> Iterator[tuple[ComplexArray, FloatArray]]:
    """Yield displacement times 2 mu, and stress, of every term: as phi and as psi.

    Args:
        terms: Each counts with a real factor and with an imaginary one.
        z: Places [m], shape (places,).
        kappa: Kolosov's constant [-].

    Yields:
        u + i v, shape (places,), and xx, yy, xy, shape (places, 3).
    """
    nothing = np.zeros(len(z))
    for term in terms:
        f, df, ddf = term.derivatives(z)
        for factor in (1.0, 1j):
            moved = kappa * factor * f - z * np.conj(factor * df)
            yield moved, _stress(2 * (factor * df).real, np.conj(z) * factor * ddf)
            yield -np.conj(factor * f), _stress(nothing, factor * df)


def _stress(mean: FloatArray, deviator: ComplexArray) -> FloatArray:
    return np.stack([mean - deviator.real, mean + deviator.real, deviator.imag], axis=1)
