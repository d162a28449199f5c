from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from scipy.sparse import csr_matrix

class ArpackError(RuntimeError): ...

class SuperLU:
    U: csr_matrix
    perm_r: NDArray[np.int32]
    perm_c: NDArray[np.int32]
    def solve(self, rhs: NDArray[np.float64], /) -> NDArray[np.float64]: ...

class LinearOperator:
    def __init__(
        self,
        shape: tuple[int, int],
        matvec: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        *,
        matmat: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = ...,
        dtype: type[np.float64] = ...,
    ) -> None: ...
    def matvec(self, x: NDArray[np.float64], /) -> NDArray[np.float64]: ...

def lobpcg(
    A: csr_matrix,
    X: NDArray[np.float64],
    *,
    B: csr_matrix,
    M: LinearOperator,
    tol: float,
    maxiter: int,
    largest: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def eigsh(
    A: csr_matrix,
    k: int,
    M: csr_matrix,
    *,
    Minv: LinearOperator,
    which: str,
    ncv: int,
    v0: NDArray[np.float64],
    maxiter: int = ...,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def splu(
    A: csr_matrix,
    permc_spec: str | None = ...,
    diag_pivot_thresh: float | None = ...,
    *,
    options: Mapping[str, bool] | None = ...,
) -> SuperLU: ...
def spilu(
    A: csr_matrix,
    drop_tol: float | None = ...,
    fill_factor: float | None = ...,
    *,
    permc_spec: str | None = ...,
    diag_pivot_thresh: float | None = ...,
    options: Mapping[str, bool] | None = ...,
) -> SuperLU: ...
def cg(
    A: csr_matrix,
    b: NDArray[np.float64],
    *,
    rtol: float = ...,
    maxiter: int | None = ...,
    M: LinearOperator | None = ...,
) -> tuple[NDArray[np.float64], int]: ...
def spsolve(
    A: csr_matrix, b: NDArray[np.float64], permc_spec: str | None = ...
) -> NDArray[np.float64]: ...
def gmres(
    A: csr_matrix,
    b: NDArray[np.float64],
    *,
    rtol: float = ...,
    restart: int | None = ...,
    maxiter: int | None = ...,
    M: LinearOperator | None = ...,
) -> tuple[NDArray[np.float64], int]: ...
