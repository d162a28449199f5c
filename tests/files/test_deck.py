"""Input decks for Abaqus and CalculiX: solved by hand, and by CalculiX where it is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from uniform_strain import SOFT, STIFF, block, plane, write_uniform

from mechagents.cli import cli
from mechagents.errors import UsageError
from mechagents.files import read_solved, write_inp
from mechagents.files.abaqus import set_names
from mechagents.mechanics.formulation import Formulation
from mechagents.verification.equilibrium import Equilibrium, residual
from mechagents.verification.solution import Solution

MIDDLES = {
    "CPE6": ((0, 1), (1, 2), (2, 0)),
    "CPS8": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "C3D10": ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
    "C3D20": (
        *((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4)),
        *((0, 4), (1, 5), (2, 6), (3, 7)),
    ),
}  # fmt: skip
"""Between which corners the nodes after them lie, by Abaqus' figures."""

RUBBER = {"kind": "saint_venant_kirchhoff", "youngs_modulus": STIFF, "poisson_ratio": 0.3}


def deck_of(formulation: Formulation, folder: Path, order: int) -> dict[str, list[list[str]]]:
    """Write a deck and return its data lines, split, by the line with their keyword."""
    solved = read_solved(formulation, write_uniform(formulation, folder, order))
    write_inp(solved, folder / "result.inp")
    found: dict[str, list[list[str]]] = defaultdict(list)
    keyword = goes_on = ""
    for line in (folder / "result.inp").read_text().splitlines():
        if line.startswith("**"):
            continue
        if line.startswith("*"):
            keyword = line
            found[keyword] += []
            continue
        words = [word.strip() for word in line.split(",") if word.strip()]
        if goes_on and keyword.startswith("*ELEMENT"):
            found[keyword][-1] += words
        else:
            found[keyword].append(words)
        goes_on = "yes" if line.endswith(",") else ""
    return found


def nodes_of(deck: dict[str, list[list[str]]]) -> np.ndarray:
    rows = deck["*NODE, NSET=NALL"]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    return np.array([[float(word) for word in row[1:]] for row in rows])


def numbers(deck: dict[str, list[list[str]]], keyword: str) -> np.ndarray:
    return np.array([int(word) for row in deck[keyword] for word in row])


def tetrahedral() -> Formulation:
    """A box beside a box, which is meshed by tetrahedra."""
    both = {
        "kind": "union",
        "shapes": [
            {"kind": "box", "size": [1.0, 1.0, 1.0]},
            {"kind": "box", "origin": [1.0, 0.0, 0.0], "size": [1.0, 1.0, 1.0]},
        ],
    }
    geometry = block().geometry.model_dump() | {"regions": {"block": both}}
    return block(geometry=geometry)


def square() -> Formulation:
    """A sheet of one region, which is meshed by quadrilaterals, in plane stress."""
    geometry = plane().geometry.model_dump()
    geometry["regions"] = {"sheet": {"kind": "rectangle", "size": [2.0, 1.0]}}
    steel = {"youngs_modulus": STIFF, "poisson_ratio": 0.3}
    return plane(
        idealisation="plane_stress", thickness=0.01, geometry=geometry, materials={"sheet": steel}
    )


@pytest.mark.parametrize(
    ("formulation", "kind"),
    [(plane(), "CPE6"), (square(), "CPS8"), (tetrahedral(), "C3D10"), (block(), "C3D20")],
)
def test_middle_nodes_stand_where_the_solver_expects_them(
    formulation: Formulation, kind: str, tmp_path: Path
) -> None:
    deck = deck_of(formulation, tmp_path, 2)
    x, rows = nodes_of(deck), deck[f"*ELEMENT, TYPE={kind}"]
    elements = np.array([[int(word) for word in row] for row in rows])
    at = x[elements[:, 1:] - 1]
    corners = at.shape[1] - len(MIDDLES[kind])
    for number, (a, b) in enumerate(MIDDLES[kind]):
        np.testing.assert_allclose(at[:, corners + number], (at[:, a] + at[:, b]) / 2, atol=1e-12)
    a, b = at[:, 1] - at[:, 0], at[:, corners - 1 if x[:, 2].any() is False else 2] - at[:, 0]
    if kind.startswith("C3D"):
        third = at[:, 3 if kind == "C3D10" else 4] - at[:, 0]
        assert (np.einsum("mx,mx->m", np.cross(a, b), third) > 0).all()
    else:
        assert (np.cross(a, b)[:, 2] > 0).all()
    assert set(np.unique(elements[:, 1:])) == set(range(1, len(x) + 1))


