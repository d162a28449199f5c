"""Meshes: areas, boundaries, interfaces, grids, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.errors import ProblemError, UsageError
from mechagents.kit import basis
from mechagents.mechanics.geometry import Geometry
from mechagents.mechanics.meshing import Mesh, make_mesh

SQUARE = {"kind": "rectangle", "size": [1.0, 1.0]}
DISK = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.2}
HOLED = {"kind": "difference", "base": SQUARE, "remove": [DISK]}
LEFT = {"kind": "line", "axis": "x", "at": 0.0}
RIGHT = {"kind": "line", "axis": "x", "at": 1.0}
CIRCLE = {"kind": "circle", "center": [0.5, 0.5], "radius": 0.2}


def geometry(regions: Mapping[str, Any], **boundaries: object) -> Geometry:
    return Geometry.model_validate({"regions": regions, "boundaries": boundaries})


def area(mesh: Mesh, region: str | None = None) -> float:
    return float(basis(mesh).dx[mesh.cells_in(region)].sum())


def length(mesh: Mesh, boundary: str) -> float:
    ends = mesh.points[mesh.boundary_edges[boundary][:, :2]]
    return float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum())


def sides(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Return every side of every element once, and how many elements have it."""
    corners = 3 if mesh.kind.startswith("triangle") else 4
    pairs = [mesh.cells[:, [i, (i + 1) % corners]] for i in range(corners)]
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0, return_counts=True)


@pytest.mark.parametrize("order", [1, 2])
def test_a_rectangle_gets_as_many_quads_as_its_mesh_size_says(order: int) -> None:
    mesh = make_mesh(geometry({"plate": SQUARE}), 0.02, order)
    assert mesh.cells.shape == (2500, 4 if order == 1 else 9)
    assert len(mesh.points) == (50 * order + 1) ** 2
    assert mesh.kind == ("quad" if order == 1 else "quad9")


def test_sides_are_divided_by_rounding_and_at_least_once() -> None:
    bar = {"kind": "rectangle", "origin": [-1.0, 2.0], "size": [1.0, 0.1]}
    mesh = make_mesh(geometry({"bar": bar}), 0.3, 1)
    assert len(mesh.cells) == 3
    assert mesh.points.min(axis=0).tolist() == [-1.0, 2.0]


def test_a_quad9_lists_corners_then_sides_then_the_centre_anticlockwise() -> None:
    mesh = make_mesh(geometry({"plate": SQUARE}), 1.0, 2)
    expected = [(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.5, 0.5)]
    assert mesh.points[mesh.cells[0]].tolist() == [list(p) for p in expected]


@given(
    width=st.floats(1e-3, 1e3),
    height=st.floats(1e-3, 1e3),
    parts=st.integers(1, 12),
    order=st.sampled_from([1, 2]),
)
def test_a_grid_fills_its_rectangle(width: float, height: float, parts: int, order: int) -> None:
    body = {"kind": "rectangle", "origin": [3.0, -2.0], "size": [width, height]}
    mesh = make_mesh(geometry({"body": body}), max(width, height) / parts, order)
    assert np.all(basis(mesh).dx > 0)
    assert area(mesh) == pytest.approx(width * height, rel=1e-9)


@pytest.mark.parametrize(("order", "rate"), [(1, 2.0), (2, 3.5)])
def test_the_area_of_a_disk_is_approached_at_the_rate_of_the_order(order: int, rate: float) -> None:
    disk = {"kind": "disk", "center": [0.3, 0.1], "radius": 0.5}
    sizes = [0.2, 0.1, 0.05]
    errors = [abs(area(make_mesh(geometry({"disk": disk}), h, order)) - np.pi / 4) for h in sizes]
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert slope > rate - 0.2


def test_midside_nodes_lie_on_the_curve() -> None:
    mesh = make_mesh(geometry({"plate": HOLED}, hole=CIRCLE), 0.1, 2)
    radius = np.linalg.norm(mesh.points[mesh.boundary_nodes["hole"]] - 0.5, axis=1)
    assert mesh.boundary_edges["hole"].shape[1] == 3
    assert radius == pytest.approx(0.2, rel=1e-9)


def test_midside_nodes_of_triangles_follow_the_corners_in_vtk_order() -> None:
    mesh = make_mesh(
        geometry({"plate": {"kind": "polygon", "points": [[0, 0], [1, 0], [0, 1]]}}), 1, 2
    )
    x = mesh.points[mesh.cells]
    for middle, (a, b) in enumerate([(0, 1), (1, 2), (2, 0)], start=3):
        assert x[:, middle] == pytest.approx((x[:, a] + x[:, b]) / 2)


