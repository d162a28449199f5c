"""Check 3: a displacement that is not the prescribed one is found on the boundary it is on."""

from __future__ import annotations

import numpy as np
import pytest
from bodies_to_check import cantilever, holed, plate, solid_disk
from returned import KINDS, failed, mesh_of, reported, solve, solve_by, verdict

from mechagents.mechanics.formulation import Formulation


@pytest.mark.parametrize(("left_out", "boundary"), [(0, "left"), (1, "right")])
def test_a_support_that_was_left_out_is_found(left_out, boundary, tmp_path):
    found = solve(plate(), mesh_of(plate(), 0.25), without=[left_out])
    assert list(failed(verdict(tmp_path, found)))[:1] == [f"supports:{boundary}"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_support_is_found_on_every_element(kind, tmp_path):
    held = cantilever(
        supports=[{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "bottom", "y": 0.0}]
    )
    found = solve_by(kind, cantilever(), 0.25).as_answer_to(held)
    faults = failed(verdict(tmp_path, found))
    assert "supports:bottom" in faults
    assert "supports:left" not in faults


@pytest.mark.parametrize("factor", [1000.0, 0.001, -1.0, 2.0])
def test_a_displacement_in_other_units_or_of_other_sign_is_found(factor, tmp_path):
    found = solve_by("quad", plate(), 0.25)
    faults = failed(verdict(tmp_path, found.changed(u=found.u * factor)))
    assert "supports:right" in faults
    assert "supports:left" not in faults


@pytest.mark.parametrize(
    ("factor", "words"), [(1000.0, "millimetres"), (-1.0, "sign"), (2.0, "two")]
)
def test_what_the_factor_suggests_is_said(factor, words, tmp_path):
    found = solve_by("quad", plate(), 0.25)
    faults = failed(verdict(tmp_path, found.changed(u=found.u * factor)))
    assert words in faults["supports:right"].message


def test_one_node_that_was_not_held_is_found(tmp_path):
    found = solve_by("quad9", plate(), 0.25)
    u = found.u.copy()
    u[found.mesh.boundary_nodes["left"][3], 0] += 1e-6
    faults = failed(verdict(tmp_path, found.changed(u=u)))
    assert "1 of 9 nodes" in faults["supports:left"].message


def test_components_that_were_exchanged_are_found(tmp_path):
    swapped = plate(
        supports=[
            {"boundary": "left", "x": 0.0, "y": 0.0},
            {"boundary": "right", "x": 0.1, "y": 0.03},
        ]
    )
    found = solve_by("quad", swapped, 0.25).as_answer_to(plate())
    assert "supports:right" in failed(verdict(tmp_path, found))


def test_a_support_on_a_curve_is_checked(tmp_path):
    f = holed(supports=[{"boundary": "hole", "x": 0.0, "y": 0.0}, plate().supports[1]])
    mesh = mesh_of(f, 0.1, 2)
    assert failed(verdict(tmp_path / "held", solve(f, mesh))) == {}
    loose = solve(holed(), mesh).as_answer_to(f)
    assert "supports:hole" in failed(verdict(tmp_path / "loose", loose))


def pinned(at: list[float]) -> Formulation:
    """Return a bar held against motion across it at one point."""
    geometry = plate().geometry.model_dump()
    geometry["boundaries"]["pin"] = {"kind": "point", "at": at}
    supports = [
        {"boundary": "left", "x": 0.0},
        {"boundary": "right", "x": 0.01},
        {"boundary": "pin", "y": 0.0},
    ]
    return plate(geometry=geometry, supports=supports, wanted=WANTED)


def test_a_support_at_a_point_is_checked(tmp_path):
    found = solve(pinned([0.0, 0.0]), mesh_of(pinned([0.0, 0.0]), 0.25))
    assert failed(verdict(tmp_path / "held", found)) == {}
    u = found.u + np.array([0.0, 1e-3])
    faults = failed(verdict(tmp_path / "moved", found.changed(u=u), reported(found)))
    assert list(faults) == ["supports:pin"]


def test_a_point_that_is_no_node_of_the_mesh_is_all_that_is_found(tmp_path):
    found = solve(pinned([0.0, 0.0]), mesh_of(pinned([0.0, 0.0]), 0.25))
    faults = failed(verdict(tmp_path, found.as_answer_to(pinned([0.33, 0.0]))))
    assert list(faults) == ["supports:pin"]
    assert "no node" in faults["supports:pin"].message


WANTED = [{"name": "force", "kind": "reaction", "boundary": "right", "component": "x"}]


def test_the_axis_of_a_body_of_revolution_needs_no_support(tmp_path):
    assert failed(verdict(tmp_path, solve_by("quad", solid_disk(), 0.25))) == {}
