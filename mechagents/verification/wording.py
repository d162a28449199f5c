"""Checks with their numbers in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mechagents.messages import Check

_FACTORS: tuple[tuple[float, str], ...] = (
    (-1.0, "the sign is the other way round"),
    (1e3, "1000 times too large: millimetres taken for metres?"),
    (1e-3, "1000 times too small: metres taken for millimetres?"),
    (1e6, "1e6 times too large: millimetres taken for metres, or MPa?"),
    (1e-6, "1e6 times too small: metres taken for millimetres, or MPa?"),
    (2.0, "a factor of two too large: gamma_xy = 2 eps_xy, or one half left out of an energy?"),
    (0.5, "a factor of two too small: gamma_xy = 2 eps_xy, or half of it left out?"),
    (2 * math.pi, "a factor of 2 pi too large"),
    (1 / (2 * math.pi), "a factor of 2 pi too small: taken per radian?"),
)


def after(unit: str) -> str:
    """Return a unit as it follows a number: with a space before it, or nothing for 1."""
    return "" if unit == "1" else f" {unit}"


def measured(name: str, value: float, tolerance: float, message: str) -> Check:
    """Return a check that passes when a value is at most its tolerance; nan never is."""
    passed = value <= tolerance
    finite = value if math.isfinite(value) else None
    return Check(name=name, passed=passed, value=finite, tolerance=tolerance, message=message)


def found(name: str, passed: bool, message: str) -> Check:
    """Return a check that something is as it should be."""
    return Check(name=name, passed=passed, message=message)


def place_words(point: Iterable[float]) -> str:
    """Return where a point is, such as ``(1, 0.25)`` [m]."""
    return f"({', '.join(f'{value:.4g}' for value in point)})"


def spaced(name: str) -> str:
    """Return an identifier as words."""
    return name.replace("_", " ")


def likely_slip(reported: float, expected: float) -> str:
    """Return what the factor between two numbers suggests, or nothing."""
    if expected == 0 or not math.isfinite(reported / expected):
        return ""
    ratio = reported / expected
    words = [text for factor, text in _FACTORS if abs(ratio / factor - 1) < 0.02]
    return f" ({words[0]})" if words else ""
