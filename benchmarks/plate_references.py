"""Computes converged reference values for the six packaged plates, independently of the package.

NGSolve solves each plate in four readings: plane stress or plane strain, and the right edge free
or fixed across the direction that it is moved in. Elements are of order 10 on curved meshes that
shrink geometrically towards the four corners, where the stress of a clamped edge is singular, so
the error falls exponentially. The numbers below repeat the statements' words and read no problem
file, so that a slip there shows.

NGSolve is no dependency of the package. By hand, where libgfortran5 is installed:

    uv run --with ngsolve python benchmarks/plate_references.py

This writes ``tests/data/plate_references.json`` and prints a table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from pathlib import Path

from netgen.occ import Glue, OCCGeometry, WorkPlane
from ngsolve import (
    CF,
    BilinearForm,
    CoefficientFunction,
    Grad,
    GridFunction,
    Id,
    InnerProduct,
    Mesh,
    TaskManager,
    Trace,
    VectorH1,
    dx,
    x,
)

OUTPUT = Path(__file__).parent.parent / "tests" / "data" / "plate_references.json"
HOLE_CENTER, HOLE_RADIUS = (0.5, 0.5), 0.2
POINT = (0.5, 0.85)
"""Where sigma_xy is asked for [m]."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate of 1 m by 1 m, clamped at the left, as its statement gives it."""

    moved: str
    """The component of the right edge that is prescribed, x or y."""
    by: float
    """How far [m]."""
    youngs_modulus: float = 1e9
    poisson_ratio: float = 0.3
    hole: bool = False
    filling: float | None = None
    """Young's modulus [Pa] of what fills the hole; its Poisson's ratio is the plate's."""
    at_point: bool = False
    """Whether sigma_xy is asked for at ``POINT``."""


