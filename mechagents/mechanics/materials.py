"""Constitutive laws, and a table of engineering materials that names its sources."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from mechagents.mechanics.geometry import Part
from mechagents.mechanics.hyperelastic import (
    MooneyRivlin,
    NeoHookean,
    SaintVenantKirchhoff,
    lame,
)
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.mechanics.plastic import J2Plastic
from mechagents.mechanics.units import Density, Expansion, Stress


class Isotropic(Part):
    """Isotropic linear elasticity.

    The bounds on Poisson's ratio are those of a positive strain energy; nu = 1/2 needs
    another formulation of the equations than the displacement method.
    """

    kind: Literal["isotropic"] = "isotropic"
    name: str = ""
    youngs_modulus: Annotated[Stress, Field(gt=0)]
    poisson_ratio: Annotated[float, Field(gt=-1, lt=0.5)]
    density: Annotated[Density, Field(gt=0)] | None = None
    thermal_expansion: Expansion | None = None
    yield_stress: Annotated[Stress, Field(gt=0)] | None = None
    source: str = ""
    """Where the constants come from; empty where the user stated them."""

    @property
    def lame_constants(self) -> tuple[float, float]:
        """Lambda and mu [Pa]."""
        return lame(self.youngs_modulus, self.poisson_ratio)


@cache
def material_table() -> dict[str, Isotropic]:
    """Return the packaged engineering materials by name, each with its source."""
    text = files("mechagents.mechanics").joinpath("materials.json").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Isotropic]).validate_json(text)


def _of_kind(value: object) -> object:
    """Return a material as it is given; one without a kind is isotropic."""
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, object]", value)
    return given if "kind" in given else {"kind": "isotropic"} | given


def _from_table(value: object) -> object:
    if not isinstance(value, str):
        return _of_kind(value)
    found = material_table().get(value.strip().lower().replace(" ", "_").replace("-", "_"))
    if found is None:
        raise PydanticCustomError(
            "unknown_material",
            "no material {name} in the table; known: {known}",
            {"name": repr(value), "known": ", ".join(sorted(material_table()))},
        )
    return found


Law = Isotropic | Orthotropic | SaintVenantKirchhoff | NeoHookean | MooneyRivlin | J2Plastic
"""A constitutive law."""
Material = Annotated[
    Law,
    Field(discriminator="kind"),
    BeforeValidator(_from_table, json_schema_input_type=Law | str),
]
"""A constitutive law, or the name of one in the table of materials."""
