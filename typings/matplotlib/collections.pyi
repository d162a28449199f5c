from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Collection: ...

class LineCollection(Collection):
    def __init__(
        self,
        segments: Sequence[NDArray[np.float64]],
        *,
        colors: str = ...,
        linestyles: str = ...,
        linewidths: float = ...,
    ) -> None: ...

class PolyCollection(Collection):
    def __init__(
        self,
        verts: Sequence[NDArray[np.float64]],
        *,
        facecolors: NDArray[np.float64] | Sequence[str] = ...,
        edgecolors: NDArray[np.float64] | str = ...,
        linewidths: NDArray[np.float64] | float = ...,
    ) -> None: ...
