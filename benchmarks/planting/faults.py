"""The faults: each makes a wrong program of the handbook's, where it makes sense for a problem."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import meshio
import numpy as np

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings
from planting import extra_faults, mode_faults, motion_faults, nonlinear_faults, solid_faults
from planting.making import (
    DISPLACED,
    EVERY,
    LINEAR,
    MESH,
    RESULTS,
    STATIC,
    WRITE,
    Fault,
    Known,
    Maker,
    Tree,
    Wrong,
    every,
    heated,
    in_fields,
    mechanical,
    mutated,
    numbers,
    of_revolution,
    on_grid,
    rewritten,
    several,
    straight,
    stress,
    stressed,
    text,
    thick,
    told,
    where,
    write_numbers,
)
from planting.running import program_text
from planting.snippets import (
    BILINEAR,
    COARSE_NUMBERS,
    CRACK,
    FARMED,
    HARMONIC,
    INTERPOLATED,
    LOOSE,
    PENALTY,
    REDUCED,
    SHAKEN,
    SMOOTHED,
    SWAPPED_CONSTANTS,
    UNJOINED,
    WRONG_COMPONENT,
)

# What a program reads.


def _materials(data: Tree) -> list[Tree]:
    return list(data["materials"].values())


_MODULI = ("youngs_modulus", "mu", "lam", "kappa", "c10", "c01")
_LISTS = ("youngs_moduli", "shear_moduli")


def _stiffer(material: Tree, factor: float) -> None:
    for key in _MODULI:
        if material.get(key) is not None:
            material[key] *= factor
    for key in _LISTS:
        if key in material:
            material[key] = [factor * one for one in material[key]]


def _modulus(factor: float) -> Callable[[Tree], bool]:
    def change(data: Tree) -> bool:
        for material in _materials(data):
            _stiffer(material, factor)
        return True

    return change


def _ratio(by: float) -> Callable[[Tree], bool]:
    def change(data: Tree) -> bool:
        for material in _materials(data):
            nu = material.get("poisson_ratio")
            if nu is None:
                return False
            material["poisson_ratio"] = nu + by if nu + by < 0.499 else nu - by
        return True

    return change


def _one_region_off(data: Tree) -> bool:
    *_, last = _materials(data)
    _stiffer(last, 1.1)
    return len(_materials(data)) > 1


def _swapped_regions(data: Tree) -> bool:
    names = list(data["materials"])
    if len(names) < 2:
        return False
    a, b = names[:2]
    data["materials"][a], data["materials"][b] = data["materials"][b], data["materials"][a]
    return True


def _idealised(old: str, new: str) -> Callable[[Tree], bool]:
    def change(data: Tree) -> bool:
        fits = bool(data["idealisation"] == old)
        data["idealisation"] = new
        return fits

    return change


def _disks(shape: Tree) -> Iterator[Tree]:
    if shape["kind"] == "disk":
        yield shape
    for key in ("base", "remove", "shapes"):
        inner = shape.get(key, [])
        parts = cast("list[Tree]", inner if isinstance(inner, list) else [inner])
        for part in parts:
            yield from _disks(part)


def _circles(data: Tree) -> list[Tree]:
    regions = data["geometry"]["regions"].values()
    sides = data["geometry"]["boundaries"].values()
    return [d for r in regions for d in _disks(r)] + [s for s in sides if s["kind"] == "circle"]


def _radius(data: Tree) -> bool:
    for circle in _circles(data):
        circle["radius"] *= 1.02
    return bool(_circles(data))


def _moved_hole(data: Tree) -> bool:
    for circle in _circles(data):
        if circle["center"] == [0.0, 0.0]:
            return False
        circle["center"] = [circle["center"][0] + 0.03, circle["center"][1]]
    return bool(_circles(data))


def _no_hole(data: Tree) -> bool:
    regions = data["geometry"]["regions"]
    (name, shape), *more = regions.items()
    if more or shape["kind"] != "difference":
        return False
    regions[name] = shape["base"]
    sides = data["geometry"]["boundaries"]
    for side in [n for n, s in sides.items() if s["kind"] == "circle"]:
        del sides[side]
    return True


def _lengths(data: Tree) -> bool:
    """Millimetres read as metres: every length of geometry times a thousand."""
    text = json.dumps(data["geometry"])
    # Every number of a geometry is a length, and every one is a float.
    scaled = re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda found: repr(1e3 * float(found[0])), text)
    data["geometry"] = json.loads(scaled)
    for wanted in data["wanted"]:
        if wanted.get("at") is not None:
            wanted["at"] = [1e3 * value for value in wanted["at"]]
    return True


def _in_millimetres(known: Known) -> Wrong | None:
    wrong = told(_lengths)(known)
    if wrong is None:
        return None
    finer = mutated(wrong.source, (MESH, MESH.replace("mesh_size,", "mesh_size * 1e3,")))
    return Wrong(finer, told=wrong.told)


def _loads(factor: float, kind: str | None = None) -> Callable[[Tree], bool]:
    def change(data: Tree) -> bool:
        chosen = [load for load in data["loads"] if kind in (None, load["kind"])]
        for load in chosen:
            for key in ("x", "y", "z", "value", "change"):
                value = load.get(key)
                if isinstance(value, dict):
                    value["formula"] = f"{factor} * ({value['formula']})"
                elif value is not None:
                    load[key] *= factor
        return bool(chosen)

    return change


def _without_body_force(data: Tree) -> bool:
    kept = [load for load in data["loads"] if load["kind"] != "body_force"]
    fits = len(kept) < len(data["loads"])
    data["loads"] = kept
    return fits


def _wrong_edge(data: Tree) -> bool:
    for load in data["loads"]:
        if load["kind"] in ("traction", "pressure"):
            others = [n for n in _edges(data) if n != load["boundary"]]
            load["boundary"] = others[0] if others else load["boundary"]
            return bool(others)
    return False


def _edges(data: Tree) -> list[str]:
    sides = data["geometry"]["boundaries"].items()
    return [name for name, side in sides if side["kind"] not in ("point", "space_point", "curve")]


def _traction_across(data: Tree) -> bool:
    for load in data["loads"]:
        if load["kind"] == "traction":
            load["x"], load["y"] = load["y"], load["x"]
            return True
    return False


def _extra_support(data: Tree) -> bool:
    used = {s["boundary"] for s in data["supports"]}
    free = [name for name in _edges(data) if name not in used]
    if free:
        data["supports"].append({"boundary": free[-1], "x": 0.0, "y": 0.0})
    return bool(free)


def _extra_component(data: Tree) -> bool:
    for support in reversed(data["supports"]):
        for axis in ("x", "y"):
            if support[axis] is None:
                support[axis] = 0.0
                return True
    return False


def _lost_component(data: Tree) -> bool:
    if not data["supports"]:
        return False
    support = data["supports"][0]
    if support["x"] is None or support["y"] is None:
        return False
    support["y"] = None
    return True


def _lost_support(data: Tree) -> bool:
    if len(data["supports"]) < 2:
        return False
    data["supports"].pop()
    return True


def _prescribed(factor: float) -> Callable[[Tree], bool]:
    def change(data: Tree) -> bool:
        moved = False
        for support in data["supports"]:
            for axis in ("x", "y"):
                if support[axis]:
                    support[axis] *= factor
                    moved = True
        return moved

    return change


# What a program leaves.


def _single(change: Callable[[Tree], bool]) -> Maker:
    """Return a fault in what a program reads, whose file has seven digits."""

    def make(known: Known) -> Wrong | None:
        wrong = told(change)(known)

        def edit(folder: Path, settings: Settings) -> None:
            vtu = meshio.read(folder / "fields.vtu")
            vtu.points = vtu.points.astype(np.float32)
            moved = vtu.point_data["displacement"]
            vtu.point_data["displacement"] = moved.astype(np.float32)
            vtu.write(folder / "fields.vtu")

        return None if wrong is None else Wrong(wrong.source, wrong.told, edit)

    return make


def _distorted(change: Callable[[Tree], bool]) -> Maker:
    """Return a fault in what a program reads, on elements far from rectangles."""

    def make(known: Known) -> Wrong | None:
        wrong = told(change)(known)
        if wrong is None or not on_grid(known.body.formulation):
            return None
        return Wrong(mutated(wrong.source, (MESH, MESH + SHAKEN)), wrong.told)

    return make


def _other_coarse_body(known: Known) -> Wrong | None:
    """The body without its hole, on the coarser meshes only."""
    return _on_coarser(known, _no_hole)


def _larger_coarse_hole(known: Known) -> Wrong | None:
    """The hole 3 % larger on the coarser meshes only, which could be tuned to feign convergence."""
    return None if several(known.body.formulation) else _on_coarser(known, _larger)


def _larger(data: Tree) -> bool:
    for circle in _circles(data):
        circle["radius"] *= 1.03
    return bool(_circles(data))


def _on_coarser(known: Known, change: Callable[[Tree], bool]) -> Wrong | None:
    wrong = told(change)(known)
    if wrong is None or wrong.told is None:
        return None
    size, shape = known.body.settings.mesh_size, wrong.told.geometry.model_dump_json()
    swap = f"""
