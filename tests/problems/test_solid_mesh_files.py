"""Solids from mesh files: what they become, which names are kept, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import pytest
import solid_mesh_files as made
from mesh_files import with_noise

from mechagents.errors import ProblemError
from mechagents.mechanics.geometry import Box, Cylinder, OnCylinder, OnPlane, OnTiltedPlane
from mechagents.mechanics.solid_body import area, volume
from mechagents.problems import load_problem
from mechagents.problems.mesh_sections import MeshSolid
from mechagents.problems.mesh_solids import check_is_of, read_solid_mesh
from mechagents.problems.outlines import FileRegions
from mechagents.problems.skins import Skin, patches_of

BLOCK = {"kind": "box", "size": [0.04, 0.03, 0.02]}
HOLE = {
    "kind": "cylinder",
    "base": [0.02, 0.015, 0.0],
    "axis": "z",
    "radius": 0.005,
    "height": 0.02,
}
ACROSS = {
    "kind": "cylinder",
    "base": [0.0, 0.015, 0.01],
    "axis": "x",
    "radius": 0.003,
    "height": 0.04,
}
DRILLED = {"kind": "difference", "base": BLOCK, "remove": [HOLE]}
NEXT = {**BLOCK, "origin": [0.04, 0.0, 0.0]}
NAMES = {
    "wall": {"kind": "plane", "axis": "x", "at": 0.0},
    "tip": {"kind": "plane", "axis": "x", "at": 0.08},
    "bore": {"kind": "cylinder_surface", "axis": "z", "center": [0.02, 0.015], "radius": 0.005},
}
SIZE = 0.005


def read(content: bytes, suffix: str = ".msh", unit: float = 1e-3) -> FileRegions:
    return read_solid_mesh(content, suffix, unit, "mm")


@pytest.fixture(scope="module", params=[1, 2])
def drilled(request) -> Any:
    """A drilled block beside a plain one, meshed in either order."""
    return made.meshed(made.geometry({"near": DRILLED, "far": NEXT}, NAMES), SIZE, request.param)


def test_a_drilled_block_with_names_and_two_regions_goes_round(drilled, tmp_path):
    found = read(made.gmsh(drilled, tmp_path / "block.msh")).geometry
    assert found.regions["far"] == Box(origin=(0.04, 0.0, 0.0), size=(0.04, 0.03, 0.02))
    assert volume(found.regions["near"]) == pytest.approx(0.04 * 0.03 * 0.02 - pi * 0.005**2 * 0.02)
    assert found.boundaries == {
        "wall": OnPlane(axis="x", at=0.0),
        "tip": OnPlane(axis="x", at=0.08),
        "bore": OnCylinder(axis="z", center=(0.02, 0.015), radius=0.005),
    }
    assert area(found, "bore") == pytest.approx(2 * pi * 0.005 * 0.02)


@pytest.mark.parametrize(
    ("write", "suffix", "unit"),
    [
        (lambda mesh, path: made.gmsh(mesh, path, "gmsh"), ".msh", 1e-3),
        (made.vtu, ".vtu", 1.0),
        (made.abaqus, ".inp", 1.0),
    ],
)
def test_files_of_other_programs_say_the_same(drilled, write, suffix, unit, tmp_path):
    expected = read(made.gmsh(drilled, tmp_path / "block.msh")).geometry
    found = read(write(drilled, tmp_path / f"block{suffix}"), suffix, unit).geometry
    assert list(found.regions.values()) == list(expected.regions.values())
    if suffix != ".vtu":
        assert found.boundaries == expected.boundaries


def test_how_it_was_read_is_told(drilled, tmp_path):
    surface, unit = read(made.gmsh(drilled, tmp_path / "block.msh")).assumptions
    assert surface["about"] == "mesh_surface"
    assert surface["value"].startswith("12 planes and")
    assert surface["source"] == "inferred"
    assert unit["value"] == "mm"


def test_holes_that_cross_are_cut_out(tmp_path):
    body = {"kind": "difference", "base": BLOCK, "remove": [HOLE, ACROSS]}
    mesh = made.meshed(made.geometry({"block": body}), SIZE, 2)
    (region,) = read(made.gmsh(mesh, tmp_path / "block.msh")).geometry.regions.values()
    given = made.geometry({"block": body}).regions["block"]
    assert volume(region) == pytest.approx(volume(given), rel=1e-6)


def test_a_stepped_shaft_is_made_of_cylinders(tmp_path):
    thick = {"kind": "cylinder", "base": [0, 0, 0], "axis": "x", "radius": 0.01, "height": 0.05}
    thin = {**thick, "base": [0.05, 0.0, 0.0], "radius": 0.006, "height": 0.04}
    mesh = made.meshed(made.geometry({"s": {"kind": "union", "shapes": [thick, thin]}}), SIZE, 1)
    (region,) = read(made.gmsh(mesh, tmp_path / "shaft.msh")).geometry.regions.values()
    assert region.kind == "union"
    assert region.shapes == (
        Cylinder(base=(0.0, 0.0, 0.0), axis="x", radius=0.01, height=0.05),
        Cylinder(base=(0.05, 0.0, 0.0), axis="x", radius=0.006, height=0.04),
    )


@pytest.mark.parametrize("kind", ["hexahedron", "hexahedron20", "hexahedron27"])
def test_hexahedra_of_each_kind_are_read(kind, tmp_path):
    mesh = made.meshed(made.geometry({"b": BLOCK}), 0.01, 1 if kind == "hexahedron" else 2)
    cells = mesh.cells[:, : int(kind.removeprefix("hexahedron") or 8)]
    meshio.write(tmp_path / "b.vtu", meshio.Mesh(mesh.points, [(kind, cells)]))
    found = read((tmp_path / "b.vtu").read_bytes(), ".vtu", 1.0).geometry
    assert found.regions == {"body": Box(size=(0.04, 0.03, 0.02))}


def ring(columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes and hexahedra of a tube about z, with so many elements around."""
    angles = 2 * pi * np.arange(columns) / columns
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    layers = [np.column_stack([r * circle, np.full(columns, z)]) for z in (0, 1) for r in (1, 2)]
    one = np.arange(columns)
    two = (one + 1) % columns
    base = np.stack([one, one + columns, two + columns, two], axis=1)
    return np.concatenate(layers), np.concatenate([base, base + 2 * columns], axis=1)


