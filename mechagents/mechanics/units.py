"""Units at the edge: a number is SI, a string such as ``"1 GPa"`` is converted once, on entry."""

from __future__ import annotations

import re
from functools import cache
from tokenize import TokenError
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from pint import UnitRegistry


LONGEST_QUANTITY = 60
"""Characters; a quantity is a number and a few units."""
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_POWER = r"[+-]?\d{1,2}(?:\.\d{1,3})?"
_NAME = rf"(?:[^\W\d]\w*|°\w*|%)(?:\s*(?:\*\*|\^)\s*(?:{_POWER}|\({_POWER}\)))?"
_PRODUCT = rf"{_NAME}(?:(?:\s*[*/·]\s*|\s+){_NAME})*"
_TERM = rf"(?:{_NAME}|\(\s*{_PRODUCT}\s*\))"
_UNIT = rf"(?:1?\s*/\s*)?{_TERM}(?:(?:\s*[*/·]\s*|\s+){_TERM})*"
QUANTITY = re.compile(rf"\s*({_NUMBER})(?:\s+|\s*\*\s*)?({_UNIT})\s*")
"""One number and a unit, which holds no other numbers than small powers: nothing to work out."""


@cache
def _registry() -> UnitRegistry:
    # Making a registry takes a third of a second, so only a string with a unit pays for it.
    from pint import UnitRegistry

    return UnitRegistry(cache_folder=None)


def _converted(quantity: str, unit: str) -> float:
    """Return a quantity's value in a unit.

    Raises:
        DimensionalityError: If it has another dimension.
        ValueError: If it is no quantity.
    """
    from pint.errors import DimensionalityError, PintError

    found = QUANTITY.fullmatch(quantity) if len(quantity) <= LONGEST_QUANTITY else None
    if found is None:
        raise ValueError(quantity)
    number, given = float(found[1]), found[2]
    try:
        if given.lstrip().startswith("/"):
            given = f"1 {given}"
        return float(_registry().Quantity(number, given).to(unit).magnitude)
    except DimensionalityError:
        raise
    # What the parser meets in a string that is no quantity, it raises as it comes.
    except (PintError, TypeError, AttributeError, AssertionError, ArithmeticError) as error:
        raise ValueError(quantity) from error
    except (SyntaxError, TokenError, LookupError) as error:
        raise ValueError(quantity) from error


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
    from pint.errors import DimensionalityError

    try:
        return _converted(value, unit)
    except DimensionalityError as error:
        raise PydanticCustomError(
            "unit_dimension",
            "{given} has the wrong dimension; a quantity in {unit} is needed",
            {"given": _shown(value), "unit": unit},
        ) from error
    except ValueError as error:
        raise PydanticCustomError(
            "unit_syntax",
            "{given} is not a quantity; write a number in {unit} or one with a unit",
            {"given": _shown(value), "unit": unit},
        ) from error


def _shown(value: str) -> str:
    return repr(value if len(value) <= LONGEST_QUANTITY else value[:LONGEST_QUANTITY] + "...")


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
    from pint.errors import DimensionalityError

    try:
        return _converted(f"1 {unit or 'dimensionless'}", other)
    except (DimensionalityError, ValueError):
        return None


def _either(unit: str, other: str) -> BeforeValidator:
    """Read a quantity in one of two units, the second per metre of thickness."""

    def read(value: object) -> object:
        per_metre = isinstance(value, str) and conversion_of(value, other)
        return to_si(value, other if per_metre else unit)

    return BeforeValidator(read)


def conversion_of(quantity: str, unit: str) -> bool:
    """Return whether a string is a quantity that can be given in a unit."""
    from pint.errors import DimensionalityError

    try:
        _converted(quantity, unit)
    except (DimensionalityError, ValueError):
        return False
    return True


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
PointForceValue = Annotated[float, _either("N", "N/m")]
"""A force [N], or per metre of thickness [N/m]."""
PointStiffness = Annotated[float, _either("N/m", "N/m^2")]
"""A force per displacement [N/m], or that per metre of thickness [N/m^2]."""
AreaStiffness = Annotated[float, _quantity("N/m^3")]
"""A force per area and displacement [N/m^3]."""
Angle = Annotated[float, _quantity("rad")]
"""An angle [rad]."""
Expansion = Annotated[float, _quantity("1/K")]
"""A coefficient of thermal expansion [1/K]."""
Time = Annotated[float, _quantity("s")]
"""A time [s]."""
Rate = Annotated[float, _quantity("1/s")]
"""A rate [1/s]."""
Velocity = Annotated[float, _quantity("m/s")]
"""A velocity [m/s]."""
Point = tuple[Length, Length]
"""A point in the plane, x and y [m]."""
SpacePoint = tuple[Length, Length, Length]
"""A point in space, x, y and z [m]."""
