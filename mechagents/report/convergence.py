"""The same program's numbers on each mesh that it ran on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from mechagents.messages import Execution
from mechagents.report.digest import Trial, Tried
from mechagents.report.files import read_inside
from mechagents.report.numbers import show_quantity
from mechagents.report.text import one_line

LARGEST_RESULTS = 1_000_000
"""Bytes of a results file that are read."""


class Reported(BaseModel):
    """A quantity as a program reported it."""

    name: str
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: str = ""


Values = dict[str, Reported]


class _Results(BaseModel):
    quantities: list[Reported]


@dataclass(frozen=True, slots=True)
class Grid:
    """Values by mesh, the finest first."""

    trials: tuple[Trial, ...]
    values: tuple[Values, ...]
    """Of each trial."""

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that the finest mesh gave."""
        return tuple(self.values[0])

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return a row a quantity: its name, then its values with the distance from the finest."""
        return tuple(_row(name, [one.get(name) for one in self.values]) for name in self.names)

    def points(self, name: str) -> list[tuple[float, float]]:
        """Return mesh size [m] and value of a quantity, where both are known, finest first."""
        every = zip(self.trials, self.values, strict=True)
        return [
            (size, values[name].value)
            for trial, values in every
            if (size := trial.execution.settings.mesh_size) is not None and name in values
        ]


def reported(folder: Path, execution: Execution) -> Values:
    """Return what a program reported by name; empty if there is nothing readable."""
    try:
        data = read_inside(folder, f"{execution.folder}/results.json", LARGEST_RESULTS)
        found = _Results.model_validate_json(data).quantities
    except (OSError, ValueError, ValidationError):
        return {}
    return {quantity.name: quantity for quantity in found}


def convergence(tried: Tried, folder: Path) -> Grid | None:
    """Return values by mesh size, finest first; None where fewer than two meshes gave any.

    A mesh's values are those that the program reported there; where its file is gone, those of
    the evidence on it, unless they only repeat another mesh's.

    Args:
        tried: A program and its executions.
        folder: The run's folder.
    """
    meshes = _meshes(tried, folder)
    if len(meshes) < 2:
        return None
    return Grid(tuple(trial for trial, _ in meshes), tuple(values for _, values in meshes))


def _meshes(tried: Tried, folder: Path) -> list[tuple[Trial, Values]]:
    found: dict[str, tuple[Trial, Values]] = {}
    seen: set[tuple[float, ...]] = set()
    for trial in tried.trials:
        if trial.execution.status != "ok":
            continue
        values = reported(folder, trial.execution)
        if not values:
            values = _judged(trial)
            if tuple(q.value for q in values.values()) in seen:
                continue
        seen.add(tuple(q.value for q in values.values()))
        if values:
            found[trial.execution.settings.model_dump_json()] = (trial, values)
    return sorted(found.values(), key=lambda one: one[0].execution.settings.mesh_size or 0.0)


def _judged(trial: Trial) -> Values:
    quantities = trial.evidence.quantities if trial.evidence is not None else ()
    return {q.name: Reported(name=q.name, value=q.value, unit=q.unit) for q in quantities}


def _row(name: str, found: list[Reported | None]) -> tuple[str, ...]:
    finest = found[0]
    cells = [one_line(name, 64)]
    for quantity in found:
        cell = "" if quantity is None else str(
            show_quantity(quantity.value, one_line(quantity.unit, 20), digits=6)
        )  # fmt: skip
        if quantity is not None and finest is not None and quantity is not finest and finest.value:
            away = 100 * (quantity.value - finest.value) / abs(finest.value)
            cell += f" ({away:+.2g} %)"
        cells.append(cell)
    return tuple(cells)
