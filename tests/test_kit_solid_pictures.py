"""Pictures of solids: what is seen is drawn, in the colours of the field."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from mechagents.kit.pictures import draw
from mechagents.kit.solid_pictures import VIEWS, _surface, camera
from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.meshing import Mesh, make_mesh

BLOCK = {"kind": "box", "size": [1.0, 0.6, 0.4]}
PIN = {"kind": "cylinder", "base": [0.5, 0.3, 0.0], "axis": "z", "radius": 0.12, "height": 0.4}
PLATE = {"kind": "difference", "base": BLOCK, "remove": [PIN]}


def meshed(regions: dict[str, object], size: float, order: int) -> Mesh:
    return make_mesh(Geometry.model_validate({"regions": regions, "boundaries": {}}), size, order)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("regions", [{"block": BLOCK}, {"plate": PLATE}])
def test_the_surface_is_closed_and_all_of_it_is_seen_from_one_side(
    regions: dict[str, object], order: int
) -> None:
    mesh = meshed(regions, 0.2, order)
    surface = _surface(mesh, mesh.points, mesh.points[:, 2])
    a, b, c = (surface.corners[:, i] for i in range(3))
    area = np.cross(b - a, c - a) / 2
    np.testing.assert_allclose(area.sum(axis=0), 0.0, atol=1e-12)
    volume = (area * a).sum() / 3
    assert volume == pytest.approx(0.24 - np.pi * 0.12**2 * 0.4 * ("plate" in regions), rel=2e-2)
    np.testing.assert_allclose(surface.values, surface.corners[..., 2], atol=1e-12)
    toward = np.array([camera(view)[2] for view in VIEWS])
    assert np.all((area @ toward.T).max(axis=1) > -1e-12)


def test_edges_are_those_of_the_body() -> None:
    mesh = meshed({"block": BLOCK}, 0.2, 2)
    edges = _surface(mesh, mesh.points, mesh.points[:, 0]).edges
    length = np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1).sum()
    assert length == pytest.approx(4 * (1.0 + 0.6 + 0.4))


def test_regions_end_in_an_edge_and_are_not_averaged_with_each_other() -> None:
    half = {"kind": "box", "size": [0.5, 0.6, 0.4]}
    mesh = meshed({"left": half, "right": {**half, "origin": [0.5, 0.0, 0.0]}}, 0.2, 1)
    values = np.repeat(mesh.region[:, None].astype(float), mesh.cells.shape[1], axis=1)
    surface = _surface(mesh, mesh.points, values)
    assert set(np.unique(surface.values)) == {0.0, 1.0}
    edges = surface.edges
    inner = np.all(np.abs(edges[:, :, 0] - 0.5) < 1e-9, axis=1)
    length = np.linalg.norm(edges[inner, 1] - edges[inner, 0], axis=1).sum()
    assert length == pytest.approx(2 * (0.6 + 0.4))


def test_a_smooth_surface_has_no_edges() -> None:
    ball = {"kind": "sphere", "center": [0.0, 0.0, 0.0], "radius": 1.0}
    mesh = meshed({"ball": ball}, 0.3, 2)
    edges = _surface(mesh, mesh.points, mesh.points[:, 0]).edges
    assert len(edges) == 0


def test_a_picture_has_the_colours_of_the_field_on_either_side(tmp_path: Path) -> None:
    mesh = meshed({"plate": PLATE}, 0.15, 2)
    u = 1e-4 * mesh.points
    draw(mesh, mesh.points[:, 0] - 0.5, tmp_path / "u.png", title="u", unit="m", displacement=u)
    image = imread(tmp_path / "u.png")
    left = image[:, : image.shape[1] * 45 // 100, :3]
    right = image[:, image.shape[1] * 46 // 100 : image.shape[1] * 88 // 100, :3]
    for view in (left, right):
        red = (view[..., 0] > view[..., 2] + 0.3).mean()
        blue = (view[..., 2] > view[..., 0] + 0.3).mean()
        assert red > 0.01
        assert blue > 0.01
