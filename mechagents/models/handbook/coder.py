"""The coder's rules: what to start with, and what to change on which evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mechagents.brief import Attempt, Brief
from mechagents.errors import ModelError
from mechagents.mechanics.formulation import Formulation
from mechagents.mechanics.geometry import (
    Cylinder,
    Disk,
    Ellipse,
    Extrusion,
    Profile,
    Shape,
    Sphere,
    members,
)
from mechagents.messages import Check, Execution, Settings
from mechagents.models.handbook.catalogue import explain_error
from mechagents.models.handbook.planner import the_formulation
from mechagents.models.handbook.sizes import (
    MOST_HISTORY,
    first_order,
    first_size,
    first_time_steps,
    longest_side,
    most_unknowns,
    unknowns,
)
from mechagents.models.handbook.wording import sentence

COARSER, FINER_IN_SPACE = 1.5, 1.5
ORDERS = {1: "linear", 2: "quadratic"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A program and the settings to run it with."""

    source: str
    settings: Settings
    changed: str
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """The attempt to mend, and what the rules may look at."""

    brief: Brief
    formulation: Formulation
    last: Attempt
    order: int
    mesh_size: float
    failed: tuple[Check, ...]
    """Failed checks that another program or mesh could mend."""

    @property
    def execution(self) -> Execution | None:
        """How the last program ended."""
        return self.last.execution


PROGRAMS = {
    "static_linear": "plane_elasticity.py",
    "modal": "plane_vibration.py",
    "buckling": "plane_buckling.py",
    "static_finite": "finite_deformation.py",
    "static_plastic": "plasticity.py",
    "transient": "plane_transient.py",
}
"""The program for each analysis of the plane."""
SOLID_PROGRAMS = {
    "static_linear": "solid_elasticity.py",
    "modal": "solid_vibration.py",
    "buckling": "solid_buckling.py",
    "static_finite": "solid_finite.py",
    "static_plastic": "solid_plasticity.py",
    "transient": "solid_transient.py",
}
"""The program for each analysis of a solid."""
LOAD_STEPS = {"static_finite": 10, "static_plastic": 20}
"""What a nonlinear analysis starts with; of a solid half as many, since each costs more."""
MOST_STEPS = 40
"""Beyond that smaller load steps are no help."""


@cache
def program_text(analysis: str = "static_linear", dimension: int = 2) -> str:
    """Return the handbook's finite-element program for an analysis, in the plane or in space."""
    name = (PROGRAMS if dimension == 2 else SOLID_PROGRAMS)[analysis]
    found = files("mechagents.models.handbook").joinpath("programs", name)
    return found.read_text(encoding="utf-8")


def _program_for(formulation: Formulation) -> str:
    return program_text(formulation.analysis, formulation.dimension)


def next_program(brief: Brief) -> Draft:
    """Return the first program, or the last one mended from its evidence.

    Raises:
        ModelError: If no rule mends what the evidence shows, or a mesh fine enough would take
            too many unknowns.
    """
    formulation = the_formulation(brief)
    draft = _first(brief, formulation) if brief.last is None else _mended(brief, formulation)
    _check_affordable(brief, formulation, draft.settings)
    return draft


def _first(brief: Brief, formulation: Formulation) -> Draft:
    asked = brief.problem.settings
    order = asked.element_order or first_order(formulation)
    if order not in ORDERS:
        raise ModelError(
            f"settings.element_order: the handbook's program has linear (1) and quadratic (2) "
            f"elements, not order {order}; set 1 or 2, or configure a model"
        )
    longest = longest_side(formulation)
    if asked.mesh_size is not None and asked.mesh_size <= longest:
        mesh_size, given = asked.mesh_size, "as the problem asks"
    else:
        mesh_size, given = first_size(formulation, order)
        if asked.mesh_size is not None:
            given += f", since the {asked.mesh_size:.4g} m asked for are more than its whole length"
    return Draft(
        _program_for(formulation),
        Settings(
            mesh_size=mesh_size,
            element_order=order,
            load_steps=asked.load_steps or _first_steps(formulation),
            time_steps=asked.time_steps or first_time_steps(formulation),
            options=asked.options,
        ),
        f"First program: {ORDERS[order]} elements of {mesh_size:.4g} m.",
        f"The mesh size is {given}; the evidence will tell whether it is fine enough.",
    )


def _first_steps(formulation: Formulation) -> int | None:
    steps = LOAD_STEPS.get(formulation.analysis)
    return steps if steps is None or formulation.dimension == 2 else steps // 2