if settings.mesh_size > {size!r}:
    from mechagents.mechanics.geometry import Geometry
    mesh = make_mesh(Geometry.model_validate_json({shape!r}), settings.mesh_size,
                     settings.element_order or 1)
"""
    return text(known, (MESH, MESH + swap))


def _times(factor: float) -> Maker:
    return rewritten(lambda values, f: {name: factor * value for name, value in values.items()})


def _slightly_off(values: dict[str, float], f: Formulation) -> dict[str, float]:
    kinds = {w.name: w.kind for w in f.wanted}
    return {n: v * (1.1 if kinds[n] == "stress" else 1.001) for n, v in values.items()}


def _nan_displacement(vtu: meshio.Mesh) -> bool:
    name = "displacement" if "displacement" in vtu.point_data else "mode_1"
    vtu.point_data[name][len(vtu.points) // 2, 0] = np.nan
    return True


def _inf_stress(vtu: meshio.Mesh) -> bool:
    if "stress" in vtu.point_data:
        vtu.point_data["stress"][-1] = np.inf
    else:
        vtu.cell_data["stress"][0][-1] = np.inf
    return True


def _nan_number(values: dict[str, float], f: Formulation) -> dict[str, float]:
    return {name: float("nan") for name in values}


def _finer_numbers(known: Known) -> Wrong | None:
    """The numbers of the finest mesh with the fields of each coarser one, and of a coarser one."""
    finest = known.values

    def edit(folder: Path, settings: Settings) -> None:
        write_numbers(folder, finest)

    return Wrong(known.program, edit=edit)


def _reference_numbers(source: str) -> Maker:
    """Return a made-up field with the reference's own numbers."""

    def make(known: Known) -> Wrong | None:
        found = known.reference.quantities
        values = {name: known.values[name] for name in known.values}
        values |= {name: value.values[0] for name, value in found.items()}

        def edit(folder: Path, settings: Settings) -> None:
            write_numbers(folder, values)

        return Wrong(source, edit=edit)

    return make


