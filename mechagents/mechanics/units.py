"""Units at the edge: a number is SI, a string such as ``"1 GPa"`` is converted once, on entry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pint import UnitRegistry


@cache
def _registry() -> UnitRegistry:
    # Making a registry takes a third of a second, so only a string with a unit pays for it.
    from pint import UnitRegistry

    return UnitRegistry(cache_folder=None)


def to_si(value: object, unit: str) -> object:
    """Return a number in SI for a number or a string with a unit.

    Args:
        value: A number, already in SI, or a string such as ``"20 mm"`` or ``"210e9"``.
            Anything else is returned as it is, for the caller's type check to refuse.
        unit: The SI unit wanted, for instance ``"Pa"`` or ``"N/m^3"``.

    Returns:
        The value in ``unit``.

    Raises:
        PydanticCustomError: If the string is no quantity, or one of another dimension.
    """
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        pass
    from pint import DimensionalityError
    from pint.errors import PintError

    try:
        return float(_registry().Quantity(value).to(unit).magnitude)
    except DimensionalityError as error:
        raise PydanticCustomError(
            "unit_dimension",
            "{given} has the wrong dimension; a quantity in {unit} is needed",
            {"given": repr(value), "unit": unit},
        ) from error
    except (PintError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise PydanticCustomError(
            "unit_syntax",
            "{given} is not a quantity; write a number in {unit} or one with a unit",
            {"given": repr(value), "unit": unit},
        ) from error


def same_dimension(unit: str, other: str) -> bool:
    """Return whether two unit strings measure the same dimension; unknown units never do."""
    if unit == other:
        return True
    return conversion_factor(unit, other) is not None


def conversion_factor(unit: str, other: str) -> float | None:
    """Return the factor that turns a value in ``unit`` into ``other``.

    Args:
        unit: The unit a value is given in.
        other: The unit wanted.

    Returns:
        The factor [other/unit], or None where the dimensions differ or a unit is unknown.
    """
    if unit == other:
        return 1.0
    from pint.errors import PintError

    try:
        return float(_registry().Quantity(1.0, unit or "dimensionless").to(other).magnitude)
    except (PintError, ValueError, TypeError, AttributeError, AssertionError, SyntaxError):
        return None


def _quantity(unit: str) -> BeforeValidator:
    return BeforeValidator(lambda value: to_si(value, unit))


Length = Annotated[float, _quantity("m")]
"""A length or displacement [m]."""
Stress = Annotated[float, _quantity("Pa")]
"""A stress, traction or modulus [Pa]."""
ForceDensity = Annotated[float, _quantity("N/m^3")]
"""A force per volume [N/m^3]."""
Density = Annotated[float, _quantity("kg/m^3")]
"""A mass per volume [kg/m^3]."""
Expansion = Annotated[float, _quantity("1/K")]
"""A coefficient of thermal expansion [1/K]."""
Point = tuple[Length, Length]
"""A point in the plane, x and y [m]."""
