"""Faults of programs for finite deformation and plasticity."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from mechagents.messages import Settings
from planting.making import (
    NONLINEAR,
    Change,
    Fault,
    Known,
    Maker,
    Tree,
    Wrong,
    energetic,
    every,
    in_plane_stress,
    pressed,
    pulled,
    right_numbers,
    stressed,
    text,
    told,
    where,
)

FINITE = frozenset({"static_finite"})
PLASTIC = frozenset({"static_plastic"})

_STEPS = "u = load_steps(equations, np.zeros(V.N), fixed, values, settings.load_steps or 10)"
_SIGMA = "sigma = node_means(mesh, FiniteBody(problem, mesh, basis(mesh, at_nodes=True)).stress(u))"
_BODY = {
    "static_finite": "body = FiniteBody(problem, mesh, V)",
    "static_plastic": "body = PlasticBody(problem, mesh, V)",
}
_ENERGY = "body.energy(u)"
_ACCEPT = "    body.accept(u)\n    at_nodes.accept(u)\n"
_SOLUTION = "solution = Solution(mesh, u[dofs]"


def _loose(tolerance: float) -> Maker:
    """Return an iteration that stops early."""

    def make(known: Known) -> Wrong:
        line = _BODY[known.body.formulation.analysis]
        loose = (
            f"import mechagents.kit.newton as iteration\n\niteration.CONVERGED = {tolerance!r}\n"
        )
        return text(known, (line, loose + line))

    return make


# Finite deformation.

ONE_EACH = """from mechagents.kit import solve

u = np.zeros(V.N)
for factor in np.linspace(0, 1, (settings.load_steps or 10) + 1)[1:]:
    internal, K = equations(u, factor)
    u = u + solve(K, -internal, fixed, factor * values - u[fixed])
"""
"""One step of Newton's method to each load step."""
SMALL = """from mechagents.kit import solve

K = body.forces(np.zeros(V.N))[1]
u = solve(K, f + pressure.forces(np.zeros(V.N))[0], fixed, values)
"""
SMALL_SIGMA = """nodal = FiniteBody(problem, mesh, basis(mesh, at_nodes=True))
sigma = node_means(mesh, nodal.stress(1e-6 * u))
sigma = 1e6 * sigma
"""
SMALL_FORCES = (
    "forces = equations(u, 1.0)[0][dofs]",
    "forces = (K @ u - f - pressure.forces(np.zeros(V.N))[0])[dofs]",
)
SMALL_ENERGY = (_ENERGY, "1e12 * body.energy(1e-6 * u)")
STRAINED = """strained = problem.model_copy(update={"idealisation": "plane_strain"})
body = FiniteBody(strained, mesh, V)"""
OTHER_STRESS = """nodal = FiniteBody(problem, mesh, basis(mesh, at_nodes=True))
sigma = np.zeros((*nodal.points.volume.shape, 4))
for here, answer in nodal.responses(u, slice(0, len(mesh.cells))):
    F = answer.gradient
    P, J = answer.stress, np.linalg.det(F)[..., None, None]
    sigma[here] = (MEASURE)[..., [0, 1, 2, 0], [0, 1, 2, 1]]
sigma = node_means(mesh, sigma)
"""
FOLLOWED = """def followed(dead, u):
    load, moved = dead.copy(), mesh.points + u[dofs]
    for one in problem.loads:
        if one.kind == "traction":
            nodes = mesh.boundary_nodes[one.boundary]
            along = mesh.points[nodes].sum(axis=1)
            ends = nodes[[along.argmin(), along.argmax()]]
            before, after = (np.diff(p[ends], axis=0)[0] for p in (mesh.points, moved))
            CHANGE
    return load


dead, u = f, np.zeros(V.N)
for _ in range(4):
    f = followed(dead, u)
    u = load_steps(equations, np.zeros(V.N), fixed, values, settings.load_steps or 10)
f = followed(dead, u)
"""
TURN = """turn = np.arctan2(after[1], after[0]) - np.arctan2(before[1], before[0])
            fx, fy = dead[dofs[nodes, 0]], dead[dofs[nodes, 1]]
            load[dofs[nodes, 0]] = np.cos(turn) * fx - np.sin(turn) * fy
            load[dofs[nodes, 1]] = np.sin(turn) * fx + np.cos(turn) * fy"""
