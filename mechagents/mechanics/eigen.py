"""What may be asked of modes of vibration and buckling, and what their problems must not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mechagents.mechanics.geometry import Name, Part

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation

MOST_MODES = 50
"""The highest number of a mode that may be asked for."""
FREE = ("modal", "transient")
"""Analyses of bodies that need not be held: inertia resists their motion."""
ModeNumber = Annotated[int, Field(ge=1, le=MOST_MODES)]


class WantedFrequency(Part):
    """A natural frequency [Hz] of a modal problem."""

    name: Name
    kind: Literal["frequency"] = "frequency"
    number: ModeNumber
    """From 1, among all modes in ascending order, rigid motions of frequency 0 too."""


class WantedBucklingFactor(Part):
    """What all loads have to be multiplied by for the body to buckle [-]."""

    name: Name
    kind: Literal["buckling_factor"] = "buckling_factor"
    number: ModeNumber
    """From 1, among the positive factors in ascending order."""


def eigen_faults(f: Formulation) -> Iterator[str]:
    """Find what does not belong to the analysis: modes in statics, loads in a modal problem."""
    if f.analysis not in FREE and not f.supports and not f.springs:
        yield "supports: is empty, so the body floats; hold it by one at least"
    if f.analysis == "modal":
        yield from _modal(f)
    elif f.analysis == "buckling":
        yield from _buckling(f)
    for index, wanted in enumerate(f.wanted):
        if wanted.kind == "frequency" and f.analysis != "modal":
            yield f"wanted.{index}.kind: a frequency needs analysis: modal, not {f.analysis}"
        if wanted.kind == "buckling_factor" and f.analysis != "buckling":
            needed = "a buckling_factor needs analysis: buckling"
            yield f"wanted.{index}.kind: {needed}, not {f.analysis}"
    for index, picture in enumerate(f.pictures):
        if picture.mode is None:
            if f.analysis == "modal":
                yield f"pictures.{index}.mode: is missing; a modal problem draws modes only"
        elif f.analysis not in ("modal", "buckling"):
            yield f"pictures.{index}.mode: a {f.analysis} problem has no modes; leave it out"
        elif not picture.field.startswith("displacement"):
            yield f"pictures.{index}.field: of a mode only displacement can be drawn"


def _modal(f: Formulation) -> Iterator[str]:
    for name, law in f.materials.items():
        if law.density is None:
            yield f"materials.{name}.density: is needed for analysis: modal"
    for index in range(len(f.loads)):
        yield f"loads.{index}: free vibration has no loads; leave them out"
    for index, support in enumerate(f.supports):
        for axis, value in support.components.items():
            if value != 0.0:
                yield f"supports.{index}.{axis}: in a modal problem a support holds 0, nothing else"
    for index, wanted in enumerate(f.wanted):
        if wanted.kind != "frequency" and wanted.kind != "buckling_factor":
            yield f"wanted.{index}.kind: a modal problem has frequencies, no {wanted.kind}"


def _buckling(f: Formulation) -> Iterator[str]:
    if f.idealisation == "axisymmetric":
        yield (
            "idealisation: an axisymmetric body may buckle out of its symmetry, which cannot be "
            "solved yet; state it as a solid"
        )
    for index, load in enumerate(f.loads):
        if load.kind == "pressure":
            yield (
                f"loads.{index}.kind: a pressure turns with the surface as it buckles, which is "
                "not accounted for; give a traction, which keeps its direction"
            )
    if not any(wanted.kind == "buckling_factor" for wanted in f.wanted):
        yield "wanted: a buckling problem asks for at least one buckling_factor"
