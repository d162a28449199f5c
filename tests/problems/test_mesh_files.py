"""Regions from mesh files: outlines, arcs, names, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin
from pathlib import Path

import mesh_files as made
import meshio
import numpy as np
import pytest
from stepped import profile, stepped

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import Difference, Disk, Geometry, OnSides, Polygon, Profile
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.mechanics.shapes import body, outline
from mechagents.mechanics.sides import Arc, Line, arc_through
from mechagents.messages import Answer
from mechagents.problems import load_problem
from mechagents.problems.mesh_file import read_mesh
from mechagents.problems.recognise import sides_through
from mechagents.run import solve
from mechagents.team import full_team

BAR = stepped().geometry
HOLED = Geometry.model_validate(
    {
        "regions": {
            "plate": {
                "kind": "difference",
                "base": {"kind": "rectangle", "size": [0.2, 0.1]},
                "remove": [{"kind": "disk", "center": [0.1, 0.05], "radius": 0.02}],
            },
            "pin": {"kind": "disk", "center": [0.1, 0.05], "radius": 0.02},
        },
        "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0}},
    }
)


def bar(order: int = 1, size: float = 0.003) -> Mesh:
    return make_mesh(BAR, size, order)


def read(content: bytes, suffix: str = ".msh", unit: float = 1e-3) -> Geometry:
    return read_mesh(content, suffix, unit, "mm").geometry


def sides_in(geometry: Geometry) -> list[str]:
    (shape,) = geometry.regions.values()
    assert isinstance(shape, Profile)
    return [side.kind for side in shape.sides]


def test_groups_of_gmsh_4_are_regions_and_boundaries():
    geometry = read((Path(__file__).parent / "square.msh").read_bytes())
    assert list(geometry.regions) == ["plate"]
    assert geometry.boundaries["left"] == OnSides(region="plate", sides=(3,))
    assert body(geometry).bounds == pytest.approx((0.0, 0.0, 0.02, 0.01))
    assert body(geometry).area == pytest.approx(2e-4)


@pytest.mark.parametrize("order", [1, 2])
def test_the_outline_of_a_mesh_is_the_one_it_was_made_of(order, tmp_path):
    geometry = read(made.gmsh(bar(order), tmp_path / "bar.msh"))
    assert list(geometry.regions) == ["bar"]
    kinds = sides_in(geometry)
    assert sorted(kinds) == ["arc"] + ["straight"] * 5
    ideal, found = outline(BAR.regions["bar"]), outline(geometry.regions["bar"])
    assert found.symmetric_difference(ideal).area < 1e-9 * ideal.area
    assert set(geometry.boundaries) == {"axis", "pulled", "left"}


def test_sets_of_abaqus_are_regions_and_boundaries(tmp_path):
    geometry = read(made.abaqus(bar(), tmp_path / "bar.inp"), ".inp", 1.0)
    assert list(geometry.regions) == ["bar"]
    assert set(geometry.boundaries) == {"axis", "pulled", "left"}
    assert body(geometry).bounds == pytest.approx((0, 0, 0.12, 0.03))


def test_regions_that_share_a_circle_are_a_disk_and_a_hole(tmp_path):
    mesh = make_mesh(HOLED, 0.01, 1)
    geometry = read(made.vtu(mesh, tmp_path / "a.vtu", region=mesh.region + 1), ".vtu", 1.0)
    assert set(geometry.regions) == {"region_1", "region_2"}
    plate, pin = geometry.regions["region_1"], geometry.regions["region_2"]
    assert isinstance(plate, Difference)
    assert isinstance(plate.base, Polygon)
    assert isinstance(pin, Disk)
    assert plate.remove == (pin,)
    assert pin.radius == pytest.approx(0.02, rel=1e-9)
    assert pin.center == pytest.approx((0.1, 0.05))


def test_a_mesh_without_regions_is_one_body(tmp_path):
    geometry = read(made.vtu(bar(), tmp_path / "a.vtu"), ".vtu", 1.0)
    assert list(geometry.regions) == ["body"]
    assert not geometry.boundaries


def test_rounded_coordinates_still_make_an_arc(tmp_path):
    rough = made.with_noise(bar(), 2e-7)
    assert "arc" in sides_in(read(made.gmsh(rough, tmp_path / "bar.msh")))


def test_a_coarse_arc_is_a_polygon(tmp_path):
    geometry = read(made.gmsh(bar(1, 0.05), tmp_path / "bar.msh"))
    assert isinstance(geometry.regions["bar"], Polygon)


def test_how_a_mesh_was_read_is_an_assumption(tmp_path):
    content = made.gmsh(bar(), tmp_path / "bar.msh")
    found = read_mesh(content, ".msh", 1.0, "m, by default")
    told = {item["about"]: item for item in found.assumptions}
    assert told["mesh_outline"]["value"] == "5 straight sides and 1 arcs"
    assert told["mesh_outline"]["source"] == "inferred"
    assert told["mesh_unit"]["source"] == "default"


def circle(count: int, first: float, turn: float) -> list[tuple[float, float]]:
    return [
        (cos(first + turn * k / count), sin(first + turn * k / count)) for k in range(count + 1)
    ]


def test_nodes_in_a_row_make_the_fewest_sides():
    slot = [(x + 3.0, y) for x, y in circle(8, -pi / 2, pi)]
    slot += [(1.5, 1.0), *circle(8, pi / 2, pi)[:-1], (0.0, -1.0), (1.0, -1.0), (2.0, -1.0)]
    # It begins in the middle of an arc.
    points = np.array([*slot[4:], *slot[:5]])
    found = sides_through(points, 1e-9)
    assert sorted(type(side).__name__ for side in found) == ["Arc", "Arc", "Line", "Line"]
    assert sum(side.length for side in found) == pytest.approx(6.0 + 2 * pi)


def test_the_corners_of_a_square_are_no_circle():
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], dtype=float)
    assert [type(side) for side in sides_through(square, 1e-9)] == [Line] * 4


def test_a_full_circle_is_made_of_arcs():
    found = sides_through(np.array(circle(16, 0.3, 2 * pi)), 1e-9)
    assert all(isinstance(side, Arc) for side in found)
    assert sum(side.length for side in found) == pytest.approx(2 * pi)


def test_an_arc_of_nodes_is_the_arc_through_them():
    (found,) = sides_through(np.array(circle(6, 0.0, 1.5)), 1e-9)
    assert isinstance(found, Arc)
    same = arc_through((1.0, 0.0), (cos(0.7), sin(0.7)), (cos(1.5), sin(1.5)))
    assert found.center == pytest.approx(same.center, abs=1e-9)
    assert found.turn == pytest.approx(1.5)


def written(path: Path, points: np.ndarray, cells: list) -> bytes:
    meshio.write(path, meshio.Mesh(points, cells))
    return path.read_bytes()


def test_what_is_no_mesh_of_the_plane_is_refused(tmp_path):
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=float)
    tetra = written(tmp_path / "a.vtu", corners, [("tetra", [[0, 1, 2, 3]])])
    with pytest.raises(ProblemError, match=r"holds solid elements \(tetra\)"):
        read(tetra, ".vtu")
    upright = written(tmp_path / "b.vtu", corners, [("triangle", [[0, 1, 3]])])
    with pytest.raises(ProblemError, match=r"z = 0 m to z = 0.001 m"):
        read(upright, ".vtu")
    lines = written(tmp_path / "c.vtu", corners, [("line", [[0, 1]])])
    with pytest.raises(ProblemError, match=r"holds no triangles or quadrilaterals; .*: line"):
        read(lines, ".vtu")
    with pytest.raises(ProblemError, match="is no gmsh mesh that can be read"):
        read(b"hello", ".msh")


def test_a_mesh_that_meets_itself_or_overlaps_is_refused(tmp_path):
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], dtype=float)
    bow = written(tmp_path / "a.vtu", points, [("triangle", [[0, 1, 2], [0, 3, 4]])])
    with pytest.raises(ProblemError, match=r"region body: the outline meets itself at \(0, 0\) m"):
        read(bow, ".vtu")
    thrice = [("triangle", [[0, 1, 2], [0, 1, 4], [1, 0, 3]])]
    with pytest.raises(ProblemError, match="3 elements share the edge"):
        read(written(tmp_path / "b.vtu", points, thrice), ".vtu")


def test_nodes_that_are_doubled_are_told(tmp_path):
    mesh = bar()
    split = mesh.cells.copy()
    points = np.concatenate([mesh.points, mesh.points[split[0]]])
    split[0] = len(mesh.points) + np.arange(3)
    cracked = replace(mesh, points=points, cells=split)
    with pytest.raises(ProblemError, match="doubled that should be shared"):
        read(made.vtu(cracked, tmp_path / "a.vtu"), ".vtu", 1.0)


PROBLEM = """\
statement: How large is the stress in the fillet?
settings: {mesh_size: 1.5e-3, element_order: 2}
tolerance: 0.03
formulation:
  idealisation: plane_stress
  geometry:
    file: bar.msh
    unit: mm
  materials: {bar: structural_steel}
  supports: [{boundary: left, x: 0.0}, {boundary: axis, y: 0.0}]
  loads: [{kind: traction, boundary: pulled, x: 100 MPa}]
  wanted: [{name: held, kind: reaction, boundary: left, component: x}]
