from collections.abc import Callable, Mapping, Sequence

from numpy import float64, int64
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import qmc as qmc

_Array = NDArray[float64]

class _Distribution:
    def ppf(
        self,
        q: _Array,
        a: float = ...,
        b: float = ...,
        c: float = ...,
        *,
        scale: float = ...,
    ) -> _Array: ...

norm: _Distribution
lognorm: _Distribution
triang: _Distribution

class _Proportions:
    low: float
    high: float

class _Binomial:
    def proportion_ci(self, confidence_level: float, method: str) -> _Proportions: ...

def binomtest(k: int, n: int) -> _Binomial: ...

class _Correlation:
    statistic: float

def spearmanr(a: _Array, b: _Array) -> _Correlation: ...

class _Interval:
    low: _Array
    high: _Array

class _Resampled:
    confidence_interval: _Interval

def bootstrap(
    data: Sequence[NDArray[int64]],
    statistic: Callable[[NDArray[int64]], _Array],
    *,
    vectorized: bool,
    n_resamples: int,
    confidence_level: float,
    method: str,
    rng: Generator,
) -> _Resampled: ...

class _Sobol:
    first_order: _Array
    total_order: _Array

def sobol_indices(*, func: Mapping[str, _Array], n: int) -> _Sobol: ...
