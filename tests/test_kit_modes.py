"""The kit's solvers for modes, against problems whose modes are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, diags

from mechagents.kit import Modes, buckling_modes, make_mesh, vibration_modes
from mechagents.mechanics.geometry import Geometry

SIZE = 60


def chain(*, held: bool) -> csr_matrix:
    """Return the stiffness of equal masses in a row, joined by springs, its ends held or free."""
    main = np.full(SIZE, 2.0)
    if not held:
        main[[0, -1]] = 1.0
    return diags([main, -np.ones(SIZE - 1), -np.ones(SIZE - 1)], [0, 1, -1]).tocsr()


NONE = np.zeros(0, dtype=np.int64)


def test_a_free_chain_has_one_rigid_motion_of_frequency_exactly_zero() -> None:
    omega2, phi = vibration_modes(chain(held=False), diags([np.ones(SIZE)], [0]).tocsr(), NONE, 5)
    meant = 4 * np.sin(np.arange(5) * np.pi / (2 * SIZE)) ** 2
    assert omega2[0] == 0.0
    assert omega2 == pytest.approx(meant, rel=1e-9)
    assert phi.T @ phi == pytest.approx(np.eye(5), abs=1e-9)


def test_held_unknowns_stay_at_zero() -> None:
    fixed = np.array([0, SIZE - 1])
    mass = diags([np.ones(SIZE)], [0]).tocsr()
    omega2, phi = vibration_modes(chain(held=False), mass, fixed, 3)
    assert omega2 == pytest.approx(4 * np.sin(np.arange(1, 4) * np.pi / (2 * (SIZE - 1))) ** 2)
    assert np.all(phi[fixed] == 0)


def test_buckling_takes_positive_factors_only() -> None:
    stress = diags([np.where(np.arange(SIZE) % 2 == 0, -1.0, 2.0)], [0]).tocsr()
    K = chain(held=True)
    factors, phi = buckling_modes(K, stress, NONE, 3)
    dense = np.linalg.eigvals(np.linalg.solve(K.toarray(), -stress.toarray())).real
    assert factors == pytest.approx(1 / np.sort(dense)[::-1][:3], rel=1e-9)
    assert np.abs(K @ phi + (stress @ phi) * factors).max() < 1e-9


def test_where_nothing_is_in_compression_the_error_asks_so() -> None:
    stress = diags([np.ones(SIZE)], [0]).tocsr()
    with pytest.raises(RuntimeError, match=r"nothing in compression|other way round"):
        buckling_modes(chain(held=True), stress, NONE, 3)


def test_more_modes_than_unknowns_cannot_be_had() -> None:
    few = np.arange(SIZE - 4)
    mass = diags([np.ones(SIZE)], [0]).tocsr()
    with pytest.raises(RuntimeError, match="4 free unknowns, too few for 3 modes"):
        vibration_modes(chain(held=True), mass, few, 3)


def test_modes_belong_to_their_mesh() -> None:
    plate = {"regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}}}
    mesh = make_mesh(Geometry.model_validate(plate), 0.5, 1)
    with pytest.raises(ValueError, match=r"this needs \(2, 9, 2\)"):
        Modes(mesh, np.zeros(2), np.zeros((2, 8, 2)))
