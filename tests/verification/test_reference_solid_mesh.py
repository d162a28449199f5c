"""The mesh and the matrices of the reference of solids: small where it tells, and still exact."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from verification import solids_to_solve as known

from mechagents.mechanics.formulation import Formulation

HAS_NGSOLVE = importlib.util.find_spec("ngsolve") is not None
pytestmark = pytest.mark.skipif(not HAS_NGSOLVE, reason="NGSolve has no wheel here")
HOLE = {"kind": "cylinder", "base": [0.2, 0.1, -0.1], "axis": "z", "radius": 0.05, "height": 0.3}
BESIDE = (0.3, 0.1, 0.05)
"""Where stress is small and changes abruptly: at the middle of what bends, beside the hole."""
EXACT = 1.8195e6
"""Of the stress there [Pa], by elements of order 5 on two meshes: 1.81953 and 1.81943 MPa."""


def _drilled(*wanted: dict[str, Any]) -> Formulation:
    block = known.box((0.4, 0.2, 0.1))
    return known.solid(
        geometry={
            "regions": {"block": {"kind": "difference", "base": block, "remove": [HOLE]}},
            "boundaries": {
                "wall": known.plane("x", 0.0), "tip": known.plane("x", 0.4),
                "above": known.plane("z", 0.1),
            },
        },
        materials={"block": known.steel()},
        supports=[{"boundary": "wall", "x": 0.0, "y": 0.0, "z": 0.0}],
        loads=[
            {"kind": "traction", "boundary": "tip", "x": 4e6, "y": 1e6, "z": -2e6},
            {"kind": "pressure", "boundary": "above", "value": 3e6},
            {"kind": "body_force", "x": 2e5, "z": -8e5},
        ],
        wanted=list(wanted),
    )  # fmt: skip


def test_a_stress_at_a_point_is_known_without_the_highest_order() -> None:
    from mechagents.verification.reference.solid import solve

    found = solve(_drilled(known.stress("along", "xx", *BESIDE)))
    stress = found.quantities["along"]
    assert "order 4" in found.means
    assert stress.apart(EXACT) < stress.error < 0.005 * 0.05 * stress.scale


def test_matrices_by_components_are_those_of_the_vector_field_integrated_more_finely() -> None:
    from ngsolve import BilinearForm, InnerProduct, dx

    from mechagents.verification.reference.body import Resolution
    from mechagents.verification.reference.solid import SolvedSolid
    from mechagents.verification.reference.solid_mesh import make_solid_body

    formulation = _drilled(known.displacement("tip", "z", 0.4, 0.1, 0.05))
    body = make_solid_body(formulation)
    body.mesh.Curve(2)
    solved = SolvedSolid(formulation, Resolution(2, 0, 0.0), body)
    u, v = solved.space.TnT()
    plain = InnerProduct(solved.stress(solved.strain(u)), solved.strain(v))
    some = np.random.default_rng(1).standard_normal(solved.space.ndof)
    made, finely, coarsely = (
        _times(BilinearForm(work, symmetric=True).Assemble(), some)
        for work in (solved.work(), plain * dx(bonus_intorder=2), plain * dx)
    )
    size = np.linalg.norm(finely)
    assert np.linalg.norm(made - finely) < 1e-12 * size
    assert np.linalg.norm(coarsely - finely) > 1e-5 * size  # the hole's elements are curved


def _times(form: Any, vector: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    x = form.mat.CreateColVector()
    x.FV().NumPy()[:] = vector
    return np.array((form.mat * x).Evaluate().FV().NumPy())


def test_about_as_many_elements_are_made_as_were_foreseen_and_no_more_than_may_be() -> None:
    from netgen.occ import Box, Pnt

    from mechagents.mechanics.occ import quiet_and_repeatable
    from mechagents.verification.reference import solid_sizes as sizes

    edge, place = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.5]]]), (0.5, 0.3, 0.2)
    with quiet_and_repeatable():
        even = sizes.Coarse.of(Box(Pnt(0, 0, 0), Pnt(1, 0.5, 0.5)), 1.2).with_enough()
        fine = even.finer(edge, [place], 1800)
        coarser = even.finer(edge, [place], fine.ne - 1)
    points = sizes.along(edge, even.h / sizes.FINER[0])
    foreseen = even.foreseen([*points, (place, even.h / sizes.AT_A_POINT)])
    assert foreseen / 1.1 > fine.ne > 0.6 * foreseen or foreseen == pytest.approx(fine.ne, rel=0.1)
    assert 0.6 * foreseen < fine.ne < 1.1 * foreseen
    assert even.foreseen([]) == pytest.approx(even.mesh.ne)
    assert even.mesh.ne < coarser.ne < fine.ne <= 1800
