"""The reference for modes of solids: its stated errors hold where the exact solution is known."""

from __future__ import annotations

import importlib.util
from math import pi, sqrt
from typing import Any

import pytest

from mechagents.mechanics.formulation import Formulation
from mechagents.verification.reference import ReferenceSolution
from mechagents.verification.reference import process as processes

HAS_NGSOLVE = importlib.util.find_spec("ngsolve") is not None
pytestmark = pytest.mark.skipif(not HAS_NGSOLVE, reason="NGSolve has no wheel here")
E, NU, RHO, LENGTH, SIDE = 210e9, 0.3, 7850.0, 1.0, 0.2


def bar(**changes: Any) -> Formulation:
    """A bar of square section, its sides named, that slides between walls and vibrates."""
    sizes = {"x": LENGTH, "y": SIDE, "z": SIDE}
    planes: dict[str, Any] = {
        f"{axis}{end}": {"kind": "plane", "axis": axis, "at": at}
        for axis, size in sizes.items()
        for end, at in (("0", 0.0), ("1", size))
    }
    planes["tip"] = {"kind": "space_point", "at": [LENGTH, 0.0, 0.0]}
    planes["rim"] = {"kind": "curve", "of": [planes["x1"], planes["y0"]]}
    walls = [{"boundary": f"{axis}{end}", axis: 0.0} for axis in "yz" for end in "01"]
    regions = {"bar": {"kind": "box", "size": list(sizes.values())}}
    return Formulation.model_validate({
        "analysis": "modal",
        "idealisation": "solid",
        "geometry": {"regions": regions, "boundaries": planes},
        "materials": {"bar": {"youngs_modulus": E, "poisson_ratio": NU, "density": RHO}},
        "supports": [{"boundary": "x0", "x": 0.0}, *walls],
        "wanted": [{"name": f"f{n}", "kind": "frequency", "number": n} for n in (1, 2)],
        **changes,
    })  # fmt: skip


async def _solve(formulation: Formulation) -> ReferenceSolution:
    (found,) = await processes.solve_by("high_order", [formulation], 120)
    assert found.fault == ""
    return found


async def test_a_confined_bar_vibrates_along_itself() -> None:
    found = await _solve(bar())
    speed = sqrt(E * (1 - NU) / ((1 + NU) * (1 - 2 * NU)) / RHO)
    for name, quarters in (("f1", 1), ("f2", 3)):
        quantity, exact = found.quantities[name], quarters * speed / 4 / LENGTH
        assert quantity.apart(exact) <= quantity.error
        assert quantity.error <= 1e-4 * exact


async def test_a_free_bar_has_six_rigid_motions() -> None:
    wanted = [{"name": f"f{n}", "kind": "frequency", "number": n} for n in (6, 7, 8)]
    found = await _solve(bar(supports=[], wanted=wanted))
    assert found.quantities["f6"].values == (0.0,)
    assert found.quantities["f6"].scale > 100
    # A square section bends alike about both axes.
    first, second = found.quantities["f7"], found.quantities["f8"]
    assert first.apart(second.values[0]) <= first.error + second.error
    assert 0 < first.error <= 1e-2 * first.values[0]


async def test_a_column_buckles_as_engesser_says_and_its_reaction_is_known() -> None:
    column = bar(
        analysis="buckling",
        materials={"bar": {"youngs_modulus": E, "poisson_ratio": 0.0}},
        supports=[{"boundary": "x0", "x": 0.0, "y": 0.0, "z": 0.0}],
        loads=[{"kind": "traction", "boundary": "x1", "x": -1e8}],
        wanted=[
            {"name": "factor", "kind": "buckling_factor", "number": 1},
            {"name": "held", "kind": "reaction", "boundary": "x0", "component": "x"},
        ],
    )
    found = await _solve(column)
    euler = pi**2 * E * SIDE**2 / 48 / LENGTH**2
    factor = found.quantities["factor"]
    assert factor.values[0] == pytest.approx(euler / (1 + 1.2 * euler / (E / 2)) / 1e8, rel=1e-2)
    assert factor.error <= 1e-3 * factor.values[0]
    assert found.quantities["held"].values[0] == pytest.approx(1e8 * SIDE**2, rel=1e-6)


@pytest.mark.parametrize(("place", "why"), [("tip", "a force acts on"), ("rim", "holds a curve")])
async def test_a_mode_that_a_point_or_a_curve_holds_has_no_limit(place: str, why: str) -> None:
    supports = [{"boundary": "x0", "x": 0.0, "y": 0.0, "z": 0.0}, {"boundary": place, "z": 0.0}]
    found = await _solve(bar(supports=supports))
    assert why in found.left_out
    assert found.quantities == {}
