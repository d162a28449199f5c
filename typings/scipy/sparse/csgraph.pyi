import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

def connected_components(
    csgraph: csr_matrix, directed: bool = ...
) -> tuple[int, NDArray[np.int32]]: ...
