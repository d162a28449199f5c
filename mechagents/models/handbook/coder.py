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
from mechagents.mechanics.geometry import Disk, Ellipse, Profile, Rectangle, Shape, members
from mechagents.messages import Check, Execution, Settings
from mechagents.models.handbook.catalogue import explain_error
from mechagents.models.handbook.planner import the_formulation
from mechagents.models.handbook.wording import sentence

ELEMENTS_ALONG_THE_BODY = 10
"""What an analyst starts with."""
MOST_UNKNOWNS = 400_000
"""Beyond that a program is not worth waiting for on a small machine."""
COARSER = 1.5
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
}
"""The program for each analysis."""
LOAD_STEPS = {"static_finite": 10, "static_plastic": 20}
"""What a nonlinear analysis starts with."""
MOST_STEPS = 40
"""Beyond that smaller load steps are no help."""


@cache
def program_text(analysis: str = "static_linear") -> str:
    """Return the handbook's finite-element program for an analysis."""
    found = files("mechagents.models.handbook").joinpath("programs", PROGRAMS[analysis])
    return found.read_text(encoding="utf-8")


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
    order = asked.element_order or 1
    if order not in ORDERS:
        raise ModelError(
            f"settings.element_order: the handbook's program has linear (1) and quadratic (2) "
            f"elements, not order {order}; set 1 or 2, or configure a model"
        )
    longest = longest_side(formulation)
    if asked.mesh_size is not None and asked.mesh_size <= longest:
        mesh_size, given = asked.mesh_size, "as the problem asks"
    else:
        mesh_size = float(f"{longest / ELEMENTS_ALONG_THE_BODY:.3g}")
        given = "a tenth of the body, to start with"
        if asked.mesh_size is not None:
            given += f", since the {asked.mesh_size:.4g} m asked for are more than its whole length"
    return Draft(
        program_text(formulation.analysis),
        Settings(
            mesh_size=mesh_size,
            element_order=order,
            load_steps=asked.load_steps or LOAD_STEPS.get(formulation.analysis),
            options=asked.options,
        ),
        f"First program: {ORDERS[order]} elements of {mesh_size:.4g} m.",
        f"The mesh size is {given}; the evidence will tell whether it is fine enough.",
    )


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
    size = last.program.settings.mesh_size or used.mesh_size or longest / ELEMENTS_ALONG_THE_BODY
    failed = last.evidence.failed if last.evidence is not None else ()
    return Case(
        brief,
        formulation,
        last,
        order=last.program.settings.element_order or used.element_order or 1,
        mesh_size=min(size, longest),
        failed=tuple(check for check in failed if check.mendable and not _singular(check)),
    )


def _singular(check: Check) -> bool:
    return "singular" in check.message.lower()


def _replace_another_program(case: Case) -> Draft | None:
    """Write the handbook's own program where a failed one was written by somebody else."""
    ended_badly = case.execution is not None and case.execution.status != "ok"
    own = program_text(case.formulation.analysis)
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
        changed = f"Finer mesh: {case.mesh_size:.4g} m to {case.mesh_size / 2:.4g} m."
        why = "Curved elements folded over: the mesh is too coarse for the curves."
        return _draft(case, changed, why, mesh_size=case.mesh_size / 2)
    return None


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
    mended = ("convergence", "reference", *(("geometry",) if curved and case.order == 1 else ()))
    poor = [check for check in case.failed if check.name.startswith(mended)]
    if not poor or len(poor) < len(case.failed):
        return None
    why = "; ".join(f"{check.name}: {check.message}" for check in poor)
    asked = case.brief.problem.settings
    if case.order == 1 and asked.element_order is None:
        kept = "as the problem asks" if asked.mesh_size else "as before"
        changed = f"Quadratic elements instead of linear ones, mesh size {kept}."
        return _draft(case, changed, why, order=2)
    half = case.mesh_size / 2
    changed = f"Finer mesh: {case.mesh_size:.4g} m to {half:.4g} m."
    return _draft(case, changed, why, mesh_size=half)


def _curved(shape: Shape) -> bool:
    if isinstance(shape, Profile):
        return any(side.kind == "arc" for side in shape.sides)
    return isinstance(shape, Disk | Ellipse) or any(_curved(part) for _, part in members(shape))


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
    options: dict[str, Any] | None = None,
) -> Draft:
    settings = Settings(
        mesh_size=mesh_size or case.mesh_size,
        element_order=order or case.order,
        load_steps=load_steps or case.last.program.settings.load_steps,
        options={**case.last.program.settings.options, **(options or {})},
    )
    return Draft(program_text(case.formulation.analysis), settings, changed, why)


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
    if count > MOST_UNKNOWNS:
        raise ModelError(
            f"a mesh size of {settings.mesh_size:.4g} m with elements of order "
            f"{settings.element_order} takes about {count:,.0f} unknowns, more than the "
            f"{MOST_UNKNOWNS:,} that the handbook goes to. Accept a larger error than "
            f"{brief.problem.tolerance:.2%} (tolerance), ask for a quantity that converges "
            "faster, or give a larger mesh_size"
        )


def unknowns(formulation: Formulation, settings: Settings) -> float:
    """Return about how many unknowns a mesh has."""
    from mechagents.mechanics.shapes import outline

    size, order = settings.mesh_size or 1.0, settings.element_order or 1
    regions = list(formulation.geometry.regions.values())
    if len(regions) == 1 and isinstance(regions[0], Rectangle):
        width, height = (max(1, round(side / size)) * order + 1 for side in regions[0].size)
        return 2.0 * width * height
    # Equilateral triangles: half as many corners as triangles, and as many sides again thrice.
    triangles = sum(outline(shape).area for shape in regions) / (3**0.5 / 4 * size**2)
    return 2.0 * triangles * (0.5 if order == 1 else 2.0)


def longest_side(formulation: Formulation) -> float:
    """Return the longer side of the box around the body [m]."""
    from mechagents.mechanics.shapes import body

    low_x, low_y, high_x, high_y = body(formulation.geometry).bounds
    return float(max(high_x - low_x, high_y - low_y))


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