PLATES = {
    "plate-tension": Plate("x", 0.1),
    "plate-shear": Plate("y", 0.1),
    "plate-hole-shear": Plate("y", 0.1, hole=True, at_point=True),
    "plate-inclusion-shear": Plate("y", 0.1, hole=True, filling=10e9, at_point=True),
    "plate-stretch": Plate("x", 0.5),
    # Kaye and Laby, Tables of Physical and Chemical Constants, 16th ed. (1995), 2.2.2.
    "copper-plate": Plate("x", 0.02, youngs_modulus=129.8e9, poisson_ratio=0.343, hole=True),
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """How finely a plate is solved."""

    order: int
    layers: int
    """Layers of elements around a corner, each a fifth of the size of the one outside it."""
    size: float
    """Largest element edge [m]."""


FINEST = Resolution(order=10, layers=14, size=0.2)
COARSER = (
    Resolution(order=8, layers=14, size=0.2),
    Resolution(order=10, layers=11, size=0.2),
    Resolution(order=10, layers=14, size=0.3),
)
"""Each is coarser than the finest in one way; the largest difference estimates the error."""


def plate_mesh(plate: Plate, resolution: Resolution) -> Mesh:
    """Return the curved mesh of a plate, graded to its corners."""
    shape = WorkPlane().Rectangle(1, 1).Face()
    for edge in shape.edges:
        middle = edge.Value(sum(edge.parameter_interval) / 2)
        edge.name = {0.0: "left", 1.0: "right"}.get(round(middle.x, 9), "free")
    if plate.hole:
        disk = WorkPlane().Circle(*HOLE_CENTER, HOLE_RADIUS).Face()
        disk.name = "filling"
        rest = shape - disk
        shape = rest if plate.filling is None else Glue([rest, disk])
    for vertex in shape.vertices:
        if abs(vertex.p.x - 0.5) > 0.4 and abs(vertex.p.y - 0.5) > 0.4:
            vertex.hpref = 1
    mesh = Mesh(OCCGeometry(shape, dim=2).GenerateMesh(maxh=resolution.size))
    mesh.RefineHP(resolution.layers, factor=0.2)
    mesh.Curve(resolution.order)
    return mesh


def solve(
    plate: Plate, idealisation: str, transverse: str, resolution: Resolution
) -> dict[str, float]:
    """Return the wanted quantities of one reading: reaction [N/m] and stress [Pa].

    The reaction is the virtual work of a motion that is one metre on the right edge and none on
    the left, which is as accurate as the energy.
    """
    mesh = plate_mesh(plate, resolution)
    held = {"x": "left", "y": "left"}
    held[plate.moved] = "left|right"
    if transverse == "fixed":
        held = {"x": "left|right", "y": "left|right"}
    space = VectorH1(mesh, order=resolution.order, dirichletx=held["x"], dirichlety=held["y"])
    u, v = space.TnT()
    with TaskManager():
        energy = BilinearForm(
            InnerProduct(stress(plate, idealisation, mesh, u), strain(v)) * dx(bonus_intorder=2)
        ).Assemble()
        unit, found = GridFunction(space), GridFunction(space)
        unit.Set(CF((x, 0)) if plate.moved == "x" else CF((0, x)))
        found.vec.data = plate.by * unit.vec
        residual = (-energy.mat * found.vec).Evaluate()
        found.vec.data += energy.mat.Inverse(space.FreeDofs(), "sparsecholesky") * residual
        values = {"reaction_right": InnerProduct(energy.mat * found.vec, unit.vec)}
    if plate.at_point:
        sigma = stress(plate, idealisation, mesh, found)
        values["sigma_xy_at_point"] = sigma[0, 1](mesh(*POINT))
    return values


def strain(u: CoefficientFunction) -> CoefficientFunction:
    """Return the small strain of a displacement."""
    return 0.5 * (Grad(u) + Grad(u).trans)


def stress(
    plate: Plate, idealisation: str, mesh: Mesh, u: CoefficientFunction
) -> CoefficientFunction:
    """Return the stress in the plane [Pa] by Hooke's law."""
    nu = plate.poisson_ratio
    E = mesh.MaterialCF({"filling": plate.filling or 0.0}, default=plate.youngs_modulus)
    volumetric = 1 - nu if idealisation == "plane_stress" else 1 - 2 * nu
    return E / (1 + nu) * (strain(u) + nu / volumetric * Trace(strain(u)) * Id(2))


def reference(plate: Plate, idealisation: str, transverse: str) -> dict[str, dict[str, float]]:
    """Return each quantity of one reading with an estimate of its error, in its unit."""
    finest = solve(plate, idealisation, transverse, FINEST)
    coarser = [solve(plate, idealisation, transverse, resolution) for resolution in COARSER]
    return {
        name: {
            "value": value,
            "error_estimate": max(abs(other[name] - value) for other in coarser),
        }
        for name, value in finest.items()
    }


def main() -> None:
    """Compute, print and write all references."""
    problems: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for name, plate in PLATES.items():
        problems[name] = {}
        for reading in product(("plane_stress", "plane_strain"), ("free", "fixed")):
            found = reference(plate, *reading)
            problems[name]["/".join(reading)] = found
            for quantity, item in found.items():
                relative = item["error_estimate"] / abs(item["value"])
                print(
                    f"{name:22} {'/'.join(reading):19} {quantity:18} "
                    f"{item['value']:.9e}  relative error about {relative:.0e}",
                    flush=True,
                )
    how = (
        "NGSolve, order 10, curved, 14 geometric layers to each corner; the error estimate is the "
        "largest change on lowering the order to 8, the layers to 11 or the size from 0.2 to "
        "0.3 m. Readings are idealisation/right_edge_transverse; reaction_right in N/m, "
        "sigma_xy_at_point in Pa. Written by benchmarks/plate_references.py."
    )
    versions = {package: version(package) for package in ("ngsolve", "netgen-mesher")}
    content = {"how": how, "versions": versions, "problems": problems}
    OUTPUT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
