"""Formulas: what they may say, what they are at points, and that they run no code."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from mechagents.mechanics.formulas import Formula, value_at, varying

POINTS = np.array([[0.5, 2.0], [-1.0, 3.0]])
PRESSURE: TypeAdapter[float | Formula] = TypeAdapter(Annotated[float | Formula, varying("Pa")])
CHANGE: TypeAdapter[float | Formula] = TypeAdapter(Annotated[float | Formula, varying("K")])


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("x + 2*y", [4.5, 5.0]),
        ("-x**2", [-0.25, -1.0]),
        ("(-x)**3", [-0.125, 1.0]),
        ("1e6 * (1 - (y / 2)**2)", [0.0, -1.25e6]),
        ("sqrt(abs(x)) + pi - pi", [0.5**0.5, 1.0]),
        ("atan2(y, x)", [np.arctan2(2.0, 0.5), np.arctan2(3.0, -1.0)]),
        ("sin(x)*cos(y) + exp(-x) + log(y) + tan(x)",
         np.sin(POINTS[:, 0]) * np.cos(POINTS[:, 1]) + np.exp(-POINTS[:, 0])
         + np.log(POINTS[:, 1]) + np.tan(POINTS[:, 0])),
        ("7", [7.0, 7.0]),
    ],
)  # fmt: skip
def test_a_formula_has_values_at_points(formula: str, values: list[float]) -> None:
    assert Formula(formula=formula).at(POINTS) == pytest.approx(values)


@pytest.mark.parametrize("formula", ["1/0", "log(x - 9)", "x**0.5", "1/(x + 1)"])
def test_where_there_is_no_value_it_is_not_finite(formula: str) -> None:
    assert not np.isfinite(Formula(formula=formula).at(POINTS)).all()


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("__import__('os').system('true')", "is not allowed"),
        ("x.real", "is not allowed"),
        ("(lambda: 1)()", "is not allowed"),
        ("[1] * 9", "is not allowed"),
        ("'a' * 9", "is not allowed"),
        ("x if y else 1", "is not allowed"),
        ("x < 1", "is not allowed"),
        ("9**9**9", "a power is a number up to 20"),
        ("x**y", "a power is a number up to 20"),
        ("2**21", "a power is a number up to 20"),
        ("sin(x, y)", "another number of arguments"),
        ("sin(x=1)", "is not allowed"),
        ("r", "'r' is not known"),
        ("True", "True is no number"),
        ("1e400", "too large"),
        ("x; y", "cannot be read"),
        ("x +", "cannot be read"),
        ("+".join(["x"] * 150), "200 parts at most"),
        ("x" * 401, "at most 400"),
    ],
)
def test_what_is_no_formula_is_refused(formula: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Formula(formula=formula)


def test_a_field_takes_a_number_a_quantity_and_a_formula() -> None:
    assert PRESSURE.validate_python(3) == 3.0
    assert PRESSURE.validate_python("2 MPa") == 2e6
    found = PRESSURE.validate_python({"formula": "x"})
    assert isinstance(found, Formula)
    assert value_at(found, POINTS) == pytest.approx([0.5, -1.0])
    assert value_at(2.0, POINTS) == pytest.approx([2.0, 2.0])
    assert PRESSURE.validate_json(PRESSURE.dump_json(found)) == found


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([1.0], "a number in Pa, a quantity with a unit, or"),
        (True, "a number in Pa"),
        (None, "a number in Pa"),
        (float("nan"), "finite"),
        ("2 mm", "wrong dimension"),
        ({"formula": "t"}, "formula: 't' is not known"),
        ({"formla": "x"}, "formula: "),
    ],
)
def test_what_a_field_does_not_take_is_told_once(given: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        PRESSURE.validate_python(given)
    assert len(caught.value.errors()) == 1


@pytest.mark.parametrize("given", ["80 degC", "80 °C", "176 degF", "80 celsius"])
def test_a_temperature_on_a_scale_is_no_difference(given: str) -> None:
    with pytest.raises(ValidationError, match="a difference of temperatures in K"):
        CHANGE.validate_python(given)
    assert CHANGE.validate_python("80 K") == 80.0
