"""Check 7 on numbers alone: order, limit and bound of sequences whose limit is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mechagents.verification import estimate
from mechagents.verification.convergence import meshes_differ, observed_order, relative_bound

SIZES = (0.1, 0.15, 0.225)
LIMITS = st.floats(-1e6, 1e6)
AMPLITUDES = st.floats(0.01, 100) | st.floats(-100, -0.01)
RATIOS = st.floats(1.2, 2.5)


def sequence(limit: float, amplitude: float, order: float, sizes=SIZES):
    """Return f0 + C (h / h1)^p, finest first."""
    h1, h2, h3 = (limit + amplitude * (h / sizes[0]) ** order for h in sizes)
    return h1, h2, h3


@given(AMPLITUDES, st.floats(0.5, 4), RATIOS, RATIOS)
def test_the_order_of_a_sequence_is_found_also_between_unequal_ratios(amplitude, order, r, s):
    sizes = (0.1, 0.1 * r, 0.1 * r * s)
    result = estimate(sizes, sequence(1.0, amplitude, order, sizes))
    assert result.behaviour == "monotone"
    assert result.order == pytest.approx(order, abs=1e-3)


@given(LIMITS, AMPLITUDES, st.floats(0.5, 4), RATIOS, RATIOS)
def test_the_bound_holds_the_limit(limit, amplitude, order, r, s):
    sizes = (0.1, 0.1 * r, 0.1 * r * s)
    values = sequence(limit, amplitude, order, sizes)
    assume(abs(values[0] - values[1]) > 1e-6 * abs(limit))
    result = estimate(sizes, values)
    assert abs(values[0] - limit) <= result.bound


@given(AMPLITUDES, st.floats(0.5, 1.99))
def test_extrapolation_finds_the_limit(amplitude, order):
    result = estimate(SIZES, sequence(3.0, amplitude, order))
    assert result.extrapolated == pytest.approx(3.0, abs=1e-6 * abs(amplitude) + 1e-9)


@given(AMPLITUDES, st.floats(-1, 1), st.floats(0.8, 1.2))
def test_a_second_term_of_higher_order_does_not_break_the_bound(amplitude, second, order):
    first = sequence(0.0, amplitude, order)
    values = tuple(
        3.0 + f + 0.1 * second * amplitude * (h / 0.1) ** (order + 1)
        for f, h in zip(first, SIZES, strict=True)
    )
    assume(abs(values[1] - values[2]) > abs(values[0] - values[1]))
    assert abs(values[0] - 3.0) <= estimate(SIZES, values).bound


@given(LIMITS, AMPLITUDES, st.floats(0.5, 3), st.floats(1e-3, 1e3))
def test_a_change_of_units_changes_the_estimate_with_it(limit, amplitude, order, factor):
    values = sequence(limit, amplitude, order)
    assume(abs(values[0] - values[1]) > 1e-6 * abs(limit))
    one = estimate(SIZES, values)
    other = estimate(SIZES, tuple(factor * value for value in values))
    assert other.behaviour == one.behaviour
    assert other.bound == pytest.approx(factor * one.bound, rel=1e-6)


@given(AMPLITUDES)
def test_a_sign_changes_nothing_but_the_sign(amplitude):
    one = estimate(SIZES, sequence(3.0, amplitude, 1.5))
    other = estimate(SIZES, sequence(-3.0, -amplitude, 1.5))
    assert (one.bound, one.order) == (other.bound, other.order)
    assert other.extrapolated == -one.extrapolated


def test_the_same_value_on_every_mesh_is_exact():
    result = estimate(SIZES, (2.0, 2.0, 2.0))
    assert (result.behaviour, result.bound, result.extrapolated) == ("exact", 0.0, 2.0)


def test_rounding_is_no_error_of_the_mesh():
    assert estimate(SIZES, (2.0, 2.0 + 1e-12, 2.0)).behaviour == "exact"
    assert estimate(SIZES, (1e-12, -1e-12, 0.0), scale=1.0).behaviour == "exact"


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_an_oscillating_sequence_has_a_bound_that_follows_both_swings(near, far):
    result = estimate(SIZES, (1.0, 1.0 + near, 1.0 + near - far))
    assert result.behaviour == "oscillating"
    assert result.order is None
    assert result.extrapolated == 1.0
    assert result.bound >= max(near, 0.4 * far)


@given(st.floats(0.1, 1.1))
def test_a_sequence_that_grows_like_a_singular_stress_is_seen_to_grow(order):
    result = estimate(SIZES, sequence(0.0, 5.0, -order))
    assert result.behaviour == "growing"
    assert result.order == pytest.approx(-order, abs=1e-3)


@pytest.mark.parametrize("amplitude", [5.0, -5.0])
def test_a_logarithm_has_no_order(amplitude):
    values = tuple(-amplitude * math.log(h) for h in SIZES)
    result = estimate(SIZES, values)
    assert result.behaviour == "growing"
    assert result.order == pytest.approx(0.0, abs=1e-3)
    assert result.bound > abs(values[0] - values[2])


@given(st.floats(1.3, 3), AMPLITUDES)
def test_a_sequence_that_runs_away_is_not_called_converged(order, amplitude):
    result = estimate(SIZES, sequence(0.0, amplitude, -order))
    assert result.behaviour == "unsettled"
    assert result.bound >= abs(amplitude) / 2


def test_two_equal_values_by_chance_are_not_trusted():
    result = estimate(SIZES, (1.0, 1.0, 1.3))
    assert result.bound >= 0.1


@given(st.floats(0.3, 6), RATIOS, RATIOS)
def test_the_order_solves_its_equation(order, r, s):
    h1, h2, h3 = 1.0, r, r * s
    ratio = (h3**order - h2**order) / (h2**order - h1**order)
    assert observed_order((h1, h2, h3), ratio) == pytest.approx(order, abs=1e-9)


@pytest.mark.parametrize(
    ("sizes", "differ"),
    [((1, 1.5, 2.25), True), ((1, 1.0, 2), False), ((1, 2, 2.1), False), ((2, 1), False)],
)
def test_meshes_must_get_coarser(sizes, differ):
    assert meshes_differ(sizes) == differ


def test_a_value_that_is_zero_by_symmetry_is_held_to_the_field_s_scale():
    result = estimate(SIZES, (1e-6, 1e-4, 3e-3))
    assert relative_bound(result.bound, 1e-6, 100.0)[0] < 1e-3
    assert relative_bound(result.bound, 1e-6, 0.0)[0] > 1


def test_a_value_that_is_not_small_is_held_to_itself():
    result = estimate(SIZES, sequence(50.0, 1.0, 2.0))
    share, words = relative_bound(result.bound, 51.0, 100.0)
    assert share == pytest.approx(1.25 / 51)
    assert words == "of the value"
