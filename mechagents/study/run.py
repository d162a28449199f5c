"""A study from its beginning, or from where it was left, to its dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from mechagents.diagnostics import installed_version
from mechagents.errors import ProblemError
from mechagents.study.base import ask_for, solve_base
from mechagents.study.folder import Base, StudyFolder
from mechagents.study.pool import LocalPool, Pool
from mechagents.study.returned import solve_again
from mechagents.study.sample import Order, Ran
from mechagents.study.search import Best, Search
from mechagents.study.space import Axis, axes_of, lay_out
from mechagents.study.spec import Study
from mechagents.study.vary import changes_of, check_study, kept_formulation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mechagents.team import Team

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study has come."""

    stage: str
    """``base``, ``samples``, ``returned`` or ``dataset``."""
    done: int = 0
    total: int = 0
    failed: int = 0
    rate: float = 0.0
    """Samples a second, in this sitting."""
    seconds_left: float | None = None


Told = Callable[[Progress], None]


@dataclass(slots=True)
class StudyState:
    """A study at work, or as it was left."""

    study: Study
    folder: StudyFolder
    base: Base
    axes: tuple[Axis, ...]
    samples: FloatArray
    """In SI, shape (samples, parameters)."""
    full: frozenset[int]
    """The samples that are verified in full."""
    done: dict[int, Ran] = field(default_factory=dict[int, Ran])
    best: Best | None = None
    """What a search found."""

    @property
    def failed(self) -> list[Ran]:
        """The samples that have no accepted result."""
        return [ran for _, ran in sorted(self.done.items()) if ran.status != "passed"]

    def order(self, sample: int) -> dict[str, Any]:
        """Return what a worker needs for a sample."""
        study, base = self.study, self.base
        kept = study.keep_fields
        changes, settings = changes_of(
            study, base.formulation, self.axes, self.samples[sample], base.settings
        )
        full = sample in self.full
        return Order(
            sample=sample,
            formulation=kept_formulation(study, base.formulation),
            changes=changes,
            program=base.program,
            settings=settings,
            limits=base.limits,
            sandbox=base.sandbox,
            tolerance=base.tolerance,
            level=base.level if full else "consistent",
            keep_fields=kept == "all" or (kept == "verified" and full),
        ).model_dump(mode="json")


def begin(study: Study, folder: Path, *, near: Path = Path()) -> StudyFolder:
    """Return a folder that holds a study and nothing done yet.

    Args:
        study: What to do.
        folder: New or empty.
        near: Where the study's relative paths begin.

    Raises:
        ProblemError: If the folder is in use or the study's problem cannot be read.
    """
    asked = ask_for(study, near, installed_version())
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        told = "is not empty; choose another folder, or go on with --resume"
        raise ProblemError(told, where=str(folder))
    kept = StudyFolder(folder)
    with kept.held():
        kept.write("study.json", asked.model_dump_json(indent=2) + "\n")
    return kept


def run_study(
    folder: StudyFolder,
    *,
    near: Path = Path(),
    team: Team | None = None,
    pool: Pool | None = None,
    told: Told = lambda _: None,
) -> StudyState:
    """Work on a study until all of its samples are done and its dataset is written.

    What was done before is not done again. Interrupted at any moment, it loses at most the
    samples in hand.

    Args:
        folder: Of a study that was begun.
        near: Where a file of samples is looked for.
        team: Who solves the problem, and samples that failed; None: those who began.
        pool: Who runs the samples; None: a worker for each processor.
        told: Is called as it goes on.

    Raises:
        ProblemError: If the folder holds no study, or a parameter does not fit.
        RunError: If the team has no accepted answer, or no worker can be had.
    """
    with folder.held():
        told(Progress("base"))
        state = open_study(folder, near=near, team=team)
        if pool is not None:
            _run_all(state, pool, told)
        else:
            with LocalPool(processors()) as own:
                _run_all(state, own, told)
        finish(state, team=team, told=told)
        return state


def _run_all(state: StudyState, pool: Pool, told: Told) -> None:
    """Run the samples that were laid out, or search for the best."""
    if state.study.optimize is None:
        run_samples(state, pool, told=told)
    else:
        clock = _Clock(state, state.study.optimize.evaluations, told)
        state.best = Search(state, pool, partial(_run, clock=clock)).find()


