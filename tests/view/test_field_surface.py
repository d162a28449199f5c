"""The surface that the viewer draws: counts, areas, closedness and orientation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import meshio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meshes import block_of, write

from mechagents.verification.elements import KINDS, ElementKind, dimension
from mechagents.verification.fields import Block
from mechagents.view.returned import Returned
from mechagents.view.surface import SPLIT, Surface, surface_of

PLANE = [kind for kind in KINDS if dimension(kind) == 2]
SPACE = [kind for kind in KINDS if dimension(kind) == 3]
FACES = {"tetra": 48, "tetra10": 48, "hexahedron": 24, "hexahedron20": 24, "hexahedron27": 24}
"""Outer faces of a cube of 2 x 2 x 2 cells."""
NODES = {"tetra": 3, "tetra10": 6, "hexahedron": 4, "hexahedron20": 8, "hexahedron27": 9}


def areas(returned: Returned, surface: Surface) -> np.ndarray:
    """Return the normal of each triangle times its area."""
    a, b, c = (returned.x[surface.points][surface.triangles[:, i]] for i in range(3))
    return np.cross(b - a, c - a) / 2


@pytest.mark.parametrize("kind", SPACE)
def test_the_surface_of_a_cube_is_closed_and_looks_outwards(
    kind: ElementKind, tmp_path: Path
) -> None:
    returned = write(tmp_path, kind)
    surface = surface_of(returned)
    area = areas(returned, surface)
    assert np.linalg.norm(area, axis=1).sum() == pytest.approx(6.0)
    assert np.abs(area.sum(axis=0)).max() < 1e-12
    # Of a closed surface that looks outwards, x . dA / 3 is the volume.
    middle = returned.x[surface.points][surface.triangles].mean(axis=1)
    assert np.einsum("tx,tx->", middle, area) / 3 == pytest.approx(1.0)
    sides = Counter[tuple[int, int]]()
    for a, b, c in surface.triangles.tolist():
        sides.update([(a, b), (b, c), (c, a)])
    assert set(sides.values()) == {1}
    assert all((b, a) in sides for a, b in sides)


@pytest.mark.parametrize("kind", sorted(FACES))
def test_a_cube_has_the_triangles_that_its_faces_are_divided_into(
    kind: ElementKind, tmp_path: Path
) -> None:
    surface = surface_of(write(tmp_path, kind))
    assert len(surface.triangles) == FACES[kind] * len(SPLIT[NODES[kind]])


@pytest.mark.parametrize("kind", PLANE)
def test_a_plane_mesh_is_drawn_as_a_whole_and_looks_at_the_viewer(
    kind: ElementKind, tmp_path: Path
) -> None:
    returned = write(tmp_path, kind, 3)
    surface = surface_of(returned)
    area = areas(returned, surface)
    assert area[:, 2].min() > 0
    assert area[:, 2].sum() == pytest.approx(1.0)
    assert set(surface.element) == set(range(len(returned.cell)))
    ends = returned.x[surface.points][surface.outline]
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(4.0)


@pytest.mark.parametrize("kind", SPACE)
def test_the_outline_of_a_cube_is_its_twelve_edges(kind: ElementKind, tmp_path: Path) -> None:
    returned = write(tmp_path, kind)
    surface = surface_of(returned)
    ends = returned.x[surface.points][surface.outline]
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(12.0)


def test_the_mesh_lines_of_hexahedra_leave_out_the_diagonals(tmp_path: Path) -> None:
    returned = write(tmp_path, "hexahedron27", 2)
    surface = surface_of(returned)
    ends = returned.x[surface.points][surface.edges]
    # On each of six sides a grid of 3 + 3 lines, of which the four outer ones belong to two.
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(6 * 2 + 12)
    assert ((ends[:, 0] == ends[:, 1]).sum(axis=1) == 2).all()


def test_the_border_of_two_regions_is_part_of_the_outline(tmp_path: Path) -> None:
    points, cells = block_of("quad", 2)
    region = (points[cells].mean(axis=1)[:, 0] > 0.5).astype(float)
    mesh = meshio.Mesh(points, [("quad", cells)], cell_data={"region": [region]})
    mesh.write(tmp_path / "fields.vtu")
    from mechagents.view.returned import read_returned

    returned = read_returned(tmp_path)
    surface = surface_of(returned)
    ends = returned.x[surface.points][surface.outline]
    assert np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum() == pytest.approx(5.0)


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from(SPACE),
    seed=st.integers(0, 2**32 - 1),
    mirrored=st.booleans(),
)
def test_a_cube_of_any_shape_and_order_of_nodes_has_a_closed_surface_about_its_volume(
    kind: ElementKind, seed: int, mirrored: bool
) -> None:
    rng = np.random.default_rng(seed)
    points, cells = block_of(kind, 2)
    linear = rng.uniform(-0.2, 0.2, (3, 3)) + np.eye(3)
    if mirrored:
        linear[0] *= -1
    order = rng.permutation(len(points))
    x = np.empty_like(points)
    x[order] = points @ linear.T
    shuffled = order[cells][rng.permutation(len(cells))]
    returned = Returned(x, np.arange(len(x)), (Block(kind, shuffled),), np.arange(len(cells)), ())
    surface = surface_of_bare(returned)
    area = areas(returned, surface)
    middle = x[surface.points][surface.triangles].mean(axis=1)
    assert np.abs(area.sum(axis=0)).max() < 1e-12
    volume = np.einsum("tx,tx->", middle, area) / 3
    assert volume == pytest.approx(abs(np.linalg.det(linear)))


def surface_of_bare(returned: Returned) -> Surface:
    """Return the surface of a mesh without fields."""
    from dataclasses import replace

    from mechagents.view.returned import Step

    return surface_of(replace(returned, steps=(Step("Result", "result", 0.0, {}, {}),)))
