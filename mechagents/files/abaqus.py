"""A linear static model as an input deck of Abaqus, which CalculiX reads too.

References:
    Abaqus Analysis User's Guide, "Two-dimensional solid element library" and "Three-dimensional
    solid element library", for the order of nodes: corners anticlockwise, then the middles of
    the edges; of hexahedra those of the lower, of the upper and of the upright edges. That is
    VTK's order.
    Dhondt, CalculiX CrunchiX User's Manual, for the same elements and keywords.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mechagents.errors import UsageError
from mechagents.files.serendipity import without_middles
from mechagents.files.solved import Solved, in_space
from mechagents.mechanics.formulas import Formula, value_at
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import AXES
from mechagents.mechanics.materials import Material
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.verification.assembly import balance, samples
from mechagents.verification.edges import on_axis
from mechagents.verification.elements import (
    BoolArray,
    ElementKind,
    FloatArray,
    IntArray,
    reference_middle,
)
from mechagents.verification.fields import Block, Fields
from mechagents.verification.solution import Solution

_FAMILY = {"plane_stress": "CPS", "plane_strain": "CPE", "axisymmetric": "CAX", "solid": "C3D"}
_NODES: dict[str, int] = {
    "triangle": 3, "triangle6": 6, "quad": 4, "quad8": 8, "tetra": 4, "tetra10": 10,
    "hexahedron": 8, "hexahedron20": 20, "wedge": 6,
}  # fmt: skip
_TURNED: dict[str, list[int]] = {
    "triangle": [0, 2, 1],
    "triangle6": [0, 2, 1, 5, 4, 3],
    "quad": [0, 3, 2, 1],
    "quad8": [0, 3, 2, 1, 7, 6, 5, 4],
    "tetra": [0, 2, 1, 3],
    "tetra10": [0, 2, 1, 3, 6, 5, 4, 7, 9, 8],
    "hexahedron": [4, 5, 6, 7, 0, 1, 2, 3],
    "hexahedron20": [*range(4, 8), *range(4), *range(12, 16), *range(8, 12), *range(16, 20)],
    "wedge": [3, 4, 5, 0, 1, 2],
}
"""The nodes of an element that is inside out, in an order in which it is not."""
_PER_LINE = 16
"""How many numbers a line may have."""


def write_inp(solved: Solved, path: Path) -> None:
    """Write the model and its loads, not the result, to an input deck.

    Nodes, elements, sets of regions and boundaries, materials, prescribed displacements, and the
    loads as forces at nodes, which are consistent with the elements. Elements with a node in
    their middle or in those of their faces have it left out, as Abaqus and CalculiX have none
    such.

    Raises:
        UsageError: If the deck cannot say the problem; it names the part that it cannot.
    """
    check_written(solved.formulation)
    solution = without_middles(solved.solution)
    if any(np.any(region < 0) for region in solution.region):
        raise UsageError("an element lies in no region, and has no material", where="--to inp")
    path.write_text("\n".join(_lines(solution)) + "\n", encoding="ascii", newline="\n")


def check_written(f: Formulation) -> None:
    """Refuse a problem that the deck cannot say.

    Raises:
        UsageError: If it is none of linear statics, or has springs or a change of temperature that
            is not one number for the whole body.
    """
    where = "--to inp"
    if f.analysis != "static_linear":
        told = f"writes static_linear only, not {f.analysis}; take vtu, msh, xdmf or csv"
        raise UsageError(told, where=where)
    if f.springs:
        raise UsageError("springs cannot be written; take vtu, msh, xdmf or csv", where=where)
    for index, load in enumerate(f.loads):
        if load.kind != "temperature":
            continue
        if load.region is not None or isinstance(load.change, Formula):
            told = f"loads.{index}: only a change of temperature that is the same everywhere "
            raise UsageError(told + "can be written; take vtu, msh, xdmf or csv", where=where)


def _lines(solution: Solution) -> Iterator[str]:
    f = solution.formulation
    title = f.title.encode("ascii", "replace").decode().replace("\n", " ")[:70]
    yield from ("*HEADING", title or "mechagents", "** SI units: m, N, Pa, kg, K")
    yield from ("*NODE, NSET=NALL", *_table(in_space(solution.fields.points)))
    elements, of_region = _elements(solution)
    yield from elements
    names = set_names("E_", solution.regions)
    for name, numbers in zip(names, of_region, strict=True):
        yield from (f"*ELSET, ELSET={name}", *_listed(numbers))
    yield from ("*ELSET, ELSET=EALL", *_listed(np.arange(1, solution.fields.elements + 1)))
    places = solution.places
    for name, place in zip(set_names("N_", tuple(places)), places.values(), strict=True):
        if place.nodes.size:
            yield from (f"*NSET, NSET={name}", *_listed(place.nodes + 1))
    for name, region in zip(names, solution.regions, strict=True):
        yield from _material(f, f.materials[region], name)
    warm = _temperature(f)
    if warm is not None:
        yield from ("*INITIAL CONDITIONS, TYPE=TEMPERATURE", "NALL, 0.")
    yield from ("*STEP", "*STATIC", "*BOUNDARY", *_held(solution))
    if warm is not None:
        yield from ("*TEMPERATURE", f"NALL, {_real(warm)}")
    forces = list(_forces(solution))
    if forces:
        yield from ("*CLOAD", *forces)
    yield from ("*NODE PRINT, NSET=NALL", "U", "*NODE FILE", "U, RF", "*EL FILE", "S", "*END STEP")


def _real(number: float) -> str:
    """Return a number in 20 characters at most: CalculiX reads no more."""
    return f"{number:.13e}"


def _table(points: FloatArray) -> Iterator[str]:
    for number, at in enumerate(points.tolist(), start=1):
        yield f"{number}, " + ", ".join(map(_real, at))


def _listed(numbers: IntArray) -> Iterator[str]:
    values = list(map(str, numbers.tolist()))
    for start in range(0, len(values), _PER_LINE):
        yield ", ".join(values[start : start + _PER_LINE])


def set_names(prefix: str, names: Sequence[str]) -> list[str]:
    """Return names of sets, which differ by more than the case of letters."""
    found: list[str] = []
    for name in names:
        called, count = prefix + name.upper(), 1
        while called in found:
            count += 1
            called = f"{prefix}{name.upper()}_{count}"
        found.append(called)
    return found


def _elements(solution: Solution) -> tuple[list[str], list[IntArray]]:
    """Return the lines of all elements, and the numbers of those in each region."""
    lines: list[str] = []
    of_region: list[list[IntArray]] = [[] for _ in solution.regions]
    family, first = _FAMILY[solution.formulation.idealisation], 1
    for block, region in zip(solution.fields.blocks, solution.region, strict=True):
        lines.append(f"*ELEMENT, TYPE={family}{_NODES[block.kind]}")
        numbers = np.arange(first, first + len(block))
        first += len(block)
        nodes = right_way(solution.fields, block) + 1
        for number, row in zip(numbers.tolist(), nodes.tolist(), strict=True):
            lines += _continued([number, *row])
        for index, rows in enumerate(of_region):
            rows.append(numbers[region == index])
    return lines, [np.concatenate(rows) for rows in of_region]


def _continued(numbers: list[int]) -> list[str]:
    """Return the lines of one element; one that goes on ends with a comma."""
    rows = [numbers[i : i + _PER_LINE] for i in range(0, len(numbers), _PER_LINE)]
    ends = [","] * (len(rows) - 1) + [""]
    return [", ".join(map(str, row)) + end for row, end in zip(rows, ends, strict=True)]


def right_way(fields: Fields, block: Block) -> IntArray:
    """Return the nodes of each element in an order of which det dx/dxi is positive."""
    kind: ElementKind = block.kind
    middle = samples(kind, fields.points[block.nodes], reference_middle(kind))
    turned = block.nodes[:, _TURNED[kind]]
    return np.where(middle.jacobian < 0, turned, block.nodes)


def _material(f: Formulation, law: Material, name: str) -> Iterator[str]:
    """Return material and section of a region's elements."""
    material = name.replace("E_", "M_", 1)
    section = f"*SOLID SECTION, ELSET={name}, MATERIAL={material}"
    if isinstance(law, Orthotropic):
        axes = name.replace("E_", "O_", 1)
        c, s = math.cos(law.angle), math.sin(law.angle)
        yield from (
            f"*ORIENTATION, NAME={axes}",
            f"{_real(c)}, {_real(s)}, 0., {_real(-s)}, {_real(c)}, 0.",
        )
        section += f", ORIENTATION={axes}"
    yield f"*MATERIAL, NAME={material}"
    yield from _law(law)
    if law.density is not None:
        yield from ("*DENSITY", _real(law.density))
    yield section
    if f.idealisation in ("plane_stress", "plane_strain"):
        yield _real(f.thickness or 1.0)


