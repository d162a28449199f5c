"""Faults of programs for modes of vibration and buckling."""

from __future__ import annotations

from pathlib import Path

from mechagents.messages import Settings
from planting.making import (
    MODES,
    Fault,
    Known,
    Maker,
    Tree,
    Wrong,
    every,
    heated,
    mutated,
    numbers,
    of_revolution,
    right_numbers,
    text,
    told,
    where,
    write_numbers,
)

MODAL = frozenset({"modal"})
BUCKLING = frozenset({"buckling"})

_VIBRATE = (
    "omega2, phi = vibration_modes(stiffness.assemble(V), mass.assemble(V), fixed, problem.modes)"
)
_BUCKLE = "factors, phi = buckling_modes(K, turning.assemble(V), np.unique(fixed), problem.modes)"
_HERTZ = "np.sqrt(omega2) / (2 * np.pi)"
_MASS = "    return rho * (u[0] * v[0] + u[1] * v[1]) * thickness(w.x)"
_RESULTS = "results = mode_quantities(problem, modes)"
_TURNED = "        total = total + xx * a_x * b_x + yy * a_y * b_y + xy * (a_x * b_y + a_y * b_x)"
_PRESTRESS = "prestress = stress(strain(V.interpolate(u)), free_expansion(problem, mesh, x)[0])"
_E_AND_NU = "E, nu = material.youngs_modulus, material.poisson_ratio"


def _density(factor: float) -> Maker:
    def change(data: Tree) -> bool:
        for material in data["materials"].values():
            material["density"] *= factor
        return True

    return told(change)


def _solved(more: str, *, one_more: bool = False) -> Maker:
    """Return a fault behind the line that finds the modes."""

    def make(known: Known) -> Wrong:
        vibrates = known.body.formulation.analysis == "modal"
        line = _VIBRATE if vibrates else _BUCKLE
        found = line.replace("problem.modes)", "problem.modes + 1)") if one_more else line
        values = "omega2" if vibrates else "factors"
        return text(known, (line, f"{found}\n{more.replace('VALUES', values)}"))

    return make


def _if_several_modes(make: Maker) -> Maker:
    return lambda known: make(known) if known.body.formulation.modes > 1 else None


def _swapped_numbers(known: Known) -> Wrong | None:
    names = [
        w.name for w in known.body.formulation.wanted if w.kind in ("frequency", "buckling_factor")
    ]
    if len(names) < 2:
        return None

    def edit(folder: Path, settings: Settings) -> None:
        values = numbers(folder)
        values[names[0]], values[names[1]] = values[names[1]], values[names[0]]
        write_numbers(folder, values)

    return Wrong(known.program, edit=edit)


def _corner_mass(known: Known) -> Wrong | None:
    """Rows summed up in six-node triangles, whose corners are then without mass."""
    lumped = """
from scipy.sparse import diags
M = diags(np.asarray(mass.assemble(V).sum(axis=1)).ravel()).tocsr()
"""
    changed = mutated(known.program, (_VIBRATE, lumped + _VIBRATE.replace("mass.assemble(V)", "M")))
    shapes = list(known.body.formulation.geometry.regions.values())
    grid = len(shapes) == 1 and shapes[0].kind == "rectangle"
    return None if grid else Wrong(changed)


RANDOM = """
phi = np.random.default_rng(7).standard_normal(phi.shape)
phi[fixed] = 0.0
"""
SMOOTH = """
x0, x1 = (np.empty(V.N) for _ in range(2))
span = np.ptp(mesh.points, axis=0).max()
for column in range(phi.shape[1]):
    wave = np.sin((column + 1) * np.pi * mesh.points[:, 0] / span)
    phi[dofs[:, 0], column], phi[dofs[:, 1], column] = 0.1 * wave, wave
phi[fixed] = 0.0
"""
DEFLECTED = """
from mechagents.kit import solve
K, M = stiffness.assemble(V), mass.assemble(V)
if len(fixed):
    phi[:, 0] = solve(K, M @ np.ones(V.N), fixed, np.zeros(len(fixed)))
    omega2[0] = (phi[:, 0] @ (K @ phi[:, 0])) / (phi[:, 0] @ (M @ phi[:, 0]))
else:
    raise SystemExit(1)
"""
NOISE = """
noise = np.random.default_rng(3).standard_normal(phi.shape)
noise[fixed] = 0.0
phi = phi + 1e-3 * np.abs(phi).max() * noise
"""