def _same_files(known: Known) -> Wrong | None:
    """The first run's files handed in again for every mesh."""
    first: list[Path] = []

    def edit(folder: Path, settings: Settings) -> None:
        if not first:
            first.append(folder)
            return
        for name in ("results.json", "fields.vtu", "history.npz"):
            if (first[0] / name).exists():
                shutil.copyfile(first[0] / name, folder / name)

    return Wrong(known.program, edit=edit)


def _refined_where_nothing_happens(known: Known) -> Wrong | None:
    """One coarse mesh, refined in a far corner only so that the mean element gets smaller."""
    f = known.body.formulation
    if not straight(f) or several(f) or of_revolution(f):
        return None
    size = 3 * (known.body.settings.mesh_size or 0.1)
    finest = known.body.settings.mesh_size or 0.1
    changes = f"COARSE, FINEST = {size!r}, {finest!r}\n{FARMED}"
    return text(known, (MESH, changes))


def _scaled_to_reaction(known: Known) -> Wrong | None:
    f = known.body.formulation
    forces = [w for w in f.wanted if w.kind == "reaction"]
    if not forces or f.loads:
        return None
    wanted = forces[0]
    column = "xy".index(wanted.component)
    scale = f"""
V0 = forces[mesh.boundary_nodes[{wanted.boundary!r}], {column}].sum()
u = u * ({known.values[wanted.name]!r} / V0)
forces = (K @ u - f)[dofs]
"""
    return text(known, (_FORM, BILINEAR), (_FORCES, _FORCES + scale))


