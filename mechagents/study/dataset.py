"""The dataset: one row a sample, as a table with units, in CSV and Parquet."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mechagents.errors import UsageError
from mechagents.study.expressions import value_of
from mechagents.study.sample import Ran
from mechagents.study.vary import kept_quantities

if TYPE_CHECKING:
    from pyarrow import DataType

    from mechagents.study.run import StudyState

Cell = float | int | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the dataset."""

    name: str
    kind: str
    """``parameter``, ``quantity``, ``error_bound``, ``output`` or ``record``."""
    unit: str
    cells: tuple[Cell, ...]


def table(state: StudyState) -> tuple[Column, ...]:
    """Return the columns of a study's dataset, one cell a sample that is done, in their order.

    A sample that failed has no quantities; why is in its ``reason``.
    """
    rows = [state.done[sample] for sample in sorted(state.done)]
    study, formulation = state.study, state.base.formulation
    columns = [Column("sample", "record", "", tuple(ran.sample for ran in rows))]
    for index, axis in enumerate(state.axes):
        cells = tuple(float(state.samples[ran.sample, index]) for ran in rows)
        columns.append(Column(axis.name, "parameter", axis.unit, cells))
    units = {wanted.name: formulation.unit(wanted) for wanted in formulation.wanted}
    for name in kept_quantities(study, formulation):
        found = [_quantity(ran, name) for ran in rows]
        columns.append(Column(name, "quantity", units[name], tuple(v for v, _ in found)))
        bounds = tuple(bound for _, bound in found)
        columns.append(Column(f"{name}_error_bound", "error_bound", units[name], bounds))
    values = [values_of(state, ran) for ran in rows]
    outputs = (Column(n, "output", "", tuple(row[n] for row in values)) for n in study.outputs)
    return (*columns, *outputs, *_records(state, rows))


def _quantity(ran: Ran, name: str) -> tuple[float | None, float | None]:
    for quantity in ran.quantities if ran.status == "passed" else ():
        if quantity.name == name:
            return quantity.value, quantity.error_bound
    return None, None


def values_of(state: StudyState, ran: Ran) -> dict[str, float | None]:
    """Return a sample's parameters, quantities and outputs by name; None where there is none."""
    study = state.study
    row = state.samples[ran.sample]
    values: dict[str, float | None] = {
        axis.name: float(value) for axis, value in zip(state.axes, row, strict=True)
    }
    for name in kept_quantities(study, state.base.formulation):
        values[name] = _quantity(ran, name)[0]
    for name, expression in study.outputs.items():
        values[name] = _output(expression, values)
    return values


def _output(expression: str, values: dict[str, float | None]) -> float | None:
    # What is missing has no value, and then the expression has none, unless it does without it.
    names = {name: math.nan if value is None else value for name, value in values.items()}
    value = value_of(expression, names)
    return value if math.isfinite(value) else None


def _records(state: StudyState, rows: list[Ran]) -> tuple[Column, ...]:
    kept = {ran.sample: state.folder.fields(ran.sample) for ran in rows}
    root = state.folder.path
    records: dict[str, list[Cell]] = {
        "claim_level": [ran.claim_level if ran.status == "passed" else "none" for ran in rows],
        "status": [status_of(ran) for ran in rows],
        "reason": [ran.reason for ran in rows],
        "program": [ran.program or state.base.program_hash for ran in rows],
        "seed": [state.study.seed for _ in rows],
        "fields": [
            path.relative_to(root).as_posix() if path.is_file() else None for path in kept.values()
        ],
        "seconds": [ran.seconds for ran in rows],
    }
    units = {"seconds": "s"}
    return tuple(
        Column(name, "record", units.get(name, ""), tuple(cells)) for name, cells in records.items()
    )


def status_of(ran: Ran) -> str:
    """Return a sample's status; one that the team mended says so."""
    return "mended" if ran.returned and ran.status == "passed" else ran.status


def write_csv(path: Path, columns: tuple[Column, ...]) -> None:
    """Write columns as CSV with a header of their names; floats in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*([_text(cell) for cell in c.cells] for c in columns), strict=True))
    path.write_text(out.getvalue(), encoding="utf-8", newline="\n")


def _text(cell: Cell) -> str:
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


def require_parquet() -> None:
    """Make sure that Parquet files can be written.

    Raises:
        UsageError: If the library is missing; names the remedy.
    """
    if find_spec("pyarrow") is None:
        told = 'a study needs pyarrow for its dataset; install "mechagents[study]"'
        raise UsageError(told, where="study")


def write_parquet(path: Path, columns: tuple[Column, ...], about: dict[str, str]) -> None:
    """Write columns as Parquet; unit and kind of each are in its field's metadata.

    Args:
        path: The file.
        columns: The columns.
        about: Goes into the file's metadata.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields: list[pa.Field] = []
    arrays: list[pa.Array] = []
    for column in columns:
        kind = _arrow_type(column)
        fields.append(pa.field(column.name, kind,
                               metadata={"unit": column.unit, "kind": column.kind}))  # fmt: skip
        arrays.append(pa.array(column.cells, type=kind))
    schema = pa.schema(fields, metadata=about)
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)


def _arrow_type(column: Column) -> DataType:
    import pyarrow as pa

    if column.name in ("sample", "seed"):
        return pa.int64()
    if column.kind != "record" or column.name == "seconds":
        return pa.float64()
    return pa.string()
