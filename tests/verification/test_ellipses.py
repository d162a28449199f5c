"""Bodies bounded by ellipses: measures, meshes, and faults that are found."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from bodies_to_check import SOFT
from faulty import PROBLEMS
from returned import failed, mesh_of, solve, verdict

from mechagents.mechanics.ellipses import distance_to_ellipse
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Ellipse, OnEllipse
from mechagents.mechanics.shapes import body, boundary_part, outline
from mechagents.messages import Answer, Settings
from mechagents.problems import load_problem
from mechagents.report.drawing import draw
from mechagents.report.words import boundary_words
from mechagents.run import solve as solve_problem
from mechagents.team import full_team


def quarter(radii: tuple[float, float] = (2.0, 1.0), outer: tuple[float, float] = (3.25, 2.75)):
    """A quarter of the plate between two ellipses, drawn along its left edge."""
    ring = {
        "kind": "difference",
        "base": {"kind": "ellipse", "center": [0.0, 0.0], "radii": outer},
        "remove": [{"kind": "ellipse", "center": [0.0, 0.0], "radii": radii}],
    }
    square = {"kind": "rectangle", "size": [4.0, 4.0]}
    return Formulation.model_validate(
        {
            "idealisation": "plane_stress",
            "geometry": {
                "regions": {"plate": {"kind": "intersection", "shapes": [square, ring]}},
                "boundaries": {
                    "left": {"kind": "line", "axis": "x", "at": 0.0},
                    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                    "hole": {"kind": "ellipse", "center": [0.0, 0.0], "radii": radii},
                    "outer": {"kind": "ellipse", "center": [0.0, 0.0], "radii": outer},
                },
            },
            "materials": {"plate": SOFT},
            "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
            "loads": [{"kind": "traction", "boundary": "outer", "x": 1e6}],
            "wanted": [
                {"name": "pull", "kind": "reaction", "boundary": "left", "component": "x"},
                {"name": "edge", "kind": "stress", "component": "yy", "at": [2.0, 0.0]},
            ],
        }
    )


@pytest.mark.parametrize("radii", [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0)])
def test_an_ellipse_has_its_area_on_meshes_too(radii):
    shape = Ellipse(center=(1.0, 2.0), radii=radii)
    assert outline(shape).area == pytest.approx(pi * radii[0] * radii[1], rel=1e-4)
    f = quarter()
    geometry = f.geometry.model_copy(update={"regions": {"plate": shape}, "boundaries": {}})
    mesh = mesh_of(f.model_copy(update={"geometry": geometry}), 0.2)
    x, y = mesh.points[mesh.cells].transpose(2, 0, 1)
    area = np.sum((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]))
    area -= np.sum((x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0]))
    assert area / 2 == pytest.approx(pi * radii[0] * radii[1], rel=0.01)
    sides = np.linalg.norm(
        np.roll(mesh.points[mesh.cells], 1, axis=1) - mesh.points[mesh.cells], axis=2
    )
    assert sides.max() < 2 * 0.2


def test_points_are_as_far_off_an_ellipse_as_a_step_square_to_it():
    angle = np.linspace(0.0, 2 * pi, 50)
    on = np.stack([3 * np.cos(angle), np.sin(angle)], axis=1) + np.array([1.0, 2.0])
    normal = np.stack([np.cos(angle) / 3, np.sin(angle)], axis=1)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    off = distance_to_ellipse(on + 1e-4 * normal, (1.0, 2.0), (3.0, 1.0))
    assert off == pytest.approx(np.full(50, 1e-4), rel=1e-3)


def test_a_quarter_of_an_ellipse_is_a_boundary():
    f = quarter()
    hole = f.geometry.boundaries["hole"]
    assert isinstance(hole, OnEllipse)
    # A quarter of the perimeter of half axes 2 and 1 (complete elliptic integral).
    assert boundary_part(body(f.geometry), hole).length == pytest.approx(2.42211, rel=1e-3)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [0.15, 0.6])
def test_a_right_solution_between_ellipses_passes(order, size, tmp_path):
    f = quarter()
    faults = failed(verdict(tmp_path, solve(f, mesh_of(f, size, order), intorder=6)))
    assert not {name for name in faults if name.startswith(("supports", "geometry:boundary"))}
    if size < 0.2:
        assert not faults


@pytest.mark.parametrize(
    "radii", [(1.0, 2.0), (2.0, 1.05), (1.9, 1.0)], ids=["swapped", "flat", "short"]
)
def test_a_hole_of_another_ellipse_is_found(radii, tmp_path):
    other = quarter(radii)
    found = solve(other, mesh_of(other, 0.15)).as_answer_to(quarter())
    assert "geometry:outline" in failed(verdict(tmp_path, found))


def test_a_load_on_the_wrong_ellipse_is_found(tmp_path):
    f = quarter()
    load = f.loads[0].model_copy(update={"boundary": "hole"})
    found = solve(f.model_copy(update={"loads": (load,)}), mesh_of(f, 0.15)).as_answer_to(f)
    assert "equilibrium:residual" in failed(verdict(tmp_path, found))


async def test_the_elliptic_membrane_has_the_stress_of_the_benchmark(tmp_path):
    problem = load_problem(str(PROBLEMS / "elliptic-membrane.yaml"))
    problem = problem.model_copy(update={"settings": Settings(mesh_size=0.05, element_order=2)})
    answer = await solve_problem(problem, full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    (stress,) = answer.quantities
    # NAFEMS LE1: 92.7 MPa.
    assert stress.value == pytest.approx(92.66e6, abs=(stress.error_bound or 0.0) + 0.04e6)
    assert "ellipse of half axes 3.25 m and 2.75 m about (0, 0) m" in boundary_words(
        problem.formulation.geometry.boundaries["outer"]
    )
    assert "3.25 m" in draw(problem.formulation)
