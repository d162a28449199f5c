"""Checks of returned modes: supports, balance, order, independence, and that none was missed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from mechagents.mechanics.formulation import WantedOfMode
from mechagents.mechanics.geometry import AXES
from mechagents.messages import Check
from mechagents.verification.equilibrium import RESIDUAL
from mechagents.verification.inertia import negative_eigenvalues
from mechagents.verification.modes import Modes, read_mode
from mechagents.verification.quantities import interval_words
from mechagents.verification.supports import check_supports
from mechagents.verification.wording import after, found, likely_slip, measured, place_words

ORTHOGONAL = 1e-4
"""Of the product of two modes' norms. Solvers leave 1e-10; the same mode twice has 1."""
ORDER = 1e-6
"""By how much a value may be smaller than the one before, relative."""
SEVEN_DIGITS = 1e-7
"""The rounding of a file in single precision."""
ROOM = 1e-3
"""Values that are closer, relative, count as one group; below and above it modes are counted."""
MOST_COUNTED = 100_000
"""Unknowns of a solid whose matrix is factorised to count the modes: about 3 GB of factors."""
_SLIPS = (
    (math.sqrt(1e3), "sqrt(1000): is the modulus or the density in another unit than SI?"),
    (1e3, "1000: is the modulus or the density in another unit than SI?"),
    (2.0, "2: is something counted twice, or by half?"),
    (math.sqrt(2), "sqrt(2): is the mass or the stiffness counted twice?"),
)

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def check_modes(modes: Modes) -> Iterator[Check]:
    """Yield whether the modes are modes of the body, and all there are up to the last."""
    yield from _supports(modes)
    balanced = _residual(modes)
    yield balanced
    yield _order(modes)
    independent = _orthogonality(modes)
    yield independent
    # Without balance the values are none of this body, and counting them would tell nothing.
    if balanced.passed and independent.passed:
        yield _count(modes)


def check_mode_quantities(modes: Modes, values: Mapping[str, float]) -> Iterator[Check]:
    """Yield for each wanted frequency or factor whether it is that of its mode.

    Args:
        modes: The returned modes.
        values: The reported values by name, in the formulation's units.
    """
    for wanted in modes.solution.formulation.wanted:
        if isinstance(wanted, WantedOfMode):
            yield _quantity(modes, wanted, values[wanted.name])


def _supports(modes: Modes) -> Iterator[Check]:
    """Yield for each boundary with a support the mode that it holds worst."""
    if not modes.solution.formulation.supports:
        return
    of_modes = [list(check_supports(state.solution)) for state in modes.states]
    for checks in zip(*of_modes, strict=True):
        worst = max(range(len(checks)), key=lambda i: _size(checks[i]))
        check = checks[worst]
        name = check.name.replace("supports:", "supports:modes:", 1)
        told = f"mode {worst + 1}: {check.message}" if not check.passed else check.message
        yield check.model_copy(update={"name": name, "message": told})


def _size(check: Check) -> float:
    return math.inf if check.value is None else check.value


def _residual(modes: Modes) -> Check:
    name = "modes:residual"
    left = [modes.shares_left(index) for index in range(len(modes.states))]
    worst = int(np.argmax([share.max() for share in left]))
    value, share = float(left[worst].max()), left[worst]
    inertia = "inertia" if modes.vibration else "the turning of the stress"
    if value <= RESIDUAL:
        mass = "" if not modes.vibration else " (lumped)" if modes.lumped else " (consistent)"
        message = f"stiffness and {inertia}{mass} balance in all {len(left)} modes to {value:.1e}"
        return measured(name, value, RESIDUAL, message)
    node, axis = divmod(int(share.argmax()), share.shape[1])
    place = place_words(modes.solution.fields.points[node])
    wrong = int((share > RESIDUAL).any(axis=1).sum())
    bad = [index + 1 for index, one in enumerate(left) if not one.max() <= RESIDUAL]
    message = (
        f"in mode {worst + 1} (wrong: {', '.join(map(str, bad))}) stiffness and {inertia} do not "
        f"balance at {wrong} of {len(share)} points, worst in {AXES[axis]} at {place}. It is no "
        f"mode of this body: another law, {'density' if modes.vibration else 'stress'}, support, "
        "or no eigenvector at all"
    )
    if modes.solution.fields.rounding > SEVEN_DIGITS / 2:
        message += ". The file has seven digits only; write modes in double precision, float64"
    return measured(name, value, RESIDUAL, message)


def _order(modes: Modes) -> Check:
    name, values = "modes:order", modes.quotients
    if not np.isfinite(values).all() or (not modes.vibration and not np.all(values > 0)):
        bad = [i + 1 for i, v in enumerate(values) if not v > 0]
        listed = ", ".join(map(str, bad))
        return found(name, False, f"the factor of mode {listed} is not positive: {values.tolist()}")
    falls = values[:-1] * (1 - ORDER) - values[1:]
    fallen = np.flatnonzero(falls > modes.floor + 3 * modes.unsure[1:] + modes.noise[1:])
    if fallen.size:
        one = int(fallen[0]) + 1
        words = f"mode {one + 1} has a lower value than mode {one}: {_told(modes, one)}"
        return found(name, False, f"{words} after {_told(modes, one - 1)}; sort them")
    return found(name, True, f"{len(values)} modes in ascending order")


