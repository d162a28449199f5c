"""Finite elements of the plane and of space: nodes, shape functions, faces and quadrature."""

from __future__ import annotations

from itertools import product
from math import factorial

import numpy as np
import pytest

from mechagents.verification.element_tables import MONOMIALS, ElementKind
from mechagents.verification.elements import (
    KINDS,
    RULES,
    corners,
    dimension,
    face_rule,
    face_shape,
    local_edges,
    local_faces,
    order,
    quadrature,
    reference_middle,
    reference_nodes,
    shape_functions,
    shape_gradients,
)

SPACE = tuple(kind for kind in KINDS if dimension(kind) == 3)
VOLUME = {"tetra": 1 / 6, "hexahedron": 8.0, "wedge": 1.0}
DEGREES = {1: 1, 4: 2, 5: 3, 11: 4, 14: 5, 15: 5, 24: 6}


@pytest.mark.parametrize("kind", KINDS)
def test_a_shape_function_is_one_at_its_node_and_zero_at_others(kind: ElementKind) -> None:
    nodes = reference_nodes(kind)
    assert len(nodes) == len(MONOMIALS[kind])
    assert shape_functions(kind, nodes) == pytest.approx(np.eye(len(nodes)), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_the_shape_functions(kind: ElementKind) -> None:
    points = reference_middle(kind) + np.linspace(-0.1, 0.1, 5)[:, None]
    step, d = 1e-6, dimension(kind)
    for axis in range(d):
        shift = step * np.eye(d)[axis]
        slope = shape_functions(kind, points + shift) - shape_functions(kind, points - shift)
        given = shape_gradients(kind, points)[..., axis]
        assert given == pytest.approx(slope / (2 * step), abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_middle_node_of_an_edge_lies_between_its_ends(kind: ElementKind) -> None:
    nodes, edges = reference_nodes(kind), local_edges(kind)
    assert edges[:, :2].max() == corners(kind) - 1
    assert (edges[:, 2] >= 0).all() == (order(kind) == 2)
    if order(kind) == 2:
        assert nodes[edges[:, 2]] == pytest.approx(nodes[edges[:, :2]].mean(axis=1))


@pytest.mark.parametrize("kind", SPACE)
def test_faces_close_an_element_with_normals_that_point_outward(kind: ElementKind) -> None:
    # By the divergence theorem the faces have no area in sum, and x . n is three volumes.
    nodes = reference_nodes(kind)
    area, volume = np.zeros(3), 0.0
    for face in local_faces(kind):
        own = face[face >= 0]
        points, weights = face_rule(len(own), 0)
        N, dN = face_shape(len(own), points)
        s, t = (np.einsum("qk,kx->qx", dN[..., axis], nodes[own]) for axis in (0, 1))
        normal = np.cross(s, t)
        area += weights @ normal
        volume += float(weights @ ((N @ nodes[own]) * normal).sum(axis=1)) / 3
        assert (normal * (N @ nodes[own] - reference_middle(kind))).sum(axis=1).min() > 0
    assert area == pytest.approx(np.zeros(3), abs=1e-12)
    assert volume == pytest.approx(VOLUME[kind.rstrip("0123456789")])


@pytest.mark.parametrize("kind", SPACE)
def test_faces_hold_every_node_but_that_in_the_middle(kind: ElementKind) -> None:
    faces = local_faces(kind)
    on_faces = np.unique(faces[faces >= 0])
    inner = 1 if kind == "hexahedron27" else 0
    assert len(on_faces) == len(reference_nodes(kind)) - inner
    pairs = np.sort(np.stack([faces[:, :3], np.roll(faces[:, :3], -1, axis=1)], axis=-1), axis=-1)
    assert {tuple(pair) for pair in pairs[:, :2].reshape(-1, 2).tolist()} <= {
        tuple(sorted(pair)) for pair in local_edges(kind)[:, :2].tolist()
    }


@pytest.mark.parametrize(("kind", "level"), list(product(("tetra", "tetra10"), range(5))))
def test_a_rule_of_the_tetrahedron_is_exact_to_its_degree_and_no_further(
    kind: ElementKind, level: int
) -> None:
    points, weights = quadrature(kind, level)
    assert len(weights) == RULES[kind][level]
    degree = DEGREES[len(weights)]
    assert _worst(points, weights, degree) < 1e-13
    assert _worst(points, weights, degree + 1) > 1e-7


def _worst(points: np.ndarray, weights: np.ndarray, degree: int) -> float:
    worst = 0.0
    for i, j, k in product(range(degree + 1), repeat=3):
        if i + j + k <= degree:
            exact = factorial(i) * factorial(j) * factorial(k) / factorial(i + j + k + 3)
            found = float(weights @ (points ** np.array([i, j, k])).prod(axis=1))
            worst = max(worst, abs(found - exact))
    return worst


@pytest.mark.parametrize("kind", SPACE)
def test_every_rule_has_the_volume_of_its_element(kind: ElementKind) -> None:
    for level in range(5):
        points, weights = quadrature(kind, level)
        assert points.shape == (len(weights), 3)
        assert weights.sum() == pytest.approx(VOLUME[kind.rstrip("0123456789")])


def test_the_nodes_of_hexahedra_are_in_the_order_of_vtk() -> None:
    nodes = reference_nodes("hexahedron27")
    assert nodes[20:].tolist() == [
        [-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1], [0, 0, 0],
    ]  # fmt: skip
    assert nodes[:20].tolist() == reference_nodes("hexahedron20").tolist()
    assert nodes[[12, 16, 19]].tolist() == [[0, -1, 1], [-1, -1, 0], [-1, 1, 0]]
