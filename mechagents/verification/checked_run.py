"""Checks 1 to 5 of one run, in order of cost, and what they found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mechagents.mechanics.formulation import Formulation, Wanted, WantedOfMode, WantedVelocity
from mechagents.messages import Check, Execution
from mechagents.verification.contract import check_delivery, check_execution
from mechagents.verification.dynamics import Dynamics, read_motion
from mechagents.verification.equilibrium import Equilibrium, check_equilibrium, check_orientation
from mechagents.verification.geometry import check_geometry
from mechagents.verification.history import check_history, read_history
from mechagents.verification.mode_checks import check_mode_quantities, check_modes
from mechagents.verification.modes import Modes, mode_scale, read_mode
from mechagents.verification.motion_checks import (
    check_dynamics,
    check_motion,
    check_motion_quantities,
)
from mechagents.verification.motion_reading import motion_scale, read_motion_at
from mechagents.verification.quantities import check_quantities
from mechagents.verification.reading import Reading, natural_scale, read
from mechagents.verification.solid_geometry import check_solid_geometry
from mechagents.verification.solution import Solution
from mechagents.verification.supports import check_points, check_supports
from mechagents.verification.wording import found


@dataclass(frozen=True, eq=False)
class CheckedRun:
    """Checks 1 to 5 of one run, as far as they made sense, and what they found."""

    checks: tuple[Check, ...]
    values: dict[str, float]
    state: Equilibrium | None = None
    modes: Modes | None = None
    dynamics: Dynamics | None = None

    @property
    def passed(self) -> bool:
        """Whether all of them did."""
        return all(check.passed for check in self.checks)

    @property
    def keeps_contract(self) -> bool:
        """Whether the files are there and their numbers finite."""
        return all(c.passed for c in self.checks if c.name.startswith("contract:"))

    def read(self, wanted: Wanted) -> Reading | None:
        """Return what the run's own field says a quantity is, if it says anything."""
        if isinstance(wanted, WantedOfMode):
            return None if self.modes is None else read_mode(self.modes, wanted)
        if self.dynamics is not None or isinstance(wanted, WantedVelocity):
            return None if self.dynamics is None else read_motion_at(self.dynamics, wanted)
        return None if self.state is None else read(self.state, wanted)

    def scale(self, wanted: Wanted) -> float:
        """Return what is large for a quantity of this kind in the run's field."""
        if isinstance(wanted, WantedOfMode):
            return 0.0 if self.modes is None else mode_scale(self.modes, wanted)
        if self.dynamics is not None or isinstance(wanted, WantedVelocity):
            return 0.0 if self.dynamics is None else motion_scale(self.dynamics, wanted)
        return 0.0 if self.state is None else natural_scale(self.state, wanted)

    @property
    def size(self) -> float:
        """Mesh size as the root of the mean element area, or cube root of the volume [m]."""
        if self.state is None:
            return 0.0
        area = sum(float(part.area.sum()) for part in self.state.stresses)
        fields = self.state.solution.fields
        mean = area / fields.elements
        return float(np.sqrt(mean) if fields.points.shape[1] == 2 else np.cbrt(mean))


class RunChecks:
    """Checks 1 to 5 of runs, each made once however often evidence is given on it.

    Evidence is given anew after each coarser run; those before have ended, and their files stay.
    """

    def __init__(self) -> None:
        """Begin with nothing checked."""
        self._made: dict[Path, tuple[Formulation, Execution, CheckedRun]] = {}

    def of(
        self, formulation: Formulation, folder: Path, execution: Execution, *, coarse: bool = False
    ) -> CheckedRun:
        """Return the checks of a run; arguments as for ``check_run``."""
        known = self._made.get(folder)
        if known is not None and known[:2] == (formulation, execution):
            return known[2]
        made = check_run(formulation, folder, execution, coarse=coarse)
        self._made[folder] = formulation, execution, made
        return made

    def forget(self, folders: Iterable[Path]) -> None:
        """Let go of runs on which no further evidence is given."""
        for folder in folders:
            self._made.pop(folder, None)