def _mended(brief: Brief, formulation: Formulation) -> Draft:
    case = _case(brief, formulation)
    for rule in _RULES:
        draft = rule(case)
        if draft is not None:
            _check_new(brief, draft)
            return draft
    raise ModelError(_no_rule(case))


def _case(brief: Brief, formulation: Formulation) -> Case:
    last = brief.attempts[-1]
    used = last.execution.settings if last.execution is not None else last.program.settings
    longest = longest_side(formulation)
    order = last.program.settings.element_order or used.element_order or first_order(formulation)
    size = last.program.settings.mesh_size or used.mesh_size or first_size(formulation, order)[0]
    failed = last.evidence.failed if last.evidence is not None else ()
    return Case(
        brief,
        formulation,
        last,
        order=order,
        mesh_size=min(size, longest),
        failed=tuple(check for check in failed if check.mendable and not _singular(check)),
    )


def _singular(check: Check) -> bool:
    return "singular" in check.message.lower()


def _replace_another_program(case: Case) -> Draft | None:
    """Write the handbook's own program where a failed one was written by somebody else."""
    ended_badly = case.execution is not None and case.execution.status != "ok"
    own = _program_for(case.formulation)
    if case.last.program.source == own or not (case.failed or ended_badly):
        return None
    why = "; ".join(check.message for check in case.failed) or _ending(case.execution)
    first = _first(case.brief, case.formulation)
    return Draft(first.source, first.settings, "Replaced the program by the handbook's.", why)


def _lighten(case: Case) -> Draft | None:
    """Solve by iteration, then on a coarser mesh, where memory or time ran out."""
    execution = case.execution
    if execution is None or execution.status == "ok":
        return None
    direct = "direct_up_to" not in case.last.program.settings.options
    if execution.status == "memory_limit" and direct:
        changed = "Solve by conjugate gradients, which need less memory than factors."
        return _draft(case, changed, _ending(execution), options={"direct_up_to": 0})
    if execution.status in ("memory_limit", "wall_timeout", "cpu_limit"):
        size = case.mesh_size * COARSER
        changed = f"Coarser mesh: {case.mesh_size:.4g} m to {size:.4g} m."
        return _draft(case, changed, _ending(execution), mesh_size=size)
    if execution.status == "error" and "folded over" in execution.stderr:
        return _finer(case, "Curved elements folded over: the mesh is too coarse for the curves.")
    return None


def _finer(case: Case, why: str) -> Draft:
    """Return the program on a mesh of half the size; in space that would be eight times as many.

    Steps of time are halved too: both errors fall with their square.
    """
    size = case.mesh_size / (2 if case.formulation.dimension == 2 else FINER_IN_SPACE)
    changed = f"Finer mesh: {case.mesh_size:.4g} m to {size:.4g} m."
    times = case.last.program.settings.time_steps
    if times is None:
        return _draft(case, changed, why, mesh_size=size)
    changed += f" {2 * times} steps of time in place of {times}."
    return _draft(case, changed, why, mesh_size=size, time_steps=2 * times)


def _smaller_steps(case: Case) -> Draft | None:
    """Take twice as many load steps, once or twice, where Newton's method found no equilibrium."""
    execution, steps = case.execution, case.last.program.settings.load_steps
    if execution is None or steps is None or "NotConvergedError" not in execution.stderr:
        return None
    if steps >= MOST_STEPS:
        return None
    changed = f"Smaller load steps: {2 * steps} of them in place of {steps}."
    return _draft(case, changed, _ending(execution), load_steps=2 * steps)


def _refine(case: Case) -> Draft | None:
    """Raise the order, then halve the mesh size, where the error bound or an area is too far."""
    curved = any(map(_curved, case.formulation.geometry.regions.values()))
    # Straight edges cut off a part of a curve; any other fault of the geometry stays as it is.
    cut = curved and case.order == 1
    mended = ("convergence", "reference", "history", *(("geometry",) if cut else ()))
    poor = [check for check in case.failed if check.name.startswith(mended)]
    if not poor or len(poor) < len(case.failed):
        return None
    why = "; ".join(f"{check.name}: {check.message}" for check in poor)
    asked = case.brief.problem.settings
    if case.order == 1 and asked.element_order is None:
        kept = "as the problem asks" if asked.mesh_size else "as before"
        changed = f"Quadratic elements instead of linear ones, mesh size {kept}."
        return _draft(case, changed, why, order=2)
    return _finer(case, why)


def _curved(shape: Shape) -> bool:
    if isinstance(shape, Profile):
        return any(side.kind == "arc" for side in shape.sides)
    if isinstance(shape, Extrusion):
        return _curved(shape.profile)
    round_ones = Disk | Ellipse | Cylinder | Sphere
    return isinstance(shape, round_ones) or any(_curved(part) for _, part in members(shape))


