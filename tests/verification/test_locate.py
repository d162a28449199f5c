"""Where a point lies: in which region, in which element, and where in it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from bodies_to_check import holed, inclusion, plate
from hypothesis import given
from hypothesis import strategies as st
from returned import KINDS, mesh_of, shaken, solve_by

from mechagents.mechanics.geometry import OnCircle
from mechagents.mechanics.shapes import body
from mechagents.verification import Block, Fields
from mechagents.verification.edges import outer_edges, place
from mechagents.verification.locate import locate, patch
from mechagents.verification.outlines import (
    Outline,
    distance_to_ring,
    interior_angles,
    ring_length,
)

SHARES = st.floats(0.01, 0.99)
DISTORTED = {kind: solve_by(kind, plate(), 0.25, 0.2) for kind in KINDS}


def fields_of(kind: str) -> Fields:
    found = DISTORTED[kind]
    return Fields(found.mesh.points, (Block(kind, found.cells),), found.u)


@pytest.mark.parametrize("kind", KINDS)
@given(x=SHARES, y=SHARES)
def test_a_point_is_found_in_an_element_whose_shape_functions_give_it_back(kind, x, y):
    fields = fields_of(kind)
    spots = locate(fields, (x, y))
    assert spots
    for spot in spots:
        nodes = fields.blocks[0].nodes[spot.element]
        assert spot.N @ fields.points[nodes] == pytest.approx([x, y], abs=1e-5)
        assert spot.N.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_is_found_in_every_element_around_it(kind):
    fields = fields_of(kind)
    nodes = fields.blocks[0].nodes
    for node in np.unique(nodes):
        x, y = fields.points[node]
        around = {spot.element for spot in locate(fields, (float(x), float(y)))}
        assert around == set(np.flatnonzero((nodes == node).any(axis=1)))


def test_a_point_outside_is_in_no_element():
    assert locate(fields_of("quad"), (1.5, 0.5)) == []


def hexagon() -> Fields:
    """Six triangles in a circle of radius 1 m."""
    angles = np.arange(6) * np.pi / 3
    rim = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cells = np.array([[0, 1 + i, 1 + (i + 1) % 6] for i in range(6)])
    points = np.concatenate([[[0.0, 0.0]], rim])
    return Fields(points, (Block("triangle", cells),), np.zeros_like(points))


def test_a_point_of_a_circle_that_its_chords_leave_out_is_found_beside_them():
    for angle in np.linspace(0, 6, 40):
        assert locate(hexagon(), (float(np.cos(angle)), float(np.sin(angle))))
    assert locate(hexagon(), (1.3, 0.5)) == []


@pytest.mark.parametrize(("radius", "edges"), [(1.0, 6), (0.9, 0)])
def test_chords_of_a_circle_lie_on_it(radius, edges):
    circle = OnCircle(center=(0.0, 0.0), radius=radius)
    assert len(place(hexagon(), outer_edges(hexagon()), circle).edges) == edges


def test_an_edge_across_a_circle_does_not_lie_on_it():
    points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    half = Fields(points, (Block("triangle", np.array([[0, 1, 2]])),), np.zeros_like(points))
    circle = OnCircle(center=(0.0, 0.0), radius=1.0)
    assert not len(place(half, outer_edges(half), circle).edges)


def test_the_patch_of_a_point_holds_the_neighbours_of_its_element():
    fields = fields_of("quad")
    mesh = shaken(mesh_of(plate(), 0.25), 0.2)
    inner = mesh.points[mesh.cells[5]].mean(axis=0)
    (rows,) = patch(fields, locate(fields, (float(inner[0]), float(inner[1]))))
    assert len(rows) == 9


@pytest.mark.parametrize("formulation", [plate(), holed(), inclusion()])
@given(st.lists(st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)), min_size=1))
def test_what_lies_inside_an_outline_does_so_by_shapely_too(formulation, points):
    whole = body(formulation.geometry)
    near = [abs(whole.boundary.distance(shapely.Point(p))) < 1e-9 for p in points]
    inside = Outline.of(whole).contains(np.array(points))
    right = shapely.contains_xy(whole, np.array(points))
    assert [a == b or n for a, b, n in zip(inside, right, near, strict=True)] == [True] * len(near)


def test_rings_know_their_length_their_angles_and_their_distance():
    (ring,) = Outline.of(shapely.Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)])).rings
    assert ring_length(ring) == pytest.approx(8.0)
    assert sorted(np.degrees(interior_angles(ring))) == pytest.approx([90.0] * 5 + [270.0])
    points = np.array([[3.0, 0.0], [0.5, 0.5], [1.0, 1.0], [1.5, 2.0]])
    assert distance_to_ring(ring, points) == pytest.approx([1.0, 0.5, 0.0, 0.5])


def test_the_angles_of_a_hole_are_those_of_the_body_around_it():
    square = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    angles = np.concatenate([interior_angles(ring) for ring in Outline.of(square).rings])
    assert sorted(np.degrees(angles)) == pytest.approx([90.0] * 4 + [270.0] * 4)
