"""The handbook's program, run as a sandbox would, against closed forms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import meshio
import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Settings

PROGRAM = files("mechagents.models.handbook").joinpath("programs", "plane_elasticity.py")
PACKAGE = Path(str(files("mechagents"))).parent
EDGES = {
    "left": {"kind": "line", "axis": "x", "at": 0.0},
    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
}


def run(problem: dict[str, Any], folder: Path, **settings: Any) -> dict[str, float]:
    """Run the program in a folder of its own; return its quantities."""
    formulation = Formulation.model_validate(problem)
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    (folder / "settings.json").write_text(Settings(**settings).model_dump_json())
    (folder / "program.py").write_text(PROGRAM.read_text())
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((folder / "results.json").read_text())["quantities"]
    assert [q["name"] for q in written] == [w.name for w in formulation.wanted]
    assert [q["unit"] for q in written] == [formulation.unit(w) for w in formulation.wanted]
    return {q["name"]: q["value"] for q in written}


@cache
def _cached(problem: str, settings: str) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        return run(json.loads(problem), Path(folder), **json.loads(settings))


def answer(problem: dict[str, Any], **settings: Any) -> dict[str, float]:
    """Return the program's quantities; the same question is only run once."""
    return _cached(json.dumps(problem), json.dumps(settings))


def wanted_point(name: str, kind: str, component: str, *at: float) -> dict[str, Any]:
    return {"name": name, "kind": kind, "component": component, "at": at}


# A bar in tension: displacements linear, stresses constant, exact for every element.


def tension(idealisation: str, **changes: Any) -> dict[str, Any]:
    return {
        "idealisation": idealisation,
        "geometry": {
            "regions": {"bar": {"kind": "rectangle", "size": [2.0, 1.0]}},
            "boundaries": {
                **EDGES,
                "right": {"kind": "line", "axis": "x", "at": 2.0},
                "corner": {"kind": "point", "at": [0.0, 0.0]},
            },
        },
        "materials": {"bar": {"youngs_modulus": 2e9, "poisson_ratio": 0.25}},
        "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "corner", "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "right", "x": 4e6}],
        "wanted": [
            wanted_point("tip", "displacement", "x", 2.0, 0.37),
            wanted_point("side", "displacement", "y", 0.61, 1.0),
            wanted_point("xx", "stress", "xx", 0.77, 0.41),
            wanted_point("zz", "stress", "zz", 0.77, 0.41),
            {"name": "yy", "kind": "stress", "component": "yy", "extreme": "max_abs"},
            {"name": "vm", "kind": "stress", "component": "von_mises", "extreme": "min"},
            {"name": "held", "kind": "reaction", "boundary": "left", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
        ],
        **changes,
    }


@pytest.mark.parametrize("order", [1, 2])
def test_a_bar_in_tension_is_exact_in_plane_stress(order: int) -> None:
    found = answer(tension("plane_stress"), mesh_size=0.5, element_order=order)
    assert found["tip"] == pytest.approx(4e6 * 2.0 / 2e9, rel=1e-9)
    assert found["side"] == pytest.approx(-0.25 * 4e6 / 2e9, rel=1e-9)
    assert found["xx"] == pytest.approx(4e6, rel=1e-9)
    assert found["vm"] == pytest.approx(4e6, rel=1e-9)
    assert [found["zz"], found["yy"]] == pytest.approx([0.0, 0.0], abs=1e-3)
    assert found["held"] == pytest.approx(-4e6, rel=1e-9)
    assert found["energy"] == pytest.approx(4e6 * 0.004 / 2, rel=1e-9)


def test_a_bar_in_tension_is_exact_in_plane_strain() -> None:
    found = answer(tension("plane_strain"), mesh_size=0.5, element_order=1)
    assert found["tip"] == pytest.approx(4e6 * 2.0 * (1 - 0.25**2) / 2e9, rel=1e-9)
    assert found["zz"] == pytest.approx(0.25 * 4e6, rel=1e-9)
    assert found["vm"] == pytest.approx(4e6 * (1 - 0.25 + 0.25**2) ** 0.5, rel=1e-9)


def test_a_thickness_multiplies_forces_and_energy_only() -> None:
    thin = answer(tension("plane_stress", thickness=0.01), mesh_size=0.5, element_order=1)
    unit = answer(tension("plane_stress"), mesh_size=0.5, element_order=1)
    assert thin["held"] == pytest.approx(0.01 * unit["held"])
    assert thin["energy"] == pytest.approx(0.01 * unit["energy"])
    assert thin["tip"] == pytest.approx(unit["tip"])


