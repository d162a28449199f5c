"""What a field is called, what it is measured in, and the components that it is looked at by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.constitutive import COLUMNS, tensor_component
from mechagents.verification.elements import FloatArray
from mechagents.view.returned import Arrays, Returned, Step

Where = Literal["points", "cells"]
VECTOR = "vector"
"""Asks for the columns of a field as they are."""
_UNITS = {
    "displacement": "m", "velocity": "m/s", "acceleration": "m/s^2", "stress": "Pa",
    "mode": "", "region": "",
}  # fmt: skip
"""Of the arrays whose meaning is agreed on."""
_TITLES = {"mode": "mode shape"}
_STRESS = ("von_mises", "max_principal", "min_principal")
_WORDS = {
    "magnitude": "magnitude", "von_mises": "von Mises", "max_principal": "largest principal",
    "min_principal": "smallest principal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Component:
    """One number of a field at each place."""

    field: str
    name: str
    title: str
    unit: str
    where: Where


@dataclass(frozen=True, slots=True)
class Extremes:
    """Between which values a component lies, and at which places; nan where it has none."""

    low: float
    high: float
    low_at: int
    high_at: int


def components(returned: Returned, step: Step) -> Iterator[Component]:
    """Yield every component of every field of a step, displacement first."""
    places: dict[Where, Arrays] = {"points": step.points, "cells": step.cells}
    order = list(_UNITS)
    found: list[Component] = []
    for where, data in places.items():
        for field, values in data.items():
            unit = _UNITS.get(field, "") if returned.formulation else ""
            named = _named(field, values.shape[1], returned.formulation)
            found += [Component(field, name, title, unit, where) for name, title in named]
    yield from sorted(found, key=lambda c: order.index(c.field) if c.field in order else len(order))


def _named(field: str, columns: int, formulation: Formulation | None) -> Iterator[tuple[str, str]]:
    """Yield the name of each component and what it is called on the page."""
    called = _TITLES.get(field, field)
    if field == "stress" and columns in (4, 6):
        for name in (*_STRESS, *COLUMNS[:columns]):
            yield name, f"stress {_WORDS.get(name) or _tensor_axes(name, formulation)}"
    elif columns in (2, 3):
        yield "magnitude", f"{called} magnitude"
        for axis in "xyz"[:columns]:
            yield axis, f"{called} {_axis(axis, formulation)}"
    elif columns == 1:
        yield "value", called
    else:
        yield from ((str(i), f"{called} {i}") for i in range(columns))


def _axis(axis: str, formulation: Formulation | None) -> str:
    return axes(formulation)["xyz".index(axis)]


def axes(formulation: Formulation | None) -> tuple[str, str, str]:
    """Return what x, y and z are called: r, z and θ in an axisymmetric body."""
    turned = formulation is not None and formulation.idealisation == "axisymmetric"
    return ("r", "z", "θ") if turned else ("x", "y", "z")


def _tensor_axes(name: str, formulation: Formulation | None) -> str:
    return "".join(_axis(axis, formulation) for axis in name)


def values_of(values: FloatArray, field: str, name: str) -> FloatArray:
    """Return a component of a field at places, shape (places,), or its columns for ``vector``.

    Args:
        values: The field, shape (places, columns).
        field: Its name.
        name: The component's.

    Raises:
        KeyError: If the field has no such component.
    """
    columns = values.shape[1]
    if name == VECTOR:
        return values
    if field == "stress" and columns in (4, 6) and name in (*_STRESS, *COLUMNS[:columns]):
        return _of_tensor(values, name)
    if columns in (2, 3) and name == "magnitude":
        return np.asarray(np.linalg.norm(values, axis=1), dtype=np.float64)
    names = ["value"] if columns == 1 else list("xyz"[:columns])
    if columns > 3:
        names = [str(i) for i in range(columns)] if field != "stress" else []
    if name not in names:
        raise KeyError(f"{field} has no component {name!r}")
    return values[:, names.index(name)]


def _of_tensor(stress: FloatArray, name: str) -> FloatArray:
    finite = np.isfinite(stress).all(axis=1)
    if name in COLUMNS or finite.all():
        return tensor_component(stress, name)  # type: ignore[arg-type]
    found = np.full(len(stress), np.nan)  # principal values of what is not finite do not exist
    found[finite] = tensor_component(stress[finite], name)  # type: ignore[arg-type]
    return found


def array_of(step: Step, field: str, where: Where) -> FloatArray:
    """Return a field of a step, shape (places, columns).

    Raises:
        KeyError: If the step has no such field there.
    """
    arrays: Arrays = step.points if where == "points" else step.cells
    if field not in arrays:
        raise KeyError(f"there is no field {field!r} at {where} in {step.label!r}")
    return arrays[field]


def extremes(values: FloatArray) -> Extremes:
    """Return the smallest and the largest of values that are finite, and where they are."""
    finite = np.isfinite(values)
    if not finite.any():
        return Extremes(float("nan"), float("nan"), -1, -1)
    low = int(np.where(finite, values, np.inf).argmin())
    high = int(np.where(finite, values, -np.inf).argmax())
    return Extremes(float(values[low]), float(values[high]), low, high)
