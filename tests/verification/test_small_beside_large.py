"""Faults in a part, or in a number, that is small beside the rest of the body are found."""

from __future__ import annotations

import numpy as np
import pytest
from bodies_to_check import LINES, cantilever, plate
from returned import failed, leave, mesh_of, ran, reported, solve, solve_by, verdict

from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.materials import Isotropic
from mechagents.messages import Evidence, Settings
from mechagents.verification import judge

RESIDUAL = "equilibrium:residual"
STIFF = 200e9
RATIOS = [1e3, 1e5, 1e6, 1e7]


def padded(ratio: float, **changes: object) -> Formulation:
    """A stiff block, stretched by 100 MPa, with a soft pad on it that bears weight and pressure."""
    soft = STIFF / ratio
    block = {"kind": "rectangle", "size": [1.0, 1.0]}
    pad = {"kind": "rectangle", "size": [0.5, 1.0], "origin": [0.0, 1.0]}
    lines = {
        "left": {"kind": "line", "axis": "x", "at": 0.0, "between": [0.0, 1.0]},
        "bottom": LINES["bottom"],
        "right": LINES["right"],
        "top": {"kind": "line", "axis": "y", "at": 2.0},
    }
    data = {
        "idealisation": "plane_strain",
        "geometry": {"regions": {"block": block, "pad": pad}, "boundaries": lines},
        "materials": {
            "block": {"youngs_modulus": STIFF, "poisson_ratio": 0.3},
            "pad": {"youngs_modulus": soft, "poisson_ratio": 0.2},
        },
        "supports": [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        "loads": [
            {"kind": "traction", "boundary": "right", "x": 1e8},
            {"kind": "body_force", "region": "pad", "y": -3e-3 * soft},
            {"kind": "traction", "boundary": "top", "y": -1e-3 * soft},
        ],
        "wanted": [
            {"name": "sink", "kind": "displacement", "component": "y", "at": [0.25, 2.0]},
            {"name": "inside", "kind": "strain_energy", "region": "pad"},
            {"name": "base", "kind": "reaction", "boundary": "bottom", "component": "y"},
        ],
        "pictures": [],
    }
    return plate(**(data | changes))


def soft_base() -> Formulation:
    """The other way round: the pad stands below, weightless, and bears a stiff stretched block."""
    f = padded(1e7)
    loads = [
        {"kind": "traction", "boundary": "right", "x": 1e8},
        {"kind": "traction", "boundary": "back", "x": -1e8},
        {"kind": "body_force", "region": "block", "y": -200.0},
    ]
    regions = {
        "block": {"kind": "rectangle", "size": [1.0, 1.0], "origin": [0.0, 1.0]},
        "pad": {"kind": "rectangle", "size": [1.0, 1.0]},
    }
    lines = {
        "bottom": LINES["bottom"],
        "right": LINES["right"] | {"between": [1.0, 2.0]},
        "back": LINES["left"] | {"between": [1.0, 2.0]},
    }
    supports = [{"boundary": "bottom", "x": 0.0, "y": 0.0}]
    geometry = {"regions": regions, "boundaries": lines}
    wanted = [{"name": "sink", "kind": "displacement", "component": "y", "at": [0.5, 2.0]}]
    materials = f.model_dump()["materials"]
    return padded(
        1e7,
        geometry=geometry, supports=supports, loads=loads, wanted=wanted, materials=materials,
    )  # fmt: skip


def stiffer(f: Formulation, factor: float = 2.0) -> dict[str, Isotropic]:
    pad = f.materials["pad"]
    changed = pad.model_copy(update={"youngs_modulus": factor * pad.youngs_modulus})
    return {**f.materials, "pad": changed}


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [0.25, 0.05])
def test_a_soft_part_beside_a_stiff_one_is_accepted(size, order, ratio, tmp_path):
    f = padded(ratio)
    assert failed(verdict(tmp_path, solve(f, mesh_of(f, size, order)))) == {}


def test_a_soft_part_below_a_stiff_one_is_accepted(tmp_path):
    assert failed(verdict(tmp_path, solve(soft_base(), mesh_of(soft_base(), 0.1)))) == {}


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("size", [0.25, 0.05])
@pytest.mark.parametrize("factor", [2.0, 1.05])
def test_a_law_that_is_wrong_in_the_soft_part_is_found(factor, size, ratio, tmp_path):
    f = padded(ratio)
    found = solve(f, mesh_of(f, size), materials=stiffer(f, factor))
    assert RESIDUAL in failed(verdict(tmp_path, found))


