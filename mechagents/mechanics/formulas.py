"""Values that vary over a body: a number, or a formula of the coordinates, which runs no code."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from mechagents.mechanics.units import to_si

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FUNCTIONS = ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "atan2")
"""What a formula may call."""
COORDINATES = ("x", "y", "z")
"""What a formula may use [m], besides pi; in an axisymmetric body x is the radius."""
_SCALE = re.compile("°|deg|celsius|fahrenheit", re.IGNORECASE)
LARGEST_NUMBER = 1e300
LONGEST_FORMULA, MOST_PARTS, LARGEST_POWER = 400, 200, 20
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class Formula(BaseModel):
    """A value as a formula of the coordinates: ``{"formula": "1e6 * (1 - (y / 0.5)**2)"}``.

    The coordinates are in metres, the value in the SI unit of the field. It may add, subtract,
    multiply, divide, take powers, and call sin, cos, tan, exp, log, sqrt, abs and atan2.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    formula: Annotated[str, Field(min_length=1, max_length=LONGEST_FORMULA)]

    @field_validator("formula")
    @classmethod
    def _can_be_read(cls, formula: str) -> str:
        parse_formula(formula, COORDINATES)
        return formula

    @cached_property
    def _tree(self) -> ast.expr:
        return _parsed(self.formula)

    @property
    def names(self) -> set[str]:
        """The coordinates, functions and constants that it uses."""
        return {part.id for part in ast.walk(self._tree) if isinstance(part, ast.Name)}

    def at(self, points: FloatArray) -> FloatArray:
        """Return the values at points [m], shape (..., 2 or 3) to (...); z is 0 in the plane.

        Where the formula is undefined they are not finite.
        """
        import numpy as np

        functions = {name: getattr(np, name) for name in FUNCTIONS if name != "atan2"}
        functions["atan2"] = np.arctan2
        x, y = points[..., 0], points[..., 1]
        z = points[..., 2] if points.shape[-1] == 3 else np.zeros_like(x)
        with np.errstate(all="ignore"):
            try:
                value = self.given({"x": x, "y": y, "z": z}, functions)
            except ArithmeticError:  # numbers alone that have no value, such as 1 / 0
                value = np.nan
        return np.broadcast_to(np.asarray(value, dtype=np.float64), x.shape)

    def given(
        self, coordinates: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
    ) -> Any:  # noqa: ANN401
        """Return the value for coordinates of any type that can be calculated with.

        Args:
            coordinates: What x, y and z are.
            functions: How the functions are called for that type, by name.
        """
        return evaluate(self._tree, {**coordinates, "pi": math.pi}, functions)


def value_at(value: float | Formula, points: FloatArray) -> FloatArray:
    """Return a value at points [m], shape (..., 2 or 3) to (...)."""
    import numpy as np

    if isinstance(value, Formula):
        return value.at(points)
    return np.full(points.shape[:-1], float(value))


def varying(unit: str) -> BeforeValidator:
    """Return what reads a number, a quantity with a unit, or a formula, for a field in ``unit``."""

    def read(value: object) -> object:
        if isinstance(value, Formula):
            return value
        if isinstance(value, dict):
            try:
                return Formula.model_validate(value)
            except ValidationError as error:
                told = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
                raise PydanticCustomError("formula", "formula: {told}", {"told": told}) from error
        if unit == "K" and isinstance(value, str) and _SCALE.search(value):
            told = "{given} is a place on a scale; write a difference of temperatures in K"
            raise PydanticCustomError("temperature_scale", told, {"given": repr(value[:60])})
        number = to_si(value, unit)
        if isinstance(number, bool) or not isinstance(number, int | float):
            told = "should be a number in {unit}, a quantity with a unit, or {{formula: ...}}"
            raise PydanticCustomError("varying", told, {"unit": unit})
        if not math.isfinite(number):
            raise PydanticCustomError("finite_number", "should be a finite number")
        return number

    return BeforeValidator(read)


def _parsed(formula: str) -> ast.expr:
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{formula!r} cannot be read; write it as in 1e6 * (1 - y**2)") from error


def parse_formula(formula: str, names: Collection[str]) -> ast.expr:
    """Return a formula's tree, which holds numbers, names, operators and functions alone.

    Args:
        formula: The text.
        names: What it may use, besides pi.

    Raises:
        ValueError: If it cannot be read, is too long or holds anything else.
    """
    tree = _parsed(formula)
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise ValueError(f"a formula may have {MOST_PARTS} parts at most")
    _check_part(tree, names)
    return tree


def _check_part(part: ast.expr, names: Collection[str]) -> None:
    match part:
        case ast.Constant(value=bool(value)):
            raise ValueError(f"{value} is no number")
        case ast.Constant(value=int(value) | float(value)):
            if not abs(value) < LARGEST_NUMBER:
                raise ValueError("a number in it is too large")
        case ast.Name(id=name):
            if name not in (*names, "pi"):
                raise ValueError(f"{name!r} is not known; a formula has {', '.join(names)}, pi")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check_part(operand, names)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            _check_part(left, names)
            if not _small_power(right):
                raise ValueError(f"a power is a number up to {LARGEST_POWER}")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _check_part(left, names)
            _check_part(right, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != (2 if name == "atan2" else 1):
                raise ValueError(f"{name} has another number of arguments")
            for argument in arguments:
                _check_part(argument, names)
        case _:
            told = f"+ - * / ** and {', '.join(FUNCTIONS)}"
            raise ValueError(f"{ast.unparse(part)[:40]!r} is not allowed; a formula has {told}")


def _small_power(part: ast.expr) -> bool:
    if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
        part = part.operand
    return (
        isinstance(part, ast.Constant)
        and isinstance(part.value, int | float)
        and not isinstance(part.value, bool)
        and abs(part.value) <= LARGEST_POWER
    )


def evaluate(
    part: ast.expr, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> Any:  # noqa: ANN401
    """Return what a formula's tree gives.

    Args:
        part: The tree, or a part of it.
        names: The values of the names that it uses, of any type that can be calculated with.
        functions: How the functions are called for that type, by name.
    """
    match part:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -1.0 * evaluate(operand, names, functions)
        case ast.UnaryOp(operand=operand):
            return evaluate(operand, names, functions)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            power: float = evaluate(right, names, functions)
            # Some libraries take a power that is no integer of positive numbers only.
            return evaluate(left, names, functions) ** (
                int(power) if power == int(power) else power
            )
        case ast.BinOp(left=left, op=op, right=right):
            values = (evaluate(side, names, functions) for side in (left, right))
            return _OPERATORS[type(op)](*values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return functions[name](*(evaluate(one, names, functions) for one in arguments))
        case _:
            raise AssertionError("it was checked when it was read")
