"""Check 4: a displacement or a stress of another problem than the one meant is found."""

from __future__ import annotations

import numpy as np
import pytest
from bodies_to_check import (
    LINES,
    SOFT,
    SQUARE,
    STEEL,
    cantilever,
    cylinder,
    holed,
    inclusion,
    plate,
    solid_disk,
)
from returned import (
    KINDS,
    failed,
    mesh_of,
    reported,
    shaken,
    sheared_twice,
    solve,
    solve_by,
    split,
    textbook_law,
    verdict,
)
from skfem.helpers import ddot, grad

from mechagents.mechanics.materials import Isotropic

RESIDUAL, STRESS = "equilibrium:residual", "equilibrium:stress"


def laplacian(u, v, w):
    """The form of a program that took the vector Laplacian for elasticity."""
    return 1e9 * ddot(grad(u), grad(v))


def without_hoop(material, idealisation):
    """The law of a body of revolution that forgets the hoop strain and stress."""
    D = textbook_law(material, "plane_strain")
    D[2], D[:, 2] = 0.0, 0.0
    return D


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("body", [plate, holed])
def test_a_laplacian_in_place_of_elasticity_is_found(body, order, tmp_path):
    found = solve(body(), mesh_of(body(), 0.2, order), form=laplacian)
    faults = failed(verdict(tmp_path, found))
    assert RESIDUAL in faults
    # The numbers follow from the law, so there is no more to say about them.
    assert not any(name.startswith("quantities") for name in faults)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [plate(), cantilever()])
def test_a_factor_of_two_in_shear_is_found(body, kind, tmp_path):
    mesh = mesh_of(body, 0.25, 1 if kind in ("triangle", "quad") else 2)
    mesh = split(mesh) if kind.startswith("triangle") else mesh
    found = solve(body, mesh, law=sheared_twice, serendipity=kind == "quad8")
    assert RESIDUAL in failed(verdict(tmp_path, found))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("taken", "meant"), [("plane_strain", "plane_stress"), ("plane_stress", "plane_strain")]
)
@pytest.mark.parametrize("body", [plate, cantilever])
def test_the_other_idealisation_is_found(body, taken, meant, kind, tmp_path):
    found = solve_by(kind, body(idealisation=taken), 0.25)
    answer = found.as_answer_to(body(idealisation=meant))
    assert RESIDUAL in failed(verdict(tmp_path, answer))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 0.99, 1e-3, 4.0])
def test_a_load_of_another_size_is_found(factor, kind, tmp_path):
    mesh = mesh_of(cantilever(), 0.25, 1 if kind in ("triangle", "quad") else 2)
    mesh = split(mesh) if kind.startswith("triangle") else mesh
    found = solve(cantilever(), mesh, load_factor=factor, serendipity=kind == "quad8")
    faults = failed(verdict(tmp_path, found))
    assert {RESIDUAL, "equilibrium:forces", "equilibrium:moments"} <= set(faults)


@pytest.mark.parametrize("body", [cantilever, solid_disk])
@pytest.mark.parametrize("distorted", [0.0, 0.25])
def test_a_forgotten_weight_is_found(body, distorted, tmp_path):
    loads = [*body().loads, {"kind": "body_force", "y": -1e5}]
    found = solve_by("quad", body(), 0.25, distorted).as_answer_to(body(loads=loads))
    assert RESIDUAL in failed(verdict(tmp_path, found))


@pytest.mark.parametrize("body", [cylinder, solid_disk])
@pytest.mark.parametrize("order", [1, 2])
def test_a_forgotten_hoop_stress_is_found(body, order, tmp_path):
    found = solve(body(), mesh_of(body(), 0.25, order), law=without_hoop)
    assert RESIDUAL in failed(verdict(tmp_path, found))


def test_a_body_of_revolution_taken_for_a_plane_one_is_found(tmp_path):
    supports = [{"boundary": "bottom", "x": 0.0, "y": 0.0}]
    found = solve_by(
        "quad", cylinder(idealisation="plane_strain", supports=supports, wanted=BASE), 0.25
    )
    meant = cylinder(supports=supports, wanted=BASE)
    assert RESIDUAL in failed(verdict(tmp_path, found.as_answer_to(meant)))


BASE = [{"name": "base", "kind": "reaction", "boundary": "bottom", "component": "y"}]


def test_an_axis_that_was_let_go_is_found(tmp_path):
    found = solve_by("quad", solid_disk(), 0.25)
    u = found.u.copy()
    u[np.abs(found.mesh.points[:, 0]) < 1e-9, 0] = 1e-4
    assert RESIDUAL in failed(verdict(tmp_path, found.changed(u=u)))