def check_run(
    formulation: Formulation,
    folder: Path,
    execution: Execution | None = None,
    *,
    coarse: bool = False,
) -> CheckedRun:
    """Make checks 1 to 5 in order of cost; stop where the later ones would mean nothing.

    Args:
        formulation: The problem as it is meant.
        folder: What the run left.
        execution: How it ran, where that is known.
        coarse: Whether its mesh may follow curved outlines roughly.
    """
    checks: list[Check] = [] if execution is None else [check_execution(execution)]
    if not _passed(checks):
        return CheckedRun(tuple(checks), {})
    delivery = check_delivery(formulation, folder)
    checks += delivery.checks
    if delivery.fields is None or not delivery.passed:
        return CheckedRun(tuple(checks), delivery.values)
    solution = Solution.of(formulation, delivery.fields)
    of_space = formulation.dimension == 3
    check_mesh = check_solid_geometry if of_space else check_geometry
    checks += check_mesh(solution, roughly=coarse)
    if not _passed(checks):
        return CheckedRun(tuple(checks), delivery.values)
    if formulation.analysis == "transient":
        return _check_motion(solution, folder, execution, checks, delivery.values)
    state: Equilibrium | None = None
    if formulation.analysis != "modal":
        checks += check_supports(solution)
        held = (*formulation.supports, *formulation.springs)
        if any(not solution.places[item.boundary].nodes.size for item in held):
            return CheckedRun(tuple(checks), delivery.values)
        solution, told = _nonlinear(solution, folder, execution)
        checks += told
        if not _passed(told):
            return CheckedRun(tuple(checks), delivery.values)
        state = Equilibrium.of(solution)
        balanced = list(check_equilibrium(state))
        checks += balanced
        # Where forces do not balance, the law is not the program's and its numbers cannot agree.
        if balanced[0].passed:
            checks += check_quantities(state, delivery.values)
    # The stress before buckling has to be right before a mode can be.
    if formulation.analysis not in ("modal", "buckling") or not _passed(checks):
        return CheckedRun(tuple(checks), delivery.values, state)
    modes = Modes.of(solution)
    checks += (of_modes := list(check_modes(modes)))
    if of_modes[-1].name == "modes:count":
        checks += check_mode_quantities(modes, delivery.values)
    return CheckedRun(tuple(checks), delivery.values, state or modes.states[0], modes)


def _check_motion(
    solution: Solution,
    folder: Path,
    execution: Execution | None,
    checks: list[Check],
    values: dict[str, float],
) -> CheckedRun:
    """Make checks 3 to 5 of a motion in time."""
    checks += check_points(solution)
    held = (*solution.formulation.supports, *solution.formulation.springs)
    lost = [item.boundary for item in held if not solution.places[item.boundary].nodes.size]
    checks += [found(f"supports:{b}", False, f"no node on the outside lies on {b}") for b in lost]
    if not _passed(checks):
        return CheckedRun(tuple(checks), values)
    try:
        motion = read_motion(folder / "history.npz", solution.fields)
    except ValueError as error:
        checks.append(found("contract:history", False, f"{error!s:.400}"))
        return CheckedRun(tuple(checks), values)
    steps = None if execution is None else execution.settings.time_steps
    checks += check_motion(solution, motion, steps)
    if not _passed([check for check in checks if check.name.startswith("contract:")]):
        return CheckedRun(tuple(checks), values)
    dynamics = Dynamics.of(solution, motion)
    checks += (balanced := list(check_dynamics(dynamics)))
    end = dynamics.moment(float(motion.time[-1]))
    if balanced[0].passed:
        checks += check_equilibrium(end)
        checks += check_motion_quantities(dynamics, values)
    return CheckedRun(tuple(checks), values, end, dynamics=dynamics)


def _nonlinear(
    solution: Solution, folder: Path, execution: Execution | None
) -> tuple[Solution, list[Check]]:
    """Return a solution, with its history where there is one, and the checks before forces."""
    if solution.finite:
        return solution, [check_orientation(solution)]
    if solution.formulation.analysis == "static_plastic":
        return _with_history(solution, folder, execution)
    return solution, []


def _with_history(
    solution: Solution, folder: Path, execution: Execution | None
) -> tuple[Solution, list[Check]]:
    """Return a solution with the steps of its load path, and the checks of these."""
    try:
        history = read_history(folder / "history.npz", solution.fields)
    except ValueError as error:
        return solution, [found("contract:history", False, f"{error!s:.400}")]
    steps = None if execution is None else execution.settings.load_steps
    return replace(solution, history=history), list(check_history(solution, history, steps))


def _passed(checks: Sequence[Check]) -> bool:
    return all(check.passed for check in checks)
