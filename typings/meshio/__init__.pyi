from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

class CellBlock:
    type: str
    data: NDArray[Any]

class Mesh:
    points: NDArray[Any]
    cells: list[CellBlock]
    point_data: dict[str, NDArray[Any]]
    cell_data: dict[str, list[NDArray[Any]]]
    field_data: dict[str, tuple[int, int]]
    point_sets: dict[str, NDArray[Any]]
    cell_sets: dict[str, list[NDArray[Any] | None]]
    def __init__(
        self,
        points: NDArray[Any],
        cells: Sequence[tuple[str, NDArray[Any]]],
        point_data: Mapping[str, NDArray[Any]] | None = ...,
        cell_data: Mapping[str, Sequence[NDArray[Any]]] | None = ...,
    ) -> None: ...
    def write(
        self, filename: Path | str, file_format: str | None = ..., *, binary: bool = ...
    ) -> None: ...

def read(filename: Path | str, file_format: str | None = ...) -> Mesh: ...
