from collections.abc import Callable, Sequence

from numpy import float64
from numpy.random import Generator
from numpy.typing import NDArray

_Array = NDArray[float64]

class NonlinearConstraint:
    def __init__(
        self, fun: Callable[[_Array], _Array], lb: _Array | float, ub: _Array | float
    ) -> None: ...

def differential_evolution(
    func: Callable[[_Array], _Array],
    bounds: Sequence[tuple[float, float]],
    *,
    init: _Array,
    maxiter: int,
    constraints: NonlinearConstraint | tuple[()],
    rng: Generator,
    polish: bool,
    updating: str,
    vectorized: bool,
) -> object: ...
