from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class LineCollection:
    def __init__(
        self,
        segments: Sequence[NDArray[np.float64]],
        *,
        colors: str = ...,
        linestyles: str = ...,
        linewidths: float = ...,
    ) -> None: ...
