"""A pressure follows the surface: exact solutions, its load stiffness, and planted faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finite_solutions import RUBBER, block, solve_finite
from inflation import inflated
from returned import failed, reported, verdict
from scipy.sparse import csr_matrix

from mechagents.kit import FollowerPressure, basis, make_mesh, node_dofs
from mechagents.kit.follower import PressedEdge
from mechagents.mechanics.formulation import Formulation, Pressure
from mechagents.verification.assembly import balance
from mechagents.verification.fields import Block, Fields
from mechagents.verification.solution import Solution

IDEALISATIONS = ["plane_strain", "plane_stress", "axisymmetric"]


class StaysBehind(FollowerPressure):
    """Acts on the surface as it was before deformation."""

    def forces(self, u: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
        force, tangent = super().forces(0 * u)
        return force, 0 * tangent


class Suction(FollowerPressure):
    """Acts out of the body."""

    def forces(self, u: np.ndarray) -> tuple[np.ndarray, csr_matrix]:
        force, tangent = super().forces(u)
        return -force, -tangent


class OldWidth(FollowerPressure):
    """Turns and stretches with the edge, on the radius or the thickness before deformation."""

    @property
    def edges(self) -> tuple[PressedEdge, ...]:
        class Edge(PressedEdge):
            def _weight(self, u: np.ndarray, H: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                weight, slope = super()._weight(0 * u, 0 * H)
                return weight, 0 * slope

        loads = [load for load in self.problem.loads if isinstance(load, Pressure)]
        return tuple(Edge.of(self.problem, self.mesh, self.space, load) for load in loads)


FAULTS = [
    *((fault, idealisation) for fault in (StaysBehind, Suction) for idealisation in IDEALISATIONS),
    (OldWidth, "plane_stress"),
    (OldWidth, "axisymmetric"),
]


def _pressed(idealisation: str, **changes: object) -> Formulation:
    """A block held at its bottom, pressed at its right by a pressure that varies along it."""
    return block(
        idealisation=idealisation,
        supports=[{"boundary": "bottom", "x": 0.0, "y": 0.0}],
        loads=[{"kind": "pressure", "boundary": "right", "value": {"formula": "2e5 * (1 + y)"}}],
        wanted=[{"name": "tip", "kind": "displacement", "component": "x", "at": [1.0, 1.0]}],
        **changes,
    )


def _shell(*, sphere: bool) -> Formulation:
    """A quarter of a thick cylinder or half a hollow sphere, inflated by 400 kPa."""
    supports = [{"boundary": "bottom", "y": 0.0}, {"boundary": "left", "x": 0.0}]
    wanted = {"bore": ("displacement", "x"), "radial": ("stress", "xx")}
    wanted["hoop"] = ("stress", "zz" if sphere else "yy")
    square = {"kind": "rectangle", "size": [2.0, 2.0]}
    ball, hole = ({"kind": "disk", "center": [0.0, 0.0], "radius": r} for r in (2.0, 1.0))
    ring = {"kind": "difference", "base": ball, "remove": [hole]}
    return Formulation.model_validate(
        {
            "analysis": "static_finite",
            "idealisation": "axisymmetric" if sphere else "plane_strain",
            "geometry": {
                "regions": {"wall": {"kind": "intersection", "shapes": [square, ring]}},
                "boundaries": {
                    "left": {"kind": "line", "axis": "x", "at": 0.0},
                    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                    "inside": {"kind": "circle", "center": [0.0, 0.0], "radius": 1.0},
                },
            },
            "materials": {"wall": RUBBER | {"lam": 4e6}},
            "supports": supports[: 1 if sphere else 2],
            "loads": [{"kind": "pressure", "boundary": "inside", "value": 4e5}],
            "wanted": [
                {"name": name, "kind": kind, "component": component, "at": [1.0, 0.0]}
                for name, (kind, component) in wanted.items()
            ],
        }
    )


@pytest.mark.parametrize("sphere", [False, True])
def test_an_inflated_shell_is_that_of_the_radial_equation(tmp_path: Path, sphere: bool) -> None:
    found = solve_finite(_shell(sphere=sphere), 0.1)
    moved, radial, hoop = inflated((1.0, 2.0), 1e6, 4e6, 4e5, sphere=sphere)
    values = reported(found)
    assert values["bore"] == pytest.approx(moved, rel=1e-4)
    assert values["radial"] == pytest.approx(radial, rel=3e-2)
    assert values["hoop"] == pytest.approx(hoop, rel=1e-2)
    assert failed(verdict(tmp_path / "run", found, values)) == {}


@pytest.mark.parametrize("idealisation", IDEALISATIONS)
def test_load_stiffness_is_the_derivative_of_the_force(idealisation: str) -> None:
    problem = _pressed(idealisation, thickness=0.1 if idealisation == "plane_stress" else None)
    mesh = make_mesh(problem.geometry, 0.5, 2)
    V = basis(mesh)
    pressure = FollowerPressure(problem, mesh, V)
    rng = np.random.default_rng(0)
    u, v = 0.05 * rng.normal(size=V.N), rng.normal(size=V.N)
    ahead, behind = (pressure.forces(u + s * v)[0] for s in (1e-6, -1e-6))
    slope = (ahead - behind) / 2e-6
    assert pressure.forces(u)[1] @ v == pytest.approx(slope, rel=1e-6, abs=1e-6 * abs(slope).max())


@pytest.mark.parametrize("kind", ["triangles", "rectangles"])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("idealisation", IDEALISATIONS)
def test_programs_and_checks_have_the_same_force(idealisation: str, order: int, kind: str) -> None:
    problem = _pressed(idealisation)
    if kind == "triangles":
        whole = {"kind": "polygon", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}
        problem = problem.amended({"geometry.regions.block": whole})
    mesh = make_mesh(problem.geometry, 0.5, order)
    assert mesh.kind.startswith("tri") == (kind == "triangles")
    V = basis(mesh)
    dofs = node_dofs(V, mesh)
    u = 0.05 * np.random.default_rng(0).normal(size=mesh.points.shape)
    u[:, 0] *= mesh.points[:, 0]  # nothing leaves the axis
    flat = np.zeros(V.N)
    flat[dofs] = u
    force = FollowerPressure(problem, mesh, V).forces(flat)[0][dofs]
    fields = Fields(mesh.points, (Block(mesh.kind, mesh.cells),), u)
    assert balance(Solution.of(problem, fields), 1).external == pytest.approx(
        force, rel=1e-7, abs=1e-7 * abs(force).max()
    )


@pytest.mark.parametrize("idealisation", IDEALISATIONS)
def test_a_right_solution_is_accepted(tmp_path: Path, idealisation: str) -> None:
    found = solve_finite(_pressed(idealisation))
    assert failed(verdict(tmp_path / "run", found)) == {}
    assert abs(found.u).max() > 0.05


@pytest.mark.parametrize(("fault", "idealisation"), FAULTS)
def test_a_pressure_that_does_not_follow_is_refused(
    tmp_path: Path, fault: type[FollowerPressure], idealisation: str
) -> None:
    found = solve_finite(_pressed(idealisation), pressed=fault)
    assert "equilibrium:residual" in failed(verdict(tmp_path / "run", found))
