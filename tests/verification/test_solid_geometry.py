"""Right meshes of solids pass, and each way to spoil one is caught by the check meant for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.elements import ElementKind
from mechagents.verification.fields import Block, Fields
from tests.verification import solid_bodies as bodies
from tests.verification.solid_returned import box_mesh

KINDS: tuple[ElementKind, ...] = (
    "tetra", "tetra10", "hexahedron", "hexahedron20", "hexahedron27", "wedge",
)  # fmt: skip


def of_kind(kind: ElementKind) -> Fields:
    mesh = box_mesh(kind, (4, 3, 2), (1.0, 0.6, 0.4), distorted=0.1)
    return bodies.fields(mesh.points, mesh.cells, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_mesh_of_every_kind_passes(kind: ElementKind) -> None:
    assert not bodies.refused(bodies.block(), of_kind(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mesh_whose_node_order_is_mirrored_is_the_same_body(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    turned = mesh.points * [-1, 1, 1] + [1, 0, 0]
    assert not bodies.refused(bodies.block(), replace(mesh, points=turned))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("body", "size"),
    [(bodies.plate(), 0.1), (bodies.ball(), 0.25), (bodies.halves(), 0.2)],
)
def test_a_body_with_curved_surfaces_or_two_regions_passes(
    body: Formulation, size: float, order: int
) -> None:
    mesh = bodies.meshed(body, size, order)
    assert not bodies.refused(body, mesh)
    assert all(check.passed for check in bodies.checked(body, mesh, roughly=True).values())


def test_two_regions_with_a_curved_interface_pass() -> None:
    body = bodies.plate_and_pin()
    assert not bodies.refused(body, bodies.meshed(body, 0.1, 2))


def test_curved_elements_are_given_almost_no_room() -> None:
    body = bodies.plate()
    curved = bodies.checked(body, bodies.meshed(body, 0.1, 2))["geometry:body"]
    straight = bodies.checked(body, bodies.meshed(body, 0.1, 1))["geometry:body"]
    assert curved.tolerance is not None
    assert curved.tolerance < 0.0022
    assert straight.tolerance is not None
    assert straight.tolerance > 0.005


def test_a_missing_hole_is_caught() -> None:
    wrong = bodies.refused(bodies.plate(), bodies.meshed(bodies.block(), 0.1, 2))
    assert {"geometry:outline", "geometry:body", "geometry:boundary:bore"} <= wrong


def test_a_small_hole_that_is_missing_is_caught() -> None:
    pin = {**bodies.PIN, "radius": 0.004}
    shape = {"kind": "difference", "base": bodies.BLOCK, "remove": [pin]}
    body = bodies.formulation({"plate": shape}, bodies.ENDS)
    assert "geometry:outline" in bodies.refused(body, bodies.meshed(bodies.block(), 0.1, 2))


def test_an_unexpected_hole_is_caught() -> None:
    assert "geometry:outline" in bodies.refused(
        bodies.block(), bodies.meshed(bodies.plate(), 0.1, 2)
    )


def test_a_wrong_radius_is_caught() -> None:
    pin = {**bodies.PIN, "radius": 0.121}
    shape = {"kind": "difference", "base": bodies.BLOCK, "remove": [pin]}
    wrong = bodies.formulation({"plate": shape}, bodies.ENDS)
    assert "geometry:outline" in bodies.refused(bodies.plate(), bodies.meshed(wrong, 0.1, 2))


def test_a_shape_mirrored_is_caught() -> None:
    pin = {**bodies.PIN, "base": [0.3, 0.3, 0.0]}
    shape = {"kind": "difference", "base": bodies.BLOCK, "remove": [pin]}
    body = bodies.formulation({"plate": shape}, bodies.ENDS)
    mesh = bodies.meshed(body, 0.1, 2)
    assert not bodies.refused(body, mesh)
    turned = replace(mesh, points=mesh.points * [-1, 1, 1] + [1, 0, 0])
    assert "geometry:outline" in bodies.refused(body, turned)


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_lengths_in_millimetres_are_caught_and_named(factor: float) -> None:
    mesh = bodies.meshed(bodies.plate(), 0.1, 2)
    checks = bodies.checked(bodies.plate(), replace(mesh, points=mesh.points * factor))
    assert list(checks) == ["geometry:box"]
    assert not checks["geometry:box"].passed
    assert f"factor of {factor:g}" in checks["geometry:box"].message


@pytest.mark.parametrize("kind", KINDS)
def test_an_element_turned_inside_out_is_caught(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    points = mesh.points.copy()
    inner = ((points > 0.01) & (points < np.array([0.99, 0.59, 0.39]))).all(axis=1)
    corner = np.intersect1d(np.flatnonzero(inner), mesh.blocks[0].nodes[:, 0])[0]
    points[corner] += [0.45, 0.0, 0.0]
    assert "geometry:elements" in bodies.refused(bodies.block(), replace(mesh, points=points))


@pytest.mark.parametrize("kind", KINDS)
def test_elements_that_are_doubled_are_caught(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    nodes = mesh.blocks[0].nodes
    twice = replace(mesh, blocks=(Block(kind, np.concatenate([nodes, nodes[:2]])),))
    assert "geometry:elements" in bodies.refused(bodies.block(), twice)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_mesh_in_the_same_place_is_caught(kind: ElementKind) -> None:
    mesh = of_kind(kind)
    nodes, count = mesh.blocks[0].nodes, len(mesh.points)
    points = np.concatenate([mesh.points, mesh.points])
    doubled = bodies.fields(points, np.concatenate([nodes, nodes + count]), kind)
    assert "geometry:outline" in bodies.refused(bodies.block(), doubled)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crack_of_nodes_that_are_not_shared_is_caught(kind: ElementKind) -> None:
    mesh = box_mesh(kind, (4, 3, 2), (1.0, 0.6, 0.4))
    nodes, count = mesh.cells.copy(), len(mesh.points)
    right = mesh.points[nodes].mean(axis=1)[:, 0] > 0.5
    nodes[right] += count
    cracked = bodies.fields(np.concatenate([mesh.points, mesh.points]), nodes, kind)
    assert "geometry:outline" in bodies.refused(bodies.block(), cracked)


def test_a_crack_along_an_interface_is_caught() -> None:
    mesh = bodies.meshed(bodies.halves(), 0.2, 2)
    nodes, kind = mesh.blocks[0].nodes.copy(), mesh.blocks[0].kind
    right = mesh.points[nodes].mean(axis=1)[:, 0] > 0.5
    nodes[right] += len(mesh.points)
    cracked = bodies.fields(np.concatenate([mesh.points, mesh.points]), nodes, kind)
    assert "geometry:outline" in bodies.refused(bodies.halves(), cracked)


def test_middle_nodes_that_are_not_shared_are_caught() -> None:
    mesh = of_kind("tetra10")
    nodes = mesh.blocks[0].nodes.copy()
    inner = ((mesh.points > 0.01) & (mesh.points < np.array([0.99, 0.59, 0.39]))).all(axis=1)
    element, column = np.argwhere(inner[nodes[:, 4:]])[0]
    points = np.concatenate([mesh.points, mesh.points[[nodes[element, 4 + column]]]])
    nodes[element, 4 + column] = len(mesh.points)
    assert "geometry:elements" in bodies.refused(
        bodies.block(), bodies.fields(points, nodes, "tetra10")
    )


def test_hanging_nodes_are_caught() -> None:
    coarse = box_mesh("hexahedron", (2, 2, 2), (0.5, 0.6, 0.4))
    fine = box_mesh("hexahedron", (4, 4, 4), (0.5, 0.6, 0.4))
    points = np.concatenate([coarse.points, fine.points + np.array([0.5, 0.0, 0.0])])
    place = np.round(points / 1e-9).astype(np.int64)
    _, first, number = np.unique(place, axis=0, return_index=True, return_inverse=True)
    cells = np.concatenate([coarse.cells, fine.cells + len(coarse.points)])
    mesh = bodies.fields(points[first], number.ravel()[cells], "hexahedron")
    assert "geometry:outline" in bodies.refused(bodies.block(), mesh)


def test_an_element_that_is_missing_inside_is_caught() -> None:
    mesh = of_kind("hexahedron27")
    nodes = mesh.blocks[0].nodes
    assert "geometry:outline" in bodies.refused(
        bodies.block(), bodies.fields(mesh.points, nodes[1:], "hexahedron27")
    )


def test_a_region_of_another_size_is_caught() -> None:
    half = {"kind": "box", "size": [0.45, 0.6, 0.4]}
    rest = {"kind": "box", "origin": [0.45, 0.0, 0.0], "size": [0.55, 0.6, 0.4]}
    wrong = bodies.formulation({"left": half, "right": rest}, bodies.ENDS)
    found = bodies.refused(bodies.halves(), bodies.meshed(wrong, 0.2, 2))
    assert any(name.startswith("geometry:region:") for name in found)


def test_an_interface_that_elements_cross_is_caught() -> None:
    mesh = box_mesh("hexahedron", (3, 3, 2), (1.0, 0.6, 0.4))
    found = bodies.refused(bodies.halves(), bodies.fields(mesh.points, mesh.cells, "hexahedron"))
    assert any(name.startswith("geometry:region:") for name in found)
    assert any(name.startswith("geometry:interface:") for name in found)


def test_an_elliptic_hole_that_is_missing_is_caught() -> None:
    oval = {"kind": "ellipse", "center": [0.5, 0.3], "radii": [0.02, 0.01]}
    hole = {"kind": "extrusion", "profile": oval, "between": [0.0, 0.4]}
    shape = {"kind": "difference", "base": bodies.BLOCK, "remove": [hole]}
    body = bodies.formulation({"plate": shape}, bodies.ENDS)
    assert not bodies.refused(body, bodies.meshed(body, 0.2, 2))
    assert "geometry:outline" in bodies.refused(body, bodies.meshed(bodies.block(), 0.2, 2))
