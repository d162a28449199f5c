"""The part of pint that is used here."""

from pathlib import Path

from pint.errors import DimensionalityError as DimensionalityError

class Quantity:
    magnitude: float
    def to(self, unit: str) -> Quantity: ...

class UnitRegistry:
    def __init__(self, *, cache_folder: str | Path | None = ...) -> None: ...
    def Quantity(self, value: str | float, units: str = ...) -> Quantity: ...
