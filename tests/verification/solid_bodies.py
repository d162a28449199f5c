"""Bodies of space and meshes of them, as plain data for the tests of this folder to spoil."""

from __future__ import annotations

from typing import Any

import numpy as np

from mechagents.mechanics.formulation import Formulation, Pressure, Traction
from mechagents.mechanics.meshing import make_mesh
from mechagents.messages import Check
from mechagents.verification.elements import ElementKind, FloatArray, IntArray
from mechagents.verification.fields import Block, Fields
from mechagents.verification.solid_geometry import check_solid_geometry
from mechagents.verification.solution import Solution

BLOCK = {"kind": "box", "size": [1.0, 0.6, 0.4]}
PIN = {"kind": "cylinder", "base": [0.5, 0.3, 0.0], "axis": "z", "radius": 0.12, "height": 0.4}
PLATE = {"kind": "difference", "base": BLOCK, "remove": [PIN]}
BALL = {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": 1.0}
ENDS = {f"x_{end}": {"kind": "plane", "axis": "x", "at": at} for end, at in (("0", 0), ("1", 1))}
BORE = {"kind": "cylinder_surface", "axis": "z", "center": [0.5, 0.3], "radius": 0.12}
SKIN = {"kind": "sphere_surface", "center": [0.0, 0.0, 0.0], "radius": 1.0}


def formulation(
    regions: dict[str, Any], boundaries: dict[str, Any], **changes: object
) -> Formulation:
    """Return a body, held on its first boundary."""
    law = {"youngs_modulus": 1e9, "poisson_ratio": 0.3}
    data = {
        "idealisation": "solid",
        "geometry": {"regions": regions, "boundaries": boundaries},
        "materials": dict.fromkeys(regions, law),
        "supports": [{"boundary": next(iter(boundaries)), "x": 0.0, "y": 0.0, "z": 0.0}],
        "wanted": [{"kind": "strain_energy", "name": "energy"}],
    }
    return Formulation.model_validate(data | changes)


def block() -> Formulation:
    """A box."""
    return formulation({"block": BLOCK}, ENDS)


def plate() -> Formulation:
    """A block with a round hole, under a pressure in it."""
    load = {"kind": "pressure", "boundary": "bore", "value": 1.0}
    return formulation({"plate": PLATE}, {**ENDS, "bore": BORE}, loads=[load])


def plate_and_pin() -> Formulation:
    """The same with its hole filled by another material."""
    return formulation({"plate": PLATE, "pin": PIN}, ENDS)


def ball() -> Formulation:
    """A ball of radius 1, held all over."""
    return formulation({"ball": BALL}, {"skin": SKIN})


def halves() -> Formulation:
    """A block of two materials that meet at x = 0.5."""
    half = {"kind": "box", "size": [0.5, 0.6, 0.4]}
    return formulation({"left": half, "right": {**half, "origin": [0.5, 0.0, 0.0]}}, ENDS)


def meshed(body: Formulation, size: float, order: int) -> Fields:
    """Return a mesh of a body that did not move."""
    mesh = make_mesh(body.geometry, size, order)
    return fields(mesh.points, mesh.cells, mesh.kind)


def fields(points: FloatArray, cells: IntArray, kind: ElementKind) -> Fields:
    """Return a mesh that did not move, without the points that nothing uses."""
    used, numbers = np.unique(cells, return_inverse=True)
    nodes = numbers.reshape(cells.shape)
    return Fields(points[used], (Block(kind, nodes),), np.zeros((len(used), 3)))


def checked(body: Formulation, mesh: Fields, *, roughly: bool = False) -> dict[str, Check]:
    """Return the checks of the geometry of a mesh, by name."""
    found = check_solid_geometry(Solution.of(body, mesh), roughly=roughly)
    return {check.name: check for check in found}


def refused(body: Formulation, mesh: Fields) -> set[str]:
    """Return the names of the checks that refuse a mesh."""
    return {name for name, check in checked(body, mesh).items() if not check.passed}


def pressure(value: float | str) -> Pressure:
    """Return a pressure, or one by a formula."""
    given = {"formula": value} if isinstance(value, str) else value
    return Pressure.model_validate({"boundary": "any", "value": given})


def traction(**components: str) -> Traction:
    """Return a traction by formulas."""
    given = {axis: {"formula": formula} for axis, formula in components.items()}
    return Traction.model_validate({"boundary": "any", **given})
