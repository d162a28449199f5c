"""Springs: what holds a body the more, the more it moves."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mechagents.mechanics.geometry import AXES, Axis, Name, Part
from mechagents.mechanics.units import AreaStiffness, PointStiffness


class _Springs(Part):
    boundary: Name
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0

    @model_validator(mode="after")
    def _is_stiff(self) -> Self:
        if not any(self.components.values()):
            raise ValueError("x: a spring needs a stiffness above 0 in at least one direction")
        return self

    @property
    def components(self) -> dict[Axis, float]:
        """The directions in which it acts, and how stiff it is there."""
        every = zip(AXES, (self.x, self.y, self.z), strict=True)
        return {axis: value for axis, value in every if value}


class Foundation(_Springs):
    """An elastic bed on a boundary: it exerts the traction -k u [Pa] by component."""

    kind: Literal["foundation"] = "foundation"
    x: Annotated[AreaStiffness, Field(ge=0)] = 0.0
    """k in that direction [N/m^3]."""
    y: Annotated[AreaStiffness, Field(ge=0)] = 0.0
    z: Annotated[AreaStiffness, Field(ge=0)] = 0.0


class PointSpring(_Springs):
    """A spring at a boundary that is a point: it exerts the force -k u by component.

    Per metre of thickness where the body has none that is stated; of an axisymmetric body on the
    whole ring.
    """

    kind: Literal["point_spring"] = "point_spring"
    x: Annotated[PointStiffness, Field(ge=0)] = 0.0
    """k in that direction [N/m, or N/m^2]."""
    y: Annotated[PointStiffness, Field(ge=0)] = 0.0
    z: Annotated[PointStiffness, Field(ge=0)] = 0.0


Spring = Annotated[Foundation | PointSpring, Field(discriminator="kind")]
"""What opposes the motion of a boundary in proportion to it."""
