from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import Collection
from matplotlib.patches import PathPatch
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Transform
from matplotlib.tri import TriContourSet, Triangulation
from numpy.typing import NDArray

class Axes:
    transAxes: Transform
    def add_patch(self, p: PathPatch) -> PathPatch: ...
    def add_collection(self, collection: Collection) -> Collection: ...
    def annotate(
        self,
        text: str,
        xy: tuple[float, float],
        xytext: tuple[float, float],
        *,
        arrowprops: Mapping[str, object] = ...,
        xycoords: str = ...,
        textcoords: str = ...,
        ha: str = ...,
        va: str = ...,
        fontsize: float | str = ...,
        color: str = ...,
        zorder: float = ...,
        parse_math: bool = ...,
        path_effects: Sequence[withStroke] = ...,
    ) -> object: ...
    def axhline(
        self, y: float, *, color: str = ..., linewidth: float = ..., zorder: float = ...
    ) -> object: ...
    def axis(self, how: str, /) -> object: ...
    def get_xlim(self) -> tuple[float, float]: ...
    def get_ylim(self) -> tuple[float, float]: ...
    def grid(self, *, color: str = ..., linewidth: float = ...) -> None: ...
    def inset_axes(self, bounds: tuple[float, float, float, float]) -> Axes: ...
    def margins(self, *, x: float = ..., y: float = ...) -> None: ...
    def plot(
        self,
        x: float | NDArray[np.float64],
        y: float | NDArray[np.float64],
        fmt: str = ...,
        *,
        color: str = ...,
        linewidth: float = ...,
        marker: str = ...,
        markersize: float = ...,
        markeredgewidth: float = ...,
        zorder: float = ...,
    ) -> object: ...
    def set(
        self,
        *,
        aspect: str | float = ...,
        xlabel: str = ...,
        ylabel: str = ...,
        xlim: tuple[float, float] = ...,
        ylim: tuple[float, float] = ...,
    ) -> list[object]: ...
    def set_title(
        self, label: str, *, fontsize: float | str = ..., parse_math: bool = ...
    ) -> object: ...
    def set_xlabel(self, xlabel: str, *, fontsize: float | str = ...) -> object: ...
    def set_ylabel(self, ylabel: str, *, fontsize: float | str = ...) -> object: ...
    def text(
        self,
        x: float,
        y: float,
        s: str,
        *,
        transform: Transform = ...,
        ha: str = ...,
        va: str = ...,
        fontsize: float | str = ...,
        color: str = ...,
        rotation: float = ...,
        rotation_mode: str = ...,
        path_effects: Sequence[withStroke] = ...,
        zorder: float = ...,
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
