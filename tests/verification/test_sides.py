"""The check of sides finds what is too small for areas, and passes what is right."""

from __future__ import annotations

import numpy as np
import pytest
from returned import failed, mesh_of, solve, verdict
from stepped import profile, sharp, stepped

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.fields import Block, Fields
from mechagents.verification.reference import other_elements
from mechagents.verification.reference.high_order import solve as reference
from mechagents.verification.singular import singular_points
from mechagents.verification.solution import Solution


@pytest.mark.parametrize(("order", "size"), [(1, 0.002), (2, 0.004)])
def test_a_right_solution_of_a_stepped_bar_passes(order, size, tmp_path):
    f = stepped()
    assert not failed(verdict(tmp_path, solve(f, mesh_of(f, size, order))))


@pytest.mark.parametrize("radius", [0.01, 0.001])
def test_a_missing_fillet_is_found(radius, tmp_path):
    f, without = stepped(profile(radius)), stepped(sharp())
    found = solve(without, mesh_of(without, 0.003)).as_answer_to(f)
    faults = failed(verdict(tmp_path, found))
    assert "geometry:sides" in faults
    assert f"arc of radius {radius:g} m from" in faults["geometry:sides"].message


@pytest.mark.parametrize("radius", [0.004, 0.0045])
def test_a_fillet_of_another_radius_is_found(radius, tmp_path):
    f, other = stepped(profile(0.005)), stepped(profile(radius))
    found = solve(other, mesh_of(other, 0.002)).as_answer_to(f)
    assert "geometry:sides" in failed(verdict(tmp_path, found))


def test_a_chamfer_in_place_of_a_fillet_is_found(tmp_path):
    shape = profile(0.005)
    shape["sides"][3] = {"kind": "straight", "to": shape["sides"][3]["to"]}
    f, other = stepped(profile(0.005)), stepped(shape)
    found = solve(other, mesh_of(other, 0.002)).as_answer_to(f)
    assert "geometry:sides" in failed(verdict(tmp_path, found))


def test_a_load_on_the_wrong_side_is_found(tmp_path):
    f = stepped()
    other = Formulation.model_validate(
        f.model_dump() | {"loads": [f.loads[0].model_dump() | {"boundary": "left"}]}
    )
    found = solve(other, mesh_of(other, 0.004)).as_answer_to(f)
    assert "equilibrium:residual" in failed(verdict(tmp_path, found))


def test_a_support_on_a_side_that_is_not_held_is_found(tmp_path):
    f = stepped()
    found = solve(f, mesh_of(f, 0.004), without=[1])
    assert "supports:axis" in failed(verdict(tmp_path, found))


def test_two_references_agree_on_the_stress_in_a_fillet():
    f = stepped()
    one, two = reference(f).quantities, other_elements.solve(f).quantities
    for name in ("peak", "held"):
        (a,), (b,) = one[name].values, two[name].values
        assert a == pytest.approx(b, abs=one[name].error + two[name].error)
    assert one["held"].values[0] == pytest.approx(-100e6 * 0.02, rel=1e-6)
    assert one["peak"].error < 0.01 * one["peak"].values[0]


@pytest.mark.parametrize(
    "left",
    [
        {"kind": "line", "axis": "x", "at": 0.0},
        {"kind": "segment", "start": [0.0, 0.03], "end": [0.0, 0.0]},
        {"kind": "sides", "region": "bar", "sides": ["left"]},
    ],
    ids=["line", "segment", "sides"],
)
def test_what_mirrors_a_body_is_regular_however_it_is_named(left):
    data = stepped().model_dump(mode="json")
    data["geometry"]["boundaries"]["left"] = left
    f = Formulation.model_validate(data)
    mesh = mesh_of(f, 0.004)
    fields = Fields(mesh.points, (Block(mesh.kind, mesh.cells),), np.zeros_like(mesh.points))
    assert len(singular_points(Solution.of(f, fields))) == 0


def test_the_ends_of_a_clamped_side_may_be_singular():
    data = stepped().model_dump(mode="json")
    data["supports"] = [{"boundary": "pulled", "x": 0.0, "y": 0.0}]
    data["loads"], data["wanted"] = [], data["wanted"][:1]
    f = Formulation.model_validate(data)
    mesh = mesh_of(f, 0.004)
    fields = Fields(mesh.points, (Block(mesh.kind, mesh.cells),), np.zeros_like(mesh.points))
    found = singular_points(Solution.of(f, fields))
    assert np.array(sorted(found.tolist())) == pytest.approx(np.array([[0.12, 0.0], [0.12, 0.02]]))