def test_sets_hold_what_lies_in_regions_and_on_boundaries(tmp_path: Path) -> None:
    deck = deck_of(plane(), tmp_path, 2)
    x, rows = nodes_of(deck), deck["*ELEMENT, TYPE=CPE6"]
    middle = {int(row[0]): x[[int(n) - 1 for n in row[1:]], 0].mean() for row in rows}
    assert {n for n in middle if middle[n] < 1} == set(numbers(deck, "*ELSET, ELSET=E_SOFT"))
    assert {n for n in middle if middle[n] > 1} == set(numbers(deck, "*ELSET, ELSET=E_STIFF"))
    held = numbers(deck, "*NSET, NSET=N_LEFT") - 1
    np.testing.assert_array_equal(np.flatnonzero(np.abs(x[:, 0]) < 1e-9), np.sort(held))
    assert [[float(w) for w in row] for row in deck["*ELASTIC"]] == [[SOFT, 0.3], [STIFF, 0.3]]
    assert "*SOLID SECTION, ELSET=E_STIFF, MATERIAL=M_STIFF" in deck


def test_no_number_is_longer_than_calculix_reads(tmp_path: Path) -> None:
    deck = deck_of(plane(), tmp_path, 2)
    words = [word for rows in deck.values() for row in rows for word in row]
    assert max(len(word) for word in words if re.fullmatch(r"[-+.\de]+", word)) <= 20


def by_hand(deck: dict[str, list[list[str]]]) -> np.ndarray:
    """Return the displacement of a deck of plane strain and triangles of constant strain."""
    x = nodes_of(deck)[:, :2]
    moduli = dict(zip(("SOFT", "STIFF"), (float(r[0]) for r in deck["*ELASTIC"]), strict=True))
    modulus = {
        int(number): E
        for name, E in moduli.items()
        for number in numbers(deck, f"*ELSET, ELSET=E_{name}")
    }
    nu, count = 0.3, 2 * len(x)
    K, f = np.zeros((count, count)), np.zeros(count)
    for row in deck["*ELEMENT, TYPE=CPE3"]:
        number, *ends = map(int, row)
        a, b, c = (np.array(ends) - 1).tolist()
        J = np.array([x[b] - x[a], x[c] - x[a]])
        g = np.linalg.solve(J, np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]))
        B = np.zeros((3, 6))
        B[0, ::2], B[1, 1::2], B[2, ::2], B[2, 1::2] = g[0], g[1], g[1], g[0]
        E = modulus[number] / (1 + nu) / (1 - 2 * nu)
        D = E * np.array([[1 - nu, nu, 0], [nu, 1 - nu, 0], [0, 0, (1 - 2 * nu) / 2]])
        at = [2 * a, 2 * a + 1, 2 * b, 2 * b + 1, 2 * c, 2 * c + 1]
        K[np.ix_(at, at)] += B.T @ D @ B * np.linalg.det(J) / 2
    for node, axis, value in deck["*CLOAD"]:
        f[2 * int(node) + int(axis) - 3] += float(value)
    u, held = np.zeros(count), np.zeros(count, dtype=bool)
    for node, axis, same, value in deck["*BOUNDARY"]:
        assert axis == same
        u[2 * int(node) + int(axis) - 3] = float(value)
        held[2 * int(node) + int(axis) - 3] = True
    left = f - K @ u
    u[~held] = np.linalg.solve(K[np.ix_(~held, ~held)], left[~held])
    return u.reshape(-1, 2)


@pytest.mark.parametrize("given", [0.0, 2e-4])
def test_a_deck_says_the_whole_model(given: float, tmp_path: Path) -> None:
    # What is solved from the deck alone balances by the formulation's laws, loads and supports.
    loads = [
        {"kind": "traction", "boundary": "right", "x": 1e6, "y": {"formula": "2e6*y"}},
        {"kind": "pressure", "boundary": "soft", "value": 3e5},
        {"kind": "body_force", "region": "stiff", "y": -7e4},
    ]
    f = plane(loads=loads, supports=[{"boundary": "left", "x": given, "y": 0.0}])
    u = by_hand(deck_of(f, tmp_path, 1))
    solved = read_solved(f, tmp_path)
    moved = Solution.of(f, replace(solved.solution.fields, displacement=u))
    state = Equilibrium.of(moved)
    assert residual(moved, state.forces) <= 1e-9
    np.testing.assert_allclose(u[moved.places["left"].nodes], [[given, 0.0]] * 3, atol=1e-15)
    assert residual(solved.solution, Equilibrium.of(solved.solution).forces) > 1e-2


