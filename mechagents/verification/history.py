"""The steps of a load path that a program returned in ``history.npz``."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from mechagents.mechanics.formulas import value_at
from mechagents.messages import Check
from mechagents.verification.elements import FloatArray
from mechagents.verification.fields import Fields
from mechagents.verification.files import read_bounded
from mechagents.verification.wording import found, measured

if TYPE_CHECKING:
    from mechagents.verification.solution import Solution

HISTORY_BYTES = 1024 * 2**20
"""The largest ``history.npz``, packed or unpacked, that is read."""
MOST_STEPS = 20_001
SAME = 1e-9
"""Factors that differ by less, relative to the largest of the path, are the same."""
DISPLACEMENT = 1e-6
"""Of the largest displacement: how well prescribed ones are held at every step."""


@dataclass(frozen=True, eq=False)
class History:
    """A displacement in equilibrium at each step of a load path."""

    factor: FloatArray
    """What the load was multiplied by, shape (steps,)."""
    displacement: FloatArray
    """At the points of the fields [m], shape (steps, points, d)."""


def read_history(path: Path, fields: Fields) -> History:
    """Return the steps of a ``history.npz``.

    Raises:
        ValueError: If the file is missing, too large, no archive of plain arrays, or if its
            arrays do not have the agreed names, shapes and finite numbers.
    """
    return History(*read_steps(path, fields, ("factor", "displacement")))


def read_steps(
    path: Path, fields: Fields, names: tuple[str, ...], limit: int = HISTORY_BYTES
) -> list[FloatArray]:
    """Return arrays of an archive: the first of shape (steps,), the others (steps, points, d).

    Args:
        path: The archive.
        fields: What was returned with it.
        names: The arrays.
        limit: Bytes that it may have, packed or unpacked.

    Raises:
        ValueError: As ``read_history``.
    """
    content = read_bounded(path, limit)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > limit:
            raise ValueError(f"it unpacks to more than {limit // 2**20} MiB")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            first, *others = (arrays[name] for name in names)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        raise ValueError(f"{path.name} cannot be read: {error!s:.200}") from error
    shape = (len(first) if first.ndim == 1 else 0, *fields.displacement.shape)
    if not 0 < shape[0] <= MOST_STEPS or any(one.shape != shape for one in others):
        told = " and ".join(str(one.shape) for one in (first, *others))
        raise ValueError(
            f"{path.name} needs {names[0]} of shape (steps,) and {' and '.join(names[1:])} of "
            f"shape (steps, {shape[1]}, {shape[2]}), not {told}"
        )
    if any(one.dtype.kind not in "fiu" for one in (first, *others)):
        raise ValueError(f"{path.name} holds something else than real numbers")
    numbers = [one.astype(np.float64) for one in (first, *others)]
    if not all(np.isfinite(one).all() for one in numbers):
        raise ValueError(f"{path.name} is not finite (nan or inf)")
    return numbers


def check_history(solution: Solution, history: History, load_steps: int | None) -> Iterator[Check]:
    """Yield whether a history follows the load path and ends in the returned fields.

    Args:
        solution: What was returned.
        history: Its steps.
        load_steps: How many each part of the path was to be divided into, if that was said.
    """
    path = solution.formulation.load_path
    wrong = _off_the_path(history.factor, path)
    steps = len(history.factor)
    listed = " to ".join(f"{factor:g}" for factor in (0.0, *path))
    if not wrong and steps < (load_steps or 1) * len(path):
        wrong = f"it has {steps} steps, fewer than the {load_steps} of load_steps"
    message = wrong or f"{steps} steps follow the load from {listed}"
    yield found("contract:history", not wrong, message)
    u = solution.fields.displacement
    scale = float(np.abs(history.displacement).max()) or 1.0
    off = float(np.abs(history.displacement[-1] - u).max()) / scale
    message = "the last step of the history is the returned displacement"
    message = message if off <= DISPLACEMENT else f"{message.replace(' is ', ' is not ')}"
    yield measured("contract:last-step", off, DISPLACEMENT, message)
    yield _supports(solution, history, scale)


def _off_the_path(factors: FloatArray, path: tuple[float, ...]) -> str:
    """Return where factors leave the path, in words, or nothing."""
    near = SAME * max(abs(factor) for factor in path)
    before, leg = 0.0, 0
    for number, factor in enumerate(map(float, factors), start=1):
        if leg == len(path):
            return f"its step {number} goes on after the end of the load path"
        target = path[leg]
        ahead = np.sign(target - before)
        if (factor - before) * ahead <= near or (factor - target) * ahead > near:
            return f"its step {number} goes from {before:.6g} to {factor:.6g}, not to {target:g}"
        before = factor
        leg += abs(factor - target) <= near
    return "" if leg == len(path) else f"it ends at {before:.6g}, not at {path[-1]:g}"


def _supports(solution: Solution, history: History, scale: float) -> Check:
    """Return whether every step has the prescribed displacement times its factor."""
    nearest = np.full(history.displacement.shape, np.inf)
    for support in solution.formulation.supports:
        nodes = solution.places[support.boundary].nodes
        for axis, value in support.components.items():
            column = "xyz".index(axis)
            meant = np.multiply.outer(
                history.factor, value_at(value, solution.fields.points[nodes])
            )
            off = np.abs(history.displacement[:, nodes, column] - meant)
            nearest[:, nodes, column] = np.minimum(nearest[:, nodes, column], off)
    worst = np.where(np.isfinite(nearest), nearest, 0.0).max(axis=(1, 2))
    step = int(worst.argmax())
    value = float(worst[step]) / scale
    message = f"supports move as prescribed in all {len(worst)} steps"
    if value > DISPLACEMENT:
        message = f"a support does not move as prescribed in step {step + 1} of {len(worst)}"
    return measured("supports:history", value, DISPLACEMENT, message)


def part(history: History, step: int) -> tuple[float, FloatArray]:
    """Return factor and displacement [m] of a step."""
    return float(history.factor[step]), cast("FloatArray", history.displacement[step])
