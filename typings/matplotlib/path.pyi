from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

class Path:
    MOVETO: ClassVar[int]
    LINETO: ClassVar[int]
    CLOSEPOLY: ClassVar[int]
    def __init__(
        self, vertices: NDArray[np.float64], codes: Sequence[int] | None = ...
    ) -> None: ...
