"""Sobol indices and spreads of a dataset, against what is known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from studies import base, study

from mechagents.study.dataset import Column
from mechagents.study.indices import sobol_indices, spreads
from mechagents.study.space import axes_of, lay_out
from mechagents.study.spec import Study


def design(size: int) -> tuple[Study, np.ndarray]:
    asked = study(sampling={"method": "sobol_indices", "base": size, "seed": 5}, outputs={})
    return asked, lay_out(asked, axes_of(asked, base().formulation), Path())


def column(values: np.ndarray) -> tuple[Column, ...]:
    return (Column("force", "quantity", "N/m", tuple(map(float, values))),)


def product_indices(*factors: tuple[float, float]) -> list[tuple[float, float]]:
    """Return first-order and total indices of a product of independent factors.

    Args:
        factors: The mean square and the squared mean of each.
    """
    spread = [square / mean2 - 1 for square, mean2 in factors]
    whole = np.prod([1 + s for s in spread]) - 1
    return [
        (s / whole, s * np.prod([1 + t for j, t in enumerate(spread) if j != i]) / whole)
        for i, s in enumerate(spread)
    ]


def test_the_indices_of_a_product_are_the_exact_ones() -> None:
    asked, samples = design(1024)
    # The modulus is uniform on (1, 2) GPa, the stretch on (0.01, 0.1) m.
    exact = product_indices((7 / 3, 2.25), ((0.1**3 - 0.01**3) / 0.27, 0.055**2))
    found = sobol_indices(asked, column(samples[:, 0] * samples[:, 1]))

    assert [one.parameter for one in found] == ["modulus", "stretch"]
    for one, (first, total) in zip(found, exact, strict=True):
        assert one.first_low < first < one.first_high
        assert one.total_low < total < one.total_high
        assert abs(one.first - first) < 0.02
        assert abs(one.total - total) < 0.02


def test_a_parameter_without_effect_has_an_index_of_zero() -> None:
    asked, samples = design(64)
    modulus, stretch = sobol_indices(asked, column(samples[:, 1] ** 2))

    assert modulus.total == 0.0
    assert stretch.first > 0.9


def test_the_same_samples_give_the_same_intervals() -> None:
    asked, samples = design(64)
    force = column(samples[:, 0] * samples[:, 1])

    assert sobol_indices(asked, force) == sobol_indices(asked, force)


def test_an_incomplete_design_has_no_indices() -> None:
    asked, samples = design(16)
    force = (samples[:, 0] * samples[:, 1]).tolist()
    lacking = (Column("force", "quantity", "N/m", (*force[:-1], None)),)

    assert sobol_indices(asked, lacking) == ()


def test_a_spread_leaves_out_samples_without_a_result() -> None:
    cells = (1.0, None, 3.0, 2.0)
    (found,) = spreads((Column("force", "quantity", "N", cells),))

    assert (found.samples, found.mean, found.median, found.sd) == (3, 2.0, 2.0, 1.0)
