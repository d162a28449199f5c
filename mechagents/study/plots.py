"""Plots of a dataset: response curves, a pair plot, and what moves each quantity most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mechagents.study.dataset import Column
from mechagents.study.indices import Index

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MOST_PANELS = 8
"""Parameters and quantities that are drawn; more would be too small to read."""
DPI = 120
NAMELESS = {"Software": None}
"""Without the name of the library, whose version is in it."""


def draw_plots(
    folder: Path, columns: tuple[Column, ...], indices: tuple[Index, ...]
) -> tuple[str, ...]:
    """Draw the plots that the data allow and return their names relative to the folder above.

    Args:
        folder: Where they go.
        columns: Of the dataset.
        indices: Sobol indices, if any; else rank correlations say what moves a quantity.
    """
    inputs = [c for c in columns if c.kind == "parameter" and len(set(c.cells)) > 1][:MOST_PANELS]
    results = [c for c in columns if c.kind in ("quantity", "output")]
    results = [c for c in results if any(cell is not None for cell in c.cells)][:MOST_PANELS]
    if not inputs or not results:
        return ()
    folder.mkdir(exist_ok=True)
    made = [_response(folder, inputs, results), _tornado(folder, inputs, results, indices)]
    if len(inputs) > 1:
        made.append(_pairs(folder, [*inputs, *results][:MOST_PANELS]))
    return tuple(f"{folder.name}/{name}" for name in made)


def numbers(column: Column) -> FloatArray:
    """Return a column's cells, not a number where there is none."""
    import numpy as np

    cells = [float(c) if isinstance(c, int | float) else np.nan for c in column.cells]
    return np.array(cells, dtype=np.float64)


def _panels(rows: int, columns: int, *, shared: bool = False) -> tuple[Figure, Any]:
    """Return a figure and its axes, shape (rows, columns); shared: those of a column or row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.9 * columns + 0.6, 2.5 * rows + 0.4), layout="constrained")
    along, across = ("col", "row") if shared else (False, False)
    return figure, figure.subplots(rows, columns, squeeze=False, sharex=along, sharey=across)


def _label(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit not in ("", "1") else column.name


def _response(folder: Path, inputs: list[Column], results: list[Column]) -> str:
    import numpy as np

    figure, axes = _panels(len(results), len(inputs), shared=True)
    for row, result in enumerate(results):
        for column, one in enumerate(inputs):
            x, y = numbers(one), numbers(result)
            # With one parameter the samples are a curve.
            order, mark = (np.argsort(x), "o-") if len(inputs) == 1 else (slice(None), "o")
            axes[row, column].plot(x[order], y[order], mark, markersize=2.5, linewidth=0.8)
            axes[row, column].grid(alpha=0.3)
        axes[row, 0].set_ylabel(_label(result))
    for column, one in enumerate(inputs):
        axes[-1, column].set_xlabel(_label(one))
    figure.savefig(folder / "response.png", dpi=DPI, metadata=NAMELESS)
    return "response.png"


def _pairs(folder: Path, drawn: list[Column]) -> str:
    figure, axes = _panels(len(drawn), len(drawn))
    for row, vertical in enumerate(drawn):
        for column, horizontal in enumerate(drawn):
            panel = axes[row, column]
            if row == column:
                values = numbers(vertical)
                panel.hist(values[values == values], bins=20, color="0.6")
            else:
                panel.plot(numbers(horizontal), numbers(vertical), "o", markersize=1.5)
            panel.tick_params(labelsize=6)
            if column == 0:
                panel.set_ylabel(_label(vertical), fontsize=8)
            if row == len(drawn) - 1:
                panel.set_xlabel(_label(horizontal), fontsize=8)
    figure.savefig(folder / "pairs.png", dpi=DPI, metadata=NAMELESS)
    return "pairs.png"


def _tornado(
    folder: Path, inputs: list[Column], results: list[Column], indices: tuple[Index, ...]
) -> str:
    figure, axes = _panels(len(results), 1)
    for row, result in enumerate(results):
        panel = axes[row, 0]
        bars = _shares(result, inputs, indices)
        bars.sort(key=lambda bar: abs(bar[1]))
        panel.barh([name for name, _ in bars], [share for _, share in bars], height=0.6)
        panel.axvline(0, color="0.2", linewidth=0.8)
        panel.set_title(result.name, fontsize=9)
        found = any(index.quantity == result.name for index in indices)
        panel.set_xlabel("total Sobol index" if found else "rank correlation", fontsize=8)
        panel.set_xlim((0, 1) if found else (-1, 1))
    figure.savefig(folder / "tornado.png", dpi=DPI, metadata=NAMELESS)
    return "tornado.png"


def _shares(
    result: Column, inputs: list[Column], indices: tuple[Index, ...]
) -> list[tuple[str, float]]:
    import numpy as np
    from scipy.stats import spearmanr

    found = [(i.parameter, i.total) for i in indices if i.quantity == result.name]
    if found:
        return found
    y = numbers(result)
    there = np.isfinite(y)
    if there.sum() < 3 or np.ptp(y[there]) == 0:
        return [(one.name, 0.0) for one in inputs]
    shares = [(one.name, numbers(one)[there]) for one in inputs]
    return [
        (name, float(spearmanr(x, y[there]).statistic) if np.ptp(x) > 0 else 0.0)
        for name, x in shares
    ]
