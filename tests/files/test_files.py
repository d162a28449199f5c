"""Results in the files of other programs, read back by meshio and compared."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import meshio
import numpy as np
import pytest
from click.testing import CliRunner
from uniform_strain import (
    SOFT,
    STIFF,
    STRAIN,
    block,
    flat_strain,
    hooke,
    plane,
    write_uniform,
)

from mechagents.cli import cli
from mechagents.errors import UsageError
from mechagents.files import Line, read_solved, write_csv, write_msh, write_vtu
from mechagents.mechanics.formulation import Formulation

PAIRS = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "xy": (0, 1), "yz": (1, 2), "xz": (0, 2)}


def mises(stress: np.ndarray) -> float:
    deviator = stress - np.trace(stress) / 3 * np.eye(3)
    return float(np.sqrt(1.5 * (deviator**2).sum()))


@pytest.mark.parametrize("order", [1, 2])
def test_a_vtu_holds_displacement_stress_and_von_mises_at_points(
    order: int, tmp_path: Path
) -> None:
    solved = read_solved(block(), write_uniform(block(), tmp_path, order))
    write_vtu(solved, tmp_path / "out.vtu")
    mesh = meshio.read(tmp_path / "out.vtu")
    stress = hooke(STIFF, STRAIN)
    np.testing.assert_allclose(mesh.point_data["displacement"], mesh.points @ STRAIN, atol=1e-15)
    for name, at in PAIRS.items():
        np.testing.assert_allclose(mesh.point_data[f"stress_{name}"], stress[at], rtol=1e-7)
        np.testing.assert_allclose(mesh.cell_data[f"stress_{name}"][0], stress[at], rtol=1e-7)
    np.testing.assert_allclose(mesh.point_data["von_mises"], mises(stress), rtol=1e-7)


def test_stress_in_the_cells_of_a_vtu_jumps_between_regions(tmp_path: Path) -> None:
    solved = read_solved(plane(), write_uniform(plane(), tmp_path))
    write_vtu(solved, tmp_path / "out.vtu")
    mesh = meshio.read(tmp_path / "out.vtu")
    region, middle = mesh.cell_data["region"][0], mesh.points[mesh.cells[0].data].mean(axis=1)
    np.testing.assert_array_equal(region, middle[:, 0] > 1)
    for number, modulus in enumerate((SOFT, STIFF)):
        expected = hooke(modulus, flat_strain())
        found = mesh.cell_data["stress_zz"][0][region == number]
        np.testing.assert_allclose(found, expected[2, 2], rtol=1e-7)


def test_an_msh_holds_regions_and_boundaries_as_physical_groups(tmp_path: Path) -> None:
    solved = read_solved(plane(), write_uniform(plane(), tmp_path))
    write_msh(solved, tmp_path / "out.msh")
    mesh = meshio.read(tmp_path / "out.msh")
    names = {name: tuple(int(n) for n in tag) for name, tag in mesh.field_data.items()}
    assert {name: tag[1] for name, tag in names.items()} == {
        "soft": 2, "stiff": 2, "left": 1, "right": 1, "soft_boundary": 1,
    }  # fmt: skip
    areas = dict.fromkeys(names, 0.0)
    for cells, tags in zip(mesh.cells, mesh.cell_data["gmsh:physical"], strict=True):
        x = mesh.points[cells.data]
        a, b = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
        flat = np.abs(np.cross(a, b)[:, 2]) / 2
        sizes = np.linalg.norm(a, axis=1) if cells.type == "line3" else flat
        for called, (number, _) in names.items():
            areas[called] += float(sizes[tags == number].sum())
    expected = {"soft": 1.0, "stiff": 1.0, "left": 1.0, "right": 1.0, "soft_boundary": 2.0}
    assert areas == pytest.approx(expected)
    u = mesh.points @ flat_strain()
    np.testing.assert_allclose(mesh.point_data["displacement"], u, atol=1e-15)


@pytest.mark.parametrize(("order", "kind"), [(1, "hexahedron"), (2, "hexahedron27")])
def test_an_msh_of_a_solid_has_its_faces(order: int, kind: str, tmp_path: Path) -> None:
    solved = read_solved(block(), write_uniform(block(), tmp_path, order))
    write_msh(solved, tmp_path / "out.msh")
    mesh = meshio.read(tmp_path / "out.msh")
    assert {name: int(tag[1]) for name, tag in mesh.field_data.items()} == {
        "block": 3, "low": 2, "high": 2,
    }  # fmt: skip
    body, faces = mesh.cells
    assert body.type == kind
    on = mesh.points[faces.data[mesh.cell_data["gmsh:physical"][1] == mesh.field_data["high"][0]]]
    assert len(on) == 4
    np.testing.assert_allclose(on[..., 0], 2.0)
    np.testing.assert_array_equal(body.data, solved.solution.fields.blocks[0].nodes)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_along_a_line_has_the_values_between_nodes(tmp_path: Path) -> None:
    solved = read_solved(plane(), write_uniform(plane(), tmp_path))
    line = Line.of("-0.5,0.3:2,0.8", 11)
    assert write_csv(solved, line, tmp_path / "line.csv") == 9
    rows = table(tmp_path / "line.csv")
    assert len(rows) == 11
    for row, at in zip(rows, np.linspace((-0.5, 0.3), (2.0, 0.8), 11), strict=True):
        assert [float(row["x"]), float(row["y"])] == pytest.approx(list(at))
        assert float(row["distance"]) == pytest.approx(np.hypot(*(at - (-0.5, 0.3))))
        if at[0] < -1e-9:
            assert row["region"] == row["displacement_x"] == row["von_mises"] == ""
            continue
        moved = [float(row[f"displacement_{axis}"]) for axis in "xyz"]
        assert moved == pytest.approx([*(at @ STRAIN[:2, :2]), 0.0], abs=1e-15)
        # x = 1 belongs to both; the first is taken.
        assert row["region"] == ("soft" if at[0] < 1 + 1e-9 else "stiff")
        stress = hooke(SOFT if row["region"] == "soft" else STIFF, flat_strain())
        for name, index in PAIRS.items():
            assert float(row[f"stress_{name}"]) == pytest.approx(stress[index], rel=1e-6, abs=1e-3)
        assert float(row["von_mises"]) == pytest.approx(mises(stress), rel=1e-6)


def test_a_table_of_a_solid_has_six_stresses(tmp_path: Path) -> None:
    solved = read_solved(block(), write_uniform(block(), tmp_path))
    assert write_csv(solved, Line.of("0,0,0:2,1,1", 7), tmp_path / "line.csv") == 7
    stress = hooke(STIFF, STRAIN)
    for row in table(tmp_path / "line.csv"):
        for name, index in PAIRS.items():
            assert float(row[f"stress_{name}"]) == pytest.approx(stress[index], rel=1e-6)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("0,0", "is no line"),
        ("0,a:1,0", "is no line"),
        ("0,0:1,0,0", "one end has 2 coordinates, the other 3"),
        ("0,0:0,0", "both ends are the same point"),
        ("0,nan:0,0", "is not finite"),
        ("5,5:6,6", "no point of the line lies in the body"),
        ("0,0,0:1,0,0", "a point of this body has 2 coordinates, not 3"),
    ],
)
def test_a_line_that_cannot_be_is_refused(words: str, told: str, tmp_path: Path) -> None:
    solved = read_solved(plane(), write_uniform(plane(), tmp_path))
    with pytest.raises(UsageError, match=told) as caught:
        write_csv(solved, Line.of(words, 5), tmp_path / "line.csv")
    assert caught.value.where == "--line"
    assert not (tmp_path / "line.csv").exists()


def call(*words: str | Path) -> tuple[object, str]:
    """Return the error of a command or None, and what it printed."""
    done = CliRunner().invoke(cli, ["files", *map(str, words)])
    return done.exception, done.stdout


def test_the_command_writes_beside_a_result_and_not_over_a_file(tmp_path: Path) -> None:
    write_uniform(plane(), tmp_path / "mine")
    error, told = call(tmp_path / "mine", "--to", "vtu", "--to", "msh", "--json")
    assert error is None
    listed = [tmp_path / "mine" / "files" / f"result.{kind}" for kind in ("vtu", "msh")]
    assert json.loads(told) == {"files": list(map(str, listed))}
    assert all(path.is_file() for path in listed)
    error, _ = call(tmp_path / "mine", "--to", "msh")
    assert "is there already" in str(error)
    error, _ = call(tmp_path / "mine", "--to", "msh", "--out", tmp_path / "new")
    assert error is None
    assert (tmp_path / "new" / "result.msh").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "csv"), "--to csv: csv needs a line"),
        (("--to", "vtu", "--points", "5"), "--points: has no meaning without --to csv"),
        (("--to", "vtu", "--line", "0,0:1,1"), "--line: has no meaning without --to csv"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    words: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    error, _ = call(write_uniform(plane(), tmp_path), *words)
    assert isinstance(error, UsageError)
    assert told in str(error)


def test_a_folder_without_fields_is_told(tmp_path: Path) -> None:
    formulation: Formulation = plane()
    (tmp_path / "formulation.json").write_text(formulation.model_dump_json())
    error, _ = call(tmp_path, "--to", "vtu")
    assert isinstance(error, UsageError)
    assert "fields.vtu is missing" in str(error)
