"""Courses in time: what loads and the displacements of supports are multiplied by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, cast

from pydantic import Discriminator, Field, Tag

from mechagents.mechanics.parts import Part
from mechagents.mechanics.units import Rate, Time

if TYPE_CHECKING:
    from mechagents.mechanics.formulas import FloatArray

TimeCourse = Annotated[tuple[tuple[Time, float], ...], Field(min_length=1)]
"""Times [s], from 0, and the factors then; linear in between, constant after."""
SUDDEN: TimeCourse = ((0.0, 1.0),)
"""Loads that act in full from the beginning."""
LONGEST_COURSE = 50
LARGEST_FACTOR = 1e3


class Smooth(Part):
    """A table that is followed without corners, by polynomials of degree five.

    At each time the second slope is 0, and the slope the harmonic mean of those beside: 0 at both
    ends and where the factors turn. Nothing overshoots, since no slope is more than twice one
    beside. Two factors make the smooth step 10 s^3 - 15 s^4 + 6 s^5. After the last time it is
    constant.

    References:
        F. N. Fritsch & J. Butland, SIAM Journal on Scientific and Statistical Computing 5 (1984)
        300-304, for the slopes.
    """

    kind: Literal["smooth"] = "smooth"
    table: TimeCourse


class Sine(Part):
    """sin(2 pi frequency t)."""

    kind: Literal["sine"] = "sine"
    frequency: Annotated[Rate, Field(gt=0)]
    """Cycles in a second [Hz]."""


class HalfSine(Part):
    """A pulse, sin(pi t / duration) until the duration and 0 after."""

    kind: Literal["half_sine"] = "half_sine"
    duration: Annotated[Time, Field(gt=0)]
    """[s]."""


def _kind_of(given: object) -> str | None:
    if isinstance(given, list | tuple):
        return "lines"
    if isinstance(given, Mapping):
        kind = cast("Mapping[str, object]", given).get("kind")
        return kind if isinstance(kind, str) else None
    return getattr(given, "kind", None)


Course = Annotated[
    Annotated[TimeCourse, Tag("lines")]
    | Annotated[Smooth, Tag("smooth")]
    | Annotated[Sine, Tag("sine")]
    | Annotated[HalfSine, Tag("half_sine")],
    Discriminator(_kind_of),
]
"""How factors change from the time 0: a table of straight lines, or one of the kinds above."""


class Rates(NamedTuple):
    """A course and its slopes at some times; at a corner the slopes are those after it."""

    value: FloatArray
    """[-]."""
    first: FloatArray
    """[1/s]."""
    second: FloatArray
    """[1/s^2]; 0 at a corner, where it has no bound."""


def factors_at(course: Course, times: FloatArray) -> FloatArray:
    """Return the factors at some times [s], in the shape of these."""
    return rates_at(course, times).value


def rates_at(course: Course, times: FloatArray) -> Rates:
    """Return the factors at some times [s] with their first and second slopes, in that shape."""
    import numpy as np

    match course:
        case Sine(frequency=frequency):
            omega = 2 * math.pi * frequency
            return _sine(omega, times)
        case HalfSine(duration=duration):
            inside = times < duration
            found = _sine(math.pi / duration, np.where(inside, times, 0.0))
            return Rates(*(np.where(inside, part, 0.0) for part in found))
        case Smooth(table=table):
            at, factors = (np.array(column) for column in zip(*table, strict=True))
            return _quintics(at, factors, _slopes(at, factors), times)
        case _:
            return _lines(course, times)


def _sine(omega: float, times: FloatArray) -> Rates:
    import numpy as np

    value = np.sin(omega * times)
    return Rates(value, omega * np.cos(omega * times), -(omega**2) * value)


def _lines(course: TimeCourse, times: FloatArray) -> Rates:
    import numpy as np

    at, factors = (np.array(column) for column in zip(*course, strict=True))
    slopes = np.append(np.diff(factors) / np.diff(at), 0.0)
    piece = np.clip(np.searchsorted(at, times, side="right") - 1, 0, None)
    value = np.asarray(np.interp(times, at, factors), dtype=np.float64)
    return Rates(value, slopes[piece], np.zeros_like(value))


def _slopes(at: FloatArray, factors: FloatArray) -> FloatArray:
    """Return the slopes of a smooth table at its times."""
    import numpy as np

    found = np.zeros_like(factors)
    secants = np.diff(factors) / np.diff(at)
    before, after = secants[:-1], secants[1:]
    same = before * after > 0
    both = np.where(same, before + after, 1.0)
    found[1:-1] = np.where(same, 2 * before * after / both, 0.0)
    return found


def _quintics(at: FloatArray, factors: FloatArray, slopes: FloatArray, times: FloatArray) -> Rates:
    """Return the polynomials with given factors and slopes and no second slope at some times."""
    import numpy as np

    # A piece without slope follows the last time.
    at, factors = np.append(at, at[-1] + 1.0), np.append(factors, factors[-1])
    slopes = np.append(slopes, 0.0)
    n = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 2)
    h = at[n + 1] - at[n]
    s = np.minimum((times - at[n]) / h, 1.0)
    jump, d0, d1 = factors[n + 1] - factors[n], h * slopes[n], h * slopes[n + 1]
    b = 10 * jump - 6 * d0 - 4 * d1
    c = 8 * d0 + 7 * d1 - 15 * jump
    d = 6 * jump - 3 * (d0 + d1)
    value = factors[n] + s * (d0 + s**2 * (b + s * (c + s * d)))
    first = d0 + s**2 * (3 * b + s * (4 * c + 5 * s * d))
    second = s * (6 * b + s * (12 * c + 20 * s * d))
    return Rates(value, first / h, second / h**2)


def corners(course: Course) -> tuple[float, ...]:
    """Return the times after 0 at which the slope of a course jumps [s]."""
    if isinstance(course, HalfSine):
        return (course.duration,)
    return () if isinstance(course, Smooth | Sine) else tuple(time for time, _ in course if time)


def jumps(course: Course) -> bool:
    """Return whether the slope of a course jumps, from rest at the time 0 or later."""
    import numpy as np

    return bool(corners(course)) or bool(rates_at(course, np.zeros(1)).first.any())


def period(course: Course) -> float | None:
    """Return how long a swing of a sine takes, or would if it went on [s]; None for a table."""
    if isinstance(course, Sine):
        return 1 / course.frequency
    return 2 * course.duration if isinstance(course, HalfSine) else None


def first_factor(course: Course) -> float:
    """Return the factor at the time 0."""
    return _table(course)[0][1] if _table(course) else 0.0


def is_nothing(course: Course) -> bool:
    """Return whether all factors are 0."""
    table = _table(course)
    return bool(table) and not any(factor for _, factor in table)


def _table(course: Course) -> TimeCourse:
    """Return the times and factors of a table; a sine has none."""
    if isinstance(course, Smooth):
        return course.table
    return () if isinstance(course, Sine | HalfSine) else course


def course_faults(course: Course, field: str) -> Iterator[str]:
    """Find times that do not follow each other from 0, and factors that are too large.

    Args:
        course: Of loads or of a support.
        field: Where it stands.
    """
    table = _table(course)
    at = f"{field}.table" if isinstance(course, Smooth) else field
    if len(table) > LONGEST_COURSE:
        yield f"{at}: at most {LONGEST_COURSE} times, not {len(table)}"
    before = -1.0
    for index, (time, factor) in enumerate(table):
        if index == 0 and time != 0.0:
            yield f"{at}.0: begins at the time 0, with the factor then"
        elif not (math.isfinite(time) and time > before):
            yield f"{at}.{index}: a time is later than the one before it"
        if not math.isfinite(factor) or abs(factor) > LARGEST_FACTOR:
            yield f"{at}.{index}: a factor is a number up to {LARGEST_FACTOR:g} in size"
        before = time


def course_words(course: Course) -> str:
    """Return a course in words."""
    match course:
        case Sine(frequency=frequency):
            return f"sin(2π {frequency:g} Hz t)"
        case HalfSine(duration=duration):
            return f"half a sine within {duration:g} s"
        case _:
            steps = " → ".join(f"{factor:g} at {time:g} s" for time, factor in _table(course))
            return f"{steps}, smooth" if isinstance(course, Smooth) else steps
