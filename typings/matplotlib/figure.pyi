from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.tri import TriContourSet
from numpy import object_
from numpy.typing import NDArray

class Figure:
    def __init__(
        self, *, figsize: tuple[float, float], layout: str | None = ..., dpi: float | None = ...
    ) -> None: ...
    def add_axes(self, rect: tuple[float, float, float, float], /) -> Axes: ...
    def add_subplot(self, rows: int = ..., columns: int = ..., number: int = ..., /) -> Axes: ...
    def colorbar(
        self,
        mappable: TriContourSet | ScalarMappable,
        *,
        ax: Axes | Sequence[Axes],
        shrink: float = ...,
        label: str = ...,
    ) -> Colorbar: ...
    def subplots(
        self,
        rows: int,
        columns: int,
        /,
        *,
        squeeze: bool,
        sharex: bool | str = ...,
        sharey: bool | str = ...,
    ) -> NDArray[object_]: ...
    def suptitle(self, label: str, *, fontsize: float | str = ...) -> object: ...
    def text(
        self, x: float, y: float, s: str, *, ha: str = ..., fontsize: str = ..., color: str = ...
    ) -> object: ...
    def savefig(
        self,
        fname: Path | str | IO[bytes],
        *,
        format: str | None = ...,
        dpi: float = ...,
        metadata: Mapping[str, str | None] = ...,
    ) -> None: ...
