"""Constitutive laws of the reference: tensors along the axes of each material."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ngsolve import CF, CoefficientFunction, Mesh

from mechagents.mechanics.materials import Isotropic, Law
from mechagents.mechanics.orthotropic import Orthotropic


@dataclass(frozen=True, slots=True)
class Constants:
    """What a law says along its own axes."""

    normal: tuple[tuple[float, float, float], ...]
    """C_ij with sigma_ii = sum of C_ij eps_jj [Pa]."""
    shear: tuple[float, float, float]
    """G12, G13, G23 [Pa]."""
    angle: float
    """From x to axis 1 [rad]."""
    alpha: tuple[float, float, float]
    """Thermal expansion along the axes [1/K]."""


def constants(law: Law, *, plane_stress: bool) -> Constants:
    """Return the constants of a law, in plane stress those that make sigma_33 zero."""
    if not isinstance(law, Isotropic | Orthotropic):
        raise TypeError(f"{law.kind} is no law of linear elasticity")
    own = law if isinstance(law, Orthotropic) else _alike(law)
    E, G, angle = own.youngs_moduli, own.shear_moduli, own.angle
    n12, n13, n23 = own.poisson_ratios
    alpha = own.thermal_expansion or (0.0, 0.0, 0.0)
    n21, n31, n32 = n12 * E[1] / E[0], n13 * E[2] / E[0], n23 * E[2] / E[1]
    if plane_stress:
        d = 1 - n12 * n21
        rows = ((E[0] / d, n12 * E[1] / d, 0.0), (n12 * E[1] / d, E[1] / d, 0.0), (0.0, 0.0, 0.0))
        return Constants(rows, G, angle, alpha)
    d = 1 - n12 * n21 - n23 * n32 - n13 * n31 - 2 * n21 * n32 * n13
    c12, c13 = E[0] * (n21 + n31 * n23) / d, E[0] * (n31 + n21 * n32) / d
    c23 = E[1] * (n32 + n12 * n31) / d
    rows = (
        (E[0] * (1 - n23 * n32) / d, c12, c13),
        (c12, E[1] * (1 - n13 * n31) / d, c23),
        (c13, c23, E[2] * (1 - n12 * n21) / d),
    )
    return Constants(rows, G, angle, alpha)


def _alike(law: Isotropic) -> Orthotropic:
    E, nu, alpha = law.youngs_modulus, law.poisson_ratio, law.thermal_expansion or 0.0
    G = E / (2 * (1 + nu))
    return Orthotropic(
        youngs_moduli=(E, E, E),
        poisson_ratios=(nu, nu, nu),
        shear_moduli=(G, G, G),
        thermal_expansion=(alpha, alpha, alpha),
    )


class Laws:
    """The laws of a body, by material, for strains and stresses in x, y, z."""

    def __init__(self, mesh: Mesh, materials: Mapping[str, Law], *, plane_stress: bool) -> None:
        """Take the laws of each region of a mesh."""
        self._mesh = mesh
        self._known = {
            name: constants(law, plane_stress=plane_stress) for name, law in materials.items()
        }

    def _value(self, of: Callable[[Constants], float]) -> CoefficientFunction:
        return self._mesh.MaterialCF({name: of(known) for name, known in self._known.items()})

    @property
    def _axes(self) -> CoefficientFunction:
        """The matrix whose columns are the axes of the material."""
        c = self._value(lambda known: math.cos(known.angle))
        s = self._value(lambda known: math.sin(known.angle))
        return CF((c, -1.0 * s, 0, s, c, 0, 0, 0, 1), dims=(3, 3))

    def stress(self, strain: CoefficientFunction) -> CoefficientFunction:
        """Return the stress [Pa] of an elastic strain, both 3 x 3 in x, y, z."""
        R = self._axes
        eps = R.trans * strain * R
        normal = [
            sum((self._value(_entry(i, j)) * eps[j, j] for j in range(3)), start=CF(0.0))
            for i in range(3)
        ]
        s12, s13, s23 = (
            2 * self._value(_shear(k)) * eps[i, j]
            for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2)))
        )
        sigma = CF((normal[0], s12, s13, s12, normal[1], s23, s13, s23, normal[2]), dims=(3, 3))
        found: CoefficientFunction = R * sigma * R.trans
        return found

    def expansion(self, region: str | None) -> CoefficientFunction:
        """Return the strain of a kelvin in a region, or in all for None, 3 x 3 in x, y, z [1/K]."""
        c, s = self._axes[0, 0], self._axes[1, 0]
        one, two, three = (
            self._mesh.MaterialCF(
                {n: k.alpha[i] for n, k in self._known.items() if region in (None, n)}, default=0.0
            )
            for i in range(3)
        )
        xx, yy = c * c * one + s * s * two, s * s * one + c * c * two
        xy = c * s * (one - two)
        return CF((xx, xy, 0, xy, yy, 0, 0, 0, three), dims=(3, 3))


def _entry(row: int, column: int) -> Callable[[Constants], float]:
    return lambda known: known.normal[row][column]


def _shear(index: int) -> Callable[[Constants], float]:
    return lambda known: known.shear[index]
