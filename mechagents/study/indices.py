"""What the spread of the inputs does to each quantity: summary statistics and Sobol indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mechagents.mechanics.geometry import Part
from mechagents.study.dataset import Column
from mechagents.study.spec import SobolIndices, Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

RESAMPLES = 999
"""Bootstrap resamples behind each confidence interval."""


class Spread(Part):
    """How a quantity is spread over the samples that have it."""

    quantity: str
    unit: str
    samples: int
    mean: float
    sd: float
    low: float
    """Its 2.5 % quantile."""
    median: float
    high: float
    """Its 97.5 % quantile."""


class Index(Part):
    """How much of a quantity's variance one parameter explains."""

    quantity: str
    parameter: str
    first: float
    """By itself: the first-order index [-]."""
    first_low: float
    first_high: float
    total: float
    """With all its interactions: the total index [-]."""
    total_low: float
    total_high: float


def spreads(columns: tuple[Column, ...]) -> tuple[Spread, ...]:
    """Return mean, standard deviation and quantiles of every quantity and output."""
    import numpy as np

    found: list[Spread] = []
    for column in columns:
        cells = [c for c in column.cells if isinstance(c, int | float)]
        if column.kind not in ("quantity", "output") or not cells:
            continue
        values = np.array(cells, dtype=np.float64)
        low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
        found.append(
            Spread(
                quantity=column.name,
                unit=column.unit,
                samples=len(values),
                mean=float(values.mean()),
                sd=float(values.std(ddof=1)) if len(values) > 1 else 0.0,
                low=float(low),
                median=float(median),
                high=float(high),
            )
        )
    return tuple(found)


def sobol_indices(study: Study, columns: tuple[Column, ...]) -> tuple[Index, ...]:
    """Return the Sobol indices of every quantity and output whose design is complete.

    Returns:
        None at all where the study does not sample for them. A quantity that a sample lacks, or
        that does not vary, has none.

    References:
        Saltelli et al., Computer Physics Communications 181 (2010) 259-270, for the design and
        the estimators, as scipy implements them.
    """
    design = study.sampling
    if not isinstance(design, SobolIndices):
        return ()
    found: list[Index] = []
    for column in columns:
        cells = [float(c) for c in column.cells if isinstance(c, int | float)]
        whole = len(cells) == design.base * (len(study.parameters) + 2)
        if column.kind in ("quantity", "output") and whole and len(set(cells)) > 1:
            found += _indices(design, column.name, cells, tuple(study.parameters))
    return tuple(found)


def _indices(
    design: SobolIndices, quantity: str, cells: list[float], parameters: tuple[str, ...]
) -> list[Index]:
    import numpy as np
    from scipy import stats

    f = np.array(cells, dtype=np.float64).reshape(len(parameters) + 2, design.base)

    def estimate(rows: NDArray[np.int64]) -> FloatArray:
        return _estimate(f[:, rows])

    first, total = estimate(np.arange(design.base))
    # scipy's own bootstrapping of indices takes numbers that no seed repeats.
    resampled = stats.bootstrap(
        (np.arange(design.base),),
        estimate,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=design.confidence,
        method="percentile",
        rng=np.random.default_rng([design.seed, 2]),
    ).confidence_interval
    return [
        Index(
            quantity=quantity,
            parameter=name,
            first=float(first[i]),
            first_low=float(resampled.low[0, i]),
            first_high=float(resampled.high[0, i]),
            total=float(total[i]),
            total_low=float(resampled.low[1, i]),
            total_high=float(resampled.high[1, i]),
        )
        for i, name in enumerate(parameters)
    ]


def _estimate(f: FloatArray) -> FloatArray:
    """Return first-order and total indices, shape (2, parameters).

    Args:
        f: The quantity at A, at B, and for each parameter at A with its column from B, shape
            (parameters + 2, base).
    """
    import numpy as np
    from scipy import stats

    design = {"f_A": f[:1], "f_B": f[1:2], "f_AB": f[2:, np.newaxis, :]}
    found = stats.sobol_indices(func=design, n=f.shape[1])
    return np.stack([found.first_order.ravel(), found.total_order.ravel()])