@pytest.mark.parametrize("order", [1, 2])
def test_regions_share_the_nodes_on_their_interface(order: int) -> None:
    mesh = make_mesh(geometry({"plate": HOLED, "inclusion": DISK}), 0.1, order)
    shared = np.intersect1d(mesh.nodes_in("plate"), mesh.nodes_in("inclusion"))
    assert np.linalg.norm(mesh.points[shared] - 0.5, axis=1) == pytest.approx(0.2, rel=1e-9)
    assert len(np.unique(mesh.points.round(9), axis=0)) == len(mesh.points)
    _, times = sides(mesh)
    assert np.count_nonzero(times == 1) == 40
    assert times.max() == 2
    assert area(mesh, "plate") + area(mesh, "inclusion") == pytest.approx(1.0, rel=1e-12)


def test_each_element_knows_its_region() -> None:
    mesh = make_mesh(geometry({"plate": HOLED, "inclusion": DISK}), 0.1, 1)
    middle = mesh.points[mesh.cells].mean(axis=1)
    inside = np.linalg.norm(middle - 0.5, axis=1) < 0.2
    assert np.array_equal(mesh.cells_in("inclusion"), inside)
    assert np.array_equal(mesh.cells_in("plate"), ~inside)
    with pytest.raises(ValueError, match="not in"):
        mesh.cells_in("nowhere")


def test_a_region_may_be_in_two_pieces() -> None:
    far = {"kind": "rectangle", "origin": [3.0, 0.0], "size": [1.0, 0.5]}
    mesh = make_mesh(geometry({"both": {"kind": "union", "shapes": [SQUARE, far]}}), 0.5, 1)
    assert area(mesh, "both") == pytest.approx(1.5)


def test_an_intersection_is_what_shapes_have_in_common() -> None:
    quarter = {"kind": "intersection", "shapes": [SQUARE, {**DISK, "center": [0.0, 0.0]}]}
    mesh = make_mesh(geometry({"quarter": quarter}), 0.05, 2)
    assert area(mesh) == pytest.approx(np.pi * 0.04 / 4, rel=1e-5)


@pytest.mark.parametrize("points", [[[0, 0], [0, 1], [1, 1]], [[0, 0], [1, 1], [0, 1], [0, 0]]])
def test_a_polygon_may_run_either_way_and_repeat_its_first_point(points: list[list[int]]) -> None:
    mesh = make_mesh(geometry({"wedge": {"kind": "polygon", "points": points}}), 0.5, 1)
    assert area(mesh) == pytest.approx(0.5)
    assert np.all(basis(mesh).dx > 0)


@pytest.mark.parametrize("body", [SQUARE, HOLED])
@pytest.mark.parametrize("order", [1, 2])
def test_boundaries_are_found_by_where_they_lie(body: dict[str, Any], order: int) -> None:
    mesh = make_mesh(
        geometry(
            {"plate": body},
            left=LEFT,
            upper={"kind": "segment", "start": [0.13, 1.0], "end": [0.71, 1.0]},
            part={"kind": "line", "axis": "x", "at": 1.0, "between": [0.22, 0.47]},
            corner={"kind": "point", "at": [1.0, 0.0]},
            spot={"kind": "point", "at": [0.111, 0.123]},
        ),
        0.1,
        order,
    )
    assert length(mesh, "left") == pytest.approx(1.0)
    assert length(mesh, "upper") == pytest.approx(0.58)
    assert length(mesh, "part") == pytest.approx(0.25)
    assert mesh.points[mesh.boundary_nodes["left"], 0] == pytest.approx(0.0, abs=1e-12)
    assert len(mesh.boundary_edges["corner"]) == 0
    assert mesh.points[mesh.boundary_nodes["corner"]] == pytest.approx(np.array([[1.0, 0.0]]))
    assert mesh.points[mesh.boundary_nodes["spot"]] == pytest.approx(np.array([[0.111, 0.123]]))


def test_a_point_a_little_off_the_outline_is_taken_onto_it() -> None:
    near = [0.5 + 0.20003 * np.cos(0.3), 0.5 + 0.20003 * np.sin(0.3)]
    mesh = make_mesh(geometry({"plate": HOLED}, spot={"kind": "point", "at": near}), 0.1, 2)
    (node,) = mesh.boundary_nodes["spot"]
    assert np.linalg.norm(mesh.points[node] - 0.5) == pytest.approx(0.2, rel=1e-9)


def test_a_chord_between_two_points_of_a_circle_is_not_on_it() -> None:
    lower = {"kind": "rectangle", "origin": [0.0, 0.0], "size": [1.0, 0.5]}
    half = {"kind": "difference", "base": DISK, "remove": [lower]}
    mesh = make_mesh(geometry({"half": half}, arc=CIRCLE), 2.0, 1)
    assert np.all(mesh.points[mesh.boundary_edges["arc"]].mean(axis=1)[:, 1] > 0.5)


