"""An answer held against the published targets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mechagents.answer import Outcome
from mechagents.benchmarks.targets import Benchmark, Target
from mechagents.mechanics.geometry import Part
from mechagents.messages import Answer, Check, ClaimLevel, Quantity

PRINTED = 1e-9
"""What the digits of a target in the file leave open, relative to it."""
_BEHAVIOUR = re.compile(r", (the same|monotone|oscillating|growing|not settled) ")
_ORDER = re.compile(r"convergence of order (-?[\d.]+)")


class Held(Part):
    """One quantity of an answer beside its target."""

    name: str
    target: float
    tolerance: float
    """Largest distance from the target that is allowed, relative to it [-]."""
    truth: float
    """The best known value of the problem as stated: the exact one, or by a high order."""
    unit: str
    value: float | None = None
    """None where there is no answer."""
    error_bound: float | None = None
    claim_level: ClaimLevel = "none"
    order: float | None = None
    """Observed order of convergence over three meshes; None where values oscillate or are exact."""
    behaviour: str = ""
    """How the values on three meshes behave: the same, monotone, oscillating."""

    @property
    def off(self) -> float | None:
        """Distance from the target, relative to it, with its sign [-]."""
        return None if self.value is None else (self.value - self.target) / abs(self.target)

    @property
    def within(self) -> bool:
        """Whether the answer is verified and as close to the target as it has to be."""
        near = self.off is not None and abs(self.off) <= self.tolerance
        return near and self.claim_level == "verified"

    @property
    def true_error(self) -> float | None:
        """Distance from the best known value, in ``unit``."""
        return None if self.value is None else abs(self.value - self.truth)

    @property
    def inside(self) -> bool | None:
        """Whether the true error lies inside the error bound; None where there is no bound."""
        if self.true_error is None or self.error_bound is None:
            return None
        return self.true_error <= self.error_bound + PRINTED * abs(self.truth)


class BenchmarkResult(Part):
    """How a team did on one benchmark."""

    name: str
    source: str
    ended: str
    """``answered``, or the reason why there is no accepted answer."""
    message: str = ""
    seconds: float = 0.0
    attempts: int = 0
    quantities: tuple[Held, ...]

    @property
    def passed(self) -> bool:
        """Whether every quantity is verified and within the tolerance of its target."""
        return self.ended == "answered" and all(held.within for held in self.quantities)


def hold(benchmark: Benchmark, outcome: Outcome, seconds: float) -> BenchmarkResult:
    """Return an outcome beside the targets of its benchmark.

    Args:
        benchmark: The targets.
        outcome: The answer, or the failure.
        seconds: Wall time of the run.
    """
    if not isinstance(outcome, Answer):
        return unanswered(benchmark, outcome.reason, outcome.message, seconds)
    found = {quantity.name: quantity for quantity in outcome.quantities}
    return BenchmarkResult(
        name=benchmark.name,
        source=benchmark.source,
        ended="answered" if outcome.accepted else "not accepted",
        message=outcome.note,
        seconds=seconds,
        attempts=outcome.attempts,
        quantities=tuple(
            _held(target, found.get(target.name), outcome.checks) for target in benchmark.quantities
        ),
    )


def unanswered(
    benchmark: Benchmark, reason: str, message: str, seconds: float = 0.0
) -> BenchmarkResult:
    """Return the result of a benchmark that has no answer."""
    return BenchmarkResult(
        name=benchmark.name,
        source=benchmark.source,
        ended=reason,
        message=message,
        seconds=seconds,
        quantities=tuple(_held(target, None, ()) for target in benchmark.quantities),
    )


def _held(target: Target, found: Quantity | None, checks: Sequence[Check]) -> Held:
    held = Held(
        name=target.name,
        target=target.target,
        tolerance=target.tolerance,
        truth=target.truth,
        unit=target.unit,
    )
    # A number in another unit is none that could be compared.
    if found is None or found.unit != target.unit:
        return held
    behaviour, order = _observed(target.name, checks)
    return held.model_copy(
        update={
            "value": found.value,
            "error_bound": found.error_bound,
            "claim_level": found.claim_level,
            "behaviour": behaviour,
            "order": order,
        }
    )


def _observed(name: str, checks: Sequence[Check]) -> tuple[str, float | None]:
    """Return how the values on three meshes behave, and with which order they converge."""
    for check in checks:
        if check.name == f"convergence:{name}":
            behaviour, order = _BEHAVIOUR.search(check.message), _ORDER.search(check.message)
            return (behaviour[1] if behaviour else "", float(order[1]) if order else None)
    return "", None
