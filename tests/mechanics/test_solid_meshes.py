"""Meshes of solids fill them, and know their named boundaries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from solids import block, elliptic_plate, hollow_sphere

from mechagents.mechanics import solid_body
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.meshing import Mesh, make_mesh


def area(mesh: Mesh, name: str) -> float:
    """Return the area of a boundary's faces with straight sides."""
    corners = 3 if mesh.kind.startswith("tetra") else 4
    x = mesh.points[mesh.boundary_faces[name][:, :corners]]
    one, two = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
    total = np.linalg.norm(np.cross(one, two), axis=1).sum() / 2
    if corners == 4:
        total += np.linalg.norm(np.cross(two, x[:, 3] - x[:, 0]), axis=1).sum() / 2
    return float(total)


@pytest.mark.parametrize("order", [1, 2])
def test_a_box_gets_a_grid_with_nodes_where_boundaries_end(order: int) -> None:
    side = {"kind": "plane", "axis": "x", "at": 0.0}
    geometry = block(
        part={**side, "within": {"z": [0.2, 0.7]}},
        line={"kind": "curve", "of": [side, {"kind": "plane", "axis": "z", "at": 0.33}]},
        spot={"kind": "space_point", "at": [0.0, 1.1, 3.0]},
    )
    mesh = make_mesh(geometry, 0.4, order)
    assert mesh.kind == ("hexahedron" if order == 1 else "hexahedron27")
    assert mesh.order == order
    assert area(mesh, "part") == pytest.approx(1.0)
    assert np.ptp(mesh.points[mesh.boundary_nodes["line"]], axis=0) == pytest.approx([0, 2, 0])
    assert mesh.points[mesh.boundary_nodes["spot"]].tolist() == [[0.0, 1.1, 3.0]]
    assert not mesh.boundary_faces["line"].size


@pytest.mark.parametrize("order", [1, 2])
def test_curved_surfaces_have_their_nodes_on_them(order: int) -> None:
    geometry = hollow_sphere()
    mesh = make_mesh(geometry, 0.5, order)
    assert mesh.kind == ("tetra" if order == 1 else "tetra10")
    for name, boundary in geometry.surface_parts.items():
        away = solid_body.distance_from(boundary, mesh.points[mesh.boundary_faces[name]])
        assert away.max() < 1e-9
    assert area(mesh, "outside") == pytest.approx(2 * math.pi, rel=0.03)
    middles = mesh.points[mesh.cells].mean(axis=1)
    assert solid_body.contains(geometry.regions["shell"], middles, 0.0).all()


def test_a_mesh_of_tetrahedra_is_divided_where_boundaries_end() -> None:
    top = {"kind": "plane", "axis": "z", "at": 2.0}
    side = {"kind": "cylinder_surface", "axis": "z", "center": [0, 0], "radius": 1.0}
    patch = {"kind": "cylinder_surface", "axis": "z", "center": [0.5, 0], "radius": 0.25}
    shape = {"kind": "cylinder", "base": [0, 0, 0], "axis": "z", "radius": 1.0, "height": 2.0}
    boundaries = {
        "strip": {**top, "within": {"x": [-0.25, 0.5]}},
        "ring": {"kind": "curve", "of": [side, {**top, "at": 0.7}]},
        "circle": {"kind": "curve", "of": [top, patch]},
        "spot": {"kind": "space_point", "at": [0.1, -0.9, 2.0]},
        "spot_on_side": {"kind": "space_point", "at": [0.6, -0.8, 1.1]},
    }
    geometry = Geometry.model_validate({"regions": {"rod": shape}, "boundaries": boundaries})
    mesh = make_mesh(geometry, 0.5, 2)
    assert area(mesh, "strip") == pytest.approx(solid_body.area(geometry, "strip"), rel=0.03)
    for name in ("ring", "circle"):
        nodes = mesh.points[mesh.boundary_nodes[name]]
        assert len(nodes) >= 16
        assert solid_body.distance_from(geometry.surface_parts[name], nodes).max() < 1e-6
    for name in ("spot", "spot_on_side"):
        assert mesh.points[mesh.boundary_nodes[name]] == pytest.approx(
            np.array([boundaries[name]["at"]])
        )


def test_a_curve_is_not_where_its_surfaces_are_met_by_chance() -> None:
    rod = {"kind": "cylinder", "base": [0, 0, 0], "axis": "z", "radius": 1.0, "height": 2.0}
    block = {"kind": "box", "origin": [-1, -1, 2], "size": [2, 2, 1]}
    side = {"kind": "cylinder_surface", "axis": "z", "center": [0, 0], "radius": 1.0}
    lines = {"kind": "curve", "of": [side, {"kind": "plane", "axis": "x", "at": 0.0}]}
    geometry = Geometry.model_validate(
        {
            "regions": {"rod": rod, "block": block},
            "boundaries": {"lines": lines},
        }
    )
    mesh = make_mesh(geometry, 0.7, 1)
    nodes = mesh.points[mesh.boundary_nodes["lines"]]
    assert nodes[:, 2].max() == pytest.approx(2.0)
    assert set(mesh.region) == {0, 1}


def test_an_elliptic_plate_has_its_nodes_on_its_rim() -> None:
    geometry = Formulation.model_validate(elliptic_plate()).geometry
    mesh = make_mesh(geometry, 0.6, 2)
    for name in ("rim", "hole"):
        nodes = mesh.points[mesh.boundary_nodes[name]]
        assert solid_body.distance_from(geometry.surface_parts[name], nodes).max() < 1e-6
        assert area(mesh, name) == pytest.approx(solid_body.area(geometry, name), rel=0.02)
    middle = mesh.points[mesh.boundary_nodes["mid_rim"]]
    assert np.abs(middle[:, 2]).max() < 1e-9
    assert middle.max(axis=0)[:2] == pytest.approx([3.25, 2.75])
    quarter = math.pi / 4 * (3.25 * 2.75 - 2.0) * 0.6
    assert solid_body.volume(geometry.regions["plate"]) == pytest.approx(quarter, rel=1e-9)


def test_a_mesh_is_the_same_whenever_it_is_made() -> None:
    one, two = (make_mesh(hollow_sphere(), 0.7, 2) for _ in range(2))
    assert np.array_equal(one.points, two.points)
    assert np.array_equal(one.cells, two.cells)
