import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bsr_matrix
from scipy.sparse.linalg import LinearOperator

class MultilevelSolver:
    levels: list[object]
    def aspreconditioner(self, cycle: str = ...) -> LinearOperator: ...

def smoothed_aggregation_solver(
    A: bsr_matrix,
    B: NDArray[np.float64] | None = ...,
    *,
    symmetry: str = ...,
    strength: tuple[str, dict[str, float]] | None = ...,
    presmoother: tuple[str, dict[str, str]] = ...,
    postsmoother: tuple[str, dict[str, str]] = ...,
    improve_candidates: None = ...,
    max_coarse: int = ...,
) -> MultilevelSolver: ...
