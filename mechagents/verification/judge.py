"""The one entry point: from what a program left behind to evidence and a claim level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from mechagents.errors import ProblemError
from mechagents.mechanics.formulation import Formulation
from mechagents.messages import (
    CLAIM_LEVELS,
    Check,
    ClaimLevel,
    Evidence,
    Execution,
    Quantity,
    Settings,
)
from mechagents.verification.checked_run import CheckedRun, RunChecks, check_run
from mechagents.verification.convergence import COARSENING, meshes_differ
from mechagents.verification.elements import order
from mechagents.verification.files import read_bounded
from mechagents.verification.settled import check_convergence
from mechagents.verification.wording import found

MESHES = 3
"""How many meshes an error bound takes."""


def judge(
    formulation: Formulation,
    runs: Sequence[tuple[Execution, Path]],
    *,
    level: ClaimLevel,
    tolerance: float,
    checks: RunChecks | None = None,
) -> Evidence:
    """Return the evidence on a program's run and, where they exist, on its coarser runs.

    Args:
        formulation: The problem as it is meant, not as the program may have left it.
        runs: The answered run first, then coarser ones by the settings of ``run_next``; each
            with the folder that holds what it left.
        level: The claim level asked for; below ``converged`` no further run is.
        tolerance: The largest error bound relative to a quantity [-].
        checks: Makes the checks of each run, or has made them when evidence was given before.

    Returns:
        Every check that was made. ``run_next`` is set while further runs are needed.

    Raises:
        ValueError: If there is no run.
    """
    if not runs:
        raise ValueError("runs: there is no run to judge")
    # Numbers of a program may be anything; what overflows fails its check.
    with np.errstate(all="ignore"):
        return _judge(
            formulation, runs, CLAIM_LEVELS.index(level), tolerance, checks or RunChecks()
        )


def _judge(
    formulation: Formulation,
    runs: Sequence[tuple[Execution, Path]],
    level: int,
    tolerance: float,
    made: RunChecks,
) -> Evidence:
    execution, folder = runs[0]
    answered = made.of(formulation, folder, execution)
    attempt = execution.attempt
    if not answered.passed or level < CLAIM_LEVELS.index("converged"):
        return _evidence(formulation, attempt, answered)
    done, checks = [answered], list(answered.checks)
    for number, (coarser, where) in enumerate(runs[1:MESHES], start=1):
        run = made.of(formulation, where, coarser, coarse=True)
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
        return _evidence(meant, 1, check_run(meant, folder))


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


def _coarser_checks(number: int, run: CheckedRun) -> Iterator[Check]:
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


def _coarser(settings: Settings, answered: CheckedRun, ratio: float) -> Settings:
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
    run: CheckedRun,
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
    runs: list[CheckedRun],
    checks: list[Check],
    tolerance: float,
) -> Evidence:
    """Return evidence with an error bound for every quantity that has one."""
    pairs = [check_convergence(formulation, w, runs, tolerance) for w in formulation.wanted]
    settled = all(check.passed for check, _ in pairs)
    return Evidence(
        attempt=attempt,
        checks=(*checks, *(check for check, _ in pairs)),
        quantities=tuple(quantity for _, quantity in pairs),
        claim_level="converged" if settled else "consistent",
    )
