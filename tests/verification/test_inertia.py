"""The count of negative eigenvalues, and the matrices of a returned mesh."""

from __future__ import annotations

import numpy as np
import pytest
from eigen_returned import membrane, solve_modes, square
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from mechagents.verification.fields import Block, Fields
from mechagents.verification.inertia import negative_eigenvalues
from mechagents.verification.matrices import mass_matrix, stiffness_matrix
from mechagents.verification.solution import Solution


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.floats(-3, 3))
def test_the_count_is_that_of_the_eigenvalues(seed: int, size: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    band = rng.standard_normal((size, size)) * (rng.random((size, size)) < 0.3)
    A = band + band.T
    values = np.linalg.eigvalsh(A)
    if np.abs(values - shift).min() < 1e-3:
        return
    counted = negative_eigenvalues(lambda s: csr_matrix(A - s * np.eye(size)), shift, 0.0)
    # With diagonal pivots there may be no factors to rely on, but never a wrong count.
    assert counted in (None, int((values < shift).sum()))


def test_what_cannot_be_factorised_has_no_count() -> None:
    flipped = csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert negative_eigenvalues(lambda _: flipped, 0.0, 0.0) is None


def test_another_shift_nearby_is_tried() -> None:
    A = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert negative_eigenvalues(lambda s: csr_matrix(A - s * np.eye(2)), 1.0, 0.1) == 1


def _solution(order: int) -> Solution:
    found = solve_modes(membrane(), 1.5, order)
    block = Block(found.mesh.kind, found.mesh.cells)
    return Solution.of(membrane(), Fields(found.mesh.points, (block,), found.shapes[0]))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("lumped", [False, True])
def test_the_mass_of_a_translation_is_that_of_the_body(order: int, lumped: bool) -> None:
    M = mass_matrix(_solution(order), 0, lumped=lumped)
    moved = np.tile([1.0, 0.0], M.shape[0] // 2)
    assert moved @ (M @ moved) == pytest.approx(30.0 * 0.05 * 8000)
    assert abs(M - M.T).max() <= 1e-12 * abs(M).max()


@pytest.mark.parametrize("order", [1, 2])
def test_the_stiffness_is_that_of_another_library(order: int) -> None:
    found = solve_modes(square(), 0.5, order)
    block = Block(found.mesh.kind, found.mesh.cells)
    zero = np.zeros_like(found.mesh.points)
    K = stiffness_matrix(Solution.of(square(), Fields(found.mesh.points, (block,), zero)), 0)
    assert K.toarray() == pytest.approx(found.stiffness, abs=1e-10 * np.abs(found.stiffness).max())
