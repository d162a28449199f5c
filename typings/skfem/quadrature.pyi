import numpy as np
from numpy.typing import NDArray

from skfem.refdom import Refdom

def get_quadrature(
    refdom: type[Refdom], norder: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
