"""Search for the best design: differential evolution over a study's parameters.

Every design is run and checked as a sample is; one that fails a check cannot be the best. The
search is a function of its seed and of the results, so that a resumed one takes the same way and
finds in the journal what was done before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mechagents.errors import RunError
from mechagents.mechanics.geometry import Part
from mechagents.study.dataset import values_of
from mechagents.study.pool import Pool
from mechagents.study.spec import Bound, Optimize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mechagents.study.run import StudyState

    FloatArray = NDArray[np.float64]

PER_PARAMETER = 8
"""Designs in a generation for each parameter, unless a population is given."""
NO_MARGINS: Mapping[str, float] = MappingProxyType({})
MOST_VERIFIED = 5
"""Designs that are verified in full, best first, until one passes."""
OUT = 1e300
"""The objective of a design without a checked result, and by how much it breaks a bound."""
RunSamples = Callable[["StudyState", Pool, "list[int]"], None]
"""Runs samples of a study that are not done yet."""


class Best(Part):
    """The best design that was found and verified."""

    sample: int
    parameters: dict[str, float]
    """In SI."""
    objective: float
    constraints: dict[str, float]
    """The value of each quantity or output that had to keep to a bound."""
    error_bounds: dict[str, float]
    """Of the quantities among them and of the objective, as far as they have one."""
    evaluations: int
    """Designs that were run."""
    uncertain: tuple[str, ...] = ()
    """The bounded values that keep to their bounds, but not with their error bounds."""


@dataclass(slots=True)
class Search:
    """One search at work.

    Args:
        state: The study; its samples are the designs in the order in which they were tried.
        pool: Runs them.
        run: How.
    """

    state: StudyState
    pool: Pool
    run: RunSamples
    known: dict[bytes, int] = field(default_factory=dict[bytes, int])
    """The sample of each design that was tried."""
    written: FloatArray | None = None
    """The designs that are in the study's folder."""

    @property
    def wanted(self) -> Optimize:
        """What is searched for."""
        assert self.state.study.optimize is not None
        return self.state.study.optimize

    def find(self) -> Best | None:
        """Return the best design, verified in full, or None where none keeps to all bounds.

        Error bounds are known of what was verified only. Where one reaches past a limit, the
        next design that is tried is the best that would keep to it with as large an error.

        Raises:
            RunError: If no worker can be had.
        """
        self._evolve()
        tried = len(self.state.samples)
        left, margins, kept = self._ranked(), dict[str, float](), list[int]()
        for _ in range(MOST_VERIFIED):
            left = [sample for sample in left if self._keeps(sample, margins)]
            if not left:
                break
            again = self._verify(left.pop(0))
            errors = self._errors(again)
            margins = {n: max(errors.get(n, 0.0), margins.get(n, 0.0)) for n in errors | margins}
            kept += [again] if self._keeps(again) else []
            if self._keeps(again, errors):
                return self._told(again, tried)
        return self._told(kept[0], tried) if kept else None

    def _evolve(self) -> None:
        from scipy.optimize import NonlinearConstraint, differential_evolution

        dimensions = len(self.state.axes)
        bounds = [axis.range() for axis in self.state.axes]
        size = self.wanted.population or PER_PARAMETER * dimensions
        size = max(5, min(size, self.wanted.evaluations))
        limits = self._limits()
        low, high = (np.array(side) for side in zip(*limits, strict=True)) if limits else (0, 0)
        differential_evolution(
            self._objectives,
            bounds,
            init=self._first(size, bounds),
            maxiter=max(0, self.wanted.evaluations // size - 1),
            constraints=NonlinearConstraint(self._bounded, low, high) if limits else (),
            rng=np.random.default_rng([self.wanted.seed, 3]),
            polish=False,
            updating="deferred",
            vectorized=True,
        )

    def _first(self, size: int, bounds: list[tuple[float, float]]) -> FloatArray:
        """Return the first generation, shape (size, parameters)."""
        from scipy.stats import qmc

        points = qmc.LatinHypercube(len(bounds), rng=self.wanted.seed).random(size)
        low, high = np.array(bounds).T
        return np.asarray(low + (high - low) * points, dtype=np.float64)

    def _limits(self) -> list[tuple[float, float]]:
        """Return the bounds of each constraint, scaled as ``_bounded`` scales the values."""
        return [
            (
                -np.inf if bound.at_least is None else bound.at_least / _scale(bound),
                np.inf if bound.at_most is None else bound.at_most / _scale(bound),
            )
            for bound in self.wanted.constraints.values()
        ]

    def _objectives(self, designs: FloatArray) -> FloatArray:
        """Return what is made small, shape (parameters, designs) to (designs,)."""
        sign = 1.0 if self.wanted.minimize else -1.0
        found = [self._value(s, self.wanted.objective) for s in self._samples(designs)]
        return np.array([OUT if v is None else sign * v for v in found], dtype=np.float64)

    def _bounded(self, designs: FloatArray) -> FloatArray:
        """Return the bounded values, shape (parameters, designs) to (constraints, designs)."""
        samples = self._samples(designs)
        return np.array(
            [
                [_out(bound) if (v := self._value(s, name)) is None else v / _scale(bound)
                 for s in samples]
                for name, bound in self.wanted.constraints.items()
            ],
            dtype=np.float64,
        )  # fmt: skip

    def _samples(self, designs: FloatArray) -> list[int]:
        """Return the sample of each design; those that are new are run."""
        columns = np.atleast_2d(designs.T)
        samples = [self._sample(column) for column in columns]
        self._keep()
        new = sorted({sample for sample in samples if sample not in self.state.done})
        if new:
            self.run(self.state, self.pool, new)
        return samples

    def _sample(self, design: FloatArray) -> int:
        key = np.ascontiguousarray(design, dtype=np.float64).tobytes()
        if key not in self.known:
            self.known[key] = self._add(design)
        return self.known[key]

    def _add(self, design: FloatArray) -> int:
        self.state.samples = np.vstack([self.state.samples, design])
        return len(self.state.samples) - 1

    def _keep(self) -> None:
        """Write the designs before they are run, so that a search at work can be looked at.

        A resumed search takes the same way: until it is past what was written it writes nothing.
        """
        if self.written is None:
            self.written = self.state.folder.samples()
        known, here = self.written, self.state.samples
        if known is None or not np.array_equal(known[: len(here)], here):
            self.state.folder.write("samples.json", json.dumps(here.tolist()))
            self.written = here

    def _value(self, sample: int, name: str) -> float | None:
        return values_of(self.state, self.state.done[sample])[name]

    def _keeps(self, sample: int, margins: Mapping[str, float] = NO_MARGINS) -> bool:
        """Return whether a design has a checked result that keeps to every bound.

        Args:
            sample: The design.
            margins: By how much more, by the name of the bounded value.
        """
        values = {n: self._value(sample, n) for n in self.wanted.constraints}
        return self._value(sample, self.wanted.objective) is not None and all(
            v is not None and within(v, self.wanted.constraints[n], margins.get(n, 0.0))
            for n, v in values.items()
        )

    def _errors(self, sample: int) -> dict[str, float]:
        """Return the error bounds of a design's quantities, as far as they are known."""
        found = {q.name: q.error_bound for q in self.state.done[sample].quantities}
        return {name: bound for name, bound in found.items() if bound is not None}

    def _ranked(self) -> list[int]:
        """Return the designs that keep to every bound, best first."""
        sign = 1.0 if self.wanted.minimize else -1.0
        kept = [sample for sample in range(len(self.state.samples)) if self._keeps(sample)]
        values = {s: self._value(s, self.wanted.objective) or 0.0 for s in kept}
        return sorted(kept, key=lambda sample: (sign * values[sample], sample))

    def _verify(self, sample: int) -> int:
        """Run a design again, verified in full, as a sample of its own; return that."""
        again = self._add(self.state.samples[sample])
        self.state.full |= {again}
        self._keep()
        if again not in self.state.done:
            self.run(self.state, self.pool, [again])
        return again

    def _told(self, sample: int, tried: int) -> Best:
        values = zip(self.state.axes, self.state.samples[sample], strict=True)
        objective = self._value(sample, self.wanted.objective)
        if objective is None:
            raise RunError("the best design has lost its objective")
        errors = self._errors(sample)
        named = (self.wanted.objective, *self.wanted.constraints)
        constraints = {n: self._value(sample, n) or 0.0 for n in self.wanted.constraints}
        return Best(
            sample=sample,
            parameters={axis.name: float(value) for axis, value in values},
            objective=objective,
            constraints=constraints,
            error_bounds={n: errors[n] for n in named if n in errors},
            evaluations=tried,
            uncertain=tuple(
                name
                for name, value in constraints.items()
                if not within(value, self.wanted.constraints[name], errors.get(name, 0.0))
            ),
        )


def _scale(bound: Bound) -> float:
    """Return the size of a bound, so that those of stresses and of lengths weigh the same."""
    sizes = [abs(one) for one in (bound.at_most, bound.at_least) if one]
    return max(sizes, default=1.0)


def _out(bound: Bound) -> float:
    return 1e6 if bound.at_most is not None else -1e6


def within(value: float, bound: Bound, margin: float = 0.0) -> bool:
    """Return whether a value keeps to a bound, and to one that is narrower by a margin."""
    low = -np.inf if bound.at_least is None else bound.at_least
    high = np.inf if bound.at_most is None else bound.at_most
    return bool(low + margin <= value <= high - margin)
