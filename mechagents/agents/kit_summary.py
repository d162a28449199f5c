"""The parts of the kit's summary that a formulation calls for."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from mechagents.mechanics.formulation import Formulation

_MARK = re.compile(r"^<!-- ([a-z ]+) -->\n", re.MULTILINE)


EXAMPLE = "example"


def kit_summary(formulation: Formulation | None) -> str:
    """Return what the kit offers for a formulation; all of it where there is none."""
    parts = _parts()
    served = [name for name in parts if name != EXAMPLE and _serves(name, formulation)]
    return "\n\n".join(parts[name].strip() for name in served)


def example_program(formulation: Formulation | None) -> str:
    """Return a whole program for a formulation like this one, empty where there is none."""
    if formulation is None or formulation.analysis != "static_linear":
        return ""
    plane = formulation.idealisation in ("plane_stress", "plane_strain")
    return _parts()[EXAMPLE].strip() if plane else ""


@cache
def _parts() -> dict[str, str]:
    """Return the parts of the summary by name, in their order."""
    text = files("mechagents.kit").joinpath("summary.md").read_text(encoding="utf-8")
    found = _MARK.split(text)
    return dict(zip(found[1::2], found[2::2], strict=True))


def _serves(name: str, formulation: Formulation | None) -> bool:
    if formulation is None:
        return True
    solid = formulation.idealisation == "solid"
    nonlinear = formulation.analysis in ("static_finite", "static_plastic")
    modes = formulation.analysis in ("modal", "buckling")
    needed = {
        "modes": modes,
        "nonlinear": nonlinear,
        "motion": formulation.analysis == "transient",
        "solid": solid,
        "solid modes": solid and modes,
        "solid motion": solid and formulation.analysis == "transient",
        "nonlinear solid": solid and nonlinear,
    }
    return needed.get(name, True)
