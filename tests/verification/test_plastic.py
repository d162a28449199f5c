"""Plasticity: right histories pass, planted faults are refused, the return is that of theory."""

from __future__ import annotations

import importlib
import io
import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from returned import Returned, failed, leave, nodal_means, reported

from mechagents.kit import PlasticBody, basis, load_steps, make_mesh, node_dofs, write_history
from mechagents.kit.plastic import Flow, plane_stress_return
from mechagents.kit.plastic import radial_return as kit_return
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.plastic import J2Plastic
from mechagents.messages import Evidence, Execution, Settings
from mechagents.verification import verify_folder
from mechagents.verification.judge import judge
from mechagents.verification.plastic import Constants, State, radial_return, tangent
from mechagents.verification.reference import ReferenceSolution

STEEL = {
    "kind": "j2_plastic", "youngs_modulus": 200e9, "poisson_ratio": 0.3, "yield_stress": 250e6,
    "hardening_modulus": 10e9,
}  # fmt: skip


def strip(**changes: object) -> Formulation:
    """A clamped block whose right side is pulled beyond yield, then a part of the way back."""
    data: dict[str, object] = {
        "analysis": "static_plastic",
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"block": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "right": {"kind": "line", "axis": "x", "at": 1.0},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
            },
        },
        "materials": {"block": STEEL},
        "supports": [
            {"boundary": "left", "x": 0.0, "y": 0.0},
            {"boundary": "right", "x": 0.004},
        ],
        "load_path": [1.0, 0.5],
        "wanted": [
            {"name": "pull", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "sigma", "kind": "stress", "component": "xx", "at": [0.5, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    }
    return Formulation.model_validate(data | changes)


def solved_by(way: str, formulation: Formulation) -> ReferenceSolution:
    """Return the reference by one of the modules that solve it."""
    if way == "flow":
        pytest.importorskip("ngsolve", reason="NGSolve has no wheel here")
    module = importlib.import_module(f"mechagents.verification.reference.{way}")
    return ReferenceSolution.model_validate(module.solve(formulation))


@dataclass
class Flown:
    """What a program found, with its history."""

    found: Returned
    factors: list[float]
    steps: list[np.ndarray]

    def left(self, folder: Path, values: dict[str, float] | None = None) -> Evidence:
        """Leave the files, and return the evidence on them."""
        leave(folder, self.found, values)
        write_history(self.factors, self.steps, folder)
        return verify_folder(folder, formulation=self.found.formulation)


def flow(
    meant: Formulation, done: Formulation | None = None, *, steps: int = 4, size: float = 0.25
) -> Flown:
    """Solve a problem, or the one that is done in its place."""
    problem = done or meant
    mesh = make_mesh(problem.geometry, size, 2)
    V = basis(mesh)
    dofs = node_dofs(V, mesh)
    body = PlasticBody(problem, mesh, V)
    nodal = PlasticBody(problem, mesh, basis(mesh, at_nodes=True))
    held: dict[int, float] = {}
    for support in problem.supports:
        for axis, value in support.components.items():
            nodes = dofs[mesh.boundary_nodes[support.boundary], "xy".index(axis)]
            held.update(dict.fromkeys(nodes.tolist(), value))
    fixed, values = np.array(list(held)), np.array(list(held.values()))
    factors: list[float] = []
    displacements: list[np.ndarray] = []

    def accept(u: np.ndarray, factor: float) -> None:
        body.accept(u)
        nodal.accept(u)
        factors.append(factor)
        displacements.append(u[dofs])

    u, start = np.zeros(V.N), 0.0
    for end in problem.load_path:
        u = load_steps(
            lambda u, _: body.forces(u), u, fixed, values, steps,
            start=start, end=end, accept=accept,
        )  # fmt: skip
        start = end
    sigma = nodal.stress(u)
    means = nodal_means(mesh.cells, sigma)
    forces, energy = body.forces(u)[0][dofs], body.energy(u)
    found = Returned(meant, mesh, mesh.kind, u[dofs], means, forces, energy, sigma)
    return Flown(found, factors, displacements)


def test_a_right_history_is_accepted(tmp_path: Path) -> None:
    evidence = flow(strip()).left(tmp_path / "run")
    assert failed(evidence) == {}
    names = {check.name for check in evidence.checks}
    assert {"contract:history", "equilibrium:steps", "supports:history"} <= names


@pytest.mark.parametrize(
    "changes",
    [{"yield_stress": 255e6}, {"hardening_modulus": 0.0}, {"youngs_modulus": 202e9}],
)
def test_another_law_is_refused(tmp_path: Path, changes: dict[str, float]) -> None:
    wrong = flow(strip(), strip(materials={"block": STEEL | changes}))
    assert "equilibrium:residual" in failed(wrong.left(tmp_path / "run"))


def test_elasticity_is_no_plasticity(tmp_path: Path) -> None:
    elastic = {"kind": "isotropic", "youngs_modulus": 200e9, "poisson_ratio": 0.3}
    wrong = flow(strip(), strip(materials={"block": elastic}))
    assert "equilibrium:residual" in failed(wrong.left(tmp_path / "run"))


def test_going_straight_to_the_end_of_the_path_is_refused(tmp_path: Path) -> None:
    direct = flow(strip(), strip(load_path=[0.5]))
    assert "contract:history" in failed(direct.left(tmp_path / "run"))


def test_flow_that_is_taken_back_on_unloading_is_refused(tmp_path: Path) -> None:
    there = flow(strip(load_path=[1.0]))
    back = flow(strip(load_path=[0.5]))
    mixed = Flown(
        back.found.as_answer_to(strip()), [*there.factors, 0.5], [*there.steps, back.steps[-1]]
    )
    assert "equilibrium:residual" in failed(mixed.left(tmp_path / "run"))


def test_a_step_that_did_not_converge_is_refused(tmp_path: Path) -> None:
    right = flow(strip())
    off = right.steps[2].copy()
    inner = np.all(np.abs(right.found.mesh.points - 0.5) < 0.4, axis=1)
    off[inner] *= 1.01
    right.steps[2] = off
    assert "equilibrium:steps" in failed(right.left(tmp_path / "run"))


def test_a_support_that_lags_behind_is_refused(tmp_path: Path) -> None:
    right = flow(strip())
    right.steps[1] = 0.9 * right.steps[1]
    assert "supports:history" in failed(right.left(tmp_path / "run"))


def test_the_history_ends_in_the_returned_displacement(tmp_path: Path) -> None:
    right = flow(strip())
    right.found = right.found.changed(u=1.01 * right.found.u)
    assert "contract:last-step" in failed(right.left(tmp_path / "run"))


def test_fewer_steps_than_asked_are_refused(tmp_path: Path) -> None:
    right = flow(strip())
    right.left(tmp_path / "run")
    run = Execution(attempt=1, status="ok", folder="run", settings=Settings(load_steps=10))
    evidence = judge(
        right.found.formulation, [(run, tmp_path / "run")], level="consistent", tolerance=0.02
    )
    assert "contract:history" in failed(evidence)


def test_a_missing_history_is_refused(tmp_path: Path) -> None:
    right = flow(strip())
    leave(tmp_path / "run", right.found)
    evidence = verify_folder(tmp_path / "run", formulation=right.found.formulation)
    assert "contract:history" in failed(evidence)


@pytest.mark.parametrize("fault", ["pickle", "shape", "nan", "text", "bomb", "no archive"])
def test_a_malformed_history_is_refused_without_harm(tmp_path: Path, fault: str) -> None:
    right = flow(strip())
    right.left(tmp_path / "run")
    path = tmp_path / "run" / "history.npz"
    factor, u = np.array(right.factors), np.array(right.steps)
    if fault == "pickle":
        np.savez(path, factor=factor, displacement=np.array([{}], dtype=object))
    elif fault == "shape":
        np.savez(path, factor=factor, displacement=u[:, 1:])
    elif fault == "nan":
        np.savez(path, factor=factor, displacement=u * np.nan)
    elif fault == "text":
        np.savez(path, factor=factor, displacement=u.astype(str))
    elif fault == "bomb":
        _bomb(path)
    else:
        path.write_bytes(b"PK\x03\x04nothing")
    evidence = verify_folder(tmp_path / "run", formulation=right.found.formulation)
    assert "contract:history" in failed(evidence)


def _bomb(path: Path) -> None:
    """Write an archive whose array claims far more than it may hold."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("factor.npy", head.getvalue() + bytes(1000))
        archive.writestr("displacement.npy", head.getvalue() + bytes(1000))


def test_a_number_that_is_not_in_the_field_is_refused(tmp_path: Path) -> None:
    right = flow(strip())
    values = reported(right.found)
    evidence = right.left(tmp_path / "run", values | {"pull": 1.01 * values["pull"]})
    assert set(failed(evidence)) == {"quantities:pull"}


def _points() -> tuple[J2Plastic, np.ndarray, np.ndarray, float]:
    generator = np.random.default_rng(5)
    law = J2Plastic.model_validate(STEEL)
    eps = 3e-3 * generator.normal(size=(6, 3, 4))
    before = 1e-3 * generator.normal(size=(6, 3, 4))
    before[..., 2] = -before[..., 0] - before[..., 1]
    return law, eps, before, 2e-3


def _constants(law: J2Plastic) -> Constants:
    lam, mu = law.lame_constants
    K, mu, Y, H = (
        np.full((6, 1), value)
        for value in (lam + 2 * mu / 3, mu, law.yield_stress, law.hardening_modulus)
    )
    return Constants(K, mu, Y, H)


def _tensor(eps: np.ndarray) -> np.ndarray:
    found = np.zeros((*eps.shape[:-1], 3, 3))
    found[..., [0, 1, 2], [0, 1, 2]] = eps[..., :3]
    found[..., 0, 1] = found[..., 1, 0] = eps[..., 3] / 2
    return found


def test_programs_and_checks_return_the_same_by_tensors_and_by_columns() -> None:
    law, eps, before, alpha = _points()
    sigma, after = radial_return(_constants(law), eps, State(before, np.full((6, 3), alpha)))
    mine, flown = kit_return(law, _tensor(eps), Flow(_tensor(before), np.full((6, 3), alpha)))
    assert mine.stress[..., [0, 1, 2, 0], [0, 1, 2, 1]] == pytest.approx(sigma)
    assert flown.alpha == pytest.approx(after.alpha)
    assert flown.strain == pytest.approx(_tensor(after.strain))


def test_stress_stays_on_the_yield_surface() -> None:
    law, eps, before, alpha = _points()
    sigma, after = radial_return(_constants(law), eps, State(before, np.full((6, 3), alpha)))
    s = sigma.copy()
    s[..., :3] -= sigma[..., :3].mean(axis=-1, keepdims=True)
    mises = np.sqrt(1.5 * ((s[..., :3] ** 2).sum(axis=-1) + 2 * s[..., 3] ** 2))
    limit = law.yield_stress + law.hardening_modulus * after.alpha
    assert np.all(mises <= limit * (1 + 1e-12))
    flowing = after.alpha > alpha
    assert flowing.any()
    assert mises[flowing] == pytest.approx(limit[flowing])


def test_both_tangents_are_the_derivative_of_the_stress() -> None:
    law, eps, before, alpha = _points()
    of, state = _constants(law), State(before, np.full((6, 3), alpha))
    D = tangent(of, eps, state)
    A = kit_return(law, _tensor(eps), Flow(_tensor(before), state.alpha))[0].tangent
    for column in range(4):
        step = np.zeros(4)
        step[column] = 1e-8
        ahead, behind = (radial_return(of, eps + sign * step, state)[0] for sign in (1, -1))
        slope = (ahead - behind) / 2e-8
        assert D[..., column] == pytest.approx(slope, rel=1e-4, abs=1e5)
        i, j = ((0, 0), (1, 1), (2, 2), (0, 1))[column]
        mine = A[..., [0, 1, 2, 0], [0, 1, 2, 1], i, j]
        assert mine == pytest.approx(D[..., column], rel=1e-9, abs=1.0)


def test_in_plane_stress_programs_and_checks_return_the_same_in_their_own_ways() -> None:
    law, eps, before, alpha = _points()
    of, state = replace(_constants(law), plane_stress=True), State(before, np.full((6, 3), alpha))
    sigma, after = radial_return(of, eps, state)
    mine, flown = plane_stress_return(law, _tensor(eps), Flow(_tensor(before), state.alpha))
    assert np.any(after.alpha > alpha)
    assert mine.stress[..., [0, 1, 2, 0], [0, 1, 2, 1]] == pytest.approx(sigma, abs=1.0)
    assert flown.alpha == pytest.approx(after.alpha)
    assert flown.strain == pytest.approx(_tensor(after.strain), abs=1e-12)
    D = tangent(of, eps, state)
    for column in (0, 1, 3):
        step = np.zeros(4)
        step[column] = 1e-8
        ahead, behind = (radial_return(of, eps + sign * step, state)[0] for sign in (1, -1))
        assert D[..., column] == pytest.approx((ahead - behind) / 2e-8, rel=1e-4, abs=1e5)
        i, j = ((0, 0), (1, 1), (2, 2), (0, 1))[column]
        tangents = mine.tangent[..., [0, 1, 2, 0], [0, 1, 2, 1], i, j]
        assert tangents == pytest.approx(D[..., column], rel=1e-8, abs=1e3)


@pytest.mark.parametrize("poisson_ratio", [0.0, 0.3, 0.49])
def test_a_strip_pulled_in_plane_stress_follows_its_law(poisson_ratio: float) -> None:
    law = J2Plastic.model_validate(STEEL | {"poisson_ratio": poisson_ratio})
    sigma = 400e6
    eps = np.zeros((6, 3, 4))
    flown = (sigma - law.yield_stress) / law.hardening_modulus
    eps[..., 0] = sigma / law.youngs_modulus + flown
    eps[..., 1] = -poisson_ratio * sigma / law.youngs_modulus - flown / 2
    of, state = replace(_constants(law), plane_stress=True), State(0 * eps, np.zeros((6, 3)))
    found, after = radial_return(of, eps, state)
    assert found == pytest.approx(np.broadcast_to([sigma, 0, 0, 0], eps.shape), abs=1.0)
    assert after.alpha == pytest.approx(np.full((6, 3), flown))


def test_plane_strain_is_no_plane_stress(tmp_path: Path) -> None:
    thin = {"idealisation": "plane_stress"}
    assert failed(flow(strip(**thin)).left(tmp_path / "right")) == {}
    wrong = flow(strip(**thin), strip()).left(tmp_path / "wrong")
    assert "equilibrium:residual" in failed(wrong)


@pytest.mark.parametrize("idealisation", ["plane_strain", "plane_stress", "axisymmetric"])
def test_the_least_energy_of_each_step_is_what_programs_find(idealisation: str) -> None:
    flows = pytest.importorskip("mechagents.verification.reference.flow")
    geometry = {
        "regions": {"block": {"kind": "rectangle", "origin": [1.0, 0.0], "size": [1.0, 1.0]}},
        "boundaries": {
            "left": {"kind": "line", "axis": "x", "at": 1.0},
            "right": {"kind": "line", "axis": "x", "at": 2.0},
            "bottom": {"kind": "line", "axis": "y", "at": 0.0},
        },
    }
    f = strip(
        idealisation=idealisation, geometry=geometry, load_path=[1.0, 0.5],
        supports=[
            {"boundary": "left", "x": 0.0},
            {"boundary": "bottom", "y": 0.0},
            {"boundary": "right", "x": 0.004, "y": 0.0},
        ],
        wanted=[
            {"name": "pull", "kind": "reaction", "boundary": "right", "component": "x"},
            {"name": "narrower", "kind": "displacement", "component": "y", "at": [1.5, 1.0]},
            {"name": "held", "kind": "stress", "component": "xx", "at": [1.5, 0.5]},
            {"name": "energy", "kind": "strain_energy"},
        ],
    )  # fmt: skip
    how = flows.Resolution(order=3, layers=1, edge=0.2)
    solved = flows.FlowSolved(f, how, flows.make_body(f, how), steps=6)
    found = flow(f, steps=6, size=0.06).found
    values = reported(found)
    for wanted in f.wanted:
        (value,) = solved.quantity(wanted, 4)
        assert value == pytest.approx(values[wanted.name], rel=2e-2), wanted.name


@pytest.mark.parametrize("way", ["flow", "other_elements"])
def test_the_reference_of_a_perfectly_plastic_cylinder_is_that_of_hill(way: str) -> None:
    inner, outer, yields, pressure, E, nu = 0.1, 0.2, 0.24e9, 0.14e9, 210e9, 0.3
    formulation = Formulation.model_validate(
        {
            "analysis": "static_plastic",
            "idealisation": "axisymmetric",
            "geometry": {
                "regions": {
                    "ring": {
                        "kind": "rectangle", "origin": [inner, 0.0], "size": [outer - inner, 0.02],
                    },
                },
                "boundaries": {
                    "inside": {"kind": "line", "axis": "x", "at": inner},
                    "low": {"kind": "line", "axis": "y", "at": 0.0},
                    "high": {"kind": "line", "axis": "y", "at": 0.02},
                },
            },
            "materials": {
                "ring": {
                    "kind": "j2_plastic", "youngs_modulus": E, "poisson_ratio": nu,
                    "yield_stress": yields,
                },
            },
            "supports": [{"boundary": "low", "y": 0.0}, {"boundary": "high", "y": 0.0}],
            "loads": [{"kind": "pressure", "boundary": "inside", "value": pressure}],
            "wanted": [
                {"name": "out", "kind": "displacement", "component": "x", "at": [outer, 0.01]},
            ],
        }
    )  # fmt: skip
    found = solved_by(way, formulation).quantities["out"]
    # The front c of the yielded part, with the yield stress in shear of von Mises in plane strain.
    k = 2 * yields / math.sqrt(3)
    low, high = inner, outer
    for _ in range(60):
        c = (low + high) / 2
        carried = k * (math.log(c / inner) + (1 - c**2 / outer**2) / 2)
        low, high = (c, high) if carried < pressure else (low, c)
    exact = k * c**2 / (E * outer) * (1 - nu**2)
    assert found.apart(exact) <= found.error + 1e-3 * exact
    assert found.error <= 1e-3 * exact


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"analysis": "static_linear", "load_path": [1.0]}, "needs analysis: static_plastic"),
        ({"load_path": [1.0, 1.0]}, "does not change"),
        ({"load_path": [0.0]}, "does not change"),
        ({"load_path": []}, "load_path"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        strip(**changes)
