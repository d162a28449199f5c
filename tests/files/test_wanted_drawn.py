"""What is wanted is in the figures: points marked, strains drawn, histories as curves."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from uniform_strain import SOFT, STRAIN, block, plane, write_uniform

from mechagents.files import read_solved
from mechagents.files.over_time import Curves, curves
from mechagents.files.views import View, views
from mechagents.kit.pictures import deformed
from mechagents.kit.solid_pictures import VIEWS, camera, is_hidden
from mechagents.mechanics.formulation import Formulation
from mechagents.report.pictures import png_size

POINT = [1.5, 0.25]
U = STRAIN[:2, :2] @ POINT
COURSE = np.array([0.0, 3.0, -2.0, 1.0])
TIME = np.array([0.0, 0.01, 0.02, 0.03])


def wanted(*more: dict[str, object]) -> dict[str, object]:
    force = {"name": "force", "kind": "reaction", "boundary": "left", "component": "x"}
    return {"wanted": [force, *more]}


def moving() -> Formulation:
    at = {"kind": "displacement", "component": "y", "at": POINT}
    dense = {f"materials.{name}.density": 2700.0 for name in ("soft", "stiff")}
    f = plane(**wanted()).amended({"analysis": "transient", "end_time": 0.03, **dense,
                                   "wanted.0.time": 0.03})  # fmt: skip
    more = [
        {"name": "furthest", "over_time": "max", **at},
        {"name": "between", "time": 0.015, **at},
        {"name": "speed", "time": 0.02, **at, "kind": "velocity", "component": "magnitude"},
    ]
    told = f.model_dump(mode="json")
    return Formulation.model_validate({**told, "wanted": [*told["wanted"], *more]})


def drawn(f: Formulation, folder: Path) -> dict[str, View | Curves]:
    return {view.name: view for view in views(read_solved(f, write_uniform(f, folder)))}


def test_a_motion_is_drawn_over_time_with_the_wanted_numbers_on_it(tmp_path: Path) -> None:
    f = moving()
    solved = read_solved(f, write_uniform(f, tmp_path))
    u = COURSE[:, None, None] * solved.solution.fields.displacement
    np.savez(tmp_path / "history.npz", time=TIME, displacement=u, velocity=7 * u, acceleration=u)
    found = curves(solved)
    assert found is not None
    assert found.in_time
    by_title = {curve.title: curve for curve in found.curves}
    assert list(by_title) == [
        "Force on left in x",
        "Displacement in y at (1.5, 0.25) m",
        "Magnitude velocity at (1.5, 0.25) m",
    ]
    _, y, speed = found.curves
    assert y.values == pytest.approx(COURSE * U[1])
    assert y.unit == "m"
    assert y.told[0] == ("furthest", 0.01, pytest.approx(3 * U[1]))
    assert y.told[1] == ("between", 0.015, pytest.approx(0.5 * U[1]))
    assert speed.values == pytest.approx(7 * np.abs(COURSE) * np.linalg.norm(U))
    assert speed.unit == "m/s"
    assert png_size(found.png(6.4, 100)) == (640, pytest.approx(2 * 0.36 * 640, abs=1))


def test_a_motion_without_its_history_is_not_drawn(tmp_path: Path) -> None:
    f = moving()
    solved = read_solved(f, write_uniform(f, tmp_path))
    with pytest.raises(Exception, match=r"history\.npz"):
        curves(solved)


def test_a_load_path_is_drawn_from_the_unloaded_body_on(tmp_path: Path) -> None:
    flowing = {"kind": "j2_plastic", "youngs_modulus": SOFT, "poisson_ratio": 0.3,
               "yield_stress": 1e9}  # fmt: skip
    at = {"name": "moved", "kind": "displacement", "component": "x", "at": POINT}
    f = plane(
        analysis="static_plastic", load_path=[1.0], materials={"soft": flowing, "stiff": flowing},
        **wanted(at),
    )  # fmt: skip
    factors = np.array([0.5, 1.0])
    write_uniform(f, tmp_path)
    u = read_solved(plane(), tmp_path).solution.fields.displacement
    np.savez(tmp_path / "history.npz", factor=factors, displacement=factors[:, None, None] * u)
    found = curves(read_solved(f, tmp_path))
    assert found is not None
    assert list(found.at) == [0.0, 0.5, 1.0]
    force, moved = found.curves
    lame, mu = SOFT * 0.3 / (1.3 * 0.4), SOFT / 2.6
    sigma = lame * (STRAIN[0, 0] + STRAIN[1, 1]) + 2 * mu * STRAIN[0, 0]
    assert force.values == pytest.approx(-sigma * found.at)
    assert moved.values == pytest.approx(U[0] * found.at)
    assert moved.told == (("moved", 1.0, pytest.approx(U[0])),)
    assert not found.in_time


def test_statics_has_no_history(tmp_path: Path) -> None:
    assert curves(read_solved(plane(), write_uniform(plane(), tmp_path))) is None


def test_wanted_strains_are_drawn(tmp_path: Path) -> None:
    one = {"name": "shear_strain", "kind": "strain", "component": "xy", "at": POINT}
    two = {"name": "most", "kind": "strain", "component": "max_principal", "extreme": "max"}
    found = drawn(plane(**wanted(one, two)), tmp_path)
    assert list(found) == ["mesh", "displacement", "von_mises", "strain_xy", "strain_max_principal"]
    shear, most = found["strain_xy"], found["strain_max_principal"]
    assert isinstance(shear, View)
    assert isinstance(most, View)
    assert shear.values == pytest.approx(STRAIN[0, 1])
    assert shear.caption == "Strain ε_xy: of the checked displacement."
    assert shear.unit == "m/m"
    inside = [*np.linalg.eigvalsh(STRAIN[:2, :2]), 0.0]
    assert most.values == pytest.approx(max(inside))
    assert [name for name, _ in shear.marks] == ["shear_strain"]
    assert most.marks == ()
    assert shear.png(6.4, 50)


def test_wanted_points_are_marked_where_they_are_drawn(tmp_path: Path) -> None:
    one = {"name": "one", "kind": "displacement", "component": "x", "at": POINT}
    two = {"name": "two", "kind": "stress", "component": "xx", "at": POINT}
    three = {"name": "three", "kind": "stress", "component": "yy", "at": [0.5, 0.5]}
    found = drawn(plane(**wanted(one, two, three)), tmp_path)
    marks = {name: dict(view.marks) for name, view in found.items() if isinstance(view, View)}
    assert {name: list(each) for name, each in marks.items()} == {
        "mesh": ["one, two", "three"], "displacement": ["one"], "stress_xx": ["two"],
        "stress_yy": ["three"], "von_mises": [],
    }  # fmt: skip
    assert marks["mesh"]["one, two"] == pytest.approx(POINT)
    view = found["displacement"]
    assert isinstance(view, View)
    factor = deformed(view.mesh, view.displacement)[1]
    assert factor > 1
    assert marks["displacement"]["one"] == pytest.approx(POINT + factor * U)


def test_a_mark_changes_the_picture_and_its_name_is_no_formula(tmp_path: Path) -> None:
    view = drawn(plane(), tmp_path)["mesh"]
    assert isinstance(view, View)
    bare = view.png(4.0, 50)
    view = View("mesh", "t", "c", view.mesh, 1, None, marks=((r"$\frac", np.array(POINT)),))
    assert view.png(4.0, 50) != bare


def test_a_point_of_a_solid_is_hidden_from_one_side(tmp_path: Path) -> None:
    at = {"name": "top", "kind": "displacement", "component": "x", "at": [1.0, 0.5, 1.0]}
    f = block(wanted=[at])
    view = drawn(f, tmp_path)["mesh"]
    assert isinstance(view, View)
    ((name, top),) = view.marks
    assert name == "top"
    corners = np.array(list(product([0.0, 2.0], [0.0, 1.0], [0.0, 1.0])))
    walls = corners[ConvexHull(corners).simplices]
    assert [is_hidden(top, walls, camera(eye)) for eye in VIEWS] == [False, True]
    assert is_hidden(np.array([1.0, 0.5, 0.5]), walls, camera(VIEWS[0]))
    assert not is_hidden(np.array([5.0, 0.5, 0.5]), walls, camera(VIEWS[0]))
    assert view.png(6.4, 50)
