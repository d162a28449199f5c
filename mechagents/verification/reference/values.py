"""What a reference says: values of wanted quantities, each with an estimate of its error."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mechagents.mechanics.geometry import Part


class ReferenceValue(Part):
    """A wanted quantity by the reference, in SI units."""

    values: Annotated[tuple[float, ...], Field(min_length=1)]
    """Usually one; at an interface a stress has one for each material there."""
    error: Annotated[float, Field(ge=0)]
    """How far they may be from the exact solution of the formulation."""

    scale: Annotated[float, Field(ge=0)] = 0.0
    """What is large for a quantity of this kind in this body."""

    def apart(self, value: float) -> float:
        """Return how far a number is from the nearest value."""
        return min(abs(value - one) for one in self.values)


class ReferenceSolution(Part):
    """The reference for one formulation."""

    means: str
    """What solved it, and how, in words."""
    quantities: dict[str, ReferenceValue] = Field(default_factory=dict[str, ReferenceValue])
    """By name. What has no value in the limit of fine meshes is left out."""
    fault: str = ""
    """Why there is none, in words."""
    left_out: str = ""
    """Why quantities are left out, in words; nothing where that is plain."""
    seconds: float = 0.0
