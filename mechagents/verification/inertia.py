"""How many eigenvalues lie below a number: the inertia of a shifted matrix.

By Sylvester's law a symmetric A has as many negative eigenvalues as the diagonal of D has
negative numbers in A = L D L^T. Of A = K - sigma M these are the eigenvalues below sigma.

References:
    Parlett, The Symmetric Eigenvalue Problem (1998), section 3.3; Bathe, Finite Element
    Procedures (1996), section 11.6.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BACKWARD = 1e-8
"""The factors have to solve a system to this, or their signs are not relied on."""
GROWTH = 1e8
"""Nor where numbers grew by more than this: a pivot was so small that rounding gave its sign."""
_TRIES = (0.0, -0.21, 0.13, -0.34)
"""Shifts to try, as shares of the room around one: pivots may vanish at any of them."""


def negative_eigenvalues(
    shifted: Callable[[float], csr_matrix], shift: float, room: float
) -> int | None:
    """Return how many eigenvalues of a shifted symmetric matrix are negative.

    Args:
        shifted: The matrix for a shift, on the free unknowns.
        shift: Where to count.
        room: How far the shift may be moved where the factors cannot be relied on.

    Returns:
        The number, or None where no factors can be relied on.
    """
    for share in _TRIES:
        with np.errstate(all="ignore"):  # a small pivot may overflow; then nothing is relied on
            found = _negative_pivots(shifted(shift + share * room))
        if found is not None:
            return found
    return None


def _negative_pivots(matrix: csr_matrix) -> int | None:
    from scipy.sparse.linalg import splu

    A = matrix.tocsc()
    if not A.shape[0]:
        return 0
    try:
        factors = splu(
            A,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True, "Equil": False},
        )
    except RuntimeError:  # a pivot is exactly 0
        return None
    # Only where rows and columns were taken in the same order is U = D L^T.
    if not np.array_equal(factors.perm_r, factors.perm_c):
        return None
    if not float(np.abs(factors.U.data).max()) <= GROWTH * float(np.abs(A.data).max()):
        return None
    b = np.random.default_rng(1).standard_normal(A.shape[0])
    x = factors.solve(b)
    size = float(abs(A).sum(axis=1).max()) * float(np.linalg.norm(x)) + float(np.linalg.norm(b))
    if not float(np.linalg.norm(A @ x - b)) <= BACKWARD * size:
        return None
    return int((factors.U.diagonal() < 0).sum())
