from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

class Element:
    doflocs: NDArray[np.float64]

class ElementVector(Element):
    def __init__(self, elem: Element) -> None: ...

class Mesh:
    t: NDArray[np.int32]
    facets: NDArray[np.int32]
    elem: type[Element]
    def __init__(
        self, doflocs: NDArray[np.float64], t: NDArray[np.int64], *, sort_t: bool = ...
    ) -> None: ...
    def with_boundaries(self, boundaries: Mapping[str, NDArray[np.int64]]) -> Self: ...
    def with_subdomains(self, subdomains: Mapping[str, NDArray[np.int64]]) -> Self: ...

class MeshTri1(Mesh): ...
class MeshTri2(Mesh): ...
class MeshQuad1(Mesh): ...
class MeshQuad2(Mesh): ...

class DiscreteField:
    grad: NDArray[np.float64]
    def __array__(self) -> NDArray[np.float64]: ...

class Basis:
    element_dofs: NDArray[np.int32]
    dx: NDArray[np.float64]
    N: int
    basis: Sequence[tuple[DiscreteField, ...]]
    mesh: Mesh
    elem: Element
    def __init__(
        self,
        mesh: Mesh,
        elem: Element,
        *,
        intorder: int | None = ...,
        quadrature: tuple[NDArray[np.float64], NDArray[np.float64]] | None = ...,
    ) -> None: ...
    def global_coordinates(self) -> DiscreteField: ...

class FacetBasis(Basis):
    normals: DiscreteField
    tind: NDArray[np.int32]
    def __init__(self, mesh: Mesh, elem: Element, *, facets: str, intorder: int) -> None: ...