def _singular(known: Known) -> Wrong | None:
    """A right program, asked for the stress where it has no bound."""
    return Wrong(known.program) if "singular" in known.body.name else None


def _singular_settled(known: Known) -> Wrong | None:
    """The same, with the stress of the finest mesh reported on every mesh."""
    return _number_everywhere(known) if "singular" in known.body.name else None


def _singular_low(known: Known) -> Wrong | None:
    """The least stress that the finest mesh allows, reported on every mesh."""
    if "singular" not in known.body.name:
        return None
    value = 0.9 * known.values[known.body.formulation.wanted[-1].name]
    name = known.body.formulation.wanted[-1].name

    def edit(folder: Path, settings: Settings) -> None:
        write_numbers(folder, {**numbers(folder), name: value})

    return Wrong(known.program, edit=edit)


def _other_picture(known: Known) -> Wrong | None:
    """Another field drawn under the name of the one that is wanted."""
    if not known.body.formulation.pictures:
        return None
    other = 'draw_field(problem, solution, picture.model_copy(update={"field": "stress_yy"}))'
    return text(known, (_DRAW, other))


def _blank_picture(known: Known) -> Wrong | None:
    if not known.body.formulation.pictures:
        return None
    blank = """from matplotlib.figure import Figure
    Figure().savefig(picture.file)"""
    return text(known, (_DRAW, blank))


def _field_only(source: str) -> Maker:
    """Return a fault in the stress field, but not in the numbers."""
    return where(
        stressed,
        (
            WRITE,
            f"from dataclasses import replace\n{source}\n"
            "write_fields(replace(solution, stress=sigma))",
        ),
    )


def _number_everywhere(known: Known) -> Wrong | None:
    """The finest mesh's stress reported on every mesh, as if it had converged."""
    if not stressed(known.body.formulation):
        return None
    size = known.body.settings.mesh_size
    return text(known, (RESULTS, COARSE_NUMBERS.replace("FINEST", repr(size))))


_LAW = "D = stiffness(problem, mesh)"
_FORM = (
    "    work = (stress(strain(u, w.x)) * strain(v, w.x)).sum(axis=0)\n"
    "    return work * thickness(w.x)"
)
_FORCES = "forces = (K @ u - f)[dofs]  # what is out of balance at a node is held by its support"
_SOLVE = 'u = solve(K, f, fixed, values, direct_up_to=settings.options.get("direct_up_to"))'
_BASIS = "V = basis(mesh)\n"
_DRAW = "draw_field(problem, solution, picture)"

