"""Folders with a formulation and a field of uniform strain, of bodies of one or two regions."""

from __future__ import annotations

from pathlib import Path

import meshio
import numpy as np

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import make_mesh

STRAIN = np.array([[2e-4, 5e-5, 3e-5], [5e-5, -1e-4, 2e-5], [3e-5, 2e-5, 1e-4]])
"""Symmetric; the plane has its first two rows and columns."""
SOFT, STIFF = 70e9, 210e9


def plane(**changes: object) -> Formulation:
    """Two squares side by side, the right one three times as stiff."""
    sides = {"left": ("x", 0.0), "right": ("x", 2.0), "soft": ("y", 0.0)}
    data: dict[str, object] = {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {
                "soft": {"kind": "rectangle", "size": [1.0, 1.0]},
                "stiff": {"kind": "rectangle", "size": [1.0, 1.0], "origin": [1.0, 0.0]},
            },
            "boundaries": {
                name: {"kind": "line", "axis": axis, "at": at} for name, (axis, at) in sides.items()
            },
        },
        "materials": {
            "soft": {"youngs_modulus": SOFT, "poisson_ratio": 0.3},
            "stiff": {"youngs_modulus": STIFF, "poisson_ratio": 0.3},
        },
        "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
        "loads": [{"kind": "traction", "boundary": "right", "x": 1e6}],
        "wanted": [{"name": "force", "kind": "reaction", "boundary": "left", "component": "x"}],
    }
    return Formulation.model_validate(data | changes)


def block(**changes: object) -> Formulation:
    """A box of steel."""
    data: dict[str, object] = {
        "idealisation": "solid",
        "geometry": {
            "regions": {"block": {"kind": "box", "size": [2.0, 1.0, 1.0]}},
            "boundaries": {
                "low": {"kind": "plane", "axis": "x", "at": 0.0},
                "high": {"kind": "plane", "axis": "x", "at": 2.0},
            },
        },
        "materials": {"block": {"youngs_modulus": STIFF, "poisson_ratio": 0.3}},
        "supports": [{"boundary": "low", "x": 0.0, "y": 0.0, "z": 0.0}],
        "loads": [{"kind": "traction", "boundary": "high", "x": 1e6}],
        "wanted": [{"name": "force", "kind": "reaction", "boundary": "low", "component": "x"}],
    }
    return Formulation.model_validate(data | changes)


def write_uniform(formulation: Formulation, folder: Path, order: int = 2) -> Path:
    """Write what a program leaves where the strain is STRAIN everywhere."""
    folder.mkdir(exist_ok=True)
    mesh = make_mesh(formulation.geometry, 0.5, order)
    d = formulation.dimension
    points = np.zeros((len(mesh.points), 3))
    points[:, :d] = mesh.points
    data = {"displacement": mesh.points @ STRAIN[:d, :d]}
    meshio.Mesh(points, [(mesh.kind, mesh.cells)], data).write(folder / "fields.vtu")
    (folder / "formulation.json").write_text(formulation.model_dump_json())
    return folder


def hooke(youngs_modulus: float, strain: np.ndarray, nu: float = 0.3) -> np.ndarray:
    """Return the stress of a strain (3, 3) by Hooke's law."""
    mu = youngs_modulus / 2 / (1 + nu)
    lam = 2 * mu * nu / (1 - 2 * nu)
    return lam * np.trace(strain) * np.eye(3) + 2 * mu * strain


def flat_strain() -> np.ndarray:
    """Return STRAIN as plane strain has it."""
    found = STRAIN.copy()
    found[2] = found[:, 2] = 0.0
    return found