FAULTS: tuple[Fault, ...] = (
    Fault(
        "E and nu swapped in the law of modes",
        where(every, (_E_AND_NU, "nu, E = material.youngs_modulus, material.poisson_ratio")),
        analyses=MODES,
    ),
    Fault(
        "shear counted twice in modes",
        where(every, ("mu * a[3] * b[3]", "2 * mu * a[3] * b[3]")),
        analyses=MODAL,
    ),
    Fault(
        "mirrored sign of the stiffness",
        where(
            every,
            ("vibration_modes(stiffness.assemble(V)", "vibration_modes(-stiffness.assemble(V)"),
        ),
        analyses=MODAL,
    ),
    Fault(
        "2 pi r left out of the modes",
        where(of_revolution, ("2 * np.pi * x[0] if axis", "1.0 if axis")),
        analyses=MODAL,
    ),
    Fault(
        "hoop strain left out of the modes",
        where(of_revolution, ("    if axisymmetric:  # on", "    if False:  # on")),
        analyses=MODAL,
    ),
    Fault(
        "omega reported for the frequency",
        where(every, (_HERTZ, "np.sqrt(omega2)")),
        analyses=MODAL,
    ),
    Fault(
        "omega squared reported for the frequency", where(every, (_HERTZ, "omega2")), analyses=MODAL
    ),
    Fault("density off by 10 %", _density(1.1), analyses=MODAL),
    Fault("density in g/cm^3", _density(1e-3), analyses=MODAL),
    Fault("density a million times too large", _density(1e6), analyses=MODAL),
    Fault(
        "mass of one direction only",
        where(every, (_MASS, _MASS.replace("u[0] * v[0] + ", ""))),
        analyses=MODAL,
    ),
    Fault(
        "thickness left out of the mass",
        where(every, (_MASS, _MASS.replace("thickness(w.x)", "(3.0 + 0 * w.x[0])"))),
        analyses=MODAL,
    ),
    Fault("mass lumped to nothing at corners", _corner_mass, analyses=MODAL),
    Fault(
        "factor inverted",
        where(every, ("modes = Modes(mesh, factors,", "modes = Modes(mesh, 1 / factors,")),
        analyses=BUCKLING,
    ),
    Fault(
        "stress before buckling with the other sign",
        where(every, ("(K, turning.assemble(V)", "(K, -turning.assemble(V)")),
        analyses=BUCKLING,
    ),
    Fault(
        "stress before buckling of half the load",
        where(every, (_PRESTRESS, _PRESTRESS + "\nprestress = [part / 2 for part in prestress]")),
        analyses=BUCKLING,
    ),
    Fault(
        "stress before buckling of another load",
        where(
            every,
            (_PRESTRESS, _PRESTRESS + "\nprestress = [prestress[1], prestress[0], *prestress[2:]]"),
        ),
        analyses=BUCKLING,
    ),
    Fault(
        "shear left out of the stress before buckling",
        where(every, (_TURNED, _TURNED.replace(" + xy * (a_x * b_y + a_y * b_x)", ""))),
        analyses=BUCKLING,
    ),
    Fault(
        "one component of the mode left out",
        where(every, ("    for k in (0, 1):", "    for k in (1,):")),
        analyses=BUCKLING,
    ),
    Fault(
        "free expansion left out before buckling",
        where(
            heated, (_PRESTRESS, _PRESTRESS.replace("free_expansion(problem, mesh, x)[0]", "0.0"))
        ),
        analyses=BUCKLING,
    ),
    Fault(
        "lowest mode missing",
        _solved("VALUES, phi = VALUES[1:], phi[:, 1:]", one_more=True),
        analyses=MODES,
        refuse=True,
    ),
    Fault(
        "mode before the last missing",
        _if_several_modes(
            _solved(
                "VALUES, phi = np.delete(VALUES, -2), np.delete(phi, -2, axis=1)", one_more=True
            )
        ),
        analyses=MODES,
        refuse=True,
    ),
    Fault(
        "the same mode twice",
        _if_several_modes(_solved("VALUES[1], phi[:, 1] = VALUES[0], phi[:, 0]")),
        analyses=MODES,
        refuse=True,
    ),
    Fault(
        "modes in descending order",
        _if_several_modes(_solved("VALUES, phi = VALUES[::-1], phi[:, ::-1]")),
        analyses=MODES,
    ),
    Fault("numbers of two modes swapped", _swapped_numbers, analyses=MODES),
    Fault(
        "a deflection under weight for the first mode",
        _solved(DEFLECTED),
        analyses=MODAL,
        refuse=True,
    ),
    Fault("modes that are not settled", _solved(NOISE), analyses=MODES, refuse=True),
    Fault(
        "right values, modes at random",
        right_numbers(_solved(RANDOM)),
        analyses=MODES,
        refuse=True,
    ),
    Fault(
        "right values, modes drawn by hand",
        right_numbers(_solved(SMOOTH)),
        analyses=MODES,
        refuse=True,
    ),
    Fault(
        "supports held in part in the modes",
        where(
            lambda f: bool(f.supports),
            ("np.unique(fixed), problem.modes)", "np.unique(fixed)[::2], problem.modes)"),
        ),
        analyses=BUCKLING,
    ),
)
