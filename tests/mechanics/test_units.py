"""Units at the edge."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mechagents.mechanics.units import conversion_factor, same_dimension, to_si

UNITS = {
    # unit: (SI unit of its dimension, value in it); from the definitions, not from the library.
    "mm": ("m", 1e-3),
    "inch": ("m", 0.0254),
    "um": ("m", 1e-6),
    "GPa": ("Pa", 1e9),
    "MPa": ("Pa", 1e6),
    "N/mm^2": ("Pa", 1e6),
    "bar": ("Pa", 1e5),
    "kN/m^3": ("N/m^3", 1e3),
    "g/cm**3": ("kg/m^3", 1e3),
    "um/m/K": ("1/K", 1e-6),
    "kN/m": ("N/m", 1e3),
}
SI = ["m", "Pa", "N/m^3", "kg/m^3", "1/K", "N/m", "N", "J/m", "J"]
finite = st.floats(-1e12, 1e12, allow_subnormal=False)
quantities = st.sampled_from(sorted(UNITS))


@given(finite)
def test_a_number_is_si_already(value: float) -> None:
    assert to_si(value, "Pa") == value


@given(finite)
def test_a_number_in_quotes_is_si_already(value: float) -> None:
    assert to_si(repr(value), "Pa") == value


@given(finite, quantities)
def test_a_value_with_a_unit_is_converted_once(value: float, unit: str) -> None:
    si, factor = UNITS[unit]
    assert to_si(f"{value!r} {unit}", si) == pytest.approx(value * factor, rel=1e-12, abs=1e-300)


@given(quantities)
def test_converting_there_and_back_is_no_change(unit: str) -> None:
    si, factor = UNITS[unit]
    there, back = conversion_factor(unit, si), conversion_factor(si, unit)
    assert there is not None
    assert back is not None
    assert there == pytest.approx(factor)
    assert there * back == pytest.approx(1.0)


@given(quantities, st.sampled_from(SI))
def test_a_quantity_of_another_dimension_is_refused(unit: str, si: str) -> None:
    if UNITS[unit][0] == si:
        assert same_dimension(unit, si)
        return
    assert not same_dimension(unit, si)
    with pytest.raises(PydanticCustomError, match="wrong dimension"):
        to_si(f"1 {unit}", si)


@given(st.text(alphabet="0123456789 mkGPaNse*/^().-+%[]{}\"'#\\\n,=<>:@!~µ°²", max_size=12))
@example("9**9**9")
@example("9^(9^9)")
@example("2**99999 m")
@example("1/0 m")
@example("(")
@example("20 degC")
@example("1e400 m")
def test_any_text_is_converted_or_refused_in_a_sentence(text: str) -> None:
    try:
        assert isinstance(to_si(text, "Pa"), float)
    except PydanticCustomError as refused:
        message = refused.message()
    else:
        return
    assert "quantity in Pa" in message or "number in Pa" in message


@pytest.mark.parametrize(
    "text",
    ["30e6 psi * 2", "2 * 3 Pa", "1 Pa + 2 Pa", "5 - 2 Pa", "1,5 Pa", "(1 + 1) Pa", "1 Pa**2**9",
     "1 Pa^999", "1 2 Pa", "Pa", "1/2 Pa", "1_0 Pa"],
)  # fmt: skip
def test_a_text_that_is_more_than_a_number_and_a_unit_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="is not a quantity"):
        to_si(text, "Pa")


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("1GPa", "Pa", 1e9), ("-2.5e3 kN / m^2", "Pa", -2.5e6), ("3 N m^-2", "Pa", 3.0),
        ("3 kg/(m * s**2)", "Pa", 3.0), ("3 kg m^(-1) s^(-2)", "Pa", 3.0), ("7 MN/m²", "Pa", 7e6),
        ("12e-6 1/K", "1/K", 12e-6), ("12e-6/K", "1/K", 12e-6), (".5 µm", "m", 0.5e-6),
        ("2 * mm", "m", 2e-3), ("+4. mm", "m", 4e-3),
    ],
)  # fmt: skip
def test_a_number_and_a_unit_are_read_however_they_are_written(
    text: str, unit: str, expected: float
) -> None:
    assert to_si(text, unit) == pytest.approx(expected, rel=1e-12)


def test_an_endless_text_is_shown_in_part_only() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        to_si("m" * 10_000, "m")
    assert len(caught.value.message()) < 200


@pytest.mark.parametrize("unit", ["", "9**9**9", "(", "nonsense", "m" * 1000])
def test_an_unknown_unit_has_no_factor(unit: str) -> None:
    assert conversion_factor(unit, "m") is None
    assert not same_dimension(unit, "m")


def test_an_unknown_unit_is_the_same_as_itself_only() -> None:
    assert same_dimension("widget", "widget")
    assert not same_dimension("widget", "gadget")


@pytest.mark.parametrize("value", [None, [1.0], {"a": 1}, b"1 m"])
def test_what_is_neither_number_nor_text_is_left_for_the_type_check(value: object) -> None:
    assert to_si(value, "m") is value