def test_axes_of_wood_are_turned_and_warmth_is_a_temperature(tmp_path: Path) -> None:
    wood = {
        "kind": "orthotropic",
        "youngs_moduli": [11e9, 0.8e9, 0.5e9],
        "poisson_ratios": [0.35, 0.4, 0.3],
        "shear_moduli": [0.7e9, 0.6e9, 0.1e9],
        "angle": "30 deg",
        "thermal_expansion": [4e-6, 3e-5, 5e-5],
        "density": 450.0,
    }
    warm = [{"kind": "temperature", "change": 20.0}]
    deck = deck_of(square().amended({"materials.sheet": wood, "loads": warm}), tmp_path, 2)
    (axes,) = deck["*ORIENTATION, NAME=O_SHEET"]
    c, s = np.cos(np.pi / 6), 0.5
    assert [float(word) for word in axes] == pytest.approx([c, s, 0, -s, c, 0])
    constants = [float(w) for row in deck["*ELASTIC, TYPE=ENGINEERING CONSTANTS"] for w in row]
    assert constants == [11e9, 0.8e9, 0.5e9, 0.35, 0.4, 0.3, 0.7e9, 0.6e9, 0.1e9]
    assert [float(word) for word in deck["*EXPANSION, TYPE=ORTHO"][0]] == [4e-6, 3e-5, 5e-5]
    assert float(deck["*DENSITY"][0][0]) == 450.0
    assert float(deck["*TEMPERATURE"][0][1]) == 20.0
    section = "*SOLID SECTION, ELSET=E_SHEET, MATERIAL=M_SHEET, ORIENTATION=O_SHEET"
    assert float(deck[section][0][0]) == 0.01
    assert "*CLOAD" not in deck


def test_names_that_differ_by_case_alone_get_sets_of_their_own() -> None:
    assert set_names("N_", ["tip", "Tip", "TIP"]) == ["N_TIP", "N_TIP_2", "N_TIP_3"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"springs": [{"kind": "foundation", "boundary": "right", "x": 1e9}]},
            "springs cannot be written",
        ),
        (
            {
                "materials.soft.thermal_expansion": 1e-5,
                "loads": [{"kind": "temperature", "region": "soft", "change": 5.0}],
            },
            "loads.0: only a change of temperature that is the same everywhere",
        ),
        (
            {
                "analysis": "static_finite",
                "materials": dict.fromkeys(("soft", "stiff"), RUBBER),
            },
            "writes static_linear only, not static_finite",
        ),
    ],
)
def test_what_a_deck_cannot_say_is_refused(
    changes: dict[str, object], told: str, tmp_path: Path
) -> None:
    f = plane().amended(changes)
    solved = read_solved(f, write_uniform(f, tmp_path))
    with pytest.raises(UsageError, match=told):
        write_inp(solved, tmp_path / "out.inp")
    assert not (tmp_path / "out.inp").exists()


def call(*words: str | Path) -> tuple[object, str]:
    """Return the error of a command or None, and what it told."""
    done = CliRunner().invoke(cli, ["files", *map(str, words)])
    return done.exception, done.stderr


def test_the_command_writes_nothing_where_a_deck_is_refused(tmp_path: Path) -> None:
    bed = [{"kind": "foundation", "boundary": "right", "x": 1e9}]
    write_uniform(plane(springs=bed), tmp_path)
    error, _ = call(tmp_path, "--to", "vtu", "--to", "inp")
    assert str(error) == "--to inp: springs cannot be written; take vtu, msh, xdmf or csv"
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize(("thickness", "told"), [(None, True), (0.01, False)])
def test_the_command_tells_that_a_sheet_is_not_thin(
    thickness: float | None, told: bool, tmp_path: Path
) -> None:
    write_uniform(square().amended({"thickness": thickness}), tmp_path)
    error, words = call(tmp_path, "--to", "inp")
    assert error is None
    assert ("the sheet is written 1 m thick" in words) is told
    assert (tmp_path / "files" / "result.inp").is_file()


def pulled(formulation: Formulation) -> Formulation:
    """Return a body in uniform tension: what holds it lets it contract."""
    if formulation.dimension == 3:
        geometry = formulation.geometry.model_dump()
        geometry["boundaries"] |= {
            "front": {"kind": "plane", "axis": "y", "at": 0.0},
            "below": {"kind": "plane", "axis": "z", "at": 0.0},
        }
        names, ends = ("low", "front", "below"), "high"
    else:
        geometry, names, ends = formulation.geometry.model_dump(), ("left", "soft"), "right"
    supports = [{"boundary": n, a: 0.0} for n, a in zip(names, "xyz", strict=False)]
    loads = [{"kind": "traction", "boundary": ends, "x": 1e6}]
    return formulation.amended({"geometry": geometry, "supports": supports, "loads": loads})


@pytest.mark.skipif(shutil.which("ccx") is None, reason="CalculiX (ccx) is not here")
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("formulation", [square(), tetrahedral(), block()])
def test_calculix_solves_a_deck_in_uniform_tension(
    formulation: Formulation, order: int, tmp_path: Path
) -> None:
    deck = deck_of(pulled(formulation), tmp_path, order)
    subprocess.run(["ccx", "result"], cwd=tmp_path, check=True, capture_output=True)
    lines = [line.split() for line in (tmp_path / "result.dat").read_text().splitlines()]
    rows = sorted((int(w[0]), *map(float, w[1:])) for w in lines if len(w) == 4)
    x = nodes_of(deck)
    u = np.array(rows)[: len(x), 1:]
    strain = 1e6 / STIFF
    d = formulation.dimension
    expected = (x * strain * [1.0, -0.3, -0.3])[:, :d]
    np.testing.assert_allclose(u[:, :d], expected, atol=1e-6 * strain)
