"""Faults of springs, point forces, orthotropic materials, pressures, ellipses and symmetry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import cast

from mechagents.mechanics.formulation import Formulation
from planting.making import EVERY, Change, Fault, Tree, energetic, thick, told, where

_SPRING_FORCE = "springs = {name: -(bed @ u)"
_BED = "    return (w.kx * u[0] * v[0] + w.ky * u[1] * v[1]) * thickness(w.x)"
_POINT = "f[dofs[mesh.boundary_nodes[load.boundary]]] += load.x, load.y"
_BEDS = "    K = (K + bed).tocsr()"
_ENERGY = "forces = (K @ u - f)[dofs]  # what"


def _sprung(f: Formulation) -> bool:
    return bool(f.springs)


def _bedded(f: Formulation) -> bool:
    return any(spring.kind == "foundation" for spring in f.springs)


def _pointed(f: Formulation) -> bool:
    return any(load.kind == "point_force" for load in f.loads)


def _each_spring(change: Callable[[Tree], None]) -> Change:
    def changed(data: Tree) -> bool:
        for spring in data["springs"]:
            change(spring)
        return bool(data["springs"])

    return changed


def _stiffer(factor: float) -> Change:
    def change(spring: Tree) -> None:
        spring["x"], spring["y"] = factor * spring["x"], factor * spring["y"]

    return _each_spring(change)


def _across(part: Tree) -> None:
    part["x"], part["y"] = part["y"], part["x"]


def _points(change: Callable[[Tree, Tree], bool]) -> Change:
    def changed(data: Tree) -> bool:
        loads = [load for load in data["loads"] if load["kind"] == "point_force"]
        return bool([load for load in loads if change(load, data)])

    return changed


def _other_component(load: Tree, data: Tree) -> bool:
    _across(load)
    return True


def _other_point(load: Tree, data: Tree) -> bool:
    """Move the force a quarter of the body back."""
    place = data["geometry"]["boundaries"][load["boundary"]]
    sides = data["geometry"]["boundaries"].values()
    longest = max(abs(x) for side in sides if side["kind"] == "point" for x in side["at"])
    place["at"] = [place["at"][0] - 0.25 * longest, place["at"][1]]
    return True


def _left_out(load: Tree, data: Tree) -> bool:
    data["loads"].remove(load)
    return True


def _each_layer(change: Callable[[Tree], bool]) -> Change:
    def changed(data: Tree) -> bool:
        laws = [law for law in data["materials"].values() if law["kind"] == "orthotropic"]
        return bool([law for law in laws if change(law)])

    return changed


def _turned(by: float) -> Callable[[Tree], bool]:
    def change(law: Tree) -> bool:
        law["angle"] += by
        return True

    return change


def _mirrored(law: Tree) -> bool:
    law["angle"] *= -1
    return bool(law["angle"])


def _degrees(law: Tree) -> bool:
    law["angle"] = math.fmod(math.degrees(law["angle"]), 2 * math.pi)
    return bool(law["angle"])


def _axes_swapped(law: Tree) -> bool:
    """E1 and E2 exchanged, with the ratio that fits them."""
    a, b, c = law["youngs_moduli"]
    law["youngs_moduli"] = [b, a, c]
    law["poisson_ratios"][0] *= b / a
    return bool(a != b)


def _minor_ratio(law: Tree) -> bool:
    """nu21 taken for nu12."""
    a, b, _ = law["youngs_moduli"]
    law["poisson_ratios"][0] *= b / a
    return bool(a != b)


def _isotropic_shear(law: Tree) -> bool:
    law["shear_moduli"][0] = law["youngs_moduli"][0] / (2 * (1 + law["poisson_ratios"][0]))
    return True


def _isotropic(data: Tree) -> bool:
    fits = False
    for name, law in data["materials"].items():
        if law["kind"] == "orthotropic":
            E, nu = law["youngs_moduli"][0], law["poisson_ratios"][0]
            data["materials"][name] = {
                "kind": "isotropic",
                "youngs_modulus": E,
                "poisson_ratio": nu,
            }
            fits = True
    return fits


def _along_x(data: Tree) -> bool:
    fits = False
    for load in data["loads"]:
        if load["kind"] == "pressure":
            value = load.pop("value")
            load.update(kind="traction", x=value, y=0.0)
            fits = True
    return fits


def _shapes(shape: Tree, kind: str) -> Iterator[Tree]:
    if shape["kind"] == kind:
        yield shape
    for key in ("base", "remove", "shapes"):
        inner = shape.get(key, [])
        for part in cast("list[Tree]", inner if isinstance(inner, list) else [inner]):
            yield from _shapes(part, kind)


def _ellipses(change: Callable[[Tree], None]) -> Change:
    def changed(data: Tree) -> bool:
        regions = data["geometry"]["regions"].values()
        sides = data["geometry"]["boundaries"].values()
        found = [e for shape in regions for e in _shapes(shape, "ellipse")]
        found += [side for side in sides if side["kind"] == "ellipse"]
        for one in found:
            change(one)
        return bool(found)

    return changed


def _radii_swapped(ellipse: Tree) -> None:
    ellipse["radii"] = ellipse["radii"][::-1]


def _smaller(ellipse: Tree) -> None:
    ellipse["radii"] = [0.98 * radius for radius in ellipse["radii"]]


def _other_symmetry(data: Tree) -> bool:
    """A plane of symmetry that holds what is along it."""
    for support in data["supports"]:
        if (support["x"] is None) != (support["y"] is None):
            _across(support)
            return True
    return False


FAULTS: tuple[Fault, ...] = (
    Fault("springs left out", told(_stiffer(1e-9))),
    Fault("springs twice as stiff", told(_stiffer(2.0))),
    Fault("springs in kN/m", told(_stiffer(1e-3))),
    Fault("springs across in place of along", told(_each_spring(_across))),
    Fault(
        "thickness left out of the bed",
        where(lambda f: _bedded(f) and thick(f), (_BED, _BED.replace(" * thickness(w.x)", ""))),
    ),
    Fault(
        "force of springs with the other sign",
        where(_sprung, (_SPRING_FORCE, _SPRING_FORCE.replace("-(", "("))),
    ),
    Fault("springs that push the other way", where(_sprung, (_BEDS, "    K = (K - bed).tocsr()"))),
    Fault(
        "energy of springs counted in",
        where(
            lambda f: _sprung(f) and energetic(f),
            (
                _ENERGY,
                "energy = energy + sum(u @ (bed @ u) for bed in beds.values()) / 2 / len(energy)\n"
                + _ENERGY,
            ),
        ),
    ),
    Fault("point force across in place of along", told(_points(_other_component))),
    Fault("point force at another point", told(_points(_other_point))),
    Fault("point force left out", told(_points(_left_out))),
    Fault(
        "point force counted twice",
        where(_pointed, (_POINT, _POINT.replace("load.x, load.y", "2 * load.x, 2 * load.y"))),
    ),
    Fault(
        "thickness counted in point forces",
        where(
            lambda f: _pointed(f) and thick(f),
            (
                _POINT,
                _POINT.replace(
                    "load.x, load.y", "load.x * problem.thickness, load.y * problem.thickness"
                ),
            ),
        ),
    ),
    Fault("axes of the material swapped", told(_each_layer(_axes_swapped))),
    Fault("angle of the material mirrored", told(_each_layer(_mirrored))),
    Fault("angle of the material from the other axis", told(_each_layer(_turned(math.pi / 2)))),
    Fault("angle in degrees for radians", told(_each_layer(_degrees))),
    Fault("nu21 for nu12", told(_each_layer(_minor_ratio))),
    Fault("shear modulus of an isotropic material", told(_each_layer(_isotropic_shear))),
    Fault("isotropic for orthotropic", told(_isotropic)),
    Fault("pressure along x", told(_along_x), analyses=EVERY),
    Fault("radii of the ellipses swapped", told(_ellipses(_radii_swapped)), analyses=EVERY),
    Fault("ellipses 2 % too small", told(_ellipses(_smaller)), analyses=EVERY),
    Fault("symmetry holds the other component", told(_other_symmetry), analyses=EVERY),
)