@pytest.mark.parametrize("order", [1, 2])
def test_an_inclusion_of_the_same_material_is_no_inclusion(order: int) -> None:
    disk = {"kind": "disk", "center": [1.0, 0.5], "radius": 0.2}
    base = {"kind": "rectangle", "size": [2.0, 1.0]}
    problem = tension("plane_stress")
    problem["geometry"]["regions"] = {
        "bar": {"kind": "difference", "base": base, "remove": [disk]},
        "inclusion": disk,
    }
    problem["materials"]["inclusion"] = problem["materials"]["bar"]
    found = answer(problem, mesh_size=0.3, element_order=order)
    assert found["tip"] == pytest.approx(0.004, rel=1e-9)
    assert found["vm"] == pytest.approx(4e6, rel=1e-9)
    assert found["held"] == pytest.approx(-4e6, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_two_materials_in_series_share_the_force_and_keep_their_own_stress(order: int) -> None:
    problem = tension("plane_strain")
    problem["geometry"]["regions"] = {
        "soft": {"kind": "rectangle", "size": [0.5, 1.0]},
        "hard": {"kind": "rectangle", "origin": [0.5, 0.0], "size": [1.5, 1.0]},
    }
    problem["geometry"]["boundaries"]["top"] = {"kind": "line", "axis": "y", "at": 1.0}
    problem["materials"] = {
        "soft": {"youngs_modulus": 1e9, "poisson_ratio": 0.2},
        "hard": {"youngs_modulus": 4e9, "poisson_ratio": 0.4},
    }
    problem["supports"] = [
        {"boundary": "left", "x": 0.0},
        {"boundary": "bottom", "y": 0.0},
        {"boundary": "top", "y": 0.0},
    ]
    stress = {"kind": "stress", "component": "yy", "extreme": "max"}
    problem["wanted"] = [
        {"name": "soft_yy", "region": "soft", **stress},
        {"name": "hard_yy", "region": "hard", **stress},
        {"name": "soft_energy", "kind": "strain_energy", "region": "soft"},
        wanted_point("middle", "displacement", "x", 0.5, 0.5),
        wanted_point("tip", "displacement", "x", 2.0, 0.5),
    ]
    found = answer(problem, mesh_size=0.3, element_order=order)
    soft, hard = (
        4e6 / (E * (1 - nu) / ((1 + nu) * (1 - 2 * nu))) for E, nu in ((1e9, 0.2), (4e9, 0.4))
    )
    assert found["middle"] == pytest.approx(0.5 * soft, rel=1e-8)
    assert found["tip"] == pytest.approx(0.5 * soft + 1.5 * hard, rel=1e-8)
    assert found["soft_yy"] == pytest.approx(4e6 * 0.2 / 0.8, rel=1e-8)
    assert found["hard_yy"] == pytest.approx(4e6 * 0.4 / 0.6, rel=1e-8)
    assert found["soft_energy"] == pytest.approx(0.5 * soft * 4e6 / 2, rel=1e-8)


# A bar that hangs under its own weight: u = rho g / E (H y - y^2 / 2), a parabola.


@pytest.mark.parametrize(("order", "exact_inside"), [(1, False), (2, True)])
def test_a_hanging_bar_stretches_along_a_parabola(order: int, exact_inside: bool) -> None:
    problem = {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"bar": {"kind": "rectangle", "size": [0.2, 1.0]}},
            "boundaries": {"top": {"kind": "line", "axis": "y", "at": 1.0}},
        },
        "materials": {"bar": {"youngs_modulus": 1e9, "poisson_ratio": 0.0}},
        "supports": [{"boundary": "top", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "body_force", "y": -8e4}],
        "wanted": [
            wanted_point("low", "displacement", "y", 0.1, 0.0),
            wanted_point("between", "displacement", "y", 0.1, 0.43),
            {"name": "held", "kind": "reaction", "boundary": "top", "component": "y"},
        ],
    }
    found = answer(problem, mesh_size=0.2, element_order=order)
    assert found["low"] == pytest.approx(-8e4 / 1e9 / 2, rel=1e-9)
    assert found["held"] == pytest.approx(8e4 * 0.2, rel=1e-9)
    parabola = -8e4 / 1e9 * (1 - 0.43**2) / 2
    assert (abs(found["between"] / parabola - 1) < 1e-9) == exact_inside


# A thick cylinder under internal pressure: u_r = A r + B / r (Lame).

INNER, OUTER, PRESSURE, E, NU = 1.0, 2.0, 1e6, 1e9, 0.3


