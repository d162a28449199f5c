"""Checks of a returned motion in time: its course, beginning, balance, energy and integrals.

They hold for any method of integration of second order: a motion is right when its forces
balance at every step and its velocity and acceleration are those of its displacement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mechagents.mechanics.formulation import WantedOfMode
from mechagents.messages import Check
from mechagents.verification.dynamics import Dynamics, Motion
from mechagents.verification.elements import FloatArray
from mechagents.verification.equilibrium import RESIDUAL
from mechagents.verification.history import DISPLACEMENT, SAME
from mechagents.verification.motion_reading import read_motion_at
from mechagents.verification.quantities import interval_words
from mechagents.verification.solution import Solution
from mechagents.verification.support_motion import Held, held_components
from mechagents.verification.wording import found, likely_slip, measured

INTEGRAL = 0.02
"""Of the largest displacement or velocity. Average acceleration and central differences leave
nothing; a method of first order at fifty steps a period leaves 0.06."""
ENERGY = 0.02
"""Of the largest energy: half of it in amplitude, as much as an answer may be off by default."""


def check_motion(solution: Solution, motion: Motion, time_steps: int | None) -> Iterator[Check]:
    """Yield whether a motion goes from the beginning to the end and is one motion.

    Args:
        solution: What was returned.
        motion: Its steps.
        time_steps: How many there were to be, if that was said.
    """
    wrong = _off_the_course(motion, solution.formulation.end_time or 0.0, time_steps)
    message = wrong or f"{motion.steps} steps go from 0 to {motion.time[-1]:g} s"
    yield found("contract:history", not wrong, message)
    scale = float(np.abs(motion.u).max()) or 1.0
    off = float(np.abs(motion.u[-1] - solution.fields.displacement).max()) / scale
    message = f"the displacement at the end is {'' if off <= DISPLACEMENT else 'not '}that of "
    yield measured("contract:last-step", off, DISPLACEMENT, f"{message}fields.vtu")
    held = list(held_components(solution, motion.time))
    yield _supports(motion, held)
    yield from _slopes(motion, held)
    yield _beginning(solution, motion)
    # How a support moves is told by its course, whose velocity may jump.
    rest = np.ones(motion.u.shape[1:], dtype=np.bool_)
    for part in held:
        if part.moves:
            rest[part.nodes, part.column] = False
    u, v, a = (np.where(rest, x, 0.0) for x in (motion.u, motion.v, motion.a))
    scales = [float(np.abs(part).max()) or 1.0 for part in (motion.u, motion.v)]
    yield _integral("velocity", "displacement", motion.time, u, v, scales[0])
    yield _integral("acceleration", "velocity", motion.time, v, a, scales[1])


def _off_the_course(motion: Motion, end: float, time_steps: int | None) -> str:
    time = motion.time
    if abs(time[0]) > SAME * end or abs(time[-1] - end) > SAME * end:
        return f"its times go from {time[0]:.6g} to {time[-1]:.6g} s, not from 0 to {end:g} s"
    if not np.all(np.diff(time) > 0):
        return "its times do not all come one after the other"
    if time_steps is not None and motion.steps != time_steps:
        return f"it has {motion.steps} steps, not the {time_steps} of time_steps"
    return ""


def _supports(motion: Motion, held: Sequence[Held]) -> Check:
    """Compare what is held with its course; where two supports meet, with either."""
    off = np.full_like(motion.u, np.inf)
    for part in held:
        here = off[:, part.nodes, part.column]
        off[:, part.nodes, part.column] = np.minimum(here, part.off(motion.u))
    off = np.where(np.isfinite(off), off, 0.0)
    still = [motion.v[:, part.nodes, part.column] for part in held if not part.moves]
    meant = [float(np.abs(part.meant).max(initial=0.0)) for part in held]
    scale = max([float(np.abs(motion.u).max()), *meant]) or 1.0
    shares = [float(off.max()) / scale, *(_share(part, motion.v) for part in still)]
    value = max(shares)
    moves = any(part.moves for part in held)
    does = "move by their courses" if moves else "hold displacement and velocity at 0"
    message = f"supports {does} in all {motion.steps} steps"
    if not value <= DISPLACEMENT:
        wrong = "does not move by its value and course" if moves else "moves"
        step = int(off.max(axis=(1, 2)).argmax())
        message = f"a support {wrong}, by its displacement the most in step {step}"
    return measured("supports:history", value, DISPLACEMENT, message)


def _slopes(motion: Motion, held: Sequence[Held]) -> Iterator[Check]:
    """Yield whether velocity and acceleration of moving supports are those of their courses."""
    moving = [part for part in held if part.moves]
    if not moving:
        return
    velocity = max(part.off_slope(1, motion.v) for part in moving)
    acceleration = max(part.off_slope(2, motion.a) for part in moving)
    value = max(velocity, acceleration)
    message = f"velocity and acceleration of supports are those of their courses to {value:.1e}"
    if not value <= INTEGRAL:
        which = "velocity" if velocity > INTEGRAL else "acceleration"
        message = f"the {which} of a moving support is not that of its course, by {value:.2g} of it"
    yield measured("history:supports", value, INTEGRAL, message)


def _share(some: FloatArray, every: FloatArray) -> float:
    return float(np.abs(some).max(initial=0.0)) / (float(np.abs(every).max()) or 1.0)


def _beginning(solution: Solution, motion: Motion) -> Check:
    meant = np.where(solution.free, solution.formulation.initial_velocity, 0.0)
    first = np.where(solution.free, motion.v[0], 0.0)
    fastest = max(float(np.abs(motion.v).max()), float(np.abs(meant).max())) or 1.0
    still = _share(motion.u[0], motion.u)
    speed = float(np.abs(first - meant).max()) / fastest
    listed = ", ".join(f"{value:g}" for value in solution.formulation.initial_velocity)
    message = f"it begins without displacement and with the velocity ({listed}) m/s"
    if not max(still, speed) <= DISPLACEMENT:
        what = f"with a displacement of {np.abs(motion.u[0]).max():.3g} m"
        if speed > still:
            what = f"with another velocity than ({listed}) m/s where nothing holds the body"
        message = f"it begins {what}"
    return measured("history:beginning", max(still, speed), DISPLACEMENT, message)


def _integral(
    of: str, what: str, time: FloatArray, value: FloatArray, slope: FloatArray, scale: float
) -> Check:
    dt = np.diff(time)[:, None, None]
    gone = np.cumsum(dt * (slope[1:] + slope[:-1]) / 2, axis=0)
    off = np.abs(value[1:] - value[0] - gone).max(axis=(1, 2))
    worst = int(off.argmax())
    share = float(off[worst]) / scale
    message = f"the {of} is that of the {what}: its integral is off by {share:.1e} at most"
    if not share <= INTEGRAL:
        message = (
            f"the {of} is not that of the {what}: at {time[worst + 1]:.4g} s its integral "
            f"is off by {share:.2g} of the largest {what}. The step is too large, or the method "
            "of first order"
        )
    return measured(f"history:{of}", share, INTEGRAL, message)


def check_dynamics(dynamics: Dynamics) -> Iterator[Check]:
    """Yield whether forces balance at every step and no energy is lost or made."""
    shares = dynamics.shares
    worst = int(shares.argmax())
    mass = "lumped" if dynamics.rules.lumped else "consistent"
    message = f"inertia ({mass} mass), damping, stiffness and loads balance at every step"
    if not shares[worst] <= RESIDUAL:
        wrong = int((shares > RESIDUAL).sum())
        message = (
            f"inertia, damping, stiffness and loads do not balance at {wrong} "
            f"of {len(shares)} times, worst at {dynamics.motion.time[worst]:.4g} s: the motion is "
            "that of another law, density, damping, load, support or time_course"
        )
    yield measured("equilibrium:steps", float(shares[worst]), RESIDUAL, message)
    yield _energy(dynamics)


def _energy(dynamics: Dynamics) -> Check:
    energy = dynamics.stored + dynamics.kinetic
    off = energy - energy[0] - dynamics.work + dynamics.damped
    size = max(float(energy.max()), float(np.abs(dynamics.work).max())) or 1.0
    worst = int(np.abs(off).argmax())
    value = abs(float(off[worst])) / size
    doers = "loads, supports and damping" if dynamics.pushed.any() else "loads and damping"
    message = f"energy and the work of {doers} agree to {value:.1e} at every time"
    if not value <= ENERGY:
        verb = "lost" if off[worst] < 0 else "made"
        message = (
            f"{value:.2g} of the energy is {verb} by {dynamics.motion.time[worst]:.4g} s: the "
            "method of integration damps or excites, or the step is too large"
        )
    return measured("history:energy", value, ENERGY, message)


def check_motion_quantities(dynamics: Dynamics, values: Mapping[str, float]) -> Iterator[Check]:
    """Yield for each wanted quantity whether the reported value is in the motion.

    Args:
        dynamics: The returned motion and its forces.
        values: The reported values by name, in the formulation's units.
    """
    formulation = dynamics.solution.formulation
    for wanted in formulation.wanted:
        if isinstance(wanted, WantedOfMode):
            continue
        name, value = f"quantities:{wanted.name}", values[wanted.name]
        reading = read_motion_at(dynamics, wanted)
        if reading is None:
            yield found(name, False, f"no element of the mesh lies at the point of {wanted.name}")
            continue
        off, unit = reading.off(value), formulation.unit(wanted)
        message = f"{wanted.name} is {value:.6g} {unit}; the motion has {interval_words(reading)}"
        if off > reading.allowance:
            message += likely_slip(value, reading.middle)
        yield measured(name, off / reading.scale, reading.allowance / reading.scale, message)
