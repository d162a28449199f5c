"""Check 2: a mesh of another body is found, and what is wrong with it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bodies_to_check import HOLE, LINES, SQUARE, cantilever, cylinder, holed, inclusion, plate
from returned import KINDS, failed, mesh_of, reported, solve, solve_by, split, verdict


@pytest.mark.parametrize("order", [1, 2])
def test_a_missing_hole_is_found(order, tmp_path):
    found = solve(plate(), mesh_of(plate(), 0.1, order)).as_answer_to(holed())
    faults = failed(verdict(tmp_path, found))
    assert {"geometry:outline", "geometry:body"} <= set(faults)
    assert "(0.5, 0.5)" in faults["geometry:outline"].message


def test_a_small_missing_hole_is_found_though_its_area_is_nothing(tmp_path):
    pin = HOLE | {"radius": 0.01}
    f = holed(geometry={"regions": {"plate": cut(SQUARE, pin)}, "boundaries": LINES})
    found = solve(plate(), mesh_of(plate(), 0.1)).as_answer_to(f)
    assert list(failed(verdict(tmp_path, found))) == ["geometry:outline"]


def cut(base: dict, *removed: dict) -> dict:
    return {"kind": "difference", "base": base, "remove": list(removed)}


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_mesh_in_other_units_is_found(factor, tmp_path):
    found = solve_by("quad", plate(), 0.25)
    scaled = replace(found.mesh, points=found.mesh.points * factor)
    faults = failed(verdict(tmp_path, found.changed(mesh=scaled)))
    assert list(faults) == ["geometry:box"]
    assert "millimetres" in faults["geometry:box"].message


@pytest.mark.parametrize("move", [(0.1, 0.0), (0.0, -0.1)])
def test_a_mesh_that_lies_elsewhere_is_found(move, tmp_path):
    found = solve_by("quad", plate(), 0.25)
    moved = replace(found.mesh, points=found.mesh.points + np.array(move))
    assert "geometry:box" in failed(verdict(tmp_path, found.changed(mesh=moved)))


def test_a_hole_of_another_size_is_found(tmp_path):
    smaller = HOLE | {"radius": 0.19}
    regions = {"regions": {"plate": cut(SQUARE, smaller)}, "boundaries": LINES}
    small = holed(geometry=regions)
    found = solve(small, mesh_of(small, 0.1)).as_answer_to(holed())
    assert "geometry:outline" in failed(verdict(tmp_path, found))


def test_a_hole_at_another_place_is_found(tmp_path):
    beside = HOLE | {"center": [0.52, 0.5]}
    regions = {"regions": {"plate": cut(SQUARE, beside)}, "boundaries": LINES}
    aside = holed(geometry=regions)
    found = solve(aside, mesh_of(aside, 0.1)).as_answer_to(holed())
    assert "geometry:outline" in failed(verdict(tmp_path, found))


def test_too_few_sides_of_a_hole_are_found(tmp_path):
    angle = np.arange(6) * np.pi / 3
    points = (0.5 + 0.2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)).tolist()
    hexagon = {"kind": "polygon", "points": points}
    regions = {"regions": {"plate": cut(SQUARE, hexagon)}, "boundaries": LINES}
    coarse = holed(geometry=regions)
    found = solve(coarse, mesh_of(coarse, 0.2)).as_answer_to(holed())
    assert "geometry:outline" in failed(verdict(tmp_path, found))


@pytest.mark.parametrize("kind", KINDS)
def test_an_element_turned_inside_out_is_found(kind, tmp_path):
    found = solve_by(kind, plate(), 0.25)
    points, middle = found.mesh.points.copy(), found.cells[5]
    corner = middle[0]
    others = found.cells[5, : 3 if kind.startswith("tri") else 4]
    points[corner] += 1.6 * (points[others].mean(axis=0) - points[corner])
    faults = failed(verdict(tmp_path, found.changed(mesh=replace(found.mesh, points=points))))
    assert list(faults) == ["geometry:elements"]


def test_a_triangle_folded_over_its_neighbours_is_found_in_a_fine_mesh(tmp_path):
    found = solve_by("triangle", plate(), 0.05)
    points, cell = found.mesh.points.copy(), found.cells[210]
    tip, a, b = points[cell]
    points[cell[0]] += 1.2 * ((a + b) / 2 - tip)
    faults = failed(verdict(tmp_path, found.changed(mesh=replace(found.mesh, points=points))))
    assert list(faults) == ["geometry:elements"]


def test_nodes_of_a_quad_in_another_order_than_vtk_s_are_found(tmp_path):
    found = solve_by("quad", plate(), 0.25)
    crossed = found.cells[:, [0, 1, 3, 2]]
    faults = failed(verdict(tmp_path, found.changed(mesh=replace(found.mesh, cells=crossed))))
    assert list(faults) == ["geometry:elements"]


def test_an_element_that_is_there_twice_is_found(tmp_path):
    found = solve_by("quad", plate(), 0.1)
    twice = replace(found.mesh, cells=np.concatenate([found.cells, found.cells[[45]]]))
    evidence = verdict(tmp_path, found.changed(mesh=twice), reported(found))
    assert list(failed(evidence)) == ["geometry:elements"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_element_is_found(kind, tmp_path):
    found = solve_by(kind, plate(), 0.025)
    fewer = replace(found.mesh, cells=np.delete(found.cells, 810, axis=0))
    evidence = verdict(tmp_path, found.changed(mesh=fewer), reported(found))
    assert list(failed(evidence)) == ["geometry:outline"]


@pytest.mark.parametrize(
    ("order", "seam"), [(1, 1), (1, 9), (1, 41), (2, 3), (2, 11), (2, 41)], ids=str
)
def test_elements_that_are_not_joined_are_found_however_short_the_seam(order, seam, tmp_path):
    faults = failed(verdict(tmp_path, cracked(seam, order)))
    assert list(faults) == ["geometry:outline"]
    assert "not joined" in faults["geometry:outline"].message


def cracked(seam: int, order: int):
    """Return a plate's solution on a mesh in which some nodes along y = 1/2 are doubled."""
    mesh = mesh_of(plate(), 0.025 * order, order)
    middle = np.flatnonzero(np.abs(mesh.points[:, 1] - 0.5) < 1e-9)
    doubled = middle[20 - seam // 2 : 21 + seam // 2]
    twin = np.arange(len(mesh.points))
    twin[doubled] = len(twin) + np.arange(len(doubled))
    above = mesh.points[mesh.cells].mean(axis=1)[:, 1] > 0.5
    cells = np.where(above[:, None], twin[mesh.cells], mesh.cells)
    nodes = {name: np.union1d(n, twin[n]) for name, n in mesh.boundary_nodes.items()}
    points = np.concatenate([mesh.points, mesh.points[doubled]])
    return solve(
        plate(),
        replace(mesh, points=points, cells=cells, boundary_nodes=nodes, boundary_edges={}),
    )


def test_a_short_seam_is_found_in_a_thin_strip_too(tmp_path):
    """Every edge in the strip is close to its outline, so a seam must be seen as doubled."""
    strip = {"kind": "rectangle", "size": [1.0, 0.004]}
    ends = {name: LINES[name] for name in ("left", "right")}
    middle = LINES["left"] | {"between": [0.0, 0.002]}
    geometry = {"regions": {"plate": strip}, "boundaries": ends | {"lower": middle}}
    f = plate(geometry=geometry, wanted=[plate().wanted[0]])
    whole = solve(f, mesh_of(f, 0.0125))
    assert failed(verdict(tmp_path / "whole", whole)) == {}
    mesh = whole.mesh
    node = np.linalg.norm(mesh.points - [0.5, 0.002], axis=1).argmin()
    above = mesh.points[mesh.cells].mean(axis=1)[:, 1] > 0.002
    torn = np.where(above[:, None] & (mesh.cells == node), len(mesh.points), mesh.cells)
    mesh = replace(mesh, points=np.concatenate([mesh.points, mesh.points[[node]]]), cells=torn)
    faults = failed(verdict(tmp_path / "torn", solve(f, replace(mesh, boundary_edges={}))))
    assert list(faults) == ["geometry:outline"]


def test_an_interface_that_zigzags_about_its_line_is_found_though_areas_agree(tmp_path):
    halves = {
        name: {"kind": "rectangle", "origin": [x, 0.0], "size": [0.5, 1.0]}
        for name, x in (("plate", 0.0), ("other", 0.5))
    }
    f = plate(
        geometry={"regions": halves, "boundaries": LINES},
        materials=plate().materials | {"other": {"youngs_modulus": 2e9, "poisson_ratio": 0.3}},
        wanted=[plate().wanted[0]],
    )
    mesh = mesh_of(plate(), 0.125)
    points = mesh.points.copy()
    line = np.flatnonzero(points[:, 0] == 0.5)
    points[line, 0] += 0.04 * (-1.0) ** np.arange(len(line))
    region = (mesh.points[mesh.cells].mean(axis=1)[:, 0] > 0.5).astype(int)
    mesh = replace(mesh, points=points, regions=("plate", "other"), region=region)
    faults = failed(verdict(tmp_path, solve(f, mesh)))
    assert list(faults) == ["geometry:interface:plate", "geometry:interface:other"]


def test_an_interface_that_is_not_joined_is_found(tmp_path):
    f = inclusion()
    mesh = mesh_of(f, 0.1)
    found = solve(f, mesh)
    disk = mesh.cells_in("disk")
    shared = np.intersect1d(mesh.cells[disk], mesh.cells[~disk])
    twin = np.arange(len(mesh.points))
    twin[shared] = len(twin) + np.arange(len(shared))
    cells = mesh.cells.copy()
    cells[disk] = twin[cells[disk]]
    apart = replace(mesh, points=np.concatenate([mesh.points, mesh.points[shared]]), cells=cells)
    u, stress = (np.concatenate([values, values[shared]]) for values in (found.u, found.stress))
    evidence = verdict(tmp_path, found.changed(mesh=apart, u=u, stress=stress))
    assert "geometry:outline" in failed(evidence)


def test_a_mesh_that_ignores_the_interface_of_two_materials_is_found(tmp_path):
    mesh = mesh_of(plate(), 0.125)
    found = solve(plate(), mesh).as_answer_to(inclusion())
    values = {"force": 1.0, "inside": 1.0, "peak": 1.0}
    assert "geometry:region:disk" in failed(verdict(tmp_path, found, values))


def test_a_boundary_that_ends_elsewhere_than_the_mesh_s_edges_is_found(tmp_path):
    half = LINES | {"right": LINES["right"] | {"between": [0.0, 0.4]}}
    f = plate(geometry={"regions": {"plate": SQUARE}, "boundaries": half})
    found = solve_by("quad", plate(), 0.25).as_answer_to(f)
    assert "geometry:boundary:right" in failed(verdict(tmp_path, found))


def test_a_coarse_circle_of_quadratic_edges_is_a_circle(tmp_path):
    assert failed(verdict(tmp_path, solve(holed(), mesh_of(holed(), 0.4, 2)))) == {}


@pytest.mark.parametrize("formulation", [cylinder(), cantilever()])
def test_a_triangulated_body_has_its_area(formulation, tmp_path):
    found = solve(formulation, split(mesh_of(formulation, 0.5)))
    checks = {check.name: check for check in verdict(tmp_path, found).checks}
    assert checks["geometry:body"].value == pytest.approx(0.0, abs=1e-12)
