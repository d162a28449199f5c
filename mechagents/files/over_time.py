"""How what is wanted changes in time, or along a load path, as curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mechagents.files.mesh_picture import ONE_AT_A_TIME
from mechagents.files.solved import Solved
from mechagents.kit.pictures import label, unit_prefix
from mechagents.mechanics.formulation import (
    WantedDisplacement,
    WantedReaction,
    WantedVelocity,
)
from mechagents.mechanics.geometry import AXES
from mechagents.report.words import what_words
from mechagents.verification.dynamics import Dynamics, Motion
from mechagents.verification.elements import FloatArray
from mechagents.verification.locate import locate
from mechagents.verification.motion_reading import reactions
from mechagents.verification.plastic import balances
from mechagents.verification.reading import moved

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 6
"""More curves are not drawn."""
MOST_NUMBERS = 20_000_000
"""Of a motion: forces take several times as many, so those of a larger one are not summed."""
Course = WantedDisplacement | WantedVelocity | WantedReaction


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity at each step, and what of it was wanted."""

    title: str
    unit: str
    values: FloatArray
    """In ``unit``, shape (steps,)."""
    told: tuple[tuple[str, float, float], ...]
    """The name of each wanted number, where on the axis it is, and the value there."""


@dataclass(frozen=True, eq=False)
class Curves:
    """A picture of curves over one axis, not drawn yet."""

    curves: tuple[Curve, ...]
    at: FloatArray
    """Time [s], or what the loads are multiplied by, shape (steps,)."""
    in_time: bool

    @property
    def name(self) -> str:
        """For a file."""
        return "over_time" if self.in_time else "load_path"

    @property
    def caption(self) -> str:
        """What it shows."""
        over = "in time" if self.in_time else "along the load path"
        return f"What is wanted, {over}, at the steps of the program; dots: the wanted values."

    def png(self, width: float, dpi: int) -> bytes:
        """Return it as a PNG; ``width`` in inches."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        across = min(2, len(self.curves))
        down = -(-len(self.curves) // across)
        file = BytesIO()
        with ONE_AT_A_TIME:
            size = (width, (0.5 * width if across == 1 else 0.36 * width) * down)
            figure = Figure(figsize=size, layout="constrained", dpi=dpi)
            FigureCanvasAgg(figure)
            for number, curve in enumerate(self.curves, start=1):
                self._draw(figure.add_subplot(down, across, number), curve)
            figure.savefig(file, format="png")
        return file.getvalue()

    def _draw(self, ax: Axes, curve: Curve) -> None:
        scale, prefix = unit_prefix(curve.values)
        length, of_time = unit_prefix(self.at) if self.in_time else (1.0, "")
        few = len(self.at) <= 40
        ax.plot(
            self.at / length, curve.values / scale, color="#1f4e8c", linewidth=1.2,
            marker="o" if few else "", markersize=2.5,
        )  # fmt: skip
        for name, at, value in curve.told:
            ax.plot(at / length, value / scale, "o", color="#a32a22", markersize=4.5)
            right = at > (self.at[0] + self.at[-1]) / 2
            label(ax, name, (at / length, value / scale), right=right, up=True)
        ax.axhline(0.0, color="0.75", linewidth=0.7, zorder=0)
        ax.margins(y=0.14)
        ax.grid(color="0.92", linewidth=0.6)
        ax.set_title(curve.title, fontsize="small", parse_math=False)
        ax.tick_params(labelsize="small")
        ax.set_ylabel(f"{prefix}{curve.unit}", fontsize="small")
        told = f"time [{of_time}s]" if self.in_time else "factor of the load"
        ax.set_xlabel(told, fontsize="small")


def curves(solved: Solved) -> Curves | None:
    """Return the wanted quantities of a motion, or of a load path, at all its steps.

    Raises:
        UsageError: If the history of a motion cannot be read.
    """
    solution = solved.solution
    if solved.formulation.analysis == "transient":
        motion = solved.motion()
        return _together(_Moving(solved, motion), motion.time)
    if solution.history is not None:
        return _together(_Loaded(solved), np.concatenate([[0.0], solution.history.factor]))
    return None


def _together(found: _Moving | _Loaded, at: FloatArray) -> Curves | None:
    drawn = tuple(_curves(found, at))
    return Curves(drawn[:MOST], at, isinstance(found, _Moving)) if drawn else None


def _curves(found: _Moving | _Loaded, at: FloatArray) -> Iterator[Curve]:
    """Yield a curve for each quantity; what is wanted of the same at several times is on one."""
    wanted = [one for one in found.solved.formulation.wanted if isinstance(one, Course)]
    same: dict[str, list[Course]] = {}
    for one in wanted:
        same.setdefault(what_words(one), []).append(one)
    for title, several in same.items():
        values = found.values(several[0])
        if values is not None:
            told = tuple((one.name, *_told(one, at, values)) for one in several)
            yield Curve(
                title[0].upper() + title[1:],
                found.solved.formulation.unit(several[0]),
                values,
                told,
            )


def _told(wanted: Course, at: FloatArray, values: FloatArray) -> tuple[float, float]:
    """Return where on a curve a wanted number is."""
    if wanted.over_time is not None:
        ranked = {"max": values, "min": -values, "max_abs": np.abs(values)}[wanted.over_time]
        step = int(ranked.argmax())
        return float(at[step]), float(values[step])
    if wanted.time is None:
        return float(at[-1]), float(values[-1])
    return wanted.time, float(np.interp(wanted.time, at, values))


@dataclass(frozen=True, eq=False)
class _Moving:
    """A motion in time."""

    solved: Solved
    motion: Motion

    def values(self, wanted: Course) -> FloatArray | None:
        """Return a quantity at each time, or None where it has no curve."""
        match wanted:
            case WantedDisplacement():
                return _at_point(self.solved, wanted, self.motion.u)
            case WantedVelocity():
                return _at_point(self.solved, wanted, self.motion.v)
            case WantedReaction() if self.motion.u.size <= MOST_NUMBERS:
                return reactions(self._dynamics(), wanted.boundary, AXES.index(wanted.component))
            case _:
                return None

    def _dynamics(self) -> Dynamics:
        return Dynamics.of(self.solved.solution, self.motion)


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A load path, from the unloaded body on."""

    solved: Solved

    def values(self, wanted: Course) -> FloatArray | None:
        """Return a quantity at each step, or None where it has no curve."""
        solution = self.solved.solution
        assert solution.history is not None
        found: FloatArray | None = None
        if isinstance(wanted, WantedDisplacement):
            found = _at_point(self.solved, wanted, solution.history.displacement)
        elif isinstance(wanted, WantedReaction):
            nodes = solution.places[wanted.boundary].nodes
            column = AXES.index(wanted.component)
            sums = [
                float(forces.residual[nodes, column].sum()) for _, forces in balances(solution, 0)
            ]
            found = np.array(sums)
        return None if found is None else np.concatenate([[0.0], found])


def _at_point(
    solved: Solved, wanted: WantedDisplacement | WantedVelocity, vectors: FloatArray
) -> FloatArray | None:
    """Return a component of vectors (steps, points, d) at a wanted point, shape (steps,)."""
    spots = [] if wanted.at is None else locate(solved.solution.fields, wanted.at)
    if not spots:
        return None
    nodes = solved.solution.fields.blocks[spots[0].block].nodes[spots[0].element]
    at = np.einsum("k,tkx->tx", spots[0].N, vectors[:, nodes])
    return np.asarray(moved(at, wanted.component), dtype=np.float64)
