"""Faults in the handbook's program for solids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from mechagents.mechanics.formulation import Formulation
from planting.making import (
    RESULTS,
    Fault,
    Maker,
    Tree,
    every,
    heated,
    pressed,
    right_numbers,
    several,
    stress,
    stressed,
    told,
    where,
)
from planting.snippets import LOOSE, PENALTY, UNJOINED

SOLID = frozenset({"solid"})
MESH = "mesh = make_mesh(problem.geometry, settings.mesh_size, settings.element_order or 2)"
LAW = "D = stiffness(problem, mesh)"
SOLVE = 'u = solve_solid(V, K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))'
NODES = "nodes = mesh.boundary_nodes[support.boundary]"
FORCES = "forces = (K @ u - f)[V.dofs]  # what is out of balance at a node is held by its support"
AVERAGED = """
at_points_of_rule = np.moveaxis(sigma.mean(axis=1), -1, 0)[:, :, None]
smooth = np.repeat(at_points_of_rule, V.x.shape[2], axis=2)
forces = (V.force_of_stress(smooth) - f)[V.dofs]
"""
"""Reactions of the stress that is averaged over nodes and elements."""
POINT = "f[V.dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y, load.z"
SPRING = "at = V.dofs[mesh.boundary_nodes[spring.boundary]].ravel()"
SQUEEZED = """
outer = np.concatenate(list(mesh.boundary_nodes.values()))
inner = np.setdiff1d(np.arange(len(mesh.points)), outer)
u[V.dofs[inner]] *= 1.05
"""


def holes(shape: Tree) -> Iterator[Tree]:
    """Yield what is cut out of a shape."""
    for part in shape.get("remove", []):
        yield part
    parts = [shape["base"]] if "base" in shape else shape.get("shapes", [])
    for part in cast("list[object]", parts):
        if isinstance(part, dict):
            yield from holes(cast("Tree", part))


def _rims(data: Tree) -> list[Tree]:
    kinds = ("cylinder_surface", "sphere_surface")
    found = [hole for shape in data["geometry"]["regions"].values() for hole in holes(shape)]
    radii = {hole.get("radius") for hole in found}
    sides = data["geometry"]["boundaries"].values()
    return found + [s for s in sides if s["kind"] in kinds and s["radius"] in radii]


def larger_hole(data: Tree) -> bool:
    """Make every hole 3 % larger."""
    rims = _rims(data)
    for rim in rims:
        rim["radius"] *= 1.03
    return bool(rims)


def _moved_hole(data: Tree) -> bool:
    rims = [rim for rim in _rims(data) if rim["kind"] in ("cylinder", "cylinder_surface")]
    for rim in rims:
        if rim["kind"] == "cylinder":
            rim["base"] = [rim["base"][0] + 0.01, *rim["base"][1:]]
        else:
            rim["center"] = [rim["center"][0] + 0.01, rim["center"][1]]
    return bool(rims)


def _no_hole(data: Tree) -> bool:
    """Fill the hole; what acts on its surface goes with it."""
    regions = data["geometry"]["regions"]
    changed = False
    for name, shape in regions.items():
        if shape["kind"] == "difference":
            regions[name] = shape["base"]
            changed = True
    gone = [n for n, s in data["geometry"]["boundaries"].items() if s["kind"] == "cylinder_surface"]
    for name in gone:
        del data["geometry"]["boundaries"][name]
    return changed


def _other_axis(data: Tree) -> bool:
    """Take y for z in the loads."""
    changed = False
    for load in data["loads"]:
        if load["kind"] == "traction" and load["y"] != load["z"]:
            load["y"], load["z"] = load["z"], load["y"]
            changed = True
    return changed


def _forces(data: Tree) -> list[Tree]:
    return [load for load in data["loads"] if load["kind"] == "point_force"]


def _force_across(data: Tree) -> bool:
    """Take y for z in the forces at points."""
    for load in _forces(data):
        load["y"], load["z"] = load["z"], load["y"]
    return bool(_forces(data))


def _force_elsewhere(data: Tree) -> bool:
    """Let every force at a point act halfway to the origin along x."""
    for load in _forces(data):
        place = data["geometry"]["boundaries"][load["boundary"]]
        place["at"] = [place["at"][0] / 2, *place["at"][1:]]
    return bool(_forces(data))


def _force_left_out(data: Tree) -> bool:
    found = _forces(data)
    if found:
        data["loads"].remove(found[0])
    return bool(found)


def _held_more(data: Tree) -> bool:
    for support in data["supports"]:
        for axis in "xyz":
            if support[axis] is None and not support.get("symmetry"):
                support[axis] = 0.0
                return True
    return False


def _given_otherwise(data: Tree) -> bool:
    changed = False
    for support in data["supports"]:
        for axis in "xyz":
            if support[axis]:
                support[axis] *= -1
                changed = True
    return changed


def _bound(f: Formulation) -> bool:
    return any(w.kind == "reaction" for w in f.wanted)


def _pushed(f: Formulation) -> bool:
    return any(load.kind == "point_force" for load in f.loads)


def _on_springs(f: Formulation) -> bool:
    return any(spring.kind == "point_spring" for spring in f.springs)


def _swapped(f: Formulation) -> bool:
    return all(law.kind == "isotropic" for law in f.materials.values())


_CONSTANTS = """
laws = {
    name: law.model_copy(
        update={"youngs_modulus": law.poisson_ratio, "poisson_ratio": law.youngs_modulus}
    )
    for name, law in problem.materials.items()
}
problem = problem.model_copy(update={"materials": laws})
"""


def _made_up(source: str) -> Maker:
    """Return a field that was not solved for, with the reference's numbers."""
    return right_numbers(where(every, (SOLVE, source)))


