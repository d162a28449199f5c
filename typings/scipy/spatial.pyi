from typing import Literal

import numpy as np
from numpy.typing import NDArray

class cKDTree:  # the library's name
    def __init__(self, data: NDArray[np.float64]) -> None: ...
    def query_pairs(self, r: float, *, output_type: Literal["ndarray"]) -> NDArray[np.int64]: ...
