"""Determinants and inverses of many small matrices at once."""

from __future__ import annotations

import numpy as np

from mechagents.verification.elements import FloatArray


def adjugates(J: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return det(J) times the inverse of J, and det(J), of matrices (..., 2, 2) or (..., 3, 3)."""
    adjugate = np.empty_like(J)
    if J.shape[-1] == 2:
        det = J[..., 0, 0] * J[..., 1, 1] - J[..., 0, 1] * J[..., 1, 0]
        adjugate[..., 0, 0], adjugate[..., 1, 1] = J[..., 1, 1], J[..., 0, 0]
        adjugate[..., 0, 1], adjugate[..., 1, 0] = -J[..., 0, 1], -J[..., 1, 0]
        return adjugate, det
    for i in range(3):
        # Columns of the adjugate are cross products of the rows of J.
        p, q = J[..., (i + 1) % 3, :], J[..., (i + 2) % 3, :]
        for j in range(3):
            k, m = (j + 1) % 3, (j + 2) % 3
            adjugate[..., j, i] = p[..., k] * q[..., m] - p[..., m] * q[..., k]
    return adjugate, np.einsum("...j,...j->...", J[..., 0, :], adjugate[..., :, 0])