def finish(state: StudyState, *, team: Team | None = None, told: Told = lambda _: None) -> None:
    """Send samples that failed back to the team, and write the dataset.

    Designs of a search do not go back: it goes on without them.

    Args:
        state: The study.
        team: Who solves them; None: those who began.
        told: Is called as it goes on.
    """
    from mechagents.study.outcome import write_outcome

    if state.study.optimize is None:
        _return_failed(state, team, told)
    told(Progress("dataset"))
    write_outcome(state)


def new_study_folder(under: Path, name: str) -> Path:
    """Return the path of a folder for a new study; it sorts by time."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return under / f"{stamp}-{name}"


def open_study(folder: StudyFolder, *, near: Path = Path(), team: Team | None = None) -> StudyState:
    """Return a study with its base and its samples, and what was done of it before.

    Args:
        folder: Of a study that was begun.
        near: Where a file of samples is looked for.
        team: Solves the problem, unless that was done; None: those who began.

    Raises:
        ProblemError: If the folder holds no study, or a parameter does not fit.
        RunError: If the team has no accepted answer.
    """
    asked = folder.asked()
    study = asked.study
    if asked.problem is not None and asked.problem.formulation is not None:
        # What does not fit is said before the team begins.
        check_study(study, axes_of(study, asked.problem.formulation), asked.problem.formulation)
    base = folder.base()
    if base is None:
        base = solve_base(asked, folder.base_run, team)
        folder.write("base.json", base.model_dump_json(indent=2) + "\n")
        folder.write("program.py", base.program)
    axes = axes_of(study, base.formulation)
    check_study(study, axes, base.formulation)
    samples = _searched(axes) if study.optimize else folder.samples()
    if samples is None:
        samples = lay_out(study, axes, near)
        folder.write("samples.json", json.dumps(samples.tolist()))
    full = drawn(len(samples), study)
    return StudyState(study, folder, base, axes, samples, full, folder.journal())


def _searched(axes: tuple[Axis, ...]) -> FloatArray:
    """Return the samples of a search that has not begun: it lays them out itself."""
    import numpy as np

    return np.empty((0, len(axes)))


def drawn(count: int, study: Study) -> frozenset[int]:
    """Return which samples of so many are verified in full."""
    import numpy as np

    wanted = min(count, max(1, round(study.full * count))) if study.full > 0 else 0
    drawn = np.random.default_rng([study.seed, 1]).permutation(count)[:wanted]
    return frozenset(map(int, drawn))


def run_samples(
    state: StudyState,
    pool: Pool,
    samples: Iterable[int] | None = None,
    *,
    told: Told = lambda _: None,
) -> None:
    """Run samples that are not done yet.

    Args:
        state: The study.
        pool: Who runs them.
        samples: Which; None: all.
        told: Is called after each.

    Raises:
        RunError: If no worker can be had.
    """
    chosen = range(len(state.samples)) if samples is None else samples
    _run(state, pool, chosen, _Clock(state, len(state.samples), told))


def _run(state: StudyState, pool: Pool, samples: Iterable[int], clock: _Clock) -> None:
    missing = [sample for sample in samples if sample not in state.done]
    clock.tell()
    for result in pool.run(state.order(sample) for sample in missing):
        ran = state.folder.record(result)
        state.done[ran.sample] = ran
        clock.tell()


@dataclass(slots=True)
class _Clock:
    """Tells how far the samples are, and how fast."""

    state: StudyState
    total: int
    told: Told
    started: float = field(default_factory=monotonic)
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = len(self.state.done)

    def tell(self) -> None:
        done = len(self.state.done)
        passed = monotonic() - self.started
        rate = (done - self.before) / passed if done > self.before else 0.0
        left = (self.total - done) / rate if rate else None
        failed = len(self.state.failed)
        self.told(Progress("samples", done, self.total, failed, rate, left))


def _return_failed(state: StudyState, team: Team | None, told: Told) -> None:
    """Let the team solve samples that failed a check, each once."""
    waiting = list(_to_return(state))
    for number, ran in enumerate(waiting):
        told(Progress("returned", number, len(waiting), len(state.failed)))
        order = Order.model_validate(state.order(ran.sample))
        again = solve_again(state.base, order, ran, state.folder, team)
        state.done[ran.sample] = state.folder.record(again.model_dump(mode="json"))


def _to_return(state: StudyState) -> Iterator[Ran]:
    already = sum(ran.returned for ran in state.done.values())
    open_ = [ran for ran in state.failed if ran.status == "failed" and not ran.returned]
    yield from open_[: max(0, state.study.returns - already)]


def processors() -> int:
    """Return how many processors this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
