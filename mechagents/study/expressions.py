"""Expressions of names and numbers, such as ``stress_max / 10e6``; they run no code."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from mechagents.mechanics.formulas import FUNCTIONS, evaluate, parse_formula

_FUNCTIONS = {name: getattr(math, name) for name in FUNCTIONS if name != "abs"} | {"abs": abs}


def check_expression(expression: str, names: Iterable[str], where: str) -> None:
    """Make sure that an expression can be read and uses known names alone.

    Args:
        expression: Numbers and names with + - * / ** and the functions of a formula.
        names: What it may use, besides pi.
        where: The field, for the error.

    Raises:
        ValueError: If it does not; the message begins with the field.
    """
    try:
        parse_formula(expression, tuple(names))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def value_of(expression: str, names: Mapping[str, float]) -> float:
    """Return what an expression gives; not a number where it has no value.

    Raises:
        ValueError: If it cannot be read or uses a name that is not there.
    """
    tree = parse_formula(expression, tuple(names))
    try:
        value = evaluate(tree, {**names, "pi": math.pi}, _FUNCTIONS)
    except (ArithmeticError, ValueError):  # such as 1 / 0, or the root of a negative number
        return math.nan
    return float(value) if isinstance(value, int | float) else math.nan
