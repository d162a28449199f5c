"""Plasticity at small strain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mechagents.mechanics.geometry import Part
from mechagents.mechanics.hyperelastic import PoissonRatio, Positive, lame
from mechagents.mechanics.units import Density, Stress


class J2Plastic(Part):
    """Isotropic elasticity up to the von Mises stress at yield, with linear isotropic hardening.

    The yield function is sqrt(3/2) |dev sigma| - (yield_stress + H alpha), alpha the
    accumulated plastic strain; the flow is associated. H = 0 is perfect plasticity.

    References:
        Simo & Hughes, Computational Inelasticity (1998), chapters 2 and 3.
    """

    kind: Literal["j2_plastic"] = "j2_plastic"
    name: str = ""
    youngs_modulus: Positive
    poisson_ratio: PoissonRatio
    yield_stress: Positive
    hardening_modulus: Annotated[Stress, Field(ge=0)] = 0.0
    density: Annotated[Density, Field(gt=0)] | None = None
    source: str = ""
    """Where the constants come from; empty where the user stated them."""

    @property
    def thermal_expansion(self) -> float | None:
        """None: what changes of temperature do is known in linear elasticity only."""
        return None

    @property
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu [Pa]."""
        return lame(self.youngs_modulus, self.poisson_ratio)