def _law(law: Material) -> Iterator[str]:
    if isinstance(law, Orthotropic):
        constants = [*law.youngs_moduli, *law.poisson_ratios, *law.shear_moduli]
        yield "*ELASTIC, TYPE=ENGINEERING CONSTANTS"
        yield ", ".join(map(_real, constants[:8])) + ","
        yield _real(constants[8])
        if law.thermal_expansion is not None:
            yield from ("*EXPANSION, TYPE=ORTHO", ", ".join(map(_real, law.thermal_expansion)))
        return
    if law.kind != "isotropic":
        raise UsageError(f"the law {law.kind} cannot be written", where="--to inp")
    yield from ("*ELASTIC", f"{_real(law.youngs_modulus)}, {_real(law.poisson_ratio)}")
    if law.thermal_expansion is not None:
        yield from ("*EXPANSION", _real(law.thermal_expansion))


def _temperature(f: Formulation) -> float | None:
    """Return the change of temperature of the whole body [K], None for none."""
    changes = [load.change for load in f.loads if load.kind == "temperature"]
    numbers = [change for change in changes if not isinstance(change, Formula)]
    return float(sum(numbers)) if numbers else None


def _held(solution: Solution) -> Iterator[str]:
    """Return each prescribed component of a node and its value [m].

    Where supports prescribe several, it is the one that the result follows.
    """
    fields = solution.fields
    value = np.full(fields.points.shape, np.nan)
    if solution.axisymmetric:
        value[on_axis(fields), 0] = 0.0
    for support in solution.formulation.supports:
        nodes = solution.places[support.boundary].nodes
        for axis, given in support.components.items():
            column = AXES.index(axis)
            meant, known = value_at(given, fields.points[nodes]), value[nodes, column]
            u = fields.displacement[nodes, column]
            nearer = np.isnan(known) | (np.abs(meant - u) < np.abs(known - u))
            value[nodes, column] = np.where(nearer, meant, known)
    yield from _components(value, ~np.isnan(value), twice=True)


def _forces(solution: Solution) -> Iterator[str]:
    """Return each component of a force at a node that is not 0 [N]."""
    force = balance(solution).external
    yield from _components(force, force != 0, twice=False)


def _components(values: FloatArray, chosen: BoolArray, *, twice: bool) -> Iterator[str]:
    for node, axis in np.argwhere(chosen).tolist():
        dof = f"{axis + 1}, {axis + 1}" if twice else str(axis + 1)
        yield f"{node + 1}, {dof}, {_real(float(values[node, axis]))}"