STRETCH = """load[dofs[nodes].ravel()] *= np.linalg.norm(after) / np.linalg.norm(before)"""


def _volumetric(data: Tree) -> bool:
    fits = False
    for law in data["materials"].values():
        if law["kind"] == "neo_hookean":
            other = {"logarithmic": "isochoric", "isochoric": "logarithmic"}
            law["volumetric"] = other[law["volumetric"]]
            fits = True
    return fits


def _softer_volume(data: Tree) -> bool:
    fits = False
    for law in data["materials"].values():
        for key in ("lam", "kappa"):
            if law.get(key) is not None:
                law[key] *= 0.9
                fits = True
    return fits


def _another_law(data: Tree) -> bool:
    """Another law with the same constants at small strain."""
    for name, law in data["materials"].items():
        if law["kind"] == "saint_venant_kirchhoff":
            new = {"kind": "neo_hookean", "volumetric": "logarithmic"}
            new |= {key: law[key] for key in ("youngs_modulus", "poisson_ratio")}
        elif law["kind"] == "mooney_rivlin":
            new = {"kind": "neo_hookean", "volumetric": "isochoric", "kappa": law["kappa"]}
            new["mu"] = 2 * (law["c10"] + law["c01"])
        else:
            new = {"kind": "saint_venant_kirchhoff", **_young(law)}
        data["materials"][name] = new
    return True


def _young(law: Tree) -> Tree:
    from mechagents.mechanics.hyperelastic import NeoHookean

    lam, mu = NeoHookean.model_validate(law).lame_constants
    return {
        "youngs_modulus": mu * (3 * lam + 2 * mu) / (lam + mu),
        "poisson_ratio": lam / (2 * (lam + mu)),
    }


def _swapped_mooney(data: Tree) -> bool:
    fits = False
    for law in data["materials"].values():
        if law["kind"] == "mooney_rivlin" and law["c10"] != law["c01"]:
            law["c10"], law["c01"] = law["c01"], law["c10"]
            fits = True
    return fits


def _measure(of: str) -> Maker:
    return where(stressed, (_SIGMA, OTHER_STRESS.replace("MEASURE", of)))


# Plasticity.

WRAPPED = """import mechagents.kit.plastic as plastic

right = plastic.radial_return


def wrong(law, H, before):
    found, after = right(law, H, before)
    CHANGE
    return found, after


plastic.radial_return = wrong
"""
WITHOUT_ZZ = """after.strain[..., 2, 2] = 0.0"""
HALF_WAY = """from dataclasses import replace

    lam, mu = law.lame_constants
    e = (H + np.swapaxes(H, -1, -2)) / 2 - before.strain
    trial = lam * np.trace(e, axis1=-2, axis2=-1)[..., None, None] * np.eye(3) + 2 * mu * e
    found = replace(found, stress=trial + 0.9 * (found.stress - trial))"""
NO_ALPHA = """after.alpha[...] = 0.0"""
KINEMATIC = """after.alpha[...] = np.sqrt(3 / 2) * after.alpha"""


def _returned(change: str) -> Maker:
    def make(known: Known) -> Wrong:
        line = _BODY["static_plastic"]
        return text(known, (line, WRAPPED.replace("CHANGE", change) + line))

    return make


def _each_plastic(change: Change) -> Maker:
    """Return a fault in every law that flows."""

    def changed(data: Tree) -> bool:
        laws = [law for law in data["materials"].values() if law["kind"] == "j2_plastic"]
        return bool([law for law in laws if change(law)])

    return told(changed)


def _elastic(law: Tree) -> bool:
    for key in ("yield_stress", "hardening_modulus", "density"):
        law.pop(key, None)
    law["kind"] = "isotropic"
    return True


def _yields(factor: float) -> Change:
    def change(law: Tree) -> bool:
        law["yield_stress"] *= factor
        return True

    return change