"""


async def test_a_problem_with_a_mesh_file_is_verified(tmp_path):
    made.gmsh(bar(2), tmp_path / "bar.msh")
    path = tmp_path / "bar.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    problem = load_problem(str(path))
    (tmp_path / "bar.msh").unlink()
    answer = await solve(problem, full_team(), folder=tmp_path)
    assert isinstance(answer, Answer)
    assert answer.claim_level == "verified", answer.note
    assert answer.quantities[0].value == pytest.approx(-2e6, rel=1e-6)
    assert {"geometry_file", "mesh_outline", "mesh_unit"} <= {a.about for a in answer.assumptions}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("unit: mm", "unit: kg"), "bar.yaml:8: formulation.geometry.unit: 'kg' is no unit of"),
        (("    unit: mm\n", ""), "materials"),
    ],
)
def test_the_unit_of_a_mesh_file_is_stated(change, told, tmp_path):
    made.gmsh(bar(), tmp_path / "bar.msh")
    path = tmp_path / "bar.yaml"
    path.write_text(PROBLEM.replace(*change), encoding="utf-8")
    if told == "materials":
        formulation = load_problem(str(path)).formulation
        assert formulation is not None
        assert body(formulation.geometry).bounds[2] == pytest.approx(120.0)
        return
    with pytest.raises(ProblemError, match=told):
        load_problem(str(path))


def test_a_step_file_takes_no_unit(tmp_path):
    path = tmp_path / "bar.yaml"
    path.write_text(PROBLEM.replace("bar.msh", "bar.step"), encoding="utf-8")
    with pytest.raises(ProblemError, match="unit: a STEP file states its own unit"):
        load_problem(str(path))


def test_the_profile_of_the_tests_has_six_sides():
    assert len(profile()["sides"]) == 6
