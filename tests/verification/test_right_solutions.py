"""Whatever a sound program may choose, its answer is accepted as consistent."""

from __future__ import annotations

from dataclasses import replace

import meshio
import numpy as np
import pytest
import skfem
from bodies_to_check import cantilever, cylinder, holed, inclusion, plate, solid_disk
from returned import (
    KINDS,
    failed,
    leave,
    mesh_of,
    reported,
    shaken,
    solve,
    solve_by,
    split,
    verdict,
)

from mechagents.mechanics.formulation import Formulation
from mechagents.verification import verify_folder

BODIES = {
    "plane stress": plate(),
    "plane strain": plate(idealisation="plane_strain"),
    "with loads and thickness": cantilever(),
    "axisymmetric": cylinder(),
    "axisymmetric to the axis": solid_disk(),
    "nearly incompressible": cylinder(
        materials={"tube": {"youngs_modulus": 1e6, "poisson_ratio": 0.499}}
    ),
}


def accepted(evidence) -> bool:
    assert failed(evidence) == {}
    return evidence.claim_level == "consistent" and evidence.run_next is None


@pytest.mark.parametrize("distorted", [0.0, 0.2], ids=["grid", "distorted"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", BODIES)
def test_every_element_is_accepted_on_every_body(body, kind, distorted, tmp_path):
    found = solve_by(kind, BODIES[body], 0.25, distorted)
    assert accepted(verdict(tmp_path, found))


@pytest.mark.parametrize("kind", KINDS)
def test_quantities_keep_their_values_and_units(kind, tmp_path):
    found = solve_by(kind, cantilever(), 0.25)
    given = {q.name: (q.value, q.unit) for q in verdict(tmp_path, found).quantities}
    right = reported(found)
    assert given["wall_y"] == (right["wall_y"], "N")
    assert given["energy"] == (right["energy"], "J")
    # By statics: the shear at the end and the weight, over a thickness of 0.25 m.
    assert right["wall_y"] == pytest.approx((1e6 + 3e6) * 0.25)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [0.2, 0.1])
def test_a_body_with_a_hole_is_accepted(order, size, tmp_path):
    assert accepted(verdict(tmp_path, solve(holed(), mesh_of(holed(), size, order))))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("idealisation", ["plane_stress", "plane_strain"])
@pytest.mark.parametrize("stress", ["points", "cells"])
def test_an_inclusion_is_accepted(order, idealisation, stress, tmp_path):
    f = inclusion(idealisation=idealisation)
    assert accepted(verdict(tmp_path, solve(f, mesh_of(f, 0.1, order)), stress=stress))


def test_a_body_force_may_act_in_one_region(tmp_path):
    f = inclusion(loads=[{"kind": "body_force", "region": "disk", "x": 2e7, "y": -5e7}])
    assert accepted(verdict(tmp_path, solve(f, mesh_of(f, 0.1))))


@pytest.mark.parametrize("stress", ["points", "cells"])
@pytest.mark.parametrize("kind", KINDS)
def test_stress_may_lie_at_points_or_in_cells(kind, stress, tmp_path):
    assert accepted(verdict(tmp_path, solve_by(kind, cantilever(), 0.25, 0.2), stress=stress))


@pytest.mark.parametrize("size", [0.1, 0.05])
def test_a_stress_field_may_be_smoothed_by_least_squares(size, tmp_path):
    found = solve(holed(), mesh_of(holed(), size))
    V = skfem.Basis(skfem.MeshTri(found.mesh.points.T, found.cells.T, sort_t=False), P1)
    mass = skfem.BilinearForm(lambda u, v, w: u * v).assemble(V)
    load = skfem.LinearForm(lambda v, w: w.s * v)
    columns = [load.assemble(V, s=found.in_cells[:, :1, i]) for i in range(4)]
    smooth = np.stack([skfem.solve(mass, column) for column in columns], axis=1)
    # Not its extremes, which it overshoots.
    assert accepted(verdict(tmp_path, found.changed(stress=smooth), reported(found)))


P1 = skfem.ElementTriP1()


def test_no_stress_field_is_needed_where_none_is_asked_for(tmp_path):
    f = plate(pictures=[], wanted=[plate().wanted[0]])
    assert accepted(verdict(tmp_path, solve(f, mesh_of(f, 0.25)), stress="none"))


@pytest.mark.parametrize(
    ("order", "intorder"), [(1, 2), (1, 4), (1, 6), (1, 8), (2, 4), (2, 5), (2, 6), (2, 8)]
)
@pytest.mark.parametrize("body", ["plane stress", "axisymmetric", "axisymmetric to the axis"])
def test_any_proper_rule_of_quadrature_is_accepted_on_distorted_quads(
    body, order, intorder, tmp_path
):
    f = BODIES[body]
    found = solve(f, shaken(mesh_of(f, 0.25, order), 0.25), intorder=intorder)
    assert accepted(verdict(tmp_path, found))


@pytest.mark.parametrize("distorted", [0.0, 0.2])
@pytest.mark.parametrize("body", ["plane stress", "axisymmetric"])
def test_the_reduced_rule_of_eight_nodes_is_accepted(body, distorted, tmp_path):
    f = BODIES[body]
    found = solve(f, shaken(mesh_of(f, 0.25, 2), distorted), intorder=3, serendipity=True)
    assert accepted(verdict(tmp_path, found))


@pytest.mark.parametrize("intorder", [2, 3, 4, 5, 6, 8])
def test_any_proper_rule_is_accepted_on_curved_triangles(intorder, tmp_path):
    found = solve(holed(), mesh_of(holed(), 0.2, 2), intorder=intorder)
    assert accepted(verdict(tmp_path, found))


@pytest.mark.parametrize(
    ("order", "intorder"), [(1, 1), (1, 2), (1, 3), (1, 8), (2, 2), (2, 3), (2, 5), (2, 12)]
)
def test_any_proper_rule_is_accepted_on_triangles_of_revolution(order, intorder, tmp_path):
    mesh = split(mesh_of(solid_disk(), 0.5, order))
    assert accepted(verdict(tmp_path, solve(solid_disk(), mesh, intorder=intorder)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_seven_digits_of_single_precision_are_accepted(kind, tmp_path):
    found = solve_by(kind, cantilever(), 0.125)
    assert accepted(verdict(tmp_path, found, digits=np.float32))


@pytest.mark.parametrize(
    "options", [{"binary": False}, {"compression": None}, {"compression": "lzma"}], ids=str
)
def test_every_form_that_meshio_writes_is_read(options, tmp_path):
    leave(tmp_path, solve_by("quad", plate(), 0.25))
    meshio.vtu.write(tmp_path / "fields.vtu", meshio.read(tmp_path / "fields.vtu"), **options)
    assert accepted(verify_folder(tmp_path))


def test_numbers_may_come_in_any_unit_of_the_right_dimension(tmp_path):
    found = solve_by("quad", cantilever(), 0.25)
    thousandth = {"wall_y": "kN", "tip": "km", "bending": "kPa", "energy": "kN*m"}
    values = {name: value / 1e3 for name, value in reported(found).items()}
    evidence = verdict(tmp_path, found, values, units=thousandth)
    assert accepted(evidence)
    numbers = {q.name: q.value for q in evidence.quantities}
    assert numbers == pytest.approx(reported(found))


def test_clockwise_elements_and_cells_of_lines_are_no_fault(tmp_path):
    found = solve_by("quad", plate(), 0.25)
    leave(tmp_path, found.changed(mesh=replace(found.mesh, cells=found.cells[:, ::-1])))
    vtu = meshio.read(tmp_path / "fields.vtu")
    edges = meshio.CellBlock("line", found.mesh.boundary_edges["left"])
    lines = meshio.Mesh(vtu.points, [*vtu.cells, edges], vtu.point_data)
    lines.write(tmp_path / "fields.vtu")
    assert accepted(verify_folder(tmp_path))


def test_triangles_and_quads_may_be_mixed(tmp_path):
    f = stretched()
    grid = mesh_of(f, 0.25)
    found = solve(f, grid)
    leave(tmp_path, found)
    vtu = meshio.read(tmp_path / "fields.vtu")
    cut = split(replace(grid, cells=grid.cells[:5], region=grid.region[:5]))
    blocks = [("triangle", cut.cells), ("quad", grid.cells[5:])]
    meshio.Mesh(vtu.points, blocks, vtu.point_data).write(tmp_path / "fields.vtu")
    assert accepted(verify_folder(tmp_path))


def stretched() -> Formulation:
    """A square in uniform tension, which every element represents exactly."""
    supports = [
        {"boundary": "left", "x": 0.0},
        {"boundary": "right", "x": 0.01},
        {"boundary": "bottom", "y": 0.0},
    ]
    wanted = [
        {"name": "force", "kind": "reaction", "boundary": "right", "component": "x"},
        {"name": "sigma_xx", "kind": "stress", "component": "xx", "extreme": "max"},
    ]
    return plate(supports=supports, wanted=wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_uniform_tension_gives_the_force_of_a_bar(kind, tmp_path):
    evidence = verdict(tmp_path, solve_by(kind, stretched(), 0.25, 0.3))
    assert accepted(evidence)
    assert [q.value for q in evidence.quantities] == pytest.approx([1e9 * 0.01] * 2)


def test_a_body_without_any_load_stays_as_it_is(tmp_path):
    f = plate(supports=[{"boundary": "left", "x": 0.0, "y": 0.0}], wanted=[plate().wanted[3]])
    assert accepted(verdict(tmp_path, solve(f, mesh_of(f, 0.5))))


@pytest.mark.parametrize("angle", [0.3, 1.2, 2.5])
def test_a_turned_body_has_the_same_energy(angle, tmp_path):
    straight = solve_by("quad", plate(), 0.25, 0.2)
    turned = rotated(straight, angle)
    energy = reported(straight)["energy"]
    evidence = verdict(tmp_path, turned, {"energy": energy})
    assert accepted(evidence)


def rotated(found, angle: float):
    """Return a plate's solution with everything turned: body, supports, mesh and fields."""
    c, s = np.cos(angle), np.sin(angle)
    Q = np.array([[c, -s], [s, c]])
    corner = (np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ Q.T).tolist()
    sides = {"left": (3, 0), "right": (1, 2)}
    boundaries = {
        name: {"kind": "segment", "start": corner[a], "end": corner[b]}
        for name, (a, b) in sides.items()
    }
    x, y = (Q @ [0.03, 0.1]).tolist()
    f = plate(
        geometry={
            "regions": {"plate": {"kind": "polygon", "points": corner}},
            "boundaries": boundaries,
        },
        supports=[{"boundary": "left", "x": 0.0, "y": 0.0}, {"boundary": "right", "x": x, "y": y}],
        wanted=[{"name": "energy", "kind": "strain_energy"}],
    )
    xx, yy, _, xy = found.stress.T
    sigma = Q @ np.array([[xx, xy], [xy, yy]]).transpose(2, 0, 1) @ Q.T
    stress = np.stack([sigma[:, 0, 0], sigma[:, 1, 1], 0 * xx, sigma[:, 0, 1]], axis=1)
    mesh = replace(found.mesh, points=found.mesh.points @ Q.T)
    return found.changed(formulation=f, mesh=mesh, u=found.u @ Q.T, stress=stress)
