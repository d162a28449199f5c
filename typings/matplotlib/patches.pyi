from matplotlib.path import Path

class PathPatch:
    def __init__(
        self,
        path: Path,
        *,
        facecolor: str = ...,
        edgecolor: str = ...,
        linewidth: float = ...,
        linestyle: str | tuple[float, tuple[float, ...]] = ...,
        alpha: float | None = ...,
        zorder: float = ...,
    ) -> None: ...
