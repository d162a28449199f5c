"""Check 5, quantities: each reported number is the number in the returned field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mechagents.mechanics.formulation import WantedOfField
from mechagents.messages import Check
from mechagents.verification.constitutive import COLUMNS
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.reading import Reading, read
from mechagents.verification.wording import found, likely_slip, measured


def check_quantities(state: Equilibrium, values: Mapping[str, float]) -> Iterator[Check]:
    """Yield for each wanted quantity but those of modes whether the reported value is in the field.

    Args:
        state: The returned field and its forces.
        values: The reported values by name, in the formulation's units.
    """
    for wanted in state.solution.formulation.wanted:
        if isinstance(wanted, WantedOfField):
            yield _check(state, wanted, values[wanted.name])


def _check(state: Equilibrium, wanted: WantedOfField, value: float) -> Check:
    name, reading = f"quantities:{wanted.name}", read(state, wanted)
    if reading is None:
        return found(name, False, f"no element of the mesh lies at the point of {wanted.name}")
    off = reading.off(value)
    unit = state.solution.formulation.unit(wanted)
    message = f"{wanted.name} is {value:.6g} {unit}; the field has {interval_words(reading)}"
    if off > reading.allowance:
        slip = likely_slip(value, reading.middle)
        message += _other_stress(state, wanted, value) or slip + _hint(state, wanted, value)
    allowed = reading.allowance / reading.scale
    return measured(name, off / reading.scale, allowed, message)


def interval_words(reading: Reading) -> str:
    """Return what a field has, a number or an interval."""
    if reading.high - reading.low <= 1e-6 * reading.scale:
        return f"{reading.middle:.6g}"
    return f"{reading.low:.6g} to {reading.high:.6g} in the elements there"


def _hint(state: Equilibrium, wanted: WantedOfField, value: float) -> str:
    if wanted.kind == "reaction":
        edges = len(state.solution.places[wanted.boundary].nodes)
        advice = f"; sum K u - f over the {edges} nodes of {wanted.boundary}"
        return f"; nothing was summed: was the boundary marked?{advice}" if value == 0 else advice
    if wanted.kind == "stress" and len(state.solution.regions) > 1:
        return "; stress jumps between materials: average in one region only"
    return ""


def _other_stress(state: Equilibrium, wanted: WantedOfField, value: float) -> str:
    """Return which other stress a value is, which no factor between the two explains better."""
    if wanted.kind != "stress":
        return ""
    columns = state.stresses[0].at_nodes.shape[-1]
    for other in ("von_mises", "max_principal", "min_principal", *COLUMNS[:columns]):
        if other == wanted.component:
            continue
        instead = read(state, wanted.model_copy(update={"component": other}))
        if instead is not None and instead.apart(value) <= 1e-2 * abs(value):
            named = other.replace("_", " ").replace("mises", "Mises")
            return f"; that is the {named} stress there"
    return ""
