"""Strains and principal stresses: programs, checks and references agree, mistakes are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bodies_to_check import cylinder, plate
from pydantic import ValidationError
from returned import Returned, failed, mesh_of, solve, solve_by, verdict
from solid_returned import bar

from mechagents.kit.evaluate import Solution, principal, quantities
from mechagents.kit.spaces import node_means
from mechagents.kit.strains import strain_at_nodes
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.meshing import Mesh, make_mesh
from mechagents.verification.constitutive import tensor_component
from mechagents.verification.reference.other_elements import solve as other_elements

MIDDLE = [0.5, 0.5]
WANTED = [
    {"name": "eps_xx", "kind": "strain", "component": "xx", "at": MIDDLE},
    {"name": "eps_xy", "kind": "strain", "component": "xy", "at": MIDDLE},
    {"name": "most", "kind": "strain", "component": "yy", "extreme": "max_abs"},
    {"name": "sigma_1", "kind": "stress", "component": "max_principal", "at": MIDDLE},
    {"name": "sigma_3", "kind": "stress", "component": "min_principal", "at": MIDDLE},
]


def stretched(**changes: object) -> Formulation:
    return plate(**({"wanted": WANTED, "pictures": []} | changes))


def by_kit(found: Returned) -> dict[str, float]:
    """Return what the kit reads from a solution."""
    stress = node_means(found.mesh, found.in_cells)
    solution = Solution(found.mesh, found.u, stress, found.forces, found.energy)
    return {result.name: result.value for result in quantities(found.formulation, solution)}


@pytest.mark.parametrize("kind", ["triangle", "triangle6", "quad", "quad9"])
def test_what_the_kit_reads_is_in_the_field(kind: str, tmp_path: Path) -> None:
    found = solve_by(kind, stretched(), 0.125)
    values = by_kit(found)
    assert failed(verdict(tmp_path, found, values)) == {}
    assert values["sigma_1"] > values["sigma_3"]


@pytest.mark.parametrize(
    ("name", "factor"), [("eps_xy", 2.0), ("eps_xx", 1e3), ("most", -1.0), ("sigma_1", -1.0)]
)
def test_a_wrong_strain_or_principal_stress_is_found(
    name: str, factor: float, tmp_path: Path
) -> None:
    found = solve_by("quad9", stretched(), 0.125)
    values = by_kit(found)
    wrong = values | {name: factor * values[name]}
    assert set(failed(verdict(tmp_path, found, wrong))) == {f"quantities:{name}"}


def test_the_smallest_in_place_of_the_largest_principal_stress_is_named(tmp_path: Path) -> None:
    found = solve_by("quad9", stretched(), 0.125)
    values = by_kit(found)
    wrong = values | {"sigma_1": values["sigma_3"]}
    message = failed(verdict(tmp_path, found, wrong))["quantities:sigma_1"].message
    assert "that is the min principal stress there" in message


def test_hoop_strain_is_that_of_lame(tmp_path: Path) -> None:
    at = [1.5, 0.5]
    f = cylinder(
        wanted=[
            {"name": "hoop", "kind": "strain", "component": "zz", "at": at},
            {"name": "largest", "kind": "strain", "component": "max_principal", "at": at},
        ]
    )
    found = solve(f, mesh_of(f, 0.125, 2))
    values = by_kit(found)
    a, b, p, E, nu, r = 1.0, 2.0, 100e6, 210e9, 0.3, 1.5
    u = (1 + nu) / E * p * a**2 * ((1 - 2 * nu) * r**2 + b**2) / (r * (b**2 - a**2))
    assert values["hoop"] == pytest.approx(u / r, rel=1e-3)
    assert values["largest"] == pytest.approx(u / r, rel=1e-3)
    assert failed(verdict(tmp_path, found, values)) == {}


def test_both_references_have_strains_and_principal_stresses() -> None:
    high_order = pytest.importorskip("mechagents.verification.reference.high_order")
    f = stretched(
        wanted=[item for item in WANTED if item["name"] != "most"], idealisation="plane_strain"
    )
    one, other = high_order.solve(f), other_elements(f)
    for name, value in one.quantities.items():
        also = other.quantities[name]
        assert value.apart(also.values[0]) <= value.error + also.error
        assert value.error <= 1e-3 * abs(value.values[0])


def test_the_reference_of_a_solid_has_them_too() -> None:
    solid = pytest.importorskip("mechagents.verification.reference.solid")
    at = [1.0, 0.5, 0.25]
    f = bar(
        loads=[{"kind": "traction", "boundary": "x_high", "x": 1e8}],
        supports=[{"boundary": f"{axis}_low", axis: 0.0} for axis in "xyz"],
        wanted=[
            {"name": "across", "kind": "strain", "component": "yy", "at": at},
            {"name": "largest", "kind": "strain", "component": "max_principal", "at": at},
            {"name": "stress", "kind": "stress", "component": "max_principal", "at": at},
        ],
    )
    found = solid.solve(f).quantities
    E, nu = 210e9, 0.3
    assert found["across"].values[0] == pytest.approx(-nu * 1e8 / E)
    assert found["largest"].values[0] == pytest.approx(1e8 / E)
    assert found["stress"].values[0] == pytest.approx(1e8)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("space", [False, True])
def test_a_linear_displacement_has_its_strain_everywhere(order: int, space: bool) -> None:
    mesh = _mesh(order, space=space)
    d = mesh.points.shape[1]
    H = np.random.default_rng(2).normal(size=(d, d))
    eps = strain_at_nodes(mesh, mesh.points @ H.T)
    full = np.zeros((3, 3))
    full[:d, :d] = (H + H.T) / 2
    columns = [full[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2))]
    meant = np.array(columns[: eps.shape[-1]])
    np.testing.assert_allclose(eps, np.broadcast_to(meant, eps.shape), atol=1e-12)


def _mesh(order: int, *, space: bool) -> Mesh:
    if space:
        return make_mesh(bar().geometry, 0.5, order)
    return mesh_of(plate(), 0.25, order)


@pytest.mark.parametrize("columns", [4, 6])
def test_principal_values_are_the_roots_and_do_not_turn(columns: int) -> None:
    tensor = np.random.default_rng(4).normal(size=(20, columns))
    values = principal(tensor)
    np.testing.assert_allclose(values.sum(axis=1), tensor[:, :3].sum(axis=1))
    np.testing.assert_allclose(tensor_component(tensor, "max_principal"), values[:, 2])
    np.testing.assert_allclose(tensor_component(tensor, "min_principal"), values[:, 0])
    squares = (tensor[:, :3] ** 2).sum(axis=1) + 2 * (tensor[:, 3:] ** 2).sum(axis=1)
    np.testing.assert_allclose((values**2).sum(axis=1), squares)


@pytest.mark.parametrize(
    ("changes", "component", "said"),
    [
        ({}, "zz", "in plane stress the displacement does not tell"),
        ({}, "max_principal", "take xx, yy or xy"),
        ({"idealisation": "plane_strain"}, "yz", "the plane has no yz"),
        ({"idealisation": "plane_strain"}, "von_mises", "component"),
    ],
)
def test_a_strain_that_cannot_be_told_is_refused(
    changes: dict[str, object], component: str, said: str
) -> None:
    wanted = {"name": "eps", "kind": "strain", "component": component, "at": MIDDLE}
    with pytest.raises(ValidationError, match=said):
        plate(wanted=[wanted], **changes)
