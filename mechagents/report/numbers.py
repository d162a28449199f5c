"""Numbers as an engineer writes them: prefix, sensible digits, error bound."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

PREFIXES = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
"""Decimal prefixes by exponent."""
PREFIXABLE = frozenset({"Pa", "N", "N/m", "J", "J/m", "m", "Hz"})
"""Units that a prefix can stand before without being misread."""
MOST_DIGITS = 7
"""No more significant digits than this are shown, however small the error bound."""


class Shown(NamedTuple):
    """A quantity in print."""

    value: str
    bound: str | None
    """The error bound, in the same unit; None where none is known."""
    unit: str

    def __str__(self) -> str:
        text = f"{self.value} {self.unit}".rstrip()
        return text if self.bound is None else f"{text} ± {self.bound} {self.unit}".rstrip()


def format_quantity(value: float, unit: str, bound: float | None = None) -> str:
    """Return a quantity in words, for instance ``97.43 MN/m ± 0.90 MN/m``.

    See ``show_quantity`` for how digits and prefix are chosen.
    """
    return str(show_quantity(value, unit, bound))


def show_quantity(value: float, unit: str, bound: float | None = None, *, digits: int = 4) -> Shown:
    """Return a quantity as it is printed, value and bound with the same prefix.

    The bound is rounded up at its second significant digit and the value to the same decimal
    place. So the printed value is within half a place of ``value``, and the printed bound is
    never smaller than ``bound``. Without a bound the value has ``digits`` significant digits.

    Args:
        value: The value, in ``unit``.
        unit: Its unit; N, N/m, Pa, J, J/m, m and Hz take a decimal prefix, and 1
            is not printed.
        bound: Its error bound, not negative, in ``unit``.
        digits: Significant digits of a value without a bound.
    """
    if not math.isfinite(value) or (bound is not None and not math.isfinite(bound)):
        return Shown(f"{value:g}", None if bound is None else f"{bound:g}", unit)
    unit = "" if unit == "1" else unit
    exponent, prefixed = _scale(max(abs(value), bound or 0.0), unit)
    exact = Decimal(repr(value)).scaleb(-exponent)
    error = None if bound is None else Decimal(repr(bound)).scaleb(-exponent)
    place = _place(exact, error, digits)
    suffix = "" if prefixed is not None or exponent == 0 else f"e{exponent:+03d}"
    shown_bound = None if error is None else _digits(error, place, ROUND_CEILING) + suffix
    if error == 0:
        shown_bound = "0"
    shown = _digits(exact, place, ROUND_HALF_EVEN) + suffix
    return Shown(shown, shown_bound, unit if prefixed is None else prefixed + unit)


def measure(value: float, unit: str) -> str:
    """Return a given number, which has no error, with a prefix: ``20 mm``, ``110 GPa``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".replace("-0 ", "0 ").rstrip()
    exponent, prefixed = _scale(abs(value), unit)
    if prefixed is None:
        return f"{value:.6g} {unit}".rstrip()
    return f"{float(Decimal(repr(value)).scaleb(-exponent)):.6g} {prefixed}{unit}"


def prefixed(magnitude: float, unit: str) -> tuple[int, str]:
    """Return the exponent of ten to divide by, and the unit with its prefix or that power."""
    unit = "" if unit == "1" else unit
    exponent, shown = _scale(magnitude, unit)
    if shown is not None:
        return exponent, shown + unit
    return exponent, f"1e{exponent:+03d} {unit}".rstrip() if exponent else unit


def ratio(value: float | None) -> str:
    """Return the value or tolerance of a check in three digits; empty where there is none."""
    return "" if value is None else f"{value:.3g}"


def _scale(magnitude: float, unit: str) -> tuple[int, str | None]:
    """Return the exponent to divide by, and the prefix that stands for it if there is one."""
    if magnitude == 0:
        return 0, "" if unit in PREFIXABLE else None
    exponent = 3 * math.floor(Decimal(repr(magnitude)).adjusted() / 3)
    if unit in PREFIXABLE and exponent in PREFIXES:
        return exponent, PREFIXES[exponent]
    return (0 if -3 <= exponent <= 3 else exponent), None


def _place(value: Decimal, bound: Decimal | None, digits: int) -> int:
    """Return the exponent of the last decimal place to show."""
    largest = max(value.adjusted() if value else -99, bound.adjusted() if bound else -99)
    if largest == -99:
        return 0
    if bound is None:
        return largest - digits + 1
    finest = largest - MOST_DIGITS + 1
    return finest if bound == 0 else max(bound.adjusted() - 1, finest)


def _digits(value: Decimal, place: int, rounding: str) -> str:
    rounded = value.quantize(Decimal(1).scaleb(place), rounding=rounding)
    return f"{rounded if rounded else abs(rounded):f}"
