"""What the matrices of a solid are integrated from, without what is nought or exact anyhow.

The components of a displacement have shape functions of their own. As one vector field each would
be taken with the zeros of the others; as fields of three spaces only pairs of components are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ngsolve import CF, BitArray, CoefficientFunction, FESpace, Grad, Mesh, VectorH1, dx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ngsolve import Integral

_MORE = 2
"""Orders of integration on curved elements, whose integrand is no polynomial, besides its own."""


def apart(space: VectorH1) -> FESpace:
    """Return the product of the spaces of the components: the same unknowns in the same order."""
    found = FESpace(list(space.components))
    free = found.FreeDofs()
    free &= space.FreeDofs()  # a curve or a point that is held is known to the whole space alone
    return found


def gradient(components: Sequence[CoefficientFunction]) -> CoefficientFunction:
    """Return the gradient of a displacement by components, a 3 x 3 matrix."""
    rows = [Grad(one) for one in components]
    return CF(tuple(row[axis] for row in rows for axis in range(3)), dims=(3, 3))


def integrated(density: CoefficientFunction, mesh: Mesh) -> Integral:
    """Return the integral over a mesh of what is a polynomial on elements with straight sides.

    There the order that is its own is exact; more of it costs as much as all else.
    """
    curved = np.asarray(mesh.ngmesh.Elements3D().NumPy()["curved"], dtype=np.bool_)
    whole: Integral = density * dx(definedonelements=BitArray(list(map(bool, ~curved))))
    if curved.any():
        bent = BitArray(list(map(bool, curved)))
        whole = whole + density * dx(definedonelements=bent, bonus_intorder=_MORE)
    return whole