FAULTS: tuple[Fault, ...] = tuple(
    Fault(name, make, refuse=refuse, analyses=SOLID)
    for name, make, refuse in (
        # The law.
        ("solid: factor of two in all shears",
         where(every, (LAW, LAW + "\nfor row in (3, 4, 5):\n    D[row, row] *= 2")), False),
        ("solid: half of one shear", where(every, (LAW, LAW + "\nD[4, 4] /= 2")), False),
        ("solid: E and nu swapped", where(_swapped, (LAW, _CONSTANTS + LAW)), False),
        ("solid: Lame's lambda of plane stress",
         where(every, (LAW, LAW + "\nD[:3, :3] -= D[0, 1] * (1 - np.eye(3))[..., None, None] / 2")),
         False),
        ("solid: free expansion left out",
         where(heated, ("expansion = free_expansion(problem, mesh, V.x)",
                        "expansion = 0 * free_expansion(problem, mesh, V.x)")), False),
        ("solid: stress of the free expansion not taken off",
         where(heated, (" - free_expansion(problem, mesh, V.x_at_nodes))", ")")), False),
        # The body.
        ("solid: hole missing", told(_no_hole), False),
        ("solid: hole 3 % too large", told(larger_hole), False),
        ("solid: hole moved", told(_moved_hole), False),
        ("solid: regions not joined", where(several, (MESH, MESH + UNJOINED)), False),
        ("solid: lengths in millimetres",
         where(every, (MESH, MESH + "\nfrom dataclasses import replace\n"
                       "mesh = replace(mesh, points=1e3 * mesh.points)")), False),
        ("solid: mesh_size ignored",
         where(every, (MESH, MESH.replace("settings.mesh_size,", "0.04 * float(np.ptp("
                       "[list(w.at) for w in problem.wanted if getattr(w, 'at', None)] or [[1.0]])"
                       ") + 0.02,"))), True),
        # Loads and supports.
        ("solid: load of y in z", told(_other_axis), False),
        ("solid: pressure out of the body",
         where(pressed, ("-at_points(load.value", "at_points(load.value")), False),
        ("solid: pressure in x whatever the face",
         where(pressed, ("* surface.normals)",
                         "* np.array([1.0, 0.0, 0.0])[:, None, None])")), False),
        ("solid: half of the forces at points",
         where(_pushed, (POINT, POINT.replace("+= load.x, load.y, load.z",
                         "+= load.x / 2, load.y / 2, load.z / 2"))), False),
        ("solid: force at a point the other way",
         where(_pushed, (POINT, POINT.replace("+=", "-="))), False),
        ("solid: force of y in z at a point", told(_force_across), False),
        ("solid: force at another point", told(_force_elsewhere), False),
        ("solid: force at a point left out", told(_force_left_out), False),
        ("solid: spring at a point on one component only",
         where(_on_springs, (SPRING, SPRING + "\n        k[1] = 0.0")), False),
        ("solid: spring at the node beside the point",
         where(_on_springs, (SPRING, SPRING.replace(".ravel()", ".ravel() - 3"))), False),
        ("solid: every other node of a support let go",
         where(every, (NODES, NODES + "[::2]")), False),
        ("solid: component of a support in excess", told(_held_more), False),
        ("solid: prescribed displacement with the other sign", told(_given_otherwise), False),
        ("solid: supports by a soft penalty", where(every, (SOLVE, PENALTY)), False),
        # The solution.
        ("solid: iteration stopped at 1e-3",
         where(every, (SOLVE, "K = K.tocsr()" + LOOSE.replace("RTOL", "1e-3"))), False),
        ("solid: iteration stopped after 20 steps",
         where(every, (SOLVE, "K = K.tocsr()" + LOOSE.replace("RTOL", "1e-12, maxiter=20"))),
         False),
        # The numbers.
        ("solid: reactions of averaged stress", where(_bound, (FORCES, FORCES + AVERAGED)), False),
        ("solid: reactions made up",
         where(_bound, (RESULTS, RESULTS + "\nfrom dataclasses import replace\nresults = [replace("
                        "r, value=1.01 * r.value) if 'on' in r.method and r.unit == 'N' else r "
                        "for r in results]")), False),
        # The stress.
        ("solid: shears in the order of Voigt",
         stress(stressed, "\nsigma[..., 3:] = sigma[..., [4, 5, 3]]"), False),
        ("solid: tensor shear strain in the stress",
         stress(stressed, "\nsigma[..., 3:] /= 2"), False),
        # Made up.
        ("solid: right numbers, displacement of zero",
         _made_up("u = np.zeros(V.N)\nu[fixed] = values"), True),
        ("solid: right numbers, the interior stretched", _made_up(SOLVE + SQUEEZED), True),
    )
)  # fmt: skip
"""All of them, each planted where it makes sense for a problem."""
