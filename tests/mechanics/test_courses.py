"""Courses in time: values, slopes and corners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from mechagents.mechanics.courses import (
    Course,
    corners,
    course_words,
    factors_at,
    jumps,
    period,
    rates_at,
)

KINDS: dict[str, Any] = {
    "lines": [[0, 0], [1, 2], [3, 0]],
    "smooth": {"kind": "smooth", "table": [[0, 0], [1, 2], [1.5, 2.5], [3, 0]]},
    "sine": {"kind": "sine", "frequency": 0.4},
    "half_sine": {"kind": "half_sine", "duration": 2.0},
}


def course(given: Any) -> Course:
    found: Course = TypeAdapter(Course).validate_python(given)
    return found


def test_lines_are_followed_between_the_times_and_constant_after() -> None:
    times = np.array([0.0, 0.5, 1.0, 2.0, 9.0])
    assert factors_at(course(KINDS["lines"]), times) == pytest.approx([0, 1, 2, 1, 0])
    assert factors_at(course([[0, 1]]), times) == pytest.approx([1] * 5)
    assert rates_at(course(KINDS["lines"]), times).first == pytest.approx([2, 2, -1, -1, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_those_of_the_values(kind: str) -> None:
    t, near = np.linspace(0.011, 3.7, 97), 1e-5
    values, first, second = rates_at(course(KINDS[kind]), t)
    before, after = (rates_at(course(KINDS[kind]), t + way) for way in (-near, near))
    assert first == pytest.approx((after.value - before.value) / (2 * near), abs=1e-6)
    assert second == pytest.approx((after.first - before.first) / (2 * near), abs=1e-4)
    assert values.shape == t.shape


def test_a_smooth_step_is_the_known_polynomial() -> None:
    s = np.linspace(0.0, 1.0, 21)
    step = course({"kind": "smooth", "table": [[0, 0], [4, 3]]})
    assert factors_at(step, 4 * s) == pytest.approx(3 * s**3 * (10 - 15 * s + 6 * s**2))
    assert factors_at(step, np.array([7.0])) == pytest.approx([3.0])


def test_a_smooth_table_overshoots_nothing_and_has_no_corner() -> None:
    smooth = course(KINDS["smooth"])
    t = np.linspace(0.0, 4.0, 4001)
    value, first, second = rates_at(smooth, t)
    assert not (np.diff(value[:1501]) < 0).any()
    assert (value.min(), value.max()) == (pytest.approx(0.0, abs=1e-12), pytest.approx(2.5))
    assert np.abs(np.diff(first)).max() <= 0.02
    assert np.abs(np.diff(second)).max() <= 0.2
    assert (first[0], first[-1]) == (0.0, 0.0)


def test_a_half_sine_is_over_after_its_duration() -> None:
    value, first, second = rates_at(course(KINDS["half_sine"]), np.array([1.0, 2.0, 5.0]))
    assert value == pytest.approx([1, 0, 0])
    assert not first[1:].any()
    assert not second[1:].any()


def test_where_a_slope_jumps_is_known() -> None:
    assert corners(course(KINDS["lines"])) == (1.0, 3.0)
    assert corners(course(KINDS["half_sine"])) == (2.0,)
    assert [jumps(course(given)) for given in KINDS.values()] == [True, False, True, True]
    assert [period(course(given)) for given in KINDS.values()] == [None, None, 2.5, 4.0]


def test_a_course_is_told_in_words() -> None:
    told = {kind: course_words(course(given)) for kind, given in KINDS.items()}
    assert told["lines"] == "0 at 0 s → 2 at 1 s → 0 at 3 s"
    assert told["smooth"].endswith("0 at 3 s, smooth")
    assert told["sine"] == "sin(2π 0.4 Hz t)"
    assert told["half_sine"] == "half a sine within 2 s"
