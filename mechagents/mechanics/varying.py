"""Where a formulation has formulas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mechagents.mechanics.formulas import Formula

if TYPE_CHECKING:
    from mechagents.mechanics.formulation import Formulation


def formulas_of(f: Formulation) -> Iterator[tuple[str, Formula, str | None]]:
    """Yield every formula with its field, and the boundary that it is for or None."""
    for kind, items in (("supports", f.supports), ("loads", f.loads)):
        for index, item in enumerate(items):
            for name in ("x", "y", "z", "value", "change"):
                value = getattr(item, name, None)
                if isinstance(value, Formula):
                    yield f"{kind}.{index}.{name}", value, getattr(item, "boundary", None)