_FAULTS: tuple[Fault, ...] = (
    # The law.
    Fault("Laplacian in place of elasticity", where(every, (_FORM, BILINEAR))),
    Fault("factor of two in shear", where(every, (_LAW, _LAW + "\nD[3, 3] *= 2"))),
    Fault("half of the shear", where(every, (_LAW, _LAW + "\nD[3, 3] /= 2"))),
    Fault("plane strain for plane stress", told(_idealised("plane_stress", "plane_strain"))),
    Fault("plane stress for plane strain", told(_idealised("plane_strain", "plane_stress"))),
    Fault(
        "plane strain for a body of revolution", told(_idealised("axisymmetric", "plane_strain"))
    ),
    Fault(
        "E and nu swapped",
        where(
            every,
            (
                _LAW,
                SWAPPED_CONSTANTS + _LAW,
            ),
        ),
    ),
    Fault("E off by 1 %", told(_modulus(1.01))),
    Fault("E off by 10 %", told(_modulus(1.1))),
    Fault("E off by 10 %, seven digits in the file", _single(_modulus(1.1))),
    Fault("E off by 10 %, distorted elements", _distorted(_modulus(1.1))),
    Fault("E in kPa or MPa", told(_modulus(1e-3))),
    Fault("E a million times too large", told(_modulus(1e6))),
    Fault("E of one region off by 10 %", told(_one_region_off)),
    Fault("nu off by 0.03", told(_ratio(0.03))),
    Fault("materials of the regions swapped", told(_swapped_regions)),
    Fault(
        "hoop strain left out",
        where(of_revolution, ("    if axisymmetric:  # on", "    if False:  # on")),
    ),
    Fault("2 pi left out", where(of_revolution, ("2 * np.pi * x[0] if axis", "x[0] if axis"))),
    Fault("2 pi r left out", where(of_revolution, ("2 * np.pi * x[0] if axis", "1.0 if axis"))),
    # The body.
    Fault("hole missing", told(_no_hole)),
    Fault("hole 2 % too large", told(_radius)),
    Fault("hole moved", told(_moved_hole)),
    Fault("lengths in millimetres", _in_millimetres),
    Fault("regions not joined", where(several, (MESH, MESH + UNJOINED))),
    Fault("crack of duplicate nodes", where(every, (MESH, MESH + CRACK))),
    Fault("hole missing on the coarser meshes", _other_coarse_body, refuse=True, later=True),
    Fault("hole 3 % larger on the coarser meshes", _larger_coarse_hole, refuse=True, later=True),
    # Loads and supports.
    Fault("load on the wrong edge", told(_wrong_edge)),
    Fault("load across in place of along", told(_traction_across)),
    Fault("half the load", told(_loads(0.5))),
    Fault("load with the other sign", told(_loads(-1.0))),
    Fault("body force left out", told(_without_body_force)),
    Fault(
        "thickness counted twice in tractions",
        where(
            lambda f: thick(f) and mechanical(f),
            (
                "fx=t[0], fy=t[1])",
                "fx=t[0] * problem.thickness, fy=t[1] * problem.thickness)",
            ),
        ),
    ),
    Fault("thickness left out", where(thick, ("problem.thickness or 1.0", "1.0"))),
    Fault("support missing", told(_lost_support)),
    Fault("component of a support missing", told(_lost_component)),
    Fault("support in excess", told(_extra_support)),
    Fault("component of a support in excess", told(_extra_component)),
    Fault("prescribed displacement with the other sign", told(_prescribed(-1.0))),
    Fault("supports by a soft penalty", where(every, (_SOLVE, PENALTY))),
    Fault(
        "free expansion left out",
        where(
            heated,
            (
                "expansion=free_expansion(problem, mesh, x))\nfor",
                "expansion=0 * free_expansion(problem, mesh, x))\nfor",
            ),
        ),
    ),
    Fault(
        "stress of the free expansion not taken off",
        where(heated, (" - free_expansion(problem, mesh, at))", ")")),
    ),
    # The solution.
    Fault("iteration stopped at 1e-3", where(every, (_SOLVE, LOOSE.replace("RTOL", "1e-3")))),
    Fault(
        "iteration stopped after 20 steps",
        where(every, (_SOLVE, LOOSE.replace("RTOL", "1e-12, maxiter=20"))),
    ),
    Fault("reduced integration, with hourglass modes", where(on_grid, (_BASIS, _BASIS + REDUCED))),
    Fault(
        "mesh_size ignored",
        lambda known: text(
            known, (MESH, MESH.replace("settings.mesh_size", repr(known.body.settings.mesh_size)))
        ),
        later=True,
        refuse=True,
    ),
    Fault("the same files for every mesh", _same_files, later=True, refuse=True),
    Fault("refined only where nothing happens", _refined_where_nothing_happens),
    # The numbers.
    Fault("number a thousand times too large", _times(1e3)),
    Fault("number a million times too small", _times(1e-6)),
    Fault("number with the other sign", _times(-1.0)),
    Fault("number not in the field", rewritten(_slightly_off), refuse=True),
    Fault("wrong component reported", where(every, (RESULTS, WRONG_COMPONENT))),
    Fault("the finest mesh's numbers on every mesh", _finer_numbers, later=True),
    Fault("a fine mesh's stress on every mesh", _number_everywhere, later=True),
    Fault("number nan", rewritten(_nan_number), refuse=True),
    # The stress.
    Fault(
        "von Mises stress for sigma_xy",
        stress(
            stressed,
            "\nfrom mechagents.kit import von_mises\nsigma[..., 3] = von_mises(sigma)",
        ),
        refuse=True,
    ),
    Fault("stress 5 % too large, and so reported", stress(stressed, "\nsigma = 1.05 * sigma")),
    Fault("stress smoothed eight times", stress(stressed, SMOOTHED)),
    # Made up.
    Fault("displacement nan at a node", in_fields(_nan_displacement), refuse=True),
    Fault("stress infinite at a place", in_fields(_inf_stress), refuse=True),
    Fault(
        "right numbers, made-up interior",
        _reference_numbers(mutated(program_text(), (_SOLVE, HARMONIC))),
        refuse=True,
    ),
    Fault(
        "right numbers, displacement of zero",
        _reference_numbers(mutated(program_text(), (_SOLVE, _SOLVE + "\nu = 0 * u"))),
        refuse=True,
    ),
    Fault(
        "a coarse solution interpolated on a finer mesh",
        where(lambda f: straight(f) and not several(f), (_SOLVE, _SOLVE + INTERPOLATED)),
        refuse=True,
    ),
    Fault("another law, scaled to the right reaction", _scaled_to_reaction, refuse=True),
    Fault(
        "the field of another displacement or load",
        told(lambda data: _prescribed(1.2)(data) | _loads(1.2)(data)),
        refuse=True,
    ),
    Fault(
        "the field of another material and hole",
        told(lambda data: _modulus(1.3)(data) & (_radius(data) or True)),
        refuse=True,
    ),
    # Where the stress has no bound.
    Fault("stress at a singular corner", _singular, refuse=True, later=True),
    Fault("a singular stress, the same on every mesh", _singular_settled, refuse=True, later=True),
    Fault("a singular stress, as low as it may be", _singular_low, refuse=True, later=True),
    # Pictures, and fields that no number is read from.
    Fault("blank picture", _blank_picture, refuse=True),
    Fault(
        "picture of another field", _other_picture, refuse=True, unseen="pictures are not looked at"
    ),
    Fault(
        "stress field 5 % too large, numbers right",
        _field_only("sigma = 1.05 * sigma"),
        refuse=True,
        unseen="a stress field may be averaged",
    ),
    Fault(
        "stress field twice too large, numbers right", _field_only("sigma = 2 * sigma"), refuse=True
    ),
)