@pytest.mark.parametrize(
    "materials",
    [
        {"plate": SOFT, "disk": SOFT},
        {"plate": {"youngs_modulus": 10e9, "poisson_ratio": 0.2}, "disk": SOFT},
        {"plate": SOFT, "disk": {"youngs_modulus": 10e9, "poisson_ratio": 0.3}},
        {"plate": SOFT, "disk": {"youngs_modulus": 10.1e9, "poisson_ratio": 0.2}},
    ],
    ids=["inclusion ignored", "exchanged", "another ratio", "one percent stiffer"],
)
@pytest.mark.parametrize("order", [1, 2])
def test_a_wrong_material_in_one_region_is_found(materials, order, tmp_path):
    given = {name: Isotropic.model_validate(data) for name, data in materials.items()}
    found = solve(inclusion(), mesh_of(inclusion(), 0.1, order), materials=given)
    assert RESIDUAL in failed(verdict(tmp_path, found))


def test_a_wrong_modulus_that_moves_nothing_is_found_in_the_stress(tmp_path):
    given = {"plate": Isotropic.model_validate(STEEL)}
    found = solve(plate(), mesh_of(plate(), 0.25), materials=given)
    faults = failed(verdict(tmp_path, found))
    assert {STRESS, "quantities:force", "quantities:energy"} <= set(faults)
    assert RESIDUAL not in faults


@pytest.mark.parametrize("size", [0.5, 0.25])
def test_a_ratio_that_is_slightly_wrong_is_found_where_rules_of_quadrature_differ(size, tmp_path):
    given = {"tube": Isotropic.model_validate(STEEL | {"poisson_ratio": 0.301})}
    mesh = split(mesh_of(solid_disk(), size))
    assert RESIDUAL in failed(verdict(tmp_path, solve(solid_disk(), mesh, materials=given)))


def test_a_support_that_nobody_asked_for_is_found(tmp_path):
    shelf = {"kind": "line", "axis": "y", "at": 1.0, "between": [0.25, 0.75]}
    held = plate(
        geometry={"regions": {"plate": SQUARE}, "boundaries": LINES | {"shelf": shelf}},
        supports=[*plate().supports, {"boundary": "shelf", "y": 0.0}],
    )
    found = solve(held, mesh_of(held, 0.25)).as_answer_to(plate())
    assert RESIDUAL in failed(verdict(tmp_path, found))


@pytest.mark.parametrize("kind", KINDS)
def test_an_invented_displacement_that_moves_the_edges_as_asked_is_found(kind, tmp_path):
    found = solve_by(kind, plate(), 0.25)
    x, y = found.mesh.points.T
    bubble = 0.01 * np.sin(np.pi * x) * np.cos(3 * y)
    u = np.stack([0.03 * x + bubble, 0.1 * x**2 * (3 - 2 * x)], axis=1)
    faults = failed(verdict(tmp_path, found.changed(u=u)))
    assert RESIDUAL in faults
    assert not any(name.startswith("supports") for name in faults)


def test_the_straight_line_between_the_supports_is_no_solution(tmp_path):
    found = solve_by("quad", plate(), 0.25)
    u = found.mesh.points[:, :1] * np.array([0.03, 0.1])
    assert RESIDUAL in failed(verdict(tmp_path, found.changed(u=u)))


@pytest.mark.parametrize("kind", KINDS)
def test_one_point_that_was_moved_is_found(kind, tmp_path):
    found = solve_by(kind, plate(), 0.125)
    u = found.u.copy()
    middle = np.linalg.norm(found.mesh.points - [0.25, 0.75], axis=1).argmin()
    u[middle] += 1e-5 * np.abs(u).max()
    faults = failed(verdict(tmp_path, found.changed(u=u)))
    assert RESIDUAL in faults
    assert "(0.25, 0.75)" in faults[RESIDUAL].message


def test_an_iteration_that_stopped_early_is_found(tmp_path):
    found = solve_by("quad", plate(), 0.125)
    noise = np.random.default_rng(2).normal(0, 1e-4 * np.abs(found.u).max(), found.u.shape)
    for nodes in found.mesh.boundary_nodes.values():
        noise[nodes] = 0.0
    assert RESIDUAL in failed(verdict(tmp_path, found.changed(u=found.u + noise)))


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_displacement_by_loads_in_other_units_is_found(factor, tmp_path):
    found = solve_by("quad", cantilever(), 0.25)
    faults = failed(verdict(tmp_path, found.changed(u=found.u * factor)))
    assert RESIDUAL in faults


