"""Quantities read from a finite-element solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mechagents.mechanics.formulation import (
    Formulation,
    WantedDisplacement,
    WantedEnergy,
    WantedOfField,
    WantedReaction,
    WantedStrain,
    WantedStress,
)
from mechagents.mechanics.meshing import Mesh

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray
    from mechagents.mechanics.units import Point, SpacePoint

STRESS_COLUMNS = ("xx", "yy", "zz", "xy", "yz", "xz")
"""The order of stress components. The plane has the first four: zz is out of it, or the hoop
direction."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A finite-element solution in numbers that belong to the mesh."""

    mesh: Mesh
    displacement: FloatArray
    """At the nodes [m], shape (nodes, 2), of solids (nodes, 3)."""
    stress: FloatArray
    """Columns xx, yy, zz, xy, of solids yz and xz too [Pa] at each element's own nodes, shape
    (elements, nodes of an element, 4 | 6), so that it may jump from one material to the next."""
    forces: FloatArray
    """K u - f at the nodes, shape (nodes, 2 | 3): the reactions, zero where nothing holds. In N,
    or N/m per metre of thickness."""
    energy: FloatArray
    """Strain energy of each element, shape (elements,). In J, or J/m."""
    springs: dict[str, FloatArray] = field(default_factory=dict[str, "FloatArray"])
    """What the springs on a named boundary exert on the body, by component, shape (2 | 3,). In N,
    or N/m."""

    def __post_init__(self) -> None:
        (nodes, axes), (elements, around) = self.mesh.points.shape, self.mesh.cells.shape
        shapes = {
            "displacement": (nodes, axes),
            "stress": (elements, around, 4 if axes == 2 else 6),
            "forces": (nodes, axes),
            "energy": (elements,),
        }
        for name, shape in shapes.items():
            got = getattr(self, name).shape
            if got != shape:
                raise ValueError(f"{name}: the shape is {got}; this mesh needs {shape}")


@dataclass(frozen=True, slots=True)
class Result:
    """One wanted quantity, as ``results.json`` holds it."""

    name: str
    value: float
    """In SI units."""
    unit: str
    method: str
    """How it was found."""


def quantities(formulation: Formulation, solution: Solution) -> list[Result]:
    """Return every wanted quantity but those of modes and of motion in time.

    Raises:
        ValueError: If a wanted point lies outside the mesh.
    """
    return list(_results(formulation, solution))


def _results(formulation: Formulation, solution: Solution) -> Iterator[Result]:
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedOfField):
            around = formulation.idealisation == "axisymmetric"
            value, method = evaluate(wanted, solution, axisymmetric=around)
            yield Result(wanted.name, float(value), formulation.unit(wanted), method)


def evaluate(wanted: WantedOfField, solution: Solution, *, axisymmetric: bool) -> tuple[float, str]:
    """Return a wanted quantity in SI units, and how it was found."""
    match wanted:
        case WantedReaction():
            nodes = solution.mesh.boundary_nodes[wanted.boundary]
            column = "xyz".index(wanted.component)
            total = solution.forces[nodes, column].sum()
            if wanted.boundary in solution.springs:
                total += solution.springs[wanted.boundary][column]
                return total, f"springs and K u - f over {len(nodes)} nodes on {wanted.boundary}"
            return total, f"sum of K u - f over {len(nodes)} nodes on {wanted.boundary}"
        case WantedEnergy():
            inside = solution.mesh.cells_in(wanted.region)
            return solution.energy[inside].sum(), "integral of the strain energy density"
        case WantedDisplacement():
            return _displacement(wanted, solution)
        case WantedStrain():
            from mechagents.kit.strains import strain_at_nodes

            mesh, u = solution.mesh, solution.displacement
            return _tensor(wanted, mesh, strain_at_nodes(mesh, u, axisymmetric=axisymmetric))
        case _:
            return _tensor(wanted, solution.mesh, solution.stress)