def _told(modes: Modes, index: int) -> str:
    value = float(modes.quotients[index])
    if not modes.vibration:
        return f"{value:.6g}"
    return f"{math.sqrt(max(value, 0.0)) / (2 * math.pi):.6g} Hz"


def _orthogonality(modes: Modes) -> Check:
    """Compare the products of modes, by M or for buckling by K, with their norms."""
    name, shapes = "modes:orthogonality", modes.shapes
    metric = modes.right if modes.vibration else modes.stiffness
    products = shapes @ (metric @ shapes.T)
    norms = np.sqrt(np.abs(np.diag(products)))
    cosines = np.abs(products / np.outer(norms, norms))
    np.fill_diagonal(cosines, 0.0)
    worst, other = divmod(int(cosines.argmax()), len(cosines))
    value = float(cosines[worst, other])
    what = "mass" if modes.vibration else "stiffness"
    message = f"modes are orthogonal to each other by the {what} to {value:.1e}"
    if not value <= ORTHOGONAL:
        pair = f"modes {min(worst, other) + 1} and {max(worst, other) + 1}"
        same = "are the same" if value > 0.999 else f"share {value:.2g} of each other"
        message = f"{pair} {same}, by the {what}: no two modes do"
    return measured(name, value, ORTHOGONAL, message)


def _count(modes: Modes) -> Check:
    """Count the eigenvalues below the last group of close ones, and below its upper end."""
    name, values = "modes:count", modes.quotients
    unknowns = int(modes.solution.free.sum())
    if modes.solution.formulation.dimension == 3 and unknowns > MOST_COUNTED:
        most = f"{unknowns:,} unknowns are more than the {MOST_COUNTED:,} for which"
        return found(name, False, f"{most} modes of a solid are counted; take a coarser mesh")
    room = ROOM + 3 * float((modes.unsure / np.maximum(np.abs(values), 1e-300)).max())
    close = list(values[:-1] >= values[-1] * (1 - room) - modes.floor)
    below = len(values) - 1 - sum(close)
    lowest = float(np.min(values[below:]))
    low = lowest * (1 - room / 2) - modes.floor
    high = float(values[-1]) * (1 + room / 2) + modes.floor
    kind = "vibration" if modes.vibration else "buckling"
    if below:
        low = max(low, float(values[below - 1] + lowest) / 2)
    fewer = _below(modes, low, room * abs(lowest) / 4)
    upto = _below(modes, high, room * abs(high) / 4)
    if fewer is None or upto is None:
        return found(name, False, "the matrix could not be factorised to count the modes")
    if fewer > below:
        missed = fewer - below
        message = (
            f"{_modes(missed)} missed: by the signs of the pivots there are {fewer} "
            f"below {_told(modes, below)}, and {below} were returned"
        )
    elif fewer < below or upto < len(values):
        count = min(fewer, upto)
        message = f"there are only {count} of the {len(values)} returned modes of {kind}"
    else:
        message = (
            f"no mode was missed: {fewer} below {_told(modes, below)} and {upto} up to there, by "
            "the signs of the pivots"
        )
    passed = fewer == below and upto >= len(values)
    return found(name, passed, message)


def _modes(count: int) -> str:
    return "1 mode was" if count == 1 else f"{count} modes were"


def _below(modes: Modes, shift: float, room: float) -> int | None:
    """Return how many eigenvalues lie below a shift, of K - shift M or of K + shift K_sigma."""
    free = np.flatnonzero(modes.solution.free.ravel())
    K, right = (A[free][:, free] for A in (modes.stiffness, modes.right))

    def shifted(at: float) -> csr_matrix:
        return (K - at * right).tocsr()

    return negative_eigenvalues(shifted, shift, room)


def _quantity(modes: Modes, wanted: WantedOfMode, value: float) -> Check:
    reading = read_mode(modes, wanted)
    unit = after(modes.solution.formulation.unit(wanted))
    message = (
        f"{wanted.name} is {value:.6g}{unit}; mode {wanted.number} has {interval_words(reading)}"
    )
    off = reading.off(value)
    if off > reading.allowance:
        message += _slip(modes, wanted, value, reading.middle)
    return measured(
        f"quantities:{wanted.name}", off / reading.scale, reading.allowance / reading.scale, message
    )


def _slip(modes: Modes, wanted: WantedOfMode, value: float, meant: float) -> str:
    """Return what a wrong value looks like, in words, or nothing."""
    others = np.array([read_mode(modes, w).middle for w in _all(modes, wanted)])
    near = np.flatnonzero(np.abs(others - value) <= 1e-4 * abs(value))
    if near.size:
        return f"; that is the value of mode {int(near[0]) + 1}"
    if meant and value:
        if modes.vibration and abs(value / meant / (2 * math.pi) - 1) < 1e-3:
            return "; that is 2 pi times as much: rad/s reported as Hz?"
        ratio = max(value / meant, meant / value)
        for factor, words in _SLIPS:
            if abs(ratio / factor - 1) < 1e-3:
                return f"; apart by a factor of {words}"
    return likely_slip(value, meant)


def _all(modes: Modes, wanted: WantedOfMode) -> Iterator[WantedOfMode]:
    for index in range(len(modes.quotients)):
        yield wanted.model_copy(update={"number": index + 1})
