"""Whether materials, loads and load path fit the analysis that is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation

Analysis = Literal[
    "static_linear", "static_finite", "static_plastic", "modal", "buckling", "transient"
]
"""Linear elasticity, finite deformation, small strain with plastic flow, free vibration, linear
buckling under the loads as they are given, or motion in time."""
LAWS: dict[str, tuple[str, ...]] = {
    "static_finite": ("saint_venant_kirchhoff", "neo_hookean", "mooney_rivlin"),
    "static_plastic": ("isotropic", "j2_plastic"),
}
"""The kinds of material that each nonlinear analysis takes."""
NONLINEAR = frozenset(kind for kinds in LAWS.values() for kind in kinds) - {"isotropic"}
_ACROSS = ("zz", "max_principal", "min_principal")
"""Components of the strain that rest on what happens across the plane."""
LONGEST_PATH = 50
LARGEST_FACTOR = 1e3


def misfits(f: Formulation) -> Iterator[str]:
    """Yield what does not fit the analysis of a formulation, one sentence a fault."""
    if f.analysis not in LAWS:
        yield from _nonlinear_materials(f)
    else:
        yield from _wrong_laws(f)
        yield from _wrong_loads(f)
    yield from _wrong_path(f)
    yield from _wrong_strains(f)


def _wrong_strains(f: Formulation) -> Iterator[str]:
    for index, wanted in enumerate(f.wanted):
        if wanted.kind != "strain":
            continue
        if f.analysis == "static_finite":
            yield f"wanted.{index}.kind: the small strain is no measure of finite deformation"
        elif f.idealisation == "plane_stress" and wanted.component in _ACROSS:
            yield (
                f"wanted.{index}.component: in plane stress the displacement does not tell the "
                f"strain {wanted.component}; take xx, yy or xy"
            )


def _nonlinear_materials(f: Formulation) -> Iterator[str]:
    for name, law in f.materials.items():
        if law.kind in NONLINEAR:
            needed = next(analysis for analysis, kinds in LAWS.items() if law.kind in kinds)
            yield f"materials.{name}.kind: {law.kind} needs analysis: {needed}, not {f.analysis}"


def _wrong_laws(f: Formulation) -> Iterator[str]:
    kinds = LAWS[f.analysis]
    for name, law in f.materials.items():
        if law.kind in kinds:
            continue
        told = f"materials.{name}.kind: {law.kind} is no law of {f.analysis}; take "
        told += " or ".join(kinds)
        if law.kind == "isotropic":
            told += ", of which saint_venant_kirchhoff takes the same constants"
        yield told


def _wrong_loads(f: Formulation) -> Iterator[str]:
    for index, load in enumerate(f.loads):
        if load.kind == "temperature":
            yield (
                f"loads.{index}.kind: a change of temperature is solved in static_linear only, "
                f"not in {f.analysis}"
            )


def _wrong_path(f: Formulation) -> Iterator[str]:
    path = f.load_path
    if f.analysis != "static_plastic" and path != (1.0,):
        yield f"load_path: only plasticity depends on it, not {f.analysis}; leave it out"
    if len(path) > LONGEST_PATH:
        yield f"load_path: at most {LONGEST_PATH} factors, not {len(path)}"
    before = 0.0
    for index, factor in enumerate(path):
        if not math.isfinite(factor) or abs(factor) > LARGEST_FACTOR:
            yield f"load_path.{index}: a factor is a number up to {LARGEST_FACTOR:g} in size"
        elif factor == before:
            yield f"load_path.{index}: the load does not change from {before:g}; leave it out"
        before = factor
