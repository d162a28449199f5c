"""Pieces of outlines are chained to loops, whatever their order and direction."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechagents.errors import ProblemError
from mechagents.mechanics.sides import Arc, Line, arc_through
from mechagents.problems.chains import chained

SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


def sides_of(points):
    return [Line(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)]


@given(st.permutations(range(9)), st.lists(st.booleans(), min_size=9, max_size=9))
def test_loops_close_whatever_the_order_and_the_direction(order, turned):
    far = [(x + 5.0, y) for x, y in SQUARE]
    half = [arc_through((9.0, 0.0), (10.0, 1.0), (9.0, 2.0))]
    sides = [*sides_of(SQUARE), *sides_of(far)[:3], Line(far[3], far[0]), *half]
    sides = [*sides, Line((9.0, 2.0), (9.0, 0.0))][:10]
    mixed = [sides[k] for k in order] + sides[9:]
    mixed = [
        Line(s.end, s.start) if isinstance(s, Line) and flip else s
        for s, flip in zip(mixed, [*turned, False], strict=True)
    ]
    loops = chained([(side, None) for side in mixed], 1e-9)
    assert sorted(len(loop) for loop in loops) == [2, 4, 4]
    for loop in loops:
        for (one, _), (two, _) in zip(loop, loop[1:] + loop[:1], strict=True):
            assert one.end == two.start


def test_an_arc_that_is_gone_along_backwards_stays_the_same_arc():
    arc = arc_through((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    (loop,) = chained([(Line((1.0, 0.0), (-1.0, 0.0)), None), (arc, "rim")], 1e-9)
    back, name = loop[1]
    assert name == "rim"
    assert isinstance(back, Arc)
    assert back.at(0.5) == pytest.approx((0.0, 1.0), abs=1e-12)
    assert math.isclose(back.turn, -math.pi)


def test_ends_that_are_near_are_joined_and_others_are_not():
    sides = sides_of(SQUARE)
    sides[1] = Line((1.0, 1e-7), (1.0, 1.0))
    (loop,) = chained([(side, None) for side in sides], 1e-6)
    assert {side.start for side, _ in loop} == {(0, 0), (1, 0), (1, 1), (0, 1)}
    with pytest.raises(ProblemError, match=r"not closed: it ends at \(1, 0\) m"):
        chained([(side, None) for side in sides], 1e-9)


def test_an_outline_that_meets_itself_is_refused():
    sides = sides_of(SQUARE) + sides_of([(x + 1.0, y + 1.0) for x, y in SQUARE])
    with pytest.raises(ProblemError, match=r"meets itself at \(1, 1\) m, where 4 sides end"):
        chained([(side, None) for side in sides], 1e-9)
