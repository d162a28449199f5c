"""The one entry point: from what a program left behind to evidence and a claim level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import (
    Formulation,
    Wanted,
    WantedOfMode,
    WantedVelocity,
)
from mechagents.messages import (
    CLAIM_LEVELS,
    Check,
    ClaimLevel,
    Evidence,
    Execution,
    Quantity,
    Settings,
)
from mechagents.verification.contract import check_delivery, check_execution
from mechagents.verification.convergence import (
    COARSENING,
    WAVES,
    Estimate,
    estimate,
    meshes_differ,
    relative_bound,
)
from mechagents.verification.dynamics import Dynamics, read_motion
from mechagents.verification.elements import order
from mechagents.verification.equilibrium import (
    Equilibrium,
    check_equilibrium,
    check_orientation,
)
from mechagents.verification.files import read_bounded
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
from mechagents.verification.point_loads import without_limit
from mechagents.verification.quantities import check_quantities
from mechagents.verification.reading import Reading, natural_scale, read
from mechagents.verification.singular import near_singular_point
from mechagents.verification.solid_geometry import check_solid_geometry
from mechagents.verification.solution import Solution
from mechagents.verification.supports import check_points, check_supports
from mechagents.verification.wording import after, found, measured, place_words

MESHES = 3
"""How many meshes an error bound takes."""
_SINGULAR_ORDER = 0.7
"""Close to a point that may be singular, values that grow with a lower order have no limit."""
_SINGULAR_GROWTH = 0.02
"""Values that grow by less over three meshes say nothing yet: a corner's stress that grows like
h^-0.03 grows by more. The next finer mesh will tell."""


@dataclass(frozen=True, eq=False)
class _Run:
    """Checks 1 to 5 of one run, as far as they made sense, and what they found."""

    checks: tuple[Check, ...]
    values: dict[str, float]
    state: Equilibrium | None = None
    modes: Modes | None = None
    dynamics: Dynamics | None = None

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def keeps_contract(self) -> bool:
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


def judge(
    formulation: Formulation,
    runs: Sequence[tuple[Execution, Path]],
    *,
    level: ClaimLevel,
    tolerance: float,
) -> Evidence:
    """Return the evidence on a program's run and, where they exist, on its coarser runs.

    Args:
        formulation: The problem as it is meant, not as the program may have left it.
        runs: The answered run first, then coarser ones by the settings of ``run_next``; each
            with the folder that holds what it left.
        level: The claim level asked for; below ``converged`` no further run is.
        tolerance: The largest error bound relative to a quantity [-].

    Returns:
        Every check that was made. ``run_next`` is set while further runs are needed.

    Raises:
        ValueError: If there is no run.
    """
    if not runs:
        raise ValueError("runs: there is no run to judge")
    # Numbers of a program may be anything; what overflows fails its check.
    with np.errstate(all="ignore"):
        return _judge(formulation, runs, CLAIM_LEVELS.index(level), tolerance)


def _judge(
    formulation: Formulation,
    runs: Sequence[tuple[Execution, Path]],
    level: int,
    tolerance: float,
) -> Evidence:
    execution, folder = runs[0]
    answered = _check_run(formulation, folder, execution)
    attempt = execution.attempt
    if not answered.passed or level < CLAIM_LEVELS.index("converged"):
        return _evidence(formulation, attempt, answered)
    done, checks = [answered], list(answered.checks)
    for number, (coarser, where) in enumerate(runs[1:MESHES], start=1):
        run = _check_run(formulation, where, coarser, coarse=True)
        checks += _coarser_checks(number, run)
        if not run.passed:
            return _evidence(formulation, attempt, answered, checks)
        done.append(run)
        meshes = _meshes([one.size for one in done])
        checks = [*(check for check in checks if check.name != meshes.name), meshes]
        if not meshes.passed:
            return _evidence(formulation, attempt, answered, checks)
    if len(done) < MESHES:
        following = _coarser(execution.settings, answered, COARSENING ** len(done))
        return _evidence(formulation, attempt, answered, checks, following)
    return _converged(formulation, attempt, done, checks, tolerance)


def verify_folder(folder: Path, *, formulation: Formulation | None = None) -> Evidence:
    """Return the evidence of checks 1 to 5 on any folder of results, whoever computed them.

    Args:
        folder: Holds ``results.json``, ``fields.vtu``, the wanted pictures, and
            ``formulation.json`` unless the formulation is given.
        formulation: The problem as it is meant.

    Raises:
        ProblemError: If the formulation cannot be read.
    """
    meant = formulation or read_formulation(folder / "formulation.json")
    with np.errstate(all="ignore"):
        return _evidence(meant, 1, _check_run(meant, folder))


def read_formulation(path: Path) -> Formulation:
    """Return the formulation in a JSON file.

    Raises:
        ProblemError: If it cannot be read; the error names file and field.
    """
    try:
        return Formulation.model_validate_json(read_bounded(path, 4 * 2**20))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise ProblemError(first["msg"], where=f"{path}: {field}".rstrip(": ")) from error
    except ValueError as error:
        raise ProblemError(str(error), where=str(path)) from error


def _check_run(
    formulation: Formulation,
    folder: Path,
    execution: Execution | None = None,
    *,
    coarse: bool = False,
) -> _Run:
    """Make checks 1 to 5 in order of cost; stop where the later ones would mean nothing."""
    checks: list[Check] = [] if execution is None else [check_execution(execution)]
    if not _passed(checks):
        return _Run(tuple(checks), {})
    delivery = check_delivery(formulation, folder)
    checks += delivery.checks
    if delivery.fields is None or not delivery.passed:
        return _Run(tuple(checks), delivery.values)
    solution = Solution.of(formulation, delivery.fields)
    of_space = formulation.dimension == 3
    check_mesh = check_solid_geometry if of_space else check_geometry
    checks += check_mesh(solution, roughly=coarse)
    if not _passed(checks):
        return _Run(tuple(checks), delivery.values)
    if formulation.analysis == "transient":
        return _check_motion(solution, folder, execution, checks, delivery.values)
    state: Equilibrium | None = None
    if formulation.analysis != "modal":
        checks += check_supports(solution)
        held = (*formulation.supports, *formulation.springs)
        if any(not solution.places[item.boundary].nodes.size for item in held):
            return _Run(tuple(checks), delivery.values)
        solution, told = _nonlinear(solution, folder, execution)
        checks += told
        if not _passed(told):
            return _Run(tuple(checks), delivery.values)
        state = Equilibrium.of(solution)
        balanced = list(check_equilibrium(state))
        checks += balanced
        # Where forces do not balance, the law is not the program's and its numbers cannot agree.
        if balanced[0].passed:
            checks += check_quantities(state, delivery.values)
    # The stress before buckling has to be right before a mode can be.
    if formulation.analysis not in ("modal", "buckling") or not _passed(checks):
        return _Run(tuple(checks), delivery.values, state)
    modes = Modes.of(solution)
    checks += (of_modes := list(check_modes(modes)))
    if of_modes[-1].name == "modes:count":
        checks += check_mode_quantities(modes, delivery.values)
    return _Run(tuple(checks), delivery.values, state or modes.states[0], modes)


def _check_motion(
    solution: Solution,
    folder: Path,
    execution: Execution | None,
    checks: list[Check],
    values: dict[str, float],
) -> _Run:
    """Make checks 3 to 5 of a motion in time."""
    checks += check_points(solution)
    held = (*solution.formulation.supports, *solution.formulation.springs)
    lost = [item.boundary for item in held if not solution.places[item.boundary].nodes.size]
    checks += [found(f"supports:{b}", False, f"no node on the outside lies on {b}") for b in lost]
    if not _passed(checks):
        return _Run(tuple(checks), values)
    try:
        motion = read_motion(folder / "history.npz", solution.fields)
    except ValueError as error:
        checks.append(found("contract:history", False, f"{error!s:.400}"))
        return _Run(tuple(checks), values)
    steps = None if execution is None else execution.settings.time_steps
    checks += check_motion(solution, motion, steps)
    if not _passed([check for check in checks if check.name.startswith("contract:")]):
        return _Run(tuple(checks), values)
    dynamics = Dynamics.of(solution, motion)
    checks += (balanced := list(check_dynamics(dynamics)))
    end = dynamics.moment(float(motion.time[-1]))
    if balanced[0].passed:
        checks += check_equilibrium(end)
        checks += check_motion_quantities(dynamics, values)
    return _Run(tuple(checks), values, end, dynamics=dynamics)


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


def _coarser_checks(number: int, run: _Run) -> Iterator[Check]:
    prefix = f"convergence:coarser-{number}"
    if run.passed:
        yield found(prefix, True, f"the coarser run {number} passes {len(run.checks)} checks")
    for check in run.checks:
        if not check.passed:
            yield check.model_copy(update={"name": f"{prefix}:{check.name}"})


def _meshes(sizes: list[float]) -> Check:
    listed = ", ".join(f"{size:.4g}" for size in sizes)
    if meshes_differ(tuple(sizes)):
        return found("convergence:meshes", True, f"mean element sizes {listed} m")
    message = (
        f"mean element sizes {listed} m: the mesh did not get coarser with mesh_size, which the "
        "program must take from settings.json; or the answered mesh is too coarse to start from"
    )
    return found("convergence:meshes", False, message)


def _coarser(settings: Settings, answered: _Run, ratio: float) -> Settings:
    size, highest = settings.mesh_size, settings.element_order
    if answered.state is not None:
        fields = answered.state.solution.fields
        size = size or fields.longest_edge
        highest = highest or max(order(block.kind) for block in fields.blocks)
    larger = None if size is None else size * ratio
    steps = settings.load_steps
    fewer = None if steps is None else max(1, round(steps / ratio))
    times = settings.time_steps
    if times is None and answered.dynamics is not None:
        times = answered.dynamics.motion.steps
    longer = None if times is None else max(1, round(times / ratio))
    changed = {
        "mesh_size": larger, "element_order": highest, "load_steps": fewer, "time_steps": longer,
    }  # fmt: skip
    return settings.model_copy(update=changed)


def _evidence(
    formulation: Formulation,
    attempt: int,
    run: _Run,
    checks: Sequence[Check] | None = None,
    run_next: Settings | None = None,
) -> Evidence:
    """Return evidence that claims what checks 1 to 5 support."""
    level: ClaimLevel = "consistent" if run.passed else "computed"
    if not run.keeps_contract:
        level = "none"
    quantities = tuple(
        Quantity(
            name=wanted.name,
            value=run.values[wanted.name],
            unit=formulation.unit(wanted),
            claim_level="computed" if level == "none" else level,
        )
        for wanted in formulation.wanted
        if wanted.name in run.values
    )
    return Evidence(
        attempt=attempt,
        checks=tuple(run.checks if checks is None else checks),
        quantities=quantities,
        claim_level=level,
        run_next=run_next,
    )


def _converged(
    formulation: Formulation,
    attempt: int,
    runs: list[_Run],
    checks: list[Check],
    tolerance: float,
) -> Evidence:
    """Return evidence with an error bound for every quantity that has one."""
    pairs = [_convergence(formulation, w, runs, tolerance) for w in formulation.wanted]
    settled = all(check.passed for check, _ in pairs)
    return Evidence(
        attempt=attempt,
        checks=(*checks, *(check for check, _ in pairs)),
        quantities=tuple(quantity for _, quantity in pairs),
        claim_level="converged" if settled else "consistent",
    )


def _convergence(
    formulation: Formulation, wanted: Wanted, runs: list[_Run], tolerance: float
) -> tuple[Check, Quantity]:
    fine = runs[0]
    assert fine.state is not None
    value, unit = fine.values[wanted.name], formulation.unit(wanted)
    scale = fine.scale(wanted)
    result, values = _worst_estimate(runs, wanted, scale)
    bound = result.bound * (1.0 if fine.dynamics is None else WAVES)
    result = replace(result, bound=bound + _own_error(fine, wanted, value))
    share, words = relative_bound(result.bound, value, scale)
    name = f"convergence:{wanted.name}"
    why = without_limit(fine.state, wanted, result, settled=share <= tolerance)
    if why is not None:
        message = f"{wanted.name} has no converged value, {_sequence(result, values)} {unit}: {why}"
        check = Check(name=name, passed=False, tolerance=tolerance, message=message, mendable=False)
        return check, _quantity(wanted, value, unit, None, "consistent", message)
    point = near_singular_point(fine.state, wanted)
    if point is not None and _grows(values, result):
        message = _refusal(wanted, values, unit, point)
        check = Check(name=name, passed=False, tolerance=tolerance, message=message, mendable=False)
        return check, _quantity(wanted, value, unit, None, "consistent", message)
    message = (
        f"{wanted.name} is {value:.6g}{after(unit)}, {_sequence(result, values)}; the error bound "
    )
    message += f"{result.bound:.3g}{after(unit)} is {share:.2%} {words}"
    check = measured(name, share, tolerance, message)
    reached: ClaimLevel = "converged" if check.passed else "consistent"
    if not check.passed:
        # A bound that the check refused is none to rely on; its numbers are in the message.
        return check, _quantity(wanted, value, unit, None, reached, message)
    monotone = result.behaviour == "monotone"
    note = f"extrapolated {result.extrapolated:.6g}{after(unit)}" if monotone else ""
    return check, _quantity(wanted, value, unit, result.bound, reached, note)


def _worst_estimate(
    runs: list[_Run], wanted: Wanted, scale: float
) -> tuple[Estimate, tuple[float, float, float]]:
    """Return the larger of two estimates, with its values: as reported, and by the fields alone.

    A stress may be reported some way off its field. One number reported on every mesh would seem
    to have converged, were the fields not asked too.
    """
    fine, middle, coarse = runs
    sizes = (fine.size, middle.size, coarse.size)
    found: list[tuple[Estimate, tuple[float, float, float]]] = []
    for value_of in (_reported, _in_field):
        f1, f2, f3 = (value_of(run, wanted) for run in runs)
        found.append((estimate(sizes, (f1, f2, f3), scale=scale), (f1, f2, f3)))
    growing = [pair for pair in found if _grows(pair[1], pair[0])]
    return max(growing or found, key=lambda pair: pair[0].bound)


def _reported(run: _Run, wanted: Wanted) -> float:
    return run.values[wanted.name]


def _in_field(run: _Run, wanted: Wanted) -> float:
    """Return what a run's own field says a quantity is: the nearest of what it may say."""
    value = run.values[wanted.name]
    reading = run.read(wanted)
    return value if reading is None else min(reading.best, key=lambda best: abs(best - value))


