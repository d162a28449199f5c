"""The reference for modes against published frequencies, Euler, and the other discretisation."""

from __future__ import annotations

import anyio
import pytest
from eigen_returned import membrane, square
from test_buckling import column

from mechagents.verification.reference import ReferenceSolution, find_references

FV32 = (44.617, 130.01, 162.69, 245.99, 379.72, 391.41)
"""NAFEMS FV32 [Hz], converged."""


@pytest.fixture(scope="module")
def found() -> list[ReferenceSolution]:
    return anyio.run(find_references, [membrane(), square(), column()])


def test_the_reference_has_the_published_frequencies(found: list[ReferenceSolution]) -> None:
    assert found[0].fault == ""
    values = [found[0].quantities[f"f{n}"] for n in range(1, 7)]
    assert [one.values[0] for one in values] == pytest.approx(FV32, rel=1e-4)
    assert all(one.error < 1e-5 * one.values[0] for one in values)


def test_rigid_motions_have_a_frequency_of_zero(found: list[ReferenceSolution]) -> None:
    quantities = found[1].quantities
    assert quantities["f1"].values == quantities["f3"].values == (0.0,)
    assert quantities["f1"].scale > 100
    # A square has the fifth and the sixth twice.
    assert quantities["f5"].values[0] == pytest.approx(quantities["f6"].values[0], rel=1e-6)
    assert quantities["f4"].values[0] < quantities["f5"].values[0] < quantities["f7"].values[0]


def test_the_factor_agrees_with_that_of_another_library(found: list[ReferenceSolution]) -> None:
    from test_buckling import right

    factor = found[2].quantities["factor"]
    assert factor.values[0] == pytest.approx(right().values[0], rel=2e-3)
    assert factor.error < 1e-4 * factor.values[0]
