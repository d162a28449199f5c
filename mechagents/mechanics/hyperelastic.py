"""Hyperelastic laws of finite deformation: the strain energy W per volume before deformation.

With the deformation gradient F = I + grad u, J = det F, C = F^T F, I1 = tr C and
I2 = (I1^2 - tr C^2) / 2. Each is isotropic; at small strain it is linear elasticity with the
constants ``lame_constants``.

References:
    Holzapfel, Nonlinear Solid Mechanics (2000), chapter 6;
    Bonet & Wood, Nonlinear Continuum Mechanics for Finite Element Analysis (2008), chapter 6.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mechagents.mechanics.geometry import Part
from mechagents.mechanics.units import Density, Stress

Positive = Annotated[Stress, Field(gt=0)]
PoissonRatio = Annotated[float, Field(gt=-1, lt=0.5)]


class Hyperelastic(Part, ABC):
    """What every law of finite deformation has."""

    name: str = ""
    density: Annotated[Density, Field(gt=0)] | None = None
    source: str = ""
    """Where the constants come from; empty where the user stated them."""

    @property
    @abstractmethod
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu of linear elasticity, which the law is at small strain [Pa]."""

    @property
    def thermal_expansion(self) -> float | None:
        """None: what changes of temperature do is known in linear elasticity only."""
        return None

    @property
    def bulk_modulus(self) -> float:
        """Kappa at small strain [Pa]."""
        lam, mu = self.lame_constants
        return lam + 2 * mu / 3


class SaintVenantKirchhoff(Hyperelastic):
    """W = lambda/2 (tr E)^2 + mu E:E with the Green-Lagrange strain E = (C - I) / 2.

    For large rotation with small strain. It softens under strong compression, where it is no
    law of any material.
    """

    kind: Literal["saint_venant_kirchhoff"] = "saint_venant_kirchhoff"
    youngs_modulus: Positive
    poisson_ratio: PoissonRatio

    @property
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu [Pa]."""
        return lame(self.youngs_modulus, self.poisson_ratio)


class NeoHookean(Hyperelastic):
    """Neo-Hookean law, by the volumetric term that is stated.

    ``logarithmic``: W = mu/2 (I1 - 3 - 2 ln J) + lambda/2 (ln J)^2.
    ``isochoric``: W = mu/2 (J^(-2/3) I1 - 3) + kappa/4 (J^2 - 1 - 2 ln J).

    The constants are mu and lambda, mu and kappa, or E and nu, which mean the same at small
    strain: mu = E / (2 (1 + nu)), lambda = E nu / ((1 + nu) (1 - 2 nu)), kappa = lambda + 2/3 mu.
    """

    kind: Literal["neo_hookean"] = "neo_hookean"
    volumetric: Literal["logarithmic", "isochoric"]
    mu: Positive | None = None
    lam: Stress | None = None
    kappa: Positive | None = None
    youngs_modulus: Positive | None = None
    poisson_ratio: PoissonRatio | None = None

    @model_validator(mode="after")
    def _has_one_pair(self) -> Self:
        given = {
            name
            for name in ("mu", "lam", "kappa", "youngs_modulus", "poisson_ratio")
            if getattr(self, name) is not None
        }
        pairs = ({"mu", "lam"}, {"mu", "kappa"}, {"youngs_modulus", "poisson_ratio"})
        if given not in pairs:
            raise ValueError(
                "mu: give mu and lam, mu and kappa, or youngs_modulus and poisson_ratio; "
                f"given: {', '.join(sorted(given)) or 'none'}"
            )
        if self.bulk_modulus <= 0:
            raise ValueError("lam: lam + 2/3 mu, the bulk modulus, must be positive")
        return self

    @property
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu at small strain [Pa]."""
        if self.mu is None:
            assert self.youngs_modulus is not None
            assert self.poisson_ratio is not None
            return lame(self.youngs_modulus, self.poisson_ratio)
        if self.lam is not None:
            return self.lam, self.mu
        assert self.kappa is not None
        return self.kappa - 2 * self.mu / 3, self.mu


class MooneyRivlin(Hyperelastic):
    """W = c10 (J^(-2/3) I1 - 3) + c01 (J^(-4/3) I2 - 3) + kappa/4 (J^2 - 1 - 2 ln J).

    At small strain mu = 2 (c10 + c01).
    """

    kind: Literal["mooney_rivlin"] = "mooney_rivlin"
    c10: Stress
    c01: Stress
    kappa: Positive

    @model_validator(mode="after")
    def _resists_shear(self) -> Self:
        if self.c10 + self.c01 <= 0:
            raise ValueError("c10: c10 + c01, half the shear modulus, must be positive")
        return self

    @property
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu at small strain [Pa]."""
        mu = 2 * (self.c10 + self.c01)
        return self.kappa - 2 * mu / 3, mu


def lame(youngs_modulus: float, poisson_ratio: float) -> tuple[float, float]:
    """Return lambda and mu [Pa] of E [Pa] and nu."""
    E, nu = youngs_modulus, poisson_ratio
    return E * nu / ((1 + nu) * (1 - 2 * nu)), E / (2 * (1 + nu))
