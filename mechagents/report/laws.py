"""Constitutive laws and analyses in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechagents.mechanics.courses import SUDDEN, course_words
from mechagents.mechanics.hyperelastic import MooneyRivlin, NeoHookean, SaintVenantKirchhoff
from mechagents.mechanics.materials import Isotropic
from mechagents.mechanics.plastic import J2Plastic
from mechagents.report.numbers import measure

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation
    from mechagents.mechanics.materials import Law

ANALYSES = {
    "static_linear": "Linear elastic, static",
    "static_finite": "Finite deformation, static",
    "static_plastic": "Plasticity at small strain, static",
    "modal": "Linear elastic, free vibration",
    "transient": "Linear elastic, motion in time",
    "buckling": "Linear elastic, linear buckling",
}
"""Each analysis in words."""


def law_words(law: Law) -> str:
    """Return the kind of a material where it is not linear, and its constants."""
    match law:
        case NeoHookean():
            return f"neo-Hookean, {law.volumetric} volumetric term, {_pair(law)}"
        case MooneyRivlin():
            c10, c01, kappa = (measure(value, "Pa") for value in (law.c10, law.c01, law.kappa))
            return f"Mooney-Rivlin, c10 = {c10}, c01 = {c01}, κ = {kappa}"
        case SaintVenantKirchhoff():
            return f"Saint-Venant-Kirchhoff, {_elastic(law.youngs_modulus, law.poisson_ratio)}"
        case J2Plastic():
            elastic = _elastic(law.youngs_modulus, law.poisson_ratio)
            hardens = f"hardening {measure(law.hardening_modulus, 'Pa')}"
            hardens = hardens if law.hardening_modulus else "perfectly plastic"
            return f"{elastic}, von Mises yield stress {measure(law.yield_stress, 'Pa')}, {hardens}"
        case Isotropic():
            return _elastic(law.youngs_modulus, law.poisson_ratio)
        case _:  # along axes of its own; told elsewhere
            return law.kind


def _elastic(youngs_modulus: float, poisson_ratio: float) -> str:
    return f"E = {measure(youngs_modulus, 'Pa')}, ν = {poisson_ratio:.6g}"


def _pair(law: NeoHookean) -> str:
    if law.youngs_modulus is not None and law.poisson_ratio is not None:
        return _elastic(law.youngs_modulus, law.poisson_ratio)
    named = (("μ", law.mu), ("λ", law.lam), ("κ", law.kappa))
    return ", ".join(f"{name} = {measure(v, 'Pa')}" for name, v in named if v is not None)


def motion_words(formulation: Formulation) -> str:
    """Return how a motion in time begins, is driven, is damped and ends; else nothing."""
    f = formulation
    if f.analysis != "transient":
        return ""
    told = [f"from 0 to {f.end_time:g} s"]
    if f.time_course != SUDDEN:
        told.append(f"loads times {course_words(f.time_course)}")
    elif f.loads:
        told.append("loads in full from the beginning")
    if any(f.initial_velocity):
        told.append(f"at first at ({', '.join(f'{v:g}' for v in f.initial_velocity)}) m/s")
    if f.damping is not None:
        alpha, beta = f.damping.mass, f.damping.stiffness
        told.append(f"damping {alpha:g} 1/s times the mass and {beta:g} s times the stiffness")
    return ", ".join(told)


def path_words(formulation: Formulation) -> str:
    """Return the factors that a load goes through, or nothing for a load that only grows."""
    if formulation.load_path == (1.0,):
        return ""
    return " → ".join(f"{factor:g}" for factor in (0.0, *formulation.load_path))
