"""Check 5: a reported number that is not the number in the field is found."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bodies_to_check import cantilever, cylinder, holed, inclusion, plate, solid_disk
from returned import (
    KINDS,
    failed,
    leave,
    mesh_of,
    reported,
    solve,
    solve_by,
    verdict,
    von_mises,
)

from mechagents.mechanics.formulation import Formulation
from mechagents.verification import verify_folder


def faults_with(folder, found, **numbers: float):
    """Return the failed checks where some numbers are reported wrongly."""
    return failed(verdict(folder, found, reported(found) | numbers))


@pytest.mark.parametrize("kind", KINDS)
def test_a_force_of_nothing_from_an_unmarked_edge_is_found(kind, tmp_path):
    faults = faults_with(tmp_path, solve_by(kind, plate(), 0.25), force=0.0)
    assert list(faults) == ["quantities:force"]
    assert "was the boundary marked" in faults["quantities:force"].message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stress", ["points", "cells"])
def test_von_mises_in_place_of_a_component_is_found_and_named(kind, stress, tmp_path):
    found = solve_by(kind, plate(), 0.125)
    middle = np.linalg.norm(found.mesh.points - 0.5, axis=1).argmin()
    values = reported(found) | {"sigma_xy": float(von_mises(found.stress[middle]))}
    faults = failed(verdict(tmp_path, found, values, stress=stress))
    assert list(faults) == ["quantities:sigma_xy"]


def test_another_component_is_named(tmp_path):
    found = solve_by("quad9", plate(), 0.125)
    middle = np.linalg.norm(found.mesh.points - 0.5, axis=1).argmin()
    faults = faults_with(tmp_path, found, sigma_xy=float(von_mises(found.stress[middle])))
    assert "that is the von Mises stress" in faults["quantities:sigma_xy"].message


@pytest.mark.parametrize("kind", ["triangle", "quad9"])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 2.0, 1e-3, 1e6, 1.001])
@pytest.mark.parametrize("name", ["force", "energy", "middle_y", "largest"])
def test_a_number_that_follows_from_the_displacement_is_held_to_it(name, factor, kind, tmp_path):
    found = solve_by(kind, plate(), 0.25)
    faults = faults_with(tmp_path, found, **{name: factor * reported(found)[name]})
    assert list(faults) == [f"quantities:{name}"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 2.0, 1e-6, 1e6])
def test_a_stress_is_held_to_the_elements_around(factor, kind, tmp_path):
    found = solve_by(kind, plate(), 0.125)
    stress = factor * reported(found)["sigma_xy"]
    assert list(faults_with(tmp_path, found, sigma_xy=stress)) == ["quantities:sigma_xy"]


@pytest.mark.parametrize(
    ("factor", "words"),
    [(2.0, "a factor of two"), (1e3, "millimetres"), (-1.0, "sign")],
)
def test_what_the_factor_suggests_is_said(factor, words, tmp_path):
    found = solve_by("quad", plate(), 0.25)
    faults = faults_with(tmp_path, found, energy=factor * reported(found)["energy"])
    assert words in faults["quantities:energy"].message


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("factor", [0.5, 1.5, 2.0])
def test_an_extreme_that_is_not_the_field_s_is_found(factor, order, tmp_path):
    found = solve(holed(), mesh_of(holed(), 0.1, order))
    faults = faults_with(tmp_path, found, peak=factor * reported(found)["peak"])
    assert list(faults) == ["quantities:peak"]


def test_the_mean_in_place_of_an_extreme_is_found(tmp_path):
    found = solve(holed(), mesh_of(holed(), 0.1))
    mean = float(von_mises(found.stress).mean())
    assert list(faults_with(tmp_path, found, peak=mean)) == ["quantities:peak"]


@pytest.mark.parametrize("extreme", ["max", "min", "max_abs"])
def test_each_extreme_is_told_from_the_others(extreme, tmp_path):
    wanted = {"name": "extreme", "kind": "stress", "component": "xx", "extreme": extreme}
    f = holed(wanted=[wanted])
    found = solve(f, mesh_of(f, 0.1))
    xx = found.stress[:, 0]
    values = {"max": xx.max(), "min": xx.min(), "max_abs": np.abs(xx).max()}
    assert failed(verdict(tmp_path / "right", found, {"extreme": values[extreme]})) == {}
    other = values["max" if extreme == "min" else "min"]
    faults = failed(verdict(tmp_path / "wrong", found, {"extreme": other}))
    assert list(faults) == ["quantities:extreme"]


def test_an_extreme_is_sought_in_its_own_region(tmp_path):
    found = solve(inclusion(), mesh_of(inclusion(), 0.1))
    everywhere = float(np.abs(found.in_cells[..., 0]).max())
    faults = faults_with(tmp_path, found, peak=everywhere)
    assert list(faults) == ["quantities:peak"]


def test_the_energy_of_a_region_is_not_that_of_the_body(tmp_path):
    found = solve(inclusion(), mesh_of(inclusion(), 0.1))
    assert list(faults_with(tmp_path, found, inside=float(found.energy.sum()))) == [
        "quantities:inside"
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_thickness_that_was_ignored_is_found(kind, tmp_path):
    per_metre = cantilever(thickness=None)
    values = reported(solve_by(kind, per_metre, 0.25))
    found = solve_by(kind, cantilever(), 0.25)
    faults = failed(verdict(tmp_path, found, values))
    assert set(faults) == {"quantities:wall_y", "quantities:energy"}


@pytest.mark.parametrize("body", [cylinder, solid_disk])
@pytest.mark.parametrize("kind", KINDS)
def test_a_force_per_radian_is_found(body, kind, tmp_path):
    found = solve_by(kind, body(), 0.25)
    right = reported(found)
    force = "top_force" if body is cylinder else "base"
    part = {name: right[name] / (2 * np.pi) for name in (force, "energy")}
    faults = faults_with(tmp_path, found, **part)
    assert set(faults) == {f"quantities:{force}", "quantities:energy"}
    assert "2 pi" in faults["quantities:energy"].message


def test_the_reaction_of_another_edge_is_found(tmp_path):
    found = solve_by("quad", plate(), 0.25)
    left = float(found.forces[found.mesh.boundary_nodes["left"], 1].sum())
    assert list(faults_with(tmp_path, found, force=left)) == ["quantities:force"]


def test_a_displacement_of_another_place_is_found(tmp_path):
    found = solve_by("quad", plate(), 0.125)
    beside = np.linalg.norm(found.mesh.points - [0.375, 0.5], axis=1).argmin()
    faults = faults_with(tmp_path, found, middle_y=float(found.u[beside, 1]))
    assert list(faults) == ["quantities:middle_y"]


def test_a_point_between_nodes_is_interpolated(tmp_path):
    wanted = [{"name": "there", "kind": "displacement", "component": "x", "at": [0.3, 0.7]}]
    f = plate(wanted=wanted)
    found = solve_by("quad", f, 0.25, 0.2)
    x = float(found.u[np.linalg.norm(found.mesh.points - [0.3, 0.7], axis=1).argmin(), 0])
    assert list(failed(verdict(tmp_path, found, {"there": x}))) == ["quantities:there"]


def test_a_tampered_number_in_a_folder_is_found(tmp_path):
    leave(tmp_path, solve_by("quad9", cantilever(), 0.25))
    assert verify_folder(tmp_path).claim_level == "consistent"
    file = tmp_path / "results.json"
    results = json.loads(file.read_text())
    results["quantities"][1]["value"] *= 1.01
    file.write_text(json.dumps(results))
    evidence = verify_folder(tmp_path)
    assert list(failed(evidence)) == ["quantities:tip"]
    assert evidence.claim_level == "computed"


def test_a_formulation_that_the_folder_changed_is_not_the_one_that_was_meant(tmp_path):
    leave(tmp_path, solve_by("quad", plate(idealisation="plane_strain"), 0.25))
    assert failed(verify_folder(tmp_path)) == {}
    meant: Formulation = plate()
    assert "equilibrium:residual" in failed(verify_folder(tmp_path, formulation=meant))