def cylinder(*, triangles: bool, closed_ends: bool) -> dict[str, Any]:
    box = {"kind": "rectangle", "origin": [INNER, 0.0], "size": [OUTER - INNER, 0.5]}
    corners = [[INNER, 0.0], [OUTER, 0.0], [OUTER, 0.5], [INNER, 0.5]]
    ends = [{"boundary": "bottom", "y": 0.0}, {"boundary": "top", "y": 0.0}]
    return {
        "idealisation": "axisymmetric",
        "geometry": {
            "regions": {"wall": {"kind": "polygon", "points": corners} if triangles else box},
            "boundaries": {
                "inside": {"kind": "line", "axis": "x", "at": INNER},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                "top": {"kind": "line", "axis": "y", "at": 0.5},
            },
        },
        "materials": {"wall": {"youngs_modulus": E, "poisson_ratio": NU}},
        "supports": ends if closed_ends else ends[:1],
        "loads": [{"kind": "traction", "boundary": "inside", "x": PRESSURE}],
        "wanted": [
            wanted_point("u", "displacement", "x", 1.37, 0.21),
            wanted_point("radial", "stress", "xx", 1.5, 0.25),
            wanted_point("hoop", "stress", "zz", 1.5, 0.25),
            wanted_point("hoop_inside", "stress", "zz", INNER, 0.25),
            wanted_point("axial", "stress", "yy", 1.5, 0.25),
            {"name": "push", "kind": "reaction", "boundary": "bottom", "component": "y"},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }


def lame(r: float, *, closed_ends: bool) -> tuple[float, float, float]:
    """Return u_r, sigma_rr and sigma_hoop at a radius (Timoshenko & Goodier, section 28)."""
    k = PRESSURE * INNER**2 / (OUTER**2 - INNER**2)
    radial, hoop = k * (1 - OUTER**2 / r**2), k * (1 + OUTER**2 / r**2)
    modulus, ratio = (E / (1 - NU**2), NU / (1 - NU)) if closed_ends else (E, NU)
    return r * (hoop - ratio * radial) / modulus, radial, hoop


@pytest.mark.parametrize("closed_ends", [True, False], ids=["plane_strain", "free_ends"])
def test_a_thick_cylinder_under_pressure_agrees_with_lame(closed_ends: bool) -> None:
    problem = cylinder(triangles=False, closed_ends=closed_ends)
    found = answer(problem, mesh_size=0.05, element_order=2)
    _, radial, hoop = lame(1.5, closed_ends=closed_ends)
    axial = NU * (radial + hoop) if closed_ends else 0.0
    inside = lame(INNER, closed_ends=closed_ends)
    assert found["u"] == pytest.approx(lame(1.37, closed_ends=closed_ends)[0], rel=1e-5)
    assert found["radial"] == pytest.approx(radial, rel=4e-3)
    assert found["hoop"] == pytest.approx(hoop, rel=4e-3)
    assert found["hoop_inside"] == pytest.approx(inside[2], rel=5e-3)
    assert found["axial"] == pytest.approx(axial, abs=2e-3 * hoop)
    push = -np.pi * (OUTER**2 - INNER**2) * axial
    assert found["push"] == pytest.approx(push, rel=1e-4, abs=1.0)
    work = PRESSURE * 2 * np.pi * INNER * 0.5 * inside[0] / 2
    assert found["energy"] == pytest.approx(work, rel=1e-5)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("triangles", [False, True], ids=["quads", "triangles"])
def test_displacement_converges_one_order_faster_than_the_elements(
    order: int, triangles: bool
) -> None:
    sizes, errors = [0.2, 0.1], []
    for size in sizes:
        with TemporaryDirectory() as name:
            run(
                cylinder(triangles=triangles, closed_ends=True),
                Path(name),
                mesh_size=size,
                element_order=order,
            )
            errors.append(_mean_error(meshio.read(Path(name) / "fields.vtu")))
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert slope > order + 1 - 0.25


def _mean_error(fields: meshio.Mesh) -> float:
    """Return the root mean square error of u_r at the middles of the elements."""
    (block,) = fields.cells
    corners = 3 if block.type.startswith("triangle") else 4
    x = fields.points[block.data]
    u = fields.point_data["displacement"][block.data]
    middle = {"triangle": [1 / 3] * 3, "quad": [1 / 4] * 4, "triangle6": [-1 / 9] * 3 + [4 / 9] * 3}
    weights = np.array(middle.get(block.type, [0.0] * 8 + [1.0]))
    r = x[:, :corners, 0].mean(axis=1)
    exact = np.array([lame(radius, closed_ends=True)[0] for radius in r])
    return float(np.sqrt(np.mean((weights @ u[..., 0].T - exact) ** 2)))


def test_a_solid_cylinder_squeezed_from_outside_has_the_same_stress_on_its_axis() -> None:
    problem = {
        "idealisation": "axisymmetric",
        "geometry": {
            "regions": {"rod": {"kind": "rectangle", "size": [1.0, 0.5]}},
            "boundaries": {
                "rim": {"kind": "line", "axis": "x", "at": 1.0},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
            },
        },
        "materials": {"rod": {"youngs_modulus": E, "poisson_ratio": NU}},
        "supports": [{"boundary": "bottom", "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "rim", "x": -1e6}],
        "wanted": [
            wanted_point("radial", "stress", "xx", 0.0, 0.2),
            wanted_point("hoop", "stress", "zz", 0.0, 0.2),
            wanted_point("axis", "displacement", "x", 0.0, 0.2),
        ],
    }
    found = answer(problem, mesh_size=0.25, element_order=1)
    assert found["radial"] == pytest.approx(-1e6, rel=1e-8)
    assert found["hoop"] == pytest.approx(-1e6, rel=1e-8)
    assert found["axis"] == 0.0


# Holes


def test_the_stress_at_a_hole_in_a_strip_is_that_of_howland() -> None:
    """Kt = 3.1526 for d/W = 0.2 (a curved p = 8 solution; Howland 1930 gives 3.14)."""
    strip = {"kind": "rectangle", "size": [2.0, 0.5]}
    hole = {"kind": "disk", "center": [0.0, 0.0], "radius": 0.1}
    problem = {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"strip": {"kind": "difference", "base": strip, "remove": [hole]}},
            "boundaries": {**EDGES, "end": {"kind": "line", "axis": "x", "at": 2.0}},
        },
        "materials": {"strip": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "end", "x": 1e6}],
        "wanted": [
            {"name": "most", "kind": "stress", "component": "xx", "extreme": "max"},
            wanted_point("at_hole", "stress", "xx", 0.0, 0.1),
            {"name": "held", "kind": "reaction", "boundary": "left", "component": "x"},
        ],
    }
    found = answer(problem, mesh_size=0.0125, element_order=2)
    assert found["most"] == pytest.approx(3.1526e6, rel=0.01)
    assert found["at_hole"] == pytest.approx(3.1526e6, rel=0.01)
    assert found["held"] == pytest.approx(-1e6 * 0.5, rel=1e-9)