def test_a_law_that_is_wrong_in_the_soft_part_below_is_found(tmp_path):
    f = soft_base()
    found = solve(f, mesh_of(f, 0.1), materials=stiffer(f))
    assert RESIDUAL in failed(verdict(tmp_path, found))


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("size", [0.25, 0.05])
@pytest.mark.parametrize("left_out", [1, 2], ids=["weight", "pressure"])
def test_a_load_that_was_left_out_on_the_soft_part_is_found(left_out, size, ratio, tmp_path):
    f = padded(ratio)
    loads = [load for i, load in enumerate(f.model_dump()["loads"]) if i != left_out]
    found = solve(padded(ratio, loads=loads), mesh_of(f, size)).as_answer_to(f)
    assert RESIDUAL in failed(verdict(tmp_path, found))


def test_a_load_that_was_left_out_on_a_quiet_arm_of_one_material_is_found(tmp_path):
    arm = [[0, 0], [1, 0], [1, 1], [0.25, 1], [0.25, 2], [0, 2]]
    f = padded(1.0)
    shape = {"kind": "polygon", "points": arm}
    lines = f.model_dump()["geometry"]["boundaries"]
    data = {
        "geometry": {"regions": {"block": shape}, "boundaries": lines},
        "materials": {"block": f.model_dump()["materials"]["block"]},
        "wanted": [{"name": "tip", "kind": "displacement", "component": "x", "at": [0.0, 2.0]}],
    }
    loads = [
        {"kind": "traction", "boundary": "right", "x": 1e8},
        {"kind": "traction", "boundary": "top", "y": 100.0},
    ]
    meant = padded(1.0, **data, loads=loads)
    found = solve(padded(1.0, **data, loads=loads[:1]), mesh_of(meant, 0.125))
    assert RESIDUAL in failed(verdict(tmp_path, found.as_answer_to(meant)))


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.001])
@pytest.mark.parametrize("name", ["inside", "sink", "base"])
def test_a_number_small_beside_the_field_is_held_to_its_own_size(name, factor, tmp_path):
    f = padded(1e6)
    found = solve(f, mesh_of(f, 0.125, 2))
    numbers = reported(found)
    faults = failed(verdict(tmp_path, found, numbers | {name: factor * numbers[name]}))
    assert list(faults) == [f"quantities:{name}"]


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0])
def test_the_small_component_of_a_displacement_is_held_to_its_own_size(factor, tmp_path):
    f = cantilever(
        loads=[{"kind": "traction", "boundary": "right", "x": 20.0, "y": -1e6}],
        wanted=[{"name": "along", "kind": "displacement", "component": "x", "at": [1.0, 0.5]}],
        pictures=[],
    )
    found = solve_by("quad", f, 0.25)
    right = reported(found)["along"]
    assert abs(right) < 1e-4 * np.abs(found.u).max()
    assert failed(verdict(tmp_path / "right", found)) == {}
    faults = failed(verdict(tmp_path / "wrong", found, {"along": factor * right}))
    assert list(faults) == ["quantities:along"]


def barely_sheared() -> Formulation:
    """A square in uniform tension of 100 MPa with a shear of 2.9 MPa."""
    E, nu = 1e9, 0.3
    gamma = 2.9e6 * 2 * (1 + nu) / E
    lines = {n: {"kind": "segment", "start": a, "end": b} for n, (a, b) in SIDES.items()}
    loads = [
        {"kind": "traction", "boundary": "right", "x": 1e8, "y": 2.9e6},
        {"kind": "traction", "boundary": "top", "x": 2.9e6},
        {"kind": "traction", "boundary": "left", "x": -1e8, "y": -2.9e6},
        {"kind": "traction", "boundary": "bottom", "x": -2.9e6},
    ]
    pins = {
        "origin": {"kind": "point", "at": [0.0, 0.0]},
        "corner": {"kind": "point", "at": [1.0, 0.0]},
    }
    return plate(
        geometry={
            "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
            "boundaries": {**lines, **pins},
        },
        supports=[
            {"boundary": "origin", "x": 0.0, "y": 0.0},
            {"boundary": "corner", "y": gamma},
        ],
        loads=loads,
        wanted=[{"name": "sigma_xy", "kind": "stress", "component": "xy", "at": [0.5, 0.5]}],
        pictures=[],
    )


SIDES = {
    "left": ([0.0, 0.0], [0.0, 1.0]),
    "right": ([1.0, 0.0], [1.0, 1.0]),
    "bottom": ([0.0, 0.0], [1.0, 0.0]),
    "top": ([0.0, 1.0], [1.0, 1.0]),
}