def test_an_interface_is_no_boundary() -> None:
    with pytest.raises(ProblemError, match=r"geometry\.boundaries\.hole: no edge of the mesh"):
        make_mesh(geometry({"plate": HOLED, "inclusion": DISK}, hole=CIRCLE), 0.2, 1)


def test_coarser_meshes_have_fewer_elements_on_curves_too() -> None:
    counts = [
        len(make_mesh(geometry({"plate": HOLED}, hole=CIRCLE), h, 1).boundary_edges["hole"])
        for h in (0.05, 0.1, 0.15, 0.9)
    ]
    assert counts == [26, 13, 9, 8]


def test_the_same_mesh_is_made_again() -> None:
    first, second = (make_mesh(geometry({"p": HOLED, "i": DISK}), 0.05, 2) for _ in range(2))
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.cells, second.cells)


@pytest.mark.parametrize("scale", [2.0**-20, 2.0**12])
def test_a_body_of_another_size_gets_the_same_mesh(scale: float) -> None:
    def scaled(factor: float) -> Mesh:
        disk = {"kind": "disk", "center": [0.5 * factor] * 2, "radius": 0.01 * factor}
        base = {"kind": "rectangle", "size": [factor, factor]}
        body = {"kind": "difference", "base": base, "remove": [disk]}
        return make_mesh(geometry({"plate": body}), 0.2 * factor, 2)

    one, other = scaled(1.0), scaled(scale)
    assert np.array_equal(one.cells, other.cells)
    assert other.points == pytest.approx(one.points * scale, rel=1e-6, abs=1e-9 * scale)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("away", [(1e4, 0.0), (-1e4, 3e3)])
def test_a_small_body_far_away_gets_the_mesh_that_it_gets_here(
    away: tuple[float, float], order: int
) -> None:
    def body(x: float, y: float) -> Geometry:
        plate = {"kind": "rectangle", "origin": [x, y], "size": [0.01, 0.01]}
        hole = {"kind": "disk", "center": [x + 0.005, y + 0.005], "radius": 0.002}
        holed = {"kind": "difference", "base": plate, "remove": [hole]}
        left = {"kind": "line", "axis": "x", "at": x, "between": [y, y + 0.003]}
        return geometry({"plate": holed}, left=left)

    here, there = make_mesh(body(0, 0), 0.001, order), make_mesh(body(*away), 0.001, order)
    assert len(there.cells) == len(here.cells)
    np.testing.assert_allclose(length(there, "left"), 0.003, rtol=1e-6)
    np.testing.assert_allclose(area(there), area(here), rtol=1e-6)


def test_netgen_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    make_mesh(geometry({"plate": HOLED}), 0.1, 2)
    assert capfd.readouterr() == ("", "")


def test_an_order_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(UsageError, match="order: elements of order 1 and 2"):
        make_mesh(geometry({"plate": SQUARE}), 0.1, 3)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_mesh_size_that_is_no_length_is_refused(size: float) -> None:
    with pytest.raises(UsageError, match="mesh_size: must be a positive length"):
        make_mesh(geometry({"plate": SQUARE}), size, 1)


def test_a_mesh_beyond_any_use_is_refused_before_it_is_made() -> None:
    with pytest.raises(UsageError, match=r"mesh_size: .* more than 1e"):
        make_mesh(geometry({"plate": HOLED}), 1e-5, 1)


def test_a_region_of_nothing_is_refused() -> None:
    gone = {"kind": "difference", "base": DISK, "remove": [SQUARE]}
    with pytest.raises(ProblemError, match="geometry"):
        make_mesh(geometry({"plate": HOLED, "gone": gone}), 0.2, 1)


def test_an_outline_that_crosses_itself_is_refused() -> None:
    bow = {"kind": "polygon", "points": [[0, 0], [1, 1], [1, 0], [0, 1.5]]}
    with pytest.raises(ProblemError, match="geometry: netgen cannot mesh it"):
        make_mesh(geometry({"bow": bow}), 0.2, 1)


def test_curved_elements_that_fold_over_are_refused() -> None:
    outer = {"kind": "disk", "center": [0.0, 0.0], "radius": 1.0}
    inner = {"kind": "disk", "center": [0.0, 0.0], "radius": 0.99}
    ring = {"kind": "difference", "base": outer, "remove": [inner]}
    with pytest.raises(ProblemError, match="folded over"):
        make_mesh(geometry({"ring": ring}), 5.0, 2)