def _displacement(wanted: WantedDisplacement, solution: Solution) -> tuple[float, str]:
    mesh = solution.mesh
    if wanted.at is not None:
        at = _interpolated(mesh, solution.displacement[mesh.cells], wanted.at)
        return float(component(at, wanted.component)), _IN_ELEMENT
    values = component(solution.displacement[mesh.nodes_in(wanted.region)], wanted.component)
    return extreme(values, wanted.extreme), f"{wanted.extreme} over {len(values)} nodes"


def _tensor(
    wanted: WantedStress | WantedStrain, mesh: Mesh, tensor: FloatArray
) -> tuple[float, str]:
    if wanted.at is not None:
        at = _interpolated(mesh, tensor, wanted.at)
        return float(component(at, wanted.component)), _IN_ELEMENT
    values = component(tensor[mesh.cells_in(wanted.region)], wanted.component)
    where = f"the nodes of {len(values)} elements"
    return extreme(values, wanted.extreme), f"{wanted.extreme} over {where}"


_IN_ELEMENT = "interpolated in the element that holds the point"


def _interpolated(mesh: Mesh, values: FloatArray, point: Point | SpacePoint) -> FloatArray:
    """Return columns at a point from those at each element's own nodes."""
    from mechagents.kit.elements import locate

    element, weights = locate(mesh, point)
    at: FloatArray = weights @ values[element]
    return at


def component(values: FloatArray, name: str) -> FloatArray:
    """Return one component of displacements, (..., 2 | 3), or stresses or strains, (..., 4 | 6).

    The name may be ``magnitude`` of a displacement, and ``von_mises``, ``max_principal`` or
    ``min_principal`` of a stress too.
    """
    import numpy as np

    if name == "magnitude":
        length: FloatArray = np.linalg.norm(values, axis=-1)
        return length
    if name == "von_mises":
        return von_mises(values)
    if name in ("max_principal", "min_principal"):
        return principal(values)[..., 2 if name == "max_principal" else 0]
    names = ("x", "y", "z") if values.shape[-1] <= 3 else STRESS_COLUMNS
    column: FloatArray = values[..., names.index(name)]
    return column


def von_mises(stress: FloatArray) -> FloatArray:
    """Return the von Mises stress [Pa] of stresses xx, yy, zz, xy (, yz, xz) [Pa], (..., 4 | 6)."""
    import numpy as np

    xx, yy, zz = np.moveaxis(stress[..., :3], -1, 0)
    shear = (stress[..., 3:] ** 2).sum(axis=-1)
    equivalent: FloatArray = np.sqrt(
        ((xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2) / 2 + 3 * shear
    )
    return equivalent


def principal(stress: FloatArray) -> FloatArray:
    """Return the principal values, ascending, (..., 3), of tensors xx, yy, zz, xy (, yz, xz)."""
    import numpy as np

    full = np.zeros((*stress.shape[:-1], 3, 3))
    for (i, j), column in zip(
        ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2)), np.moveaxis(stress, -1, 0), strict=False
    ):
        full[..., i, j] = full[..., j, i] = column
    return np.asarray(np.linalg.eigvalsh(full), dtype=np.float64)


def extreme(values: FloatArray, which: str | None) -> float:
    """Return the largest, the smallest or the largest absolute of some values."""
    import numpy as np

    if which == "max_abs":
        return float(np.abs(values).max())
    return float(values.max() if which == "max" else values.min())


def field_values(solution: Solution, field: str) -> FloatArray:
    """Return a field that can be drawn, by its name in a formulation.

    Returns:
        Displacement [m] at the nodes, shape (nodes,), or stress [Pa] at each element's own
        nodes, shape (elements, nodes of an element).
    """
    if field == "displacement":
        return component(solution.displacement, "magnitude")
    if field.startswith("displacement_"):
        return component(solution.displacement, field.removeprefix("displacement_"))
    return component(solution.stress, field.removeprefix("stress_"))
