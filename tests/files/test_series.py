"""Series of steps in XDMF, read back by meshio."""

from __future__ import annotations

from pathlib import Path

import meshio
import numpy as np
import pytest
from meshio.xdmf import TimeSeriesReader
from uniform_strain import STRAIN, block, plane, write_uniform

from mechagents.errors import UsageError
from mechagents.files import read_solved, write_xdmf
from mechagents.mechanics.formulation import Formulation


def steps_of(path: Path) -> tuple[np.ndarray, list[tuple[float, dict[str, np.ndarray]]]]:
    with TimeSeriesReader(path) as reader:
        points, _ = reader.read_points_cells()
        return points, [reader.read_data(i)[:2] for i in range(reader.num_steps)]


@pytest.mark.parametrize("order", [1, 2])
def test_statics_is_one_step(order: int, tmp_path: Path) -> None:
    solved = read_solved(block(), write_uniform(block(), tmp_path, order))
    write_xdmf(solved, tmp_path / "out.xdmf")
    points, steps = steps_of(tmp_path / "out.xdmf")
    ((at, data),) = steps
    assert at == 0.0
    np.testing.assert_allclose(data["displacement"], points @ STRAIN, atol=1e-15)
    np.testing.assert_allclose(data["von_mises"], solved.point_data["von_mises"])


def moving() -> Formulation:
    dense = {
        f"materials.{name}.density": density
        for name, density in {"soft": 2700.0, "stiff": 7800.0}.items()
    }
    last = {"wanted.0.time": 0.02}
    return plane().amended({"analysis": "transient", "end_time": 0.02, **dense, **last})


def test_a_motion_has_a_step_a_time(tmp_path: Path) -> None:
    solved = read_solved(moving(), write_uniform(moving(), tmp_path))
    shape = (3, *solved.solution.fields.points.shape)
    values = {
        name: np.random.default_rng(i).random(shape)
        for i, name in enumerate(("displacement", "velocity", "acceleration"))
    }
    time = np.array([0.0, 0.01, 0.02])
    np.savez(tmp_path / "history.npz", time=time, **values)
    write_xdmf(solved, tmp_path / "out.xdmf")
    _, steps = steps_of(tmp_path / "out.xdmf")
    assert [at for at, _ in steps] == list(time)
    for step, (_, data) in enumerate(steps):
        for name, expected in values.items():
            np.testing.assert_allclose(data[name][:, :2], expected[step], rtol=1e-15)


def test_a_motion_without_its_history_is_told(tmp_path: Path) -> None:
    solved = read_solved(moving(), write_uniform(moving(), tmp_path))
    with pytest.raises(UsageError, match=r"history\.npz is missing"):
        write_xdmf(solved, tmp_path / "out.xdmf")
    assert not (tmp_path / "out.xdmf").exists()


def test_vibration_has_a_step_a_mode(tmp_path: Path) -> None:
    f = moving().amended(
        {
            "analysis": "modal", "end_time": None, "loads": [],
            "wanted": [{"name": "second", "kind": "frequency", "number": 2}],
        }
    )  # fmt: skip
    write_uniform(f, tmp_path)
    mesh = meshio.read(tmp_path / "fields.vtu")
    modes = {f"mode_{n}": mesh.points @ (n * STRAIN) for n in (1, 2)}
    for mode in modes.values():
        mode[:, 2] = 0.0
    meshio.Mesh(mesh.points, mesh.cells, modes).write(tmp_path / "fields.vtu")
    write_xdmf(read_solved(f, tmp_path), tmp_path / "out.xdmf")
    _, steps = steps_of(tmp_path / "out.xdmf")
    assert [at for at, _ in steps] == [1.0, 2.0]
    for (_, data), mode in zip(steps, modes.values(), strict=True):
        np.testing.assert_allclose(data["mode"], mode, atol=1e-15)
