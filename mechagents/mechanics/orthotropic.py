"""Orthotropic linear elasticity: nine constants along three axes that are square to each other."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mechagents.mechanics.geometry import Part
from mechagents.mechanics.units import Angle, Density, Expansion, Stress

Modulus = Annotated[Stress, Field(gt=0)]
TURN = 2 * math.pi
PAIRS = ((0, 1), (0, 2), (1, 2))
"""The axes of the ratios nu12, nu13, nu23, and of the shear moduli."""


class Orthotropic(Part):
    """Orthotropic linear elasticity, such as that of wood or of a layer of fibres.

    Under a stress along axis i alone, nu_ij is the contraction along j over the strain along i:
    eps_j = -nu_ij eps_i. Then nu_ji = nu_ij E_j / E_i, so for fibres along 1 nu12 is the larger of
    the two. Axis 3 is z, which is out of the plane, or around the axis of an axisymmetric body.
    """

    kind: Literal["orthotropic"] = "orthotropic"
    name: str = ""
    youngs_moduli: tuple[Modulus, Modulus, Modulus]
    """E1, E2, E3 [Pa]."""
    poisson_ratios: tuple[float, float, float]
    """nu12, nu13, nu23 [-]."""
    shear_moduli: tuple[Modulus, Modulus, Modulus]
    """G12, G13, G23 [Pa]."""
    angle: Angle = 0.0
    """From x to axis 1, positive towards y [rad]."""
    density: Annotated[Density, Field(gt=0)] | None = None
    thermal_expansion: tuple[Expansion, Expansion, Expansion] | None = None
    """Along axes 1, 2, 3 [1/K]."""
    source: str = ""
    """Where the constants come from; empty where the user stated them."""

    @model_validator(mode="after")
    def _stores_energy(self) -> Self:
        moduli = self.youngs_moduli
        shares: list[float] = []
        for (i, j), nu in zip(PAIRS, self.poisson_ratios, strict=True):
            most = math.sqrt(moduli[i] / moduli[j])
            if abs(nu) >= most:
                raise ValueError(
                    f"poisson_ratios: nu{i + 1}{j + 1} = {nu:.4g}, but with these moduli the "
                    f"strain energy is positive only below sqrt(E{i + 1}/E{j + 1}) = {most:.4g}; "
                    f"is it nu{j + 1}{i + 1}?"
                )
            shares.append(nu / most)
        a, b, c = shares
        if 1 - a * a - b * b - c * c - 2 * a * b * c <= 0:
            raise ValueError(
                "poisson_ratios: each may be so large, but with all three the strain energy is not "
                "positive; 1 - nu12 nu21 - nu13 nu31 - nu23 nu32 - 2 nu21 nu32 nu13 must be above 0"
            )
        return self

    @model_validator(mode="after")
    def _turns_once_at_most(self) -> Self:
        if abs(self.angle) > TURN:
            raise ValueError(
                f"angle: {self.angle:g} rad is more than a full turn; write degrees as '30 deg'"
            )
        return self