def _own_error(run: _Run, wanted: Wanted, value: float) -> float:
    """Return how far a number may be from its field's on the same mesh: apart, and by rounding."""
    reading = run.read(wanted)
    return 0.0 if reading is None else reading.apart(value) + reading.noise


def _grows(values: tuple[float, float, float], result: Estimate) -> bool:
    f1, f2, f3 = map(abs, values)
    slowly = result.order is not None and result.order <= _SINGULAR_ORDER
    return slowly and f1 > f2 > f3 and f1 - f3 > _SINGULAR_GROWTH * f1


def _quantity(
    wanted: Wanted, value: float, unit: str, bound: float | None, level: ClaimLevel, note: str
) -> Quantity:
    return Quantity(
        name=wanted.name, value=value, unit=unit, error_bound=bound, claim_level=level, note=note
    )


def _refusal(
    wanted: Wanted,
    values: tuple[float, float, float],
    unit: str,
    point: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> str:
    listed = ", ".join(f"{value:.4g}" for value in reversed(values))
    corner = "corner" if len(point) == 2 else "edge or corner"
    return (
        f"{wanted.name} has no converged value: it grows with every finer mesh ({listed} {unit}), "
        f"as a stress does at a singular point such as that at {place_words(point)}: a re-entrant "
        f"{corner}, or where a support, a load or a material ends. No mesh gives it a value"
    )


def _sequence(result: Estimate, values: tuple[float, float, float]) -> str:
    listed = ", ".join(f"{value:.6g}" for value in reversed(values))
    order_found = "" if result.order is None else f" of order {result.order:.2f}"
    words = {
        "exact": "the same on every mesh",
        "monotone": f"monotone with convergence{order_found}",
        "oscillating": "oscillating between meshes",
        "growing": f"growing without a limit in sight (order{order_found[9:]})",
        "unsettled": f"not settled (order{order_found[9:]})",
    }[result.behaviour]
    return f"{words} (coarse to fine {listed})"