def written(points: np.ndarray, cells: np.ndarray, kind: str, folder: Path) -> bytes:
    meshio.write(folder / "m.vtu", meshio.Mesh(points, [(kind, cells)]))
    return (folder / "m.vtu").read_bytes()


def test_strips_of_faces_around_an_axis_are_a_cylinder(tmp_path):
    points, cells = ring(16)
    (tube,) = read(
        written(points, cells, "hexahedron", tmp_path), ".vtu", 1.0
    ).geometry.regions.values()
    assert volume(tube) == pytest.approx(3 * pi)


def test_faces_that_turn_by_more_stay_flat(tmp_path):
    points, cells = ring(8)
    (tube,) = read(
        written(points, cells, "hexahedron", tmp_path), ".vtu", 1.0
    ).geometry.regions.values()
    assert volume(tube) == pytest.approx(3 * 4 * np.sin(pi / 4))


def test_elements_numbered_the_other_way_round_are_read(tmp_path):
    points, cells = ring(16)
    back = cells[:, [4, 5, 6, 7, 0, 1, 2, 3]]
    (tube,) = read(
        written(points, back, "hexahedron", tmp_path), ".vtu", 1.0
    ).geometry.regions.values()
    assert volume(tube) == pytest.approx(3 * pi)


def test_noise_of_rounding_does_not_matter(drilled, tmp_path):
    noisy = with_noise(drilled, 1e-8)
    found = read(made.gmsh(noisy, tmp_path / "block.msh")).geometry
    assert volume(found.regions["near"]) == pytest.approx(2.4e-5 - pi * 5e-7, rel=1e-5)
    assert set(found.boundaries) == set(NAMES)


def test_a_part_of_a_plane_is_told_by_its_limits_and_other_names_are_left_out(tmp_path):
    part = {"kind": "plane", "axis": "z", "at": 0.02, "within": {"x": [0.01, 0.02]}}
    base = {"kind": "plane", "axis": "z", "at": 0.0}
    body = made.geometry({"b": BLOCK}, {"patch": part, "base": base})
    mesh = made.meshed(body, 0.005, 1)
    top, bottom = mesh.boundary_faces.values()
    mixed = np.concatenate([top[:1], bottom])
    faces = {"patch": top, "half": top[:1], "mixed": mixed, "corners": top[[0, -1]]}
    named = replace(mesh, boundary_faces=faces)
    found = read(made.gmsh(named, tmp_path / "block.msh"))
    assert found.geometry.boundaries == {
        "patch": OnPlane(axis="z", at=0.02, within={"x": (0.01, 0.02), "y": (0.0, 0.03)}),
        "half": OnPlane(axis="z", at=0.02, within={"x": (0.01, 0.015), "y": (0.0, 0.005)}),
    }
    assert found.assumptions[-1]["value"] == "mixed, corners"


def test_a_face_that_is_askew_is_a_tilted_plane(tmp_path):
    profile = {"kind": "polygon", "points": [[0, 0], [0.03, 0], [0.01, 0.02], [0, 0.02]]}
    wedge = {"kind": "extrusion", "profile": profile, "axis": "y", "between": [0.0, 0.02]}
    slope = {"kind": "tilted_plane", "point": [0.02, 0.0, 0.01], "normal": [1, 0, 1]}
    profile["points"] = [[b, a] for a, b in profile["points"]]
    mesh = made.meshed(made.geometry({"b": wedge}, {"slope": slope}), 0.005, 1)
    found = read(made.gmsh(mesh, tmp_path / "wedge.msh")).geometry
    assert isinstance(found.boundaries["slope"], OnTiltedPlane)
    assert area(found, "slope") == pytest.approx(0.02 * 0.02 * 2**0.5)


