from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

class TimeSeriesWriter:
    def __init__(self, filename: Path | str, data_format: str = ...) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def write_points_cells(
        self, points: NDArray[Any], cells: Sequence[tuple[str, NDArray[Any]]]
    ) -> None: ...
    def write_data(self, t: float, point_data: Mapping[str, NDArray[Any]] | None = ...) -> None: ...
