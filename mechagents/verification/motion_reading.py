"""What a returned motion allows each wanted number to be, at a time or as an extreme over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mechagents.mechanics.formulation import (
    WantedDisplacement,
    WantedEnergy,
    WantedOfField,
    WantedReaction,
    WantedVelocity,
)
from mechagents.mechanics.geometry import AXES
from mechagents.verification.dynamics import Dynamics, hermite
from mechagents.verification.elements import FloatArray
from mechagents.verification.equilibrium import Equilibrium
from mechagents.verification.locate import Spot, locate
from mechagents.verification.reading import (
    CANCELLED,
    EXACT,
    PLACE,
    Reading,
    extreme,
    moved,
    natural_scale,
    read,
)
from mechagents.verification.springs import spring_total

_WITHIN = np.linspace(0.0, 1.0, 9)[1:-1, None, None]
"""Shares of a step at which an extreme is sought."""


def read_motion_at(dynamics: Dynamics, wanted: WantedOfField | WantedVelocity) -> Reading | None:
    """Return what the motion says a quantity is; None where its place has no element.

    Between two steps programs may be linear or follow the velocity; an extreme over time may be
    that of the steps or of the curve through them.
    """
    if wanted.over_time is not None:
        return _over_time(dynamics, wanted)
    time = wanted.time or 0.0
    linear = _at(dynamics, wanted, dynamics.moment(time), time)
    if linear is None or not dynamics.between(time) or isinstance(wanted, WantedReaction):
        return linear
    curved = _at(dynamics, wanted, dynamics.moment(time, curved=True), time)
    assert curved is not None
    return replace(
        linear,
        low=min(linear.low, curved.low),
        high=max(linear.high, curved.high),
        allowance=max(linear.allowance, curved.allowance),
    )


def _at(
    dynamics: Dynamics, wanted: WantedOfField | WantedVelocity, state: Equilibrium, time: float
) -> Reading | None:
    if not isinstance(wanted, WantedVelocity):
        return read(state, wanted)
    fields = replace(state.solution.fields, displacement=dynamics.velocity(time))
    moving = replace(state, solution=replace(state.solution, fields=fields))
    return read(moving, wanted.as_displacement)


def motion_scale(dynamics: Dynamics, wanted: WantedOfField | WantedVelocity) -> float:
    """Return what is large for a quantity of this kind at any time, in SI units."""
    motion = dynamics.motion
    match wanted:
        case WantedDisplacement():
            return float(np.linalg.norm(motion.u, axis=2).max())
        case WantedVelocity():
            return float(np.linalg.norm(motion.v, axis=2).max())
        case WantedEnergy():
            return float(dynamics.stored.max())
        case WantedReaction():
            return _force_scale(dynamics)
        case _:
            fullest = float(motion.time[int(dynamics.stored.argmax())])
            return natural_scale(dynamics.moment(fullest), wanted)


def _force_scale(dynamics: Dynamics) -> float:
    """Return the largest force on a boundary, or of the loads, at any time."""
    f = dynamics.solution.formulation
    boundaries = {item.boundary for item in (*f.supports, *f.springs)}
    columns = range(f.dimension)
    held = [np.abs(reactions(dynamics, b, column)).max() for b in boundaries for column in columns]
    loads = np.abs(dynamics.factor).max() * np.abs(dynamics.load.sum(axis=0)).max()
    return float(max([loads, *held]))


def reactions(dynamics: Dynamics, boundary: str, column: int) -> FloatArray:
    """Return what supports and springs on a boundary exert at each time, shape (times,)."""
    solution = dynamics.solution
    nodes = solution.places[boundary].nodes
    held = dynamics.left[:, nodes, column].sum(axis=1)
    if all(spring.boundary != boundary for spring in solution.formulation.springs):
        return np.asarray(held, dtype=np.float64)
    exerted = [
        spring_total(
            replace(solution, fields=replace(solution.fields, displacement=u)),
            boundary,
            AXES[column],
        )
        for u in dynamics.motion.u
    ]
    return np.asarray(held + exerted, dtype=np.float64)


def _over_time(dynamics: Dynamics, wanted: WantedOfField | WantedVelocity) -> Reading | None:
    if isinstance(wanted, WantedReaction):
        series = reactions(dynamics, wanted.boundary, AXES.index(wanted.component))
        value = extreme(series, wanted.over_time)
        nodes = dynamics.solution.places[wanted.boundary].nodes
        forces = np.abs(dynamics.left[:, nodes]).sum(axis=(1, 2)).max()
        noise = CANCELLED * float(forces)
        return Reading(value, value, (value,), noise, EXACT * abs(value) + noise)
    if not isinstance(wanted, WantedDisplacement | WantedVelocity) or wanted.at is None:
        raise ValueError(f"{wanted.name}: has no extreme over time")
    spots = locate(dynamics.solution.fields, wanted.at)
    if not spots:
        return None
    motion = dynamics.motion
    fast = isinstance(wanted, WantedVelocity)
    run, slope = (motion.v, motion.a) if fast else (motion.u, motion.v)
    read_off = [_extremes(dynamics, wanted, spot, run, slope) for spot in spots]
    low, high = float(np.min(read_off)), float(np.max(read_off))
    largest = float(np.abs(run).max())
    noise = CANCELLED * largest
    allowance = EXACT * max(abs(low), abs(high)) + PLACE * largest + noise
    return Reading(low, high, (read_off[0][0],), noise, allowance)


def _extremes(
    dynamics: Dynamics,
    wanted: WantedDisplacement | WantedVelocity,
    spot: Spot,
    value: FloatArray,
    slope: FloatArray,
) -> tuple[float, float]:
    """Return the extreme at the steps, and on the cubics between them too."""
    nodes = dynamics.solution.fields.blocks[spot.block].nodes[spot.element]
    x, dx = (np.einsum("k,tkx->tx", spot.N, part[:, nodes]) for part in (value, slope))
    dt = np.diff(dynamics.motion.time)[:, None]
    curve = hermite(_WITHIN, dt, x[:-1], x[1:], dx[:-1], dx[1:]).reshape(-1, x.shape[1])
    at_steps = moved(x, wanted.component)
    within = np.concatenate([at_steps, moved(curve, wanted.component)])
    return extreme(at_steps, wanted.over_time), extreme(within, wanted.over_time)