def test_a_solid_of_another_kind_is_refused(tmp_path):
    ball = {"kind": "sphere", "center": [0, 0, 0], "radius": 0.01}
    content = made.gmsh(made.meshed(made.geometry({"b": ball}), SIZE, 1), tmp_path / "b.msh")
    told = "region b is not drawn along x, y or z in steps.*no two flat ends.*mesh finer"
    with pytest.raises(ProblemError, match=told):
        read(content)


def test_a_mesh_of_the_plane_is_no_solid(tmp_path):
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    with pytest.raises(ProblemError, match=r"holds no tetrahedra.*its elements: triangle"):
        read(written(points, np.array([[0, 1, 2]]), "triangle", tmp_path), ".vtu")


def test_kinds_that_are_mixed_or_unknown_are_refused(tmp_path):
    points = np.random.default_rng(0).random((6, 3))
    with pytest.raises(ProblemError, match=r"have to be of one kind of tetra.*wedge"):
        read(written(points, np.arange(6)[None], "wedge", tmp_path), ".vtu")


def test_parts_that_do_not_share_their_nodes_are_refused(tmp_path):
    one = made.meshed(made.geometry({"b": BLOCK}), 0.01, 1)
    points = np.concatenate([one.points, one.points + np.array([0.04, 0.0, 0.0])])
    cells = np.concatenate([one.cells, one.cells + len(one.points)])
    with pytest.raises(ProblemError, match=r"faces of their own at .*merge the nodes"):
        read(written(points, cells, "hexahedron", tmp_path), ".vtu")


def test_parts_that_meet_in_an_edge_are_refused(tmp_path):
    one = made.meshed(made.geometry({"b": BLOCK}), 0.02, 1)
    points = np.concatenate([one.points, one.points + np.array([0.04, 0.03, 0.0])])
    cells = np.concatenate([one.cells, one.cells + len(one.points)])
    _, first, same = np.unique(points.round(9), axis=0, return_index=True, return_inverse=True)
    content = written(points[first], same.ravel()[cells], "hexahedron", tmp_path)
    with pytest.raises(ProblemError, match="meets itself in the edge at"):
        read(content, ".vtu", 1.0)


@pytest.fixture
def skin() -> tuple[MeshSolid, np.ndarray]:
    """A tube's skin, and the middles of its elements."""
    points, cells = ring(16)
    content = [[1, 2, 6, 5], [0, 4, 7, 3], [0, 3, 2, 1], [4, 5, 6, 7]]
    quads = np.concatenate([cells[:, row] for row in content])
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    found = Skin(points, triangles, 1e-6)
    solid = MeshSolid(found, patches_of(found), 4.0, {"x": [], "y": [], "z": []})
    return solid, points[cells].mean(axis=1)


TUBE = {"kind": "cylinder", "base": [0, 0, 0], "axis": "z", "radius": 2.0, "height": 1.0}
CORE = {**TUBE, "radius": 1.0}


@pytest.mark.parametrize(
    "spoilt",
    [
        TUBE,
        {"kind": "difference", "base": {**TUBE, "height": 1.1}, "remove": [CORE]},
        {"kind": "difference", "base": TUBE, "remove": [{**CORE, "radius": 1.001}]},
        {
            "kind": "difference",
            "base": TUBE,
            "remove": [CORE, {**CORE, "base": [1.5, 0.2, 0.25], "radius": 0.2, "height": 0.5}],
        },
    ],
    ids=["no bore", "too long", "bore too wide", "a hole inside"],
)
def test_a_shape_that_is_not_that_of_the_mesh_is_found(skin, spoilt):
    solid, middles = skin
    right = {"kind": "difference", "base": TUBE, "remove": [CORE]}
    check_is_of(made.geometry({"t": right}).regions["t"], solid, middles, "t")
    with pytest.raises(ProblemError, match="is no shape drawn and drilled"):
        check_is_of(made.geometry({"t": spoilt}).regions["t"], solid, middles, "t")


PROBLEM = """\
statement: How far does the block give way?
formulation:
  idealisation: solid
  geometry: {file: block.msh, unit: mm}
  materials: {near: structural_steel, far: copper}
  supports: [{boundary: wall, x: 0.0, y: 0.0, z: 0.0}]
  loads: [{kind: traction, boundary: tip, x: 1 MPa}]
  wanted: [{name: held, kind: reaction, boundary: wall, component: x}]
"""


def test_a_problem_with_a_mesh_of_a_solid_stands_by_itself(drilled, tmp_path):
    made.gmsh(drilled, tmp_path / "block.msh")
    path = tmp_path / "block.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    formulation = load_problem(str(path)).formulation
    assert formulation is not None
    assert set(formulation.geometry.boundaries) == set(NAMES)
    assert [item.about for item in formulation.assumptions] == [
        "geometry_file", "mesh_surface", "mesh_unit",
    ]  # fmt: skip