def _hardens(law: Tree, modulus: float) -> bool:
    before, law["hardening_modulus"] = law["hardening_modulus"], modulus
    return bool(before != modulus)


def _tangent_modulus(law: Tree) -> bool:
    E, H = law["youngs_modulus"], law["hardening_modulus"]
    return _hardens(law, E * H / (E + H))


def _straight_to_the_end(data: Tree) -> bool:
    path = data["load_path"]
    data["load_path"] = path[-1:]
    return len(path) > 1


def _first_part_only(data: Tree) -> bool:
    path = data["load_path"]
    data["load_path"] = path[:1]
    return len(path) > 1


def _history(change: Change | None = None, told_path: Change | None = None) -> Maker:
    """Return a fault in the history, or in a path with a history that feigns the right one."""

    def make(known: Known) -> Wrong | None:
        path = known.body.formulation.load_path
        wrong = Wrong(known.program) if told_path is None else told(told_path)(known)
        if wrong is None:
            return None

        def edit(folder: Path, settings: Settings) -> None:
            place = folder / "history.npz"
            with np.load(place) as arrays:
                found = {"factor": arrays["factor"], "displacement": arrays["displacement"]}
            if told_path is not None:
                steps = settings.load_steps or 20
                marks = (0.0, *path)
                parts = [np.linspace(a, b, steps + 1)[1:] for a, b in pairwise(marks)]
                found["factor"] = np.concatenate(parts)
            if change is None or change(found):
                last = found["displacement"][-1] / found["factor"][-1]
                found["displacement"] = np.multiply.outer(found["factor"], last)
            np.savez(place, **found)

        return Wrong(wrong.source, wrong.told, edit)

    return make


def _no_history(known: Known) -> Wrong:
    def edit(folder: Path, settings: Settings) -> None:
        (folder / "history.npz").unlink()

    return Wrong(known.program, edit=edit)


def _nan_in_history(found: Tree) -> bool:
    found["displacement"] = found["displacement"].copy()
    found["displacement"][0, 0, 0] = np.nan
    return False


def _every_other_step(found: Tree) -> bool:
    for key in found:
        found[key] = found[key][1::2] if len(found[key]) % 2 == 0 else found[key][::2]
    return False


HALF_WORK = "np.full(len(mesh.cells), (body.forces(u)[0] @ u) / 2 / len(mesh.cells))"


def _returned_displacement(change: str) -> Maker:
    return where(every, (_SOLUTION, f"u = {change}\n{_SOLUTION}"))