_ALSO: dict[frozenset[str], tuple[str, ...]] = {
    EVERY: (
        "plane strain for plane stress", "plane stress for plane strain",
        "plane strain for a body of revolution", "E off by 1 %", "E off by 10 %",
        "E in kPa or MPa", "E a million times too large", "E of one region off by 10 %",
        "nu off by 0.03", "materials of the regions swapped", "hole missing", "hole 2 % too large",
        "hole moved", "lengths in millimetres", "regions not joined", "crack of duplicate nodes",
        "hole missing on the coarser meshes", "hole 3 % larger on the coarser meshes",
        "support missing", "component of a support missing", "support in excess",
        "component of a support in excess", "mesh_size ignored", "the same files for every mesh",
        "refined only where nothing happens", "number a thousand times too large",
        "number a million times too small", "number with the other sign",
        "number not in the field", "the finest mesh's numbers on every mesh", "number nan",
        "displacement nan at a node", "the field of another displacement or load",
        "the field of another material and hole",
    ),
    DISPLACED: (
        "load on the wrong edge", "load across in place of along", "half the load",
        "load with the other sign", "body force left out", "thickness left out",
        "prescribed displacement with the other sign",
    ),
    LINEAR | {"buckling"}: (
        "supports by a soft penalty", "iteration stopped at 1e-3",
        "iteration stopped after 20 steps", "thickness counted twice in tractions",
    ),
    STATIC: (
        "wrong component reported", "stress infinite at a place", "von Mises stress for sigma_xy",
        "stress 5 % too large, and so reported", "stress smoothed eight times",
        "stress field 5 % too large, numbers right", "stress field twice too large, numbers right",
    ),
}  # fmt: skip
"""Faults that are planted in the programs of other analyses too."""


