"""The fields at one place of the body, by the shape functions of its element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechagents.verification.elements import (
    ElementKind,
    FloatArray,
    IntArray,
    reference_middle,
    shape_functions,
    shape_gradients,
)
from mechagents.view.components import Component, array_of, components, values_of
from mechagents.view.returned import Returned, Step

ITERATIONS = 30
CONVERGED = 1e-13
BEYOND = 0.2
"""How far outside its element a place may be, in reference coordinates: a curved face is drawn as
straight triangles, so that what is seen may lie a little beside it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One component at the place, and at the node that is nearest to it."""

    component: Component
    value: float
    at_node: float
    """As the file has it; a value of elements has none at nodes: that of the element."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What was read at a place."""

    x: tuple[float, ...]
    """Where, in the undeformed body [m]."""
    element: int
    node: int
    """The nearest node of the element, a point of the mesh."""
    distance: float
    """From the place to it [m]."""
    readings: tuple[Reading, ...]


def probe(returned: Returned, step: Step, element: int, x: FloatArray) -> Probed:
    """Return the fields at a place in an element.

    A field at points is interpolated by the shape functions of the element, and magnitude, von
    Mises and principal values are made of what was interpolated. One of elements is constant.

    Args:
        returned: The mesh.
        step: Whose fields.
        element: The element.
        x: The place in the undeformed body [m], shape (3,).

    Raises:
        IndexError: If there is no such element.
        ValueError: If the place is not in the element.
    """
    block, row = returned.element(element)
    nodes = block.nodes[row]
    corners = returned.x[nodes]
    weights = shape_functions(block.kind, _reference(block.kind, corners, x)[None])[0]
    off = np.linalg.norm(corners - x, axis=1)
    node = int(off.argmin())
    readings = [
        _read(step, component, element, nodes, weights, node)
        for component in components(returned, step)
    ]
    return Probed(
        tuple(map(float, x)), element, int(nodes[node]), float(off[node]), tuple(readings)
    )


def _read(
    step: Step,
    component: Component,
    element: int,
    nodes: IntArray,
    weights: FloatArray,
    node: int,
) -> Reading:
    field, name = component.field, component.name
    array = array_of(step, field, component.where)
    if component.where == "cells":
        value = float(values_of(array[element][None], field, name)[0])
        return Reading(component, value, value)
    local = array[nodes]
    both = np.stack([weights @ local, local[node]])
    value, at_node = map(float, values_of(both, field, name))
    return Reading(component, value, at_node)


def _reference(kind: ElementKind, corners: FloatArray, x: FloatArray) -> FloatArray:
    """Return the reference coordinates of a place by Newton's method, shape (dimension,)."""
    at: FloatArray = reference_middle(kind)[0]
    for _ in range(ITERATIONS):
        # A surface in space has two coordinates for three equations.
        jacobian: FloatArray = corners.T @ shape_gradients(kind, at[None])[0]
        step: FloatArray = np.linalg.pinv(jacobian) @ _off(kind, corners, at, x)
        at = np.asarray(np.clip(at + step, -2.0, 2.0), dtype=np.float64)
        if float(np.abs(step).max()) < CONVERGED:
            break
    size = float(np.linalg.norm(np.ptp(corners, axis=0)))
    left = float(np.linalg.norm(_off(kind, corners, at, x)))
    if not left <= BEYOND * size or _outside(kind, at) > BEYOND:
        raise ValueError("the place is not in that element")
    return at


def _off(kind: ElementKind, corners: FloatArray, at: FloatArray, x: FloatArray) -> FloatArray:
    """Return what is left from where reference coordinates lie to a place [m], shape (3,)."""
    return np.asarray(x - shape_functions(kind, at[None])[0] @ corners, dtype=np.float64)


def _outside(kind: ElementKind, at: FloatArray) -> float:
    """Return how far reference coordinates are outside the element, 0 inside."""
    if kind.startswith(("triangle", "tetra")):
        return float(max(0.0, -at.min(), at.sum() - 1))
    if kind == "wedge":
        return float(max(0.0, -at[:2].min(), at[:2].sum() - 1, abs(at[2]) - 1))
    return float(max(0.0, np.abs(at).max() - 1))