def sheared_plate() -> dict[str, Any]:
    plate = {"kind": "rectangle", "size": [1.0, 1.0]}
    hole = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}
    return {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"plate": {"kind": "difference", "base": plate, "remove": [hole]}},
            "boundaries": {**EDGES, "right": {"kind": "line", "axis": "x", "at": 1.0}},
        },
        "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", "y": 0.1}],
        "wanted": [
            {"name": "right", "kind": "reaction", "boundary": "right", "component": "y"},
            {"name": "left", "kind": "reaction", "boundary": "left", "component": "y"},
            {"name": "left_x", "kind": "reaction", "boundary": "left", "component": "x"},
            {"name": "energy", "kind": "strain_energy"},
            wanted_point("on_the_arc", "stress", "xy", 0.5, 0.7),
        ],
    }


@pytest.mark.parametrize(("order", "options"), [(1, {}), (2, {}), (2, {"direct_up_to": 0})])
def test_reactions_balance_and_do_the_work_that_is_stored(
    order: int, options: dict[str, Any]
) -> None:
    found = answer(sheared_plate(), mesh_size=0.1, element_order=order, options=options)
    assert found["left"] + found["right"] == pytest.approx(0, abs=1e-9 * found["right"])
    assert found["left_x"] == pytest.approx(0, abs=1e-9 * found["right"])
    assert found["energy"] == pytest.approx(found["right"] * 0.1 / 2, rel=1e-9)


def test_wanted_pictures_are_drawn(tmp_path: Path) -> None:
    pictures = [
        {"file": "u.png", "field": "displacement"},
        {"file": "sxy.png", "field": "stress_xy"},
    ]
    run({**sheared_plate(), "pictures": pictures}, tmp_path, mesh_size=0.1)
    for picture in ("u.png", "sxy.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_the_program_is_one_that_an_engineer_can_read_in_one_go() -> None:
    lines = PROGRAM.read_text().splitlines()
    assert len(lines) < 170
    assert max(map(len, lines)) <= 100