FAULTS: tuple[Fault, ...] = (
    Fault("Newton's iteration stopped at 1e-3", _loose(1e-3), analyses=NONLINEAR),
    Fault("Newton's iteration stopped at 1e-2", _loose(1e-2), analyses=NONLINEAR),
    Fault(
        "one step of Newton's method to a load step",
        where(every, (_STEPS, ONE_EACH)),
        analyses=FINITE,
    ),
    Fault("displacement by linear theory", where(every, (_STEPS, SMALL)), analyses=FINITE),
    Fault(
        "linear theory throughout",
        where(every, (_STEPS, SMALL), (_SIGMA, SMALL_SIGMA), SMALL_FORCES, SMALL_ENERGY),
        analyses=FINITE,
    ),
    Fault("wrong volumetric term", told(_volumetric), analyses=FINITE),
    Fault("volumetric stiffness off by 10 %", told(_softer_volume), analyses=FINITE),
    Fault("another hyperelastic law", told(_another_law), analyses=FINITE),
    Fault("Mooney-Rivlin constants swapped", told(_swapped_mooney), analyses=FINITE),
    Fault("first Piola-Kirchhoff stress reported as Cauchy", _measure("P"), analyses=FINITE),
    Fault("Kirchhoff stress reported as Cauchy", _measure("J * answer.cauchy"), analyses=FINITE),
    Fault(
        "second Piola-Kirchhoff stress reported as Cauchy",
        _measure("np.linalg.inv(F) @ P"),
        analyses=FINITE,
    ),
    Fault(
        "load turns with the surface",
        where(pulled, (_STEPS, FOLLOWED.replace("CHANGE", TURN))),
        analyses=FINITE,
    ),
    Fault(
        "load by the area after deformation",
        where(pulled, (_STEPS, FOLLOWED.replace("CHANGE", STRETCH))),
        analyses=FINITE,
    ),
    Fault(
        "pressure keeps its direction and area",
        where(pressed, ("pressure.forces(u)", "pressure.forces(np.zeros_like(u))")),
        analyses=FINITE,
    ),
    Fault(
        "last load step missing",
        where(every, (_STEPS, _STEPS[:-1] + ", end=0.9)")),
        analyses=FINITE,
    ),
    Fault(
        "stretch across left out in plane stress",
        where(in_plane_stress, (_BODY["static_finite"], STRAINED)),
        analyses=FINITE,
    ),
    Fault(
        "energy as half the work of the last load",
        where(energetic, (_ENERGY, HALF_WORK)),
        analyses=NONLINEAR,
    ),
    Fault("displacement with the other sign", _returned_displacement("-u"), analyses=NONLINEAR),
    Fault("displacement half as large", _returned_displacement("u / 2"), analyses=NONLINEAR),
    Fault(
        "right numbers, nonlinear displacement of zero",
        right_numbers(_returned_displacement("0 * u")),
        analyses=NONLINEAR,
        refuse=True,
    ),
    Fault(
        "right numbers, displacement of linear theory",
        right_numbers(where(every, (_STEPS, SMALL))),
        analyses=FINITE,
        refuse=True,
    ),
    # Plasticity.
    Fault("elastic answer", _each_plastic(_elastic), analyses=PLASTIC),
    Fault("hardening left out", _each_plastic(lambda law: _hardens(law, 0.0)), analyses=PLASTIC),
    Fault(
        "tangent modulus for the hardening modulus",
        _each_plastic(_tangent_modulus),
        analyses=PLASTIC,
    ),
    Fault("yield stress off by 5 %", _each_plastic(_yields(0.95)), analyses=PLASTIC),
    Fault("yield stress for one in shear", _each_plastic(_yields(3**-0.5)), analyses=PLASTIC),
    Fault("unloading left out", told(_straight_to_the_end), analyses=PLASTIC),
    Fault(
        "unloading left out, with a made-up history",
        _history(told_path=_straight_to_the_end),
        analyses=PLASTIC,
        refuse=True,
    ),
    Fault("path ends before the unloading", told(_first_part_only), analyses=PLASTIC),
    Fault("plastic strain out of the plane left out", _returned(WITHOUT_ZZ), analyses=PLASTIC),
    Fault("return stops at nine tenths", _returned(HALF_WAY), analyses=PLASTIC),
    Fault("hardening forgets the steps before", _returned(NO_ALPHA), analyses=PLASTIC),
    Fault("accumulated plastic strain by another norm", _returned(KINEMATIC), analyses=PLASTIC),
    Fault("plastic strain not carried on", where(every, (_ACCEPT, "")), analyses=PLASTIC),
    Fault(
        "one step for the whole load",
        where(every, ("steps = settings.load_steps or 20", "steps = 1")),
        analyses=PLASTIC,
    ),
    Fault(
        "stress without its history",
        where(
            stressed,
            (
                "at_nodes.stress(u)",
                "PlasticBody(problem, mesh, basis(mesh, at_nodes=True)).stress(u)",
            ),
        ),
        analyses=PLASTIC,
    ),
    Fault("history missing", _no_history, analyses=PLASTIC, refuse=True),
    Fault("history nan", _history(_nan_in_history), analyses=PLASTIC, refuse=True),
    Fault(
        "every other step of the history",
        _history(_every_other_step),
        analyses=PLASTIC,
        refuse=True,
    ),
    Fault("history made up in proportion", _history(), analyses=PLASTIC, refuse=True),
    Fault(
        "right numbers of an elastic answer",
        right_numbers(_each_plastic(_elastic)),
        analyses=PLASTIC,
        refuse=True,
    ),
)
