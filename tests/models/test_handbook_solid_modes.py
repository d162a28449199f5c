"""The handbook's programs for modes of solids, run as a sandbox would, against closed forms."""

from __future__ import annotations

from math import pi, sqrt
from pathlib import Path
from typing import Any

import pytest
from test_handbook_modes import frequencies, run

E, NU, RHO = 210e9, 0.3, 7850.0
STEEL = {"youngs_modulus": E, "poisson_ratio": NU, "density": RHO}
LENGTH, SIDE = 1.0, 0.1


def bar(**changes: Any) -> dict[str, Any]:
    """A bar of square section that vibrates, and names for its six sides."""
    sizes = {"x": LENGTH, "y": SIDE, "z": SIDE}
    planes = {
        f"{axis}{end}": {"kind": "plane", "axis": axis, "at": at}
        for axis, size in sizes.items()
        for end, at in (("0", 0.0), ("1", size))
    }
    regions = {"bar": {"kind": "box", "size": list(sizes.values())}}
    return {
        "analysis": "modal",
        "idealisation": "solid",
        "geometry": {"regions": regions, "boundaries": planes},
        "materials": {"bar": STEEL},
        **changes,
    }


def column(stress: float, **changes: Any) -> dict[str, Any]:
    """The same bar as a column without contraction across, clamped at its foot and pressed."""
    return bar(
        analysis="buckling",
        materials={"bar": {**STEEL, "poisson_ratio": 0.0}},
        supports=[{"boundary": "x0", "x": 0.0, "y": 0.0, "z": 0.0}],
        loads=[{"kind": "traction", "boundary": "x1", "x": stress}],
        wanted=[{"name": "factor", "kind": "buckling_factor", "number": 1}],
        **changes,
    )


def test_a_confined_bar_vibrates_along_itself(tmp_path: Path) -> None:
    walls = [{"boundary": f"{axis}{end}", axis: 0.0} for axis in "yz" for end in "01"]
    problem = bar(supports=[{"boundary": "x0", "x": 0.0}, *walls], wanted=frequencies(1, 2))
    found = run(problem, tmp_path, mesh_size=0.1, element_order=2)
    speed = sqrt(E * (1 - NU) / ((1 + NU) * (1 - 2 * NU)) / RHO)
    assert found["f1"] == pytest.approx(speed / 4 / LENGTH, rel=1e-6)
    assert found["f2"] == pytest.approx(3 * speed / 4 / LENGTH, rel=1e-4)


def test_a_free_round_bar_has_six_rigid_motions_and_twists(tmp_path: Path) -> None:
    shaft = {"kind": "cylinder", "base": [0.0, 0.0, 0.0], "axis": "x", "radius": 0.1, "height": 0.5}
    problem = bar(
        geometry={"regions": {"bar": shaft}},
        wanted=frequencies(1, 6, 7, 8, 9),
        pictures=[{"file": "twist.png", "field": "displacement", "mode": 9}],
    )
    found = run(problem, tmp_path, mesh_size=0.1, element_order=2)
    assert found["f1"] == found["f6"] == 0.0
    # It bends twice alike, and twists with the speed of shear.
    assert found["f7"] == pytest.approx(found["f8"], rel=1e-2)
    shear = sqrt(E / (2 * (1 + NU)) / RHO)
    assert min(abs(found[f"f{n}"] / (shear / 2 / 0.5) - 1) for n in (7, 8, 9)) < 2e-3


def test_a_column_buckles_as_euler_says_and_is_drawn(tmp_path: Path) -> None:
    wanted = [
        {"name": "factor", "kind": "buckling_factor", "number": 1},
        {"name": "held", "kind": "reaction", "boundary": "x0", "component": "x"},
        {"name": "stress", "kind": "stress", "component": "xx", "at": [0.5, 0.05, 0.05]},
    ]
    pictures = [{"file": "before.png", "field": "stress_xx"},
                {"file": "mode.png", "field": "displacement", "mode": 1}]  # fmt: skip
    problem = {**column(-1e6), "wanted": wanted, "pictures": pictures}
    found = run(problem, tmp_path, mesh_size=0.1, element_order=2)
    euler = pi**2 * E * SIDE**2 / 48 / LENGTH**2 / 1e6
    # Engesser: shear makes it k G A / (k G A + P) times as much.
    engesser = euler / (1 + euler * 1e6 / (5 / 6 * E / 2))
    assert found["factor"] == pytest.approx(engesser, rel=2e-3)
    assert found["held"] == pytest.approx(1e6 * SIDE**2, rel=1e-6)
    assert found["stress"] == pytest.approx(-1e6, rel=1e-6)


def test_a_column_in_tension_has_no_factor_and_the_program_says_so(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nothing in compression"):
        run(column(1e6), tmp_path, mesh_size=0.1, element_order=2)
