import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.transforms import Transform
from matplotlib.tri import TriContourSet, Triangulation
from numpy.typing import NDArray

class Axes:
    transAxes: Transform
    def add_collection(self, collection: LineCollection) -> LineCollection: ...
    def set(
        self,
        *,
        aspect: str | float = ...,
        xlabel: str = ...,
        ylabel: str = ...,
        xlim: tuple[float, float] = ...,
        ylim: tuple[float, float] = ...,
    ) -> list[object]: ...
    def set_title(self, label: str, *, fontsize: float | str = ...) -> object: ...
    def text(
        self,
        x: float,
        y: float,
        s: str,
        *,
        transform: Transform = ...,
        ha: str = ...,
        fontsize: float | str = ...,
        color: str = ...,
    ) -> object: ...
    def tick_params(self, *, labelsize: float | str = ...) -> None: ...
    def tricontourf(
        self,
        triangulation: Triangulation,
        z: NDArray[np.float64],
        *,
        levels: NDArray[np.float64],
        cmap: str = ...,
        extend: str = ...,
    ) -> TriContourSet: ...