Rule = Callable[[Case], Draft | None]
_RULES: tuple[Rule, ...] = (_replace_another_program, _lighten, _smaller_steps, _refine)


def _draft(
    case: Case,
    changed: str,
    why: str,
    *,
    order: int | None = None,
    mesh_size: float | None = None,
    load_steps: int | None = None,
    time_steps: int | None = None,
    options: dict[str, Any] | None = None,
) -> Draft:
    settings = Settings(
        mesh_size=mesh_size or case.mesh_size,
        element_order=order or case.order,
        load_steps=load_steps or case.last.program.settings.load_steps,
        time_steps=time_steps or case.last.program.settings.time_steps,
        options={**case.last.program.settings.options, **(options or {})},
    )
    return Draft(_program_for(case.formulation), settings, changed, why)


def _check_new(brief: Brief, draft: Draft) -> None:
    """Refuse what was tried before, or is no cheaper than what broke a limit."""
    for attempt in brief.attempts:
        tried, execution = attempt.program.settings, attempt.execution
        if attempt.program.source == draft.source and tried == draft.settings:
            raise ModelError(
                f"mending goes in circles: {draft.changed} ({draft.why}) But attempt "
                f"{attempt.program.attempt} was just that."
            )
        costly = execution is not None and execution.status in ("wall_timeout", "cpu_limit")
        if costly and _at_least_as_fine(draft.settings, tried):
            raise ModelError(
                f"{sentence(draft.why)} But attempt {attempt.program.attempt}, which was no finer "
                f"than what that takes, ended so: {sentence(_ending(execution))} Allow it more "
                "time, or accept a larger error (tolerance)."
            )


def _at_least_as_fine(new: Settings, old: Settings) -> bool:
    if new.mesh_size is None or old.mesh_size is None:
        return False
    return new.mesh_size <= old.mesh_size and (new.element_order or 1) >= (old.element_order or 1)


def _check_affordable(brief: Brief, formulation: Formulation, settings: Settings) -> None:
    count = unknowns(formulation, settings)
    most = most_unknowns(formulation)
    if count > most:
        raise ModelError(
            f"a mesh size of {settings.mesh_size:.4g} m with elements of order "
            f"{settings.element_order} takes about {count:,.0f} unknowns, more than the "
            f"{most:,} that the handbook goes to. Accept a larger error than "
            f"{brief.problem.tolerance:.2%} (tolerance), ask for a quantity that converges "
            "faster, or give a larger mesh_size"
        )
    if settings.time_steps is not None and 24 * count * settings.time_steps > MOST_HISTORY:
        raise ModelError(
            f"{settings.time_steps} steps of time of about {count:,.0f} unknowns take more than "
            f"the {MOST_HISTORY // 2**20} MiB that a history may have. Accept a larger error than "
            f"{brief.problem.tolerance:.2%} (tolerance), ask for an earlier end_time or a quantity "
            "that converges faster, or give a larger mesh_size"
        )


def _ending(execution: Execution | None) -> str:
    if execution is None:
        return "It did not run."
    told = execution.message or f"status {execution.status}"
    tail = " | ".join(execution.stderr.strip().splitlines()[-2:])
    return f"{told} {tail}".strip()


def _no_rule(case: Case) -> str:
    remedy = "Configure a model (--model provider/name) or mend the problem."
    if case.execution is not None and case.execution.status != "ok":
        cause = explain_error(case.execution.stderr)
        ended = sentence(_ending(case.execution))
        return f"the handbook cannot mend how its program ended: {ended} {cause or remedy}"
    evidence = case.last.evidence
    if evidence is None:
        return f"the handbook mends from evidence, and the last attempt has none. {remedy}"
    if evidence.passed:
        asked = " ".join(map(sentence, case.brief.findings)) or "no finding was given."
        return (
            "every check passed, yet the program was sent back; the handbook reads evidence, not "
            f"words: {asked} {remedy}"
        )
    told = sentence("; ".join(f"{c.name}: {c.message.rstrip('.')}" for c in evidence.failed))
    if not case.failed:
        return (
            f"no finer mesh mends this: {told} A stress at a singular point grows without "
            "end; ask for it elsewhere, round the corner, or ask for a force or displacement."
        )
    if any(check.name.startswith("geometry") for check in case.failed):
        return f"no finer mesh makes another body of this: {told} {remedy}"
    return f"the handbook has no rule that mends this: {told} {remedy}"