def test_a_rule_too_short_for_its_element_is_found(tmp_path):
    mesh = shaken(mesh_of(plate(), 0.25, 2), 0.25)
    found = solve(plate(), mesh, intorder=3)
    assert "equilibrium:energy" in failed(verdict(tmp_path, found))


@pytest.mark.parametrize(("order", "size"), [(1, 0.025), (1, 0.0125), (2, 0.05), (2, 0.0125)])
def test_few_digits_do_not_hide_a_wrong_law(order, size, tmp_path):
    wrong = solve(slender(), mesh_of(slender(), size, order), law=sheared_twice)
    assert RESIDUAL in failed(verdict(tmp_path, wrong, digits=np.float32))


def test_where_seven_digits_are_too_few_more_are_asked_for(tmp_path):
    right = solve(slender(), mesh_of(slender(), 0.0125, 2))
    assert failed(verdict(tmp_path / "double", right)) == {}
    faults = failed(verdict(tmp_path / "single", right, digits=np.float32))
    assert "double precision" in faults[RESIDUAL].message


def slender():
    """Return a long beam, whose displacement is large against its strain."""
    beam = {"kind": "rectangle", "size": [2.0, 0.05]}
    lines = LINES | {"right": LINES["right"] | {"at": 2.0}, "top": LINES["top"] | {"at": 0.05}}
    return plate(
        geometry={"regions": {"plate": beam}, "boundaries": lines},
        supports=[{"boundary": "left", "x": 0.0, "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "right", "y": -1e4}],
        wanted=[{"name": "wall", "kind": "reaction", "boundary": "left", "component": "y"}],
    )


@pytest.mark.parametrize("where", ["points", "cells"])
@pytest.mark.parametrize("factor", [1e-6, 1e-3, 0.5, 2.0, -1.0, 1e3])
def test_a_stress_of_another_scale_is_found(factor, where, tmp_path):
    found = solve_by("quad", plate(), 0.125)
    scaled = found.changed(stress=found.stress * factor, in_cells=found.in_cells * factor)
    faults = failed(verdict(tmp_path, scaled, reported(found), stress=where))
    assert list(faults) == [STRESS]


@pytest.mark.parametrize(
    ("columns", "words"),
    [([1, 0, 2, 3], "component"), ([0, 1, 3, 2], "component"), ([0, 0, 2, 3], "component")],
)
def test_columns_of_stress_that_were_mixed_up_are_found(columns, words, tmp_path):
    found = solve_by("quad", cantilever(), 0.125)
    mixed = found.changed(stress=found.stress[:, columns])
    faults = failed(verdict(tmp_path, mixed, reported(found)))
    assert words in faults[STRESS].message


def test_a_shear_stress_of_twice_its_size_is_named(tmp_path):
    found = solve_by("quad9", plate(), 0.125)
    doubled = found.changed(stress=found.stress * np.array([1, 1, 1, 2]))
    faults = failed(verdict(tmp_path, doubled, reported(found)))
    assert "xy" in faults[STRESS].message
    assert "twice" in faults[STRESS].message


@pytest.mark.parametrize("body", [cantilever, cylinder, solid_disk])
def test_a_stress_out_of_the_plane_that_was_left_at_zero_is_found(body, tmp_path):
    found = solve_by("quad9", body(), 0.25)
    flat = found.changed(stress=found.stress * np.array([1, 1, 0, 1]))
    assert STRESS in failed(verdict(tmp_path, flat, reported(found)))


@pytest.mark.parametrize("where", ["points", "cells"])
def test_a_stress_of_the_right_size_on_the_whole_but_not_in_place_is_found(where, tmp_path):
    found = solve_by("quad", plate(), 0.125)
    waves = 1 + np.where(np.arange(len(found.stress)) % 2, 1.0, -1.0)[:, None]
    cells = 1 + np.where(np.arange(len(found.cells)) % 2, 1.0, -1.0)[:, None, None]
    uneven = found.changed(stress=found.stress * waves, in_cells=found.in_cells * cells)
    assert STRESS in failed(verdict(tmp_path, uneven, reported(found), stress=where))


def test_a_stress_that_was_not_computed_at_all_is_found(tmp_path):
    found = solve_by("quad", plate(), 0.125)
    nothing = found.changed(stress=np.zeros_like(found.stress))
    assert STRESS in failed(verdict(tmp_path, nothing, reported(found)))