@pytest.mark.parametrize("kind", ["triangle", "quad", "quad9"])
@pytest.mark.parametrize("factor", [0.0, 2.0, 0.5, -1.0])
def test_a_small_stress_component_is_held_to_its_own_size(factor, kind, tmp_path):
    found = solve_by(kind, barely_sheared(), 0.25)
    right = reported(found)["sigma_xy"]
    assert right == pytest.approx(2.9e6)
    assert failed(verdict(tmp_path / "right", found)) == {}
    faults = failed(verdict(tmp_path / "wrong", found, {"sigma_xy": factor * right}))
    assert list(faults) == ["quantities:sigma_xy"]


def study(f: Formulation, folder, factor: float = 1.0, tolerance: float = 0.03) -> Evidence:
    """Return the verdict on three meshes of a program that reports so much of every number."""
    runs = []
    for i, size in enumerate((0.05, 0.075, 0.1125)):
        found = solve(f, mesh_of(f, size, 2))
        values = {name: factor * value for name, value in reported(found).items()}
        where = leave(folder / str(i), found, values)
        runs.append((ran(where, Settings(mesh_size=size)), where))
    return judge(f, runs, level="converged", tolerance=tolerance)


def drilled() -> Formulation:
    """A plate with a hole, pulled; the peak of stress is at the hole's edge."""
    hole = {"kind": "disk", "center": [0.0, 0.0], "radius": 0.5}
    square = {"kind": "rectangle", "size": [1.0, 1.0]}
    return plate(
        geometry={
            "regions": {"plate": {"kind": "difference", "base": square, "remove": [hole]}},
            "boundaries": LINES,
        },
        supports=[{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "right", "x": 1e6}],
        wanted=[{"name": "peak", "kind": "stress", "component": "xx", "at": [0.0, 0.5]}],
        pictures=[],
    )


@pytest.mark.parametrize("factor", [0.95, 0.97, 1.03])
def test_what_a_reported_stress_leaves_of_the_field_s_counts_for_its_error(factor, tmp_path):
    right = study(drilled(), tmp_path / "right")
    assert right.claim_level == "converged"
    evidence = study(drilled(), tmp_path / "wrong", factor)
    assert evidence.claim_level != "converged"
    loose = study(drilled(), tmp_path / "loose", factor, tolerance=0.2)
    (quantity,) = loose.quantities
    off = abs(quantity.value - right.quantities[0].value)
    assert quantity.error_bound is None or quantity.error_bound >= off


def test_the_bound_of_a_zero_holds_zero(tmp_path):
    f = plate(
        supports=[{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}],
        loads=[{"kind": "traction", "boundary": "right", "x": 1e8}],
        wanted=[{"name": "ry", "kind": "reaction", "boundary": "bottom", "component": "y"}],
        pictures=[],
    )
    (quantity,) = study(f, tmp_path).quantities
    assert quantity.claim_level == "converged"
    assert abs(quantity.value) <= quantity.error_bound < 1.0


def moved() -> Formulation:
    """A steel square that its left edge carries away as it is."""
    return plate(
        materials={"plate": {"youngs_modulus": 210e9, "poisson_ratio": 0.3}},
        supports=[{"boundary": "left", "x": 0.1, "y": 0.1}],
        wanted=[{"name": "tip", "kind": "displacement", "component": "y", "at": [1.0, 0.5]}],
        pictures=[],
    )


@pytest.mark.parametrize("digits", [np.float64, np.float32])
@pytest.mark.parametrize("order", [1, 2])
def test_a_body_that_moves_without_strain_is_accepted(order, digits, tmp_path):
    found = solve(moved(), mesh_of(moved(), 0.1, order))
    assert failed(verdict(tmp_path, found, digits=digits)) == {}


def test_only_a_slender_body_is_called_slender(tmp_path):
    found = solve(moved(), mesh_of(moved(), 0.1))
    u = found.u + 1e-7 * np.random.default_rng(3).normal(size=found.u.shape)
    u[found.mesh.boundary_nodes["left"]] = 0.1
    message = failed(verdict(tmp_path, found.changed(u=u)))[RESIDUAL].message
    assert "lender" not in message


def test_a_small_strain_in_seven_digits_is_not_called_slender(tmp_path):
    f = moved().model_dump() | {"loads": [{"kind": "traction", "boundary": "right", "x": 1e3}]}
    found = solve(plate(**f), mesh_of(moved(), 0.1))
    assert failed(verdict(tmp_path / "double", found)) == {}
    message = failed(verdict(tmp_path / "single", found, digits=np.float32))[RESIDUAL].message
    assert "So small a strain needs displacements in double precision" in message


def test_below_the_level_there_is_no_bound_but_its_numbers(tmp_path):
    evidence = study(drilled(), tmp_path, tolerance=1e-9)
    (quantity,) = evidence.quantities
    assert (quantity.claim_level, quantity.error_bound) == ("consistent", None)
    assert "error bound" in quantity.note
