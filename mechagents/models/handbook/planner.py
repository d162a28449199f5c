"""The planner's rules: steps and checks from the formulation at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mechagents.brief import Brief
from mechagents.errors import ModelError
from mechagents.mechanics.courses import course_words
from mechagents.mechanics.formulas import Formula
from mechagents.mechanics.formulation import Formulation, Support
from mechagents.mechanics.materials import Law
from mechagents.mechanics.orthotropic import Orthotropic
from mechagents.report.laws import law_words

IDEALISATIONS = {
    "plane_stress": "plane stress (free to contract out of the plane)",
    "plane_strain": "plane strain (held out of the plane)",
    "axisymmetric": "axisymmetric (x is the radius, y the axis)",
    "solid": "in three dimensions",
}
ANALYSES = {
    "static_linear": "linear elasticity",
    "static_finite": "finite deformation, by Newton's method in load steps",
    "static_plastic": "J2 plasticity at small strain, by radial return in load steps",
    "modal": "free vibration",
    "transient": "motion in time, by average acceleration in equal steps",
    "buckling": "linear elasticity and linear buckling",
}


def the_formulation(brief: Brief) -> Formulation:
    """Return the formulation that the team works from, or the one that the problem carries.

    Raises:
        ModelError: If the problem is in plain words only.
    """
    found = brief.formulation or brief.problem.formulation
    if found is None:
        raise ModelError(
            "the handbook is no language model and cannot read plain words. Configure a model "
            "(--model provider/name), give a problem file with a formulation, or use a packaged "
            "problem (mechagents problems)"
        )
    return found


def plan(brief: Brief) -> dict[str, object]:
    """Return the fields of a plan."""
    formulation = the_formulation(brief)
    of_space = formulation.dimension == 3
    first, later = ("quadratic", "finer") if of_space else ("linear", "quadratic and finer")
    return {
        "steps": _steps(formulation),
        "method": (
            f"Displacement finite elements for {ANALYSES[formulation.analysis]}, "
            f"{IDEALISATIONS[formulation.idealisation]}: a modest mesh of {first} elements first, "
            f"{later} ones where the evidence asks for them."
        ),
        "checks": _checks(formulation, brief.problem.tolerance),
    }


def _steps(formulation: Formulation) -> list[str]:
    wanted = ", ".join(w.name for w in formulation.wanted)
    loads = f" and {len(formulation.loads)} loads" if formulation.loads else ""
    if formulation.analysis == "modal":
        solve = (
            f"Assemble the stiffness and the mass, {_supports(formulation) or 'free'}, and find "
        )
        solve += f"the lowest {formulation.modes} modes of K phi = omega^2 M phi."
    elif formulation.analysis == "transient":
        solve = f"Assemble stiffness and mass, {_supports(formulation) or 'free'}{loads}, and "
        solve += f"follow the motion to {formulation.end_time:g} s."
    else:
        solve = f"Assemble the stiffness, {_supports(formulation)}{loads}, and solve for "
        solve += "displacements."
    steps = [
        f"Mesh {_counted(formulation.geometry.regions, 'region')} so that neighbours share nodes "
        f"({', '.join(_materials(formulation))}).",
        solve,
        f"Evaluate {wanted} from the solution; reactions from nodal forces."
        if formulation.analysis.startswith("static") or formulation.analysis == "transient"
        else f"Read {wanted} from the eigenvalues.",
        "Run the same program on two coarser meshes and bound the error."
        if formulation.analysis != "transient"
        else "Run the same program on two coarser meshes with longer steps and bound the error.",
    ]
    if formulation.analysis == "buckling":
        turning = "Assemble the geometric stiffness of that stress, and find the lowest "
        steps.insert(2, f"{turning}{formulation.modes} factors of (K + factor K_sigma) phi = 0.")
    if formulation.pictures:
        steps.insert(-1, f"Draw {', '.join(p.file for p in formulation.pictures)}.")
    return steps


def _counted(things: Mapping[str, object], noun: str) -> str:
    return f"{len(things)} {noun}{'s' if len(things) > 1 else ''}"


def _materials(formulation: Formulation) -> list[str]:
    return [
        f"{region}: {_constants(material)}" for region, material in formulation.materials.items()
    ]


def _constants(law: Law) -> str:
    if not isinstance(law, Orthotropic):
        return law_words(law)
    moduli = " / ".join(f"{value / 1e9:.4g}" for value in law.youngs_moduli)
    return f"E = {moduli} GPa, axis 1 at {math.degrees(law.angle):.4g} degrees"


def _supports(formulation: Formulation) -> str:
    held = [
        f"u_{axis} = {_told(value)} m{_course(support)} on {support.boundary}"
        for support in formulation.supports
        for axis, value in support.components.items()
    ]
    held += [f"springs on {spring.boundary}" for spring in formulation.springs]
    return ", ".join(held)


def _course(support: Support) -> str:
    return "" if support.course is None else f" times {course_words(support.course)}"


def _told(value: float | Formula) -> str:
    return value.formula if isinstance(value, Formula) else f"{value:g}"


def _checks(formulation: Formulation, tolerance: float) -> list[str]:
    checks = [
        f"the {'volume' if formulation.dimension == 3 else 'area'} of each region is that of the "
        "geometry",
        "every support holds the displacement that it prescribes",
        "stiffness and inertia balance at every free node in each mode, and no mode is missed"
        if formulation.analysis == "modal"
        else "inertia, stiffness and loads balance at every step, and no energy is lost or made"
        if formulation.analysis == "transient"
        else "the forces on every free node balance and the reactions balance the loads",
        "each reported number is the number in the field",
    ]
    singled = [w.name for w in formulation.wanted if w.kind == "stress" and w.extreme]
    if singled:
        checks.append(f"the largest stress ({' and '.join(singled)}) is not at a singular corner")
    checks.append(f"the error bound from three meshes is below {tolerance:.2%} of each quantity")
    return checks
