"""The files that a program reads and writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.kit.evaluate import Result, Solution
from mechagents.kit.spaces import node_means
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import Mesh
from mechagents.messages import Settings

if TYPE_CHECKING:
    from mechagents.mechanics.meshing import FloatArray


def read_problem(folder: Path | str = ".") -> tuple[Formulation, Settings]:
    """Return what the program is asked: the formulation in SI units, and how to solve it.

    Args:
        folder: Where ``formulation.json`` and ``settings.json`` are. Without the latter every
            setting is left to the program.

    Raises:
        OSError: If there is no formulation.
        pydantic.ValidationError: If a file is not what its name says.
    """
    where = Path(folder)
    formulation = Formulation.model_validate_json((where / "formulation.json").read_bytes())
    settings = where / "settings.json"
    if not settings.exists():
        return formulation, Settings()
    return formulation, Settings.model_validate_json(settings.read_bytes())


def write_results(results: Sequence[Result], folder: Path | str = ".") -> None:
    """Write the quantities to ``results.json``."""
    text = json.dumps({"quantities": [asdict(result) for result in results]}, indent=1)
    (Path(folder) / "results.json").write_text(text + "\n", encoding="utf-8")


def write_history(
    factors: Sequence[float], displacements: Sequence[FloatArray], folder: Path | str = "."
) -> None:
    """Write the steps of a load path to ``history.npz``.

    Args:
        factors: What the load was multiplied by at each step.
        displacements: At the nodes at each step [m], shape (nodes, dimension) each.
        folder: Where.
    """
    import numpy as np

    np.savez(
        Path(folder) / "history.npz",
        factor=np.array(factors, dtype=np.float64),
        displacement=np.array(displacements, dtype=np.float64),
    )


def write_fields(solution: Solution, folder: Path | str = ".") -> None:
    """Write mesh, displacement [m], stress [Pa] and region numbers to ``fields.vtu``.

    Stress has the columns xx, yy, zz, xy, of solids yz and xz too. In a body of one region it is
    point data; where there are more it may jump at the nodes between them, so it is cell data, the
    mean in each element.
    """
    write_mesh_data(solution.mesh, solution, {}, folder)


def write_mesh_data(
    mesh: Mesh, solution: Solution | None, more: Mapping[str, FloatArray], folder: Path | str
) -> None:
    """Write ``fields.vtu`` with a solution, if there is one, and more data at the nodes."""
    import meshio
    import numpy as np

    points = np.zeros((len(mesh.points), 3))
    points[:, : mesh.points.shape[1]] = mesh.points
    point_data = dict(more)
    cell_data = {"region": [mesh.region]}
    several = len(mesh.regions) > 1
    if solution is not None:
        point_data["displacement"] = solution.displacement
        if not several:
            point_data["stress"] = np.empty((len(mesh.points), solution.stress.shape[2]))
            point_data["stress"][mesh.cells] = node_means(mesh, solution.stress)
    fields = meshio.Mesh(points, [(mesh.kind, mesh.cells)], point_data, cell_data)
    if solution is not None and several:
        fields.cell_data["stress"] = [solution.stress.mean(axis=1)]
    fields.write(Path(folder) / "fields.vtu")