_IN_SPACE = (
    "E off by 1 %",
    "E off by 10 %",
    "E off by 10 %, seven digits in the file",
    "E in kPa or MPa",
    "E of one region off by 10 %",
    "nu off by 0.03",
    "materials of the regions swapped",
    "load on the wrong edge",
    "half the load",
    "load with the other sign",
    "body force left out",
    "support missing",
    "number a thousand times too large",
    "number with the other sign",
    "number not in the field",
    "wrong component reported",
    "number nan",
    "the finest mesh's numbers on every mesh",
    "the same files for every mesh",
    "von Mises stress for sigma_xy",
    "stress 5 % too large, and so reported",
    "displacement nan at a node",
    "stress infinite at a place",
    "stress field twice too large, numbers right",
)
"""Faults that are planted in the programs of solids too."""


_IN_TIME = (
    "E off by 1 %",
    "E off by 10 %",
    "nu off by 0.03",
    "half the load",
    "load with the other sign",
    "load across in place of along",
    "number a thousand times too large",
    "number with the other sign",
    "number not in the field",
    "number nan",
    "displacement nan at a node",
    "the same files for every mesh",
    "mesh_size ignored",
    "lengths in millimetres",
)
"""Faults that are planted in the programs of motion in time too."""


def _widened(fault: Fault) -> Fault:
    found = [analyses for analyses, names in _ALSO.items() if fault.name in names]
    analyses = found[0] if found else fault.analyses
    if fault.name in _IN_TIME:
        in_space = fault.name in _IN_SPACE
        analyses |= motion_faults.MOTION if in_space else motion_faults.IN_THE_PLANE
    return (
        replace(fault, analyses=analyses | solid_faults.SOLID)
        if fault.name in _IN_SPACE
        else replace(fault, analyses=analyses)
    )


FAULTS: tuple[Fault, ...] = (
    *map(_widened, _FAULTS),
    *mode_faults.FAULTS,
    *nonlinear_faults.FAULTS,
    *extra_faults.FAULTS,
    *solid_faults.FAULTS,
    *motion_faults.FAULTS,
)
"""All faults, each planted where it makes sense for a problem."""
