"""A closed form is found where there is one, is right, and is not claimed where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from bodies_to_check import holed, inclusion, plate

from mechagents.mechanics.formulation import Formulation
from mechagents.messages import Check, Evidence, Quantity
from mechagents.problems import load_problem
from mechagents.verification.closed_form import _Basis, closed_form
from mechagents.verification.outline_samples import outline_samples, widest_gap
from mechagents.verification.potentials import Term, superposable
from mechagents.verification.reference import find_references, refer

E, NU = 210e9, 0.3
STEEL = {"youngs_modulus": E, "poisson_ratio": NU}
LINES = {
    "left": {"kind": "line", "axis": "x", "at": 0.0},
    "right": {"kind": "line", "axis": "x", "at": 2.0},
    "bottom": {"kind": "line", "axis": "y", "at": 0.0},
    "top": {"kind": "line", "axis": "y", "at": 1.0},
}
ROLLERS = [{"boundary": "left", "x": 0.0}, {"boundary": "bottom", "y": 0.0}]
WANTED = [
    {"name": "pull", "kind": "reaction", "boundary": "left", "component": "x"},
    {"name": "stress", "kind": "stress", "component": "xx", "at": [0.7, 0.3]},
    {"name": "across", "kind": "stress", "component": "zz", "at": [0.7, 0.3]},
    {"name": "moved", "kind": "displacement", "component": "x", "at": [2.0, 0.5]},
    {"name": "largest", "kind": "displacement", "component": "magnitude", "extreme": "max"},
    {"name": "energy", "kind": "strain_energy"},
]


def bar(**changes: object) -> Formulation:
    data: dict[str, object] = {
        "idealisation": "plane_strain",
        "geometry": {
            "regions": {"bar": {"kind": "rectangle", "size": [2.0, 1.0]}},
            "boundaries": LINES,
        },
        "materials": {"bar": STEEL},
        "supports": ROLLERS,
        "loads": [{"kind": "traction", "boundary": "right", "x": 1e6}],
        "wanted": WANTED,
    }
    return Formulation.model_validate(data | changes)


def ring(angle_supports: list[dict[str, Any]], **changes: object) -> Formulation:
    """Return the quarter of a ring between radii of 1 and 2."""
    disk = [{"kind": "disk", "center": [0.0, 0.0], "radius": r} for r in (2.0, 1.0)]
    quarter = {
        "kind": "intersection",
        "shapes": [
            {"kind": "rectangle", "size": [3.0, 3.0]},
            {"kind": "difference", "base": disk[0], "remove": [disk[1]]},
        ],
    }
    data: dict[str, object] = {
        "idealisation": "plane_stress",
        "geometry": {
            "regions": {"ring": quarter},
            "boundaries": {
                "left": {"kind": "line", "axis": "x", "at": 0.0},
                "bottom": {"kind": "line", "axis": "y", "at": 0.0},
                "bore": {"kind": "circle", "center": [0.0, 0.0], "radius": 1.0},
                "corner": {"kind": "point", "at": [0.0, 1.0]},
            },
        },
        "materials": {"ring": STEEL},
        "supports": angle_supports,
    }
    return Formulation.model_validate(data | changes)


def values(formulation: Formulation) -> dict[str, float]:
    found = closed_form(formulation)
    assert found is not None
    return {name: value.values[0] for name, value in found.quantities.items()}


def test_a_bar_in_tension_is_uniform() -> None:
    strain = 1e6 * (1 - NU**2) / E
    moved = (2 * strain, -1e6 * NU * (1 + NU) / E)
    assert values(bar()) == pytest.approx(
        {
            "pull": -1e6,
            "stress": 1e6,
            "across": 0.3e6,
            "moved": moved[0],
            "largest": math.hypot(*moved),
            "energy": 1e6 * strain,
        },
        rel=1e-9,
    )


def test_a_heated_bar_between_walls_is_pressed() -> None:
    supports = [*ROLLERS, {"boundary": "right", "x": 0.0}]
    heat = [{"kind": "temperature", "change": 50.0}]
    law = {"bar": STEEL | {"thermal_expansion": 1.2e-5}}
    found = values(bar(idealisation="plane_stress", supports=supports, loads=heat, materials=law))
    assert found["stress"] == pytest.approx(-E * 1.2e-5 * 50.0, rel=1e-9)
    assert found["pull"] == pytest.approx(E * 1.2e-5 * 50.0, rel=1e-9)
    assert "energy" not in found


def test_a_bar_under_its_weight_is_stressed_linearly() -> None:
    law = {"bar": {"youngs_modulus": E, "poisson_ratio": 0.0}}
    loads = [{"kind": "body_force", "x": 80e3}]
    found = values(bar(materials=law, loads=loads))
    assert found["stress"] == pytest.approx(80e3 * (2.0 - 0.7), rel=1e-9)
    assert found["moved"] == pytest.approx(80e3 * 2.0**2 / (2 * E), rel=1e-9)
    assert found["pull"] == pytest.approx(-160e3, rel=1e-9)


def test_a_hole_under_the_tractions_of_an_infinite_plate_is_that_of_kirsch() -> None:
    r, t = "sqrt(x**2 + y**2)", "atan2(y, x)"
    across = f"(1.5 * cos(2*{t}) + cos(4*{t})) / {r}**2 - 1.5 * cos(4*{t}) / {r}**4"
    along = f"(0.5 * cos(2*{t}) - cos(4*{t})) / {r}**2 + 1.5 * cos(4*{t}) / {r}**4"
    shear = f"(0.5 * sin(2*{t}) + sin(4*{t})) / {r}**2 - 1.5 * sin(4*{t}) / {r}**4"
    xx, yy, xy = f"1e6 * (1 - ({across}))", f"-1e6 * ({along})", f"-1e6 * ({shear})"
    square = {"kind": "rectangle", "size": [4.0, 4.0]}
    hole = {"kind": "disk", "center": [0.0, 0.0], "radius": 1.0}
    quarter = {"kind": "difference", "base": square, "remove": [hole]}
    lines = {
        **{k: LINES[k] for k in ("left", "bottom")},
        "right": {"kind": "line", "axis": "x", "at": 4.0},
        "top": {"kind": "line", "axis": "y", "at": 4.0},
    }
    formulation = bar(
        idealisation="plane_stress",
        geometry={"regions": {"bar": quarter}, "boundaries": lines},
        loads=[
            {"kind": "traction", "boundary": "right", "x": {"formula": xx}, "y": {"formula": xy}},
            {"kind": "traction", "boundary": "top", "x": {"formula": xy}, "y": {"formula": yy}},
        ],
        wanted=[
            {"name": "peak", "kind": "stress", "component": "xx", "at": [0.0, 1.0]},
            {"name": "least", "kind": "stress", "component": "yy", "at": [1.0, 0.0]},
        ],
    )
    assert values(formulation) == pytest.approx({"peak": 3e6, "least": -1e6}, rel=1e-8)


def test_a_curved_beam_in_bending_is_that_of_golovin() -> None:
    a, b, M = 1.0, 2.0, 1e5
    log = math.log(b / a)
    N = (b**2 - a**2) ** 2 - 4 * a**2 * b**2 * log**2

    def hoop(r: float) -> float:
        parts = -(a**2) * b**2 / r**2 * log + b**2 * math.log(r / b) + a**2 * math.log(a / r)
        return -4 * M / N * (parts + b**2 - a**2)

    formula = (
        f"-{4 * M / N!r} * (-{a**2 * b**2 * log!r} / y**2 + {b**2!r} * log(y / {b!r}) "
        f"+ {a**2!r} * log({a!r} / y) + {b**2 - a**2!r})"
    )
    formulation = ring(
        [{"boundary": "bottom", "y": 0.0}, {"boundary": "corner", "x": 0.0}],
        loads=[{"kind": "traction", "boundary": "left", "x": {"formula": f"-1.0 * ({formula})"}}],
        wanted=[
            {"name": "inside", "kind": "stress", "component": "yy", "at": [a, 0.0]},
            {"name": "outside", "kind": "stress", "component": "yy", "at": [b, 0.0]},
        ],
    )
    assert values(formulation) == pytest.approx({"inside": hoop(a), "outside": hoop(b)}, rel=1e-7)


@pytest.mark.parametrize(
    ("name", "quantity", "value"),
    [
        ("examples/problems/rotating-disc.yaml", "hoop_stress", 832e3),
        ("examples/problems/pressed-cylinder.yaml", "bore_displacement", 9.0793650794e-4),
        ("examples/problems/timoshenko-beam.yaml", "deflection", 0.0089),
    ],
)
def test_an_example_has_the_closed_form_that_it_is_known_for(
    name: str, quantity: str, value: float
) -> None:
    formulation = load_problem(name).formulation
    assert formulation is not None
    assert values(formulation)[quantity] == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    "formulation",
    [
        pytest.param(plate(), id="clamped edges"),
        pytest.param(holed(), id="a hole in a finite plate"),
        pytest.param(inclusion(), id="two materials"),
        pytest.param(bar(idealisation="axisymmetric"), id="a body of revolution"),
        pytest.param(
            bar(loads=[{"kind": "traction", "boundary": "right", "x": {"formula": "1e6*exp(y)"}}]),
            id="a load that is no polynomial",
        ),
    ],
)
def test_none_is_claimed_where_there_is_none(formulation: Formulation) -> None:
    assert closed_form(formulation) is None


async def test_it_agrees_with_the_reference() -> None:
    formulation = bar()
    (solved,) = await find_references([formulation])
    exact = closed_form(formulation)
    assert exact is not None
    for name, value in exact.quantities.items():
        other = solved.quantities[name]
        assert other.apart(value.values[0]) <= other.error + value.error, name


def _evidence(**numbers: float) -> Evidence:
    quantities = tuple(
        Quantity(name=k, value=v, unit="?", error_bound=0.0, claim_level="converged")
        for k, v in numbers.items()
    )
    passed = Check(name="contract:fields", passed=True, message="")
    return Evidence(attempt=1, checks=(passed,), quantities=quantities, claim_level="converged")


async def test_evidence_names_it_and_refuses_a_wrong_number() -> None:
    wanted = [item for item in WANTED if item["name"] in ("pull", "stress")]
    evidence = await refer(bar(wanted=wanted), _evidence(pull=-1e6, stress=1.1e6), 0.02)
    checks = {check.name: check for check in evidence.checks}
    assert checks["closed_form:pull"].passed
    assert not checks["closed_form:stress"].passed
    assert "closed form" in checks["closed_form:stress"].message
    assert [q.claim_level for q in evidence.quantities] == ["verified", "consistent"]


def test_no_logarithm_jumps_inside_a_body_whose_long_side_is_sampled_coarsely() -> None:
    """A keyhole: from the disk the samples of the long sides of the slot leave a gap."""
    disk = {"kind": "disk", "center": [0.5, 0.5], "radius": 0.02}
    slot = {"kind": "rectangle", "origin": [0.1, 0.47], "size": [1.8, 0.04]}
    keyhole = {"kind": "union", "shapes": [disk, slot]}
    whole = {"kind": "rectangle", "size": [2.0, 1.0]}
    shape = {"kind": "difference", "base": whole, "remove": [keyhole]}
    f = bar(geometry={"regions": {"bar": shape}, "boundaries": LINES})
    samples = outline_samples(f.geometry)
    assert widest_gap(samples.points, np.array([0.5, 0.5]))[1] > 0.2
    assert not [term for term in _Basis.of(f, samples).terms if term.cut is not None]


@pytest.mark.parametrize("power", [-2, 0, 1, 3])
@pytest.mark.parametrize("cut", [None, 3.0])
def test_the_fields_of_potentials_balance_and_obey_the_law(power: int, cut: float | None) -> None:
    z, h, kappa = np.array([1.3 + 0.4j]), 1e-4, 1.8
    term = [Term(power, 0.1 - 0.2j, 0.7, cut)]

    def at(shift: complex) -> list[tuple[complex, np.ndarray[Any, Any]]]:
        return [(u[0], s[0]) for u, s in superposable(term, z + shift, kappa)]

    fields = zip(at(0), at(h), at(-h), at(1j * h), at(-1j * h), strict=True)
    for (_, sigma), right, left, up, down in fields:
        dx = (right[1] - left[1]) / (2 * h)
        dy = (up[1] - down[1]) / (2 * h)
        size = np.abs(sigma).max() + 1.0
        assert dx[0] + dy[2] == pytest.approx(0, abs=1e-6 * size)
        assert dx[2] + dy[1] == pytest.approx(0, abs=1e-6 * size)
        du_x, du_y = (right[0] - left[0]) / (2 * h), (up[0] - down[0]) / (2 * h)
        # 2 mu times the strain: mu is one half, and lambda follows from kappa.
        lam = 0.5 * (3 - kappa) / (kappa - 1)
        exx, eyy, gamma = du_x.real, du_y.imag, du_x.imag + du_y.real
        law = [lam * (exx + eyy) + exx, lam * (exx + eyy) + eyy, 0.5 * gamma]
        assert sigma == pytest.approx(law, abs=1e-6 * size)
