import numpy as np
from numpy.typing import NDArray

class TriContourSet: ...

class Triangulation:
    def __init__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], triangles: NDArray[np.int64]
    ) -> None: ...
