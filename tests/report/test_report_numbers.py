"""A printed number is the number, to within what is printed."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.report.numbers import (
    PREFIXABLE,
    PREFIXES,
    format_quantity,
    measure,
    ratio,
    show_quantity,
)

UNITS = st.sampled_from([*sorted(PREFIXABLE), "-", "Hz", "1/K"])
MAGNITUDES = st.floats(min_value=1e-30, max_value=1e30)
VALUES = st.one_of(st.just(0.0), MAGNITUDES, MAGNITUDES.map(lambda value: -value))
FACTORS = {prefix: exponent for exponent, prefix in PREFIXES.items()}


def parsed(number: str, shown_unit: str, unit: str) -> Decimal:
    """Return a printed number in its own unit again."""
    prefix = shown_unit.removesuffix(unit)
    return Decimal(number).scaleb(FACTORS[prefix])


def half_a_place(number: str, shown_unit: str, unit: str) -> Decimal:
    """Return half of the last decimal place of a printed number, in its own unit."""
    place = Decimal(number).as_tuple().exponent
    assert isinstance(place, int)
    trailing = number.split("e")[0]
    # A whole number may end in zeros that are places too, such as 510 for a bound of 503.
    zeros = len(trailing) - len(trailing.rstrip("0")) if "." not in trailing else 0
    return Decimal(5).scaleb(place + zeros - 1 + FACTORS[shown_unit.removesuffix(unit)])


@given(VALUES, UNITS, st.one_of(st.none(), st.just(0.0), MAGNITUDES))
def test_a_printed_value_reads_back_within_half_a_place(
    value: float, unit: str, bound: float | None
):
    shown = show_quantity(value, unit, bound)
    back = parsed(shown.value, shown.unit, unit)
    slack = half_a_place(shown.value, shown.unit, unit)
    if bound:
        slack = max(slack, half_a_place(shown.bound or "", shown.unit, unit))
    assert abs(back - Decimal(repr(value))) <= slack


@given(VALUES, UNITS, MAGNITUDES)
def test_a_printed_bound_is_never_smaller_and_hardly_larger(value: float, unit: str, bound: float):
    shown = show_quantity(value, unit, bound)
    back = parsed(shown.bound or "", shown.unit, unit)
    exact = Decimal(repr(bound))
    coarsest = max(exact * Decimal("0.1"), max(exact, abs(Decimal(repr(value)))) * Decimal("1e-6"))
    assert exact <= back <= exact + coarsest


@given(MAGNITUDES, UNITS)
def test_a_value_without_a_bound_is_right_to_four_digits(value: float, unit: str):
    shown = show_quantity(value, unit)
    back = parsed(shown.value, shown.unit, unit)
    assert abs(back - Decimal(repr(value))) <= Decimal(repr(value)) * Decimal("0.0005")


@given(VALUES, UNITS, st.one_of(st.none(), MAGNITUDES))
def test_the_sign_never_makes_a_negative_zero(value: float, unit: str, bound: float | None):
    number = Decimal(show_quantity(value, unit, bound).value)
    assert number != 0 or not number.is_signed()


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ((97.43e6, "N/m", 0.9e6), "97.43 MN/m ± 0.90 MN/m"),
        ((1.9704e9, "N/m", 3e6), "1.9704 GN/m ± 0.0030 GN/m"),
        ((-3.1e3, "Pa", 220.0), "-3.10 kPa ± 0.22 kPa"),
        ((1.0, "N", 503.0), "0 N ± 510 N"),
        ((12345.6, "Pa", None), "12.35 kPa"),
        ((0.0, "m", None), "0 m"),
        ((0.0, "m", 0.0), "0 m ± 0 m"),
        ((2.0, "Pa", 0.0), "2.000000 Pa ± 0 Pa"),
        ((1e-20, "m", None), "10.00e-21 m"),
        ((0.0123, "-", 0.0004), "0.01230 - ± 0.00040 -"),
        ((math.inf, "Pa", None), "inf Pa"),
        ((3.0, "", None), "3.000"),
        ((17.2662, "1", 0.0014), "17.2662 ± 0.0014"),
        ((1935.93, "Hz", 0.75), "1.93593 kHz ± 0.00075 kHz"),
    ],
)
def test_a_quantity_is_printed_with_digits_that_its_bound_supports(
    given_: tuple[float, str, float | None], shown: str
):
    assert format_quantity(*given_) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.02, "m", "20 mm"),
        (129.8e9, "Pa", "129.8 GPa"),
        (0.0, "m", "0 m"),
        (-0.0, "Pa", "0 Pa"),
        (-1e-4, "m", "-100 µm"),
        (24_000.0, "N/m^3", "24000 N/m^3"),
    ],
)
def test_a_given_number_keeps_what_was_given(value: float, unit: str, shown: str):
    assert measure(value, unit) == shown


def test_a_check_without_a_value_shows_none():
    assert (ratio(None), ratio(2.3456e-13)) == ("", "2.35e-13")
