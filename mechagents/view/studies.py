"""A study: how far it is, its dataset by columns, and one sample of it."""

from __future__ import annotations

import csv
import io
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mechagents.errors import MechagentsError
from mechagents.view.files import file_response
from mechagents.view.guard import open_inside
from mechagents.view.place import STUDY_FILE, Place
from mechagents.view.respond import Json, as_json, as_object
from mechagents.view.shelf import Sample
from mechagents.view.status import is_written, writing

if TYPE_CHECKING:
    from mechagents.study.dataset import Column
    from mechagents.study.folder import FloatArray
    from mechagents.study.run import StudyState

LEFT_OUT = ("program", "seed")
"""Columns that are the same for nearly every row."""
TEXTS = ("claim_level", "status", "reason", "fields")
"""Columns of the dataset that hold no numbers."""
OFFERED = ("dataset.csv", "dataset.parquet", "columns.json", "card.md", "study-summary.json")
"""Files that a person may take from a study's folder, beside the fields of samples."""
READ = (STUDY_FILE, "base.json", "samples.json", "journal.jsonl")


def routes(place: Place) -> list[BaseRoute]:
    """Return the routes of studies."""

    def study(request: Request) -> Response:
        """Answer with how far a study is and what it is about, without its dataset."""
        folder = place.study(request.path_params["study"])
        return as_json(head_of(place, folder))

    def dataset(request: Request) -> Response:
        """Answer with the dataset as far as it is there, by columns."""
        folder = place.study(request.path_params["study"])
        return as_json({"columns": columns_of(folder)})

    def sample(request: Request) -> Response:
        """Answer with all that is known of one sample."""
        folder, number = place.study(request.path_params["study"]), request.path_params["sample"]
        return as_json(_sample(place, folder, number))

    def file(request: Request) -> Response:
        """Answer with a file of the dataset, or with the fields of a sample."""
        folder, path = place.study(request.path_params["study"]), request.path_params["path"]
        if path not in OFFERED and not (path.startswith("fields/") and path.endswith(".vtu")):
            raise HTTPException(404, f"there is no file {path!r}")
        return file_response(folder, path, download=True)

    return [
        Route("/api/studies/{study}", study),
        Route("/api/studies/{study}/dataset", dataset),
        Route("/api/studies/{study}/samples/{sample:int}", sample),
        Route("/api/studies/{study}/files/{path:path}", file),
    ]


def columns_of(folder: Path) -> list[dict[str, Json]]:
    """Return the columns of a study's dataset: name, kind, unit, cells.

    Of a study that is done, what its dataset says; else what its journal says by now. There are
    none before the team has answered.

    Args:
        folder: The study's folder.
    """
    written = None if is_written(folder) else _written_columns(folder)
    if written is not None:
        return written
    state = study_state(folder)
    if state is None:
        return []
    from mechagents.study.dataset import table

    return [_as_json(column) for column in table(state) if column.name not in LEFT_OUT]


def _as_json(column: Column) -> dict[str, Json]:
    return {
        "name": column.name, "kind": column.kind, "unit": column.unit, "cells": list(column.cells),
    }  # fmt: skip


def _written_columns(folder: Path) -> list[dict[str, Json]] | None:
    """Return the columns that a study's end left, None where it has none."""
    described, text = _json(folder, "columns.json"), _text(folder, "dataset.csv")
    if not isinstance(described, list) or text is None:
        return None
    about = {str(one.get("name")): one for one in map(as_object, cast("list[object]", described))}
    heads, *rows = csv.reader(io.StringIO(text)) if text else [[]]
    cells = list(zip(*rows, strict=False)) if rows else [() for _ in heads]
    return [
        {
            "name": name,
            "kind": str(about.get(name, {}).get("kind", "record")),
            "unit": str(about.get(name, {}).get("unit", "")),
            "cells": [_cell(name, cell) for cell in column],
        }
        for name, column in zip(heads, cells, strict=False)
        if name not in LEFT_OUT
    ]


def _cell(name: str, cell: str) -> float | str | None:
    if cell == "" or name in TEXTS:
        return cell or None
    try:
        return float(cell)
    except ValueError:
        return cell


def head_of(place: Place, folder: Path) -> dict[str, Json]:
    """Return how far a study is and what it is about, without its dataset."""
    study = as_object(as_object(_json(folder, STUDY_FILE)).get("study"))
    base = as_object(_json(folder, "base.json"))
    summary = summary_of(folder)
    laid_out = _json(folder, "samples.json")
    done = _done(folder)
    searched = as_object(study.get("optimize"))
    total = searched.get("evaluations") or _length(laid_out)
    over = "dataset.csv" in _there(folder)
    status = _status(writing(folder), over=over)
    run = folder / "base"
    return {
        "name": place.name(folder),
        "title": str(as_object(base.get("formulation")).get("title") or study.get("name") or ""),
        "problem": str(study.get("problem", "")),
        "status": status,
        "done": done,
        "total": total,
        "searches": bool(searched),
        "base": place.name(run) if (run / "conversation.jsonl").is_file() else None,
        "claim_level": base.get("claim_level"),
        "tolerance": base.get("tolerance"),
        "parameters": list(as_object(study.get("parameters"))),
        "advice": str(summary.get("advice") or ""),
        "best": summary.get("best"),
        "statuses": as_object(summary.get("statuses")),
        "indices": summary.get("sobol_indices") or [],
        "files": _there(folder),
    }


def _status(at_work: bool | None, *, over: bool) -> str:
    if at_work:
        return "running"
    return "answered" if over else "unknown" if at_work is None else "stopped"


def summary_of(folder: Path) -> dict[str, Any]:
    """Return what a study's end said in numbers, empty before."""
    return as_object(_json(folder, "study-summary.json"))


def _length(value: object) -> int | None:
    return len(cast("list[object]", value)) if isinstance(value, list) else None


def _there(folder: Path) -> list[str]:
    return [name for name in OFFERED if (folder / name).is_file()]


def _done(folder: Path) -> int:
    """Return how many samples are done; one that went back to the team has two lines."""
    text = _text(folder, "journal.jsonl") or ""
    return len({line.partition(",")[0] for line in text.splitlines()})


def _sample(place: Place, folder: Path, number: int) -> dict[str, Json]:
    """Return one sample: its values, quantities, checks that failed, and where its files are."""
    state = study_state(folder)
    ran = None if state is None else state.done.get(number)
    if state is None or ran is None:
        raise HTTPException(404, f"sample {number} has no result yet")
    from mechagents.study.dataset import status_of, values_of

    known = number < len(state.samples)
    values: list[float] = state.samples[number].tolist() if known else []
    fields, returned = state.folder.fields(number), state.folder.returned(number)
    return {
        "sample": number,
        "status": status_of(ran),
        "claim_level": ran.claim_level,
        "reason": ran.reason,
        "seconds": ran.seconds,
        "checks": ran.checks,
        "full": number in state.full,
        "parameters": [
            {"name": axis.name, "unit": axis.unit, "value": value}
            for axis, value in zip(state.axes, values, strict=False)
        ],
        "quantities": [one.model_dump(mode="json") for one in ran.quantities],
        "outputs": {k: v for k, v in values_of(state, ran).items() if k in state.study.outputs}
        if known
        else {},
        "failed": [one.model_dump(mode="json") for one in ran.failed],
        "fields": fields.relative_to(folder).as_posix() if fields.is_file() else None,
        "run": place.name(returned) if (returned / "conversation.jsonl").is_file() else None,
    }


def sample_source(folder: Path, number: int) -> Sample:
    """Return where the fields of a sample are.

    Args:
        folder: The study's folder.
        number: The sample's.

    Raises:
        HTTPException: 404 if they were not kept, or a link leads to them.
    """
    from mechagents.study.folder import StudyFolder

    path = StudyFolder(folder).fields(number)
    way = path.relative_to(folder).as_posix()
    try:
        open_inside(folder, way).close()
    except OSError:
        raise HTTPException(404, f"there are no fields of sample {number}") from None
    state = study_state(folder)
    return Sample(path, None if state is None else state.base.formulation)


def study_state(folder: Path) -> StudyState | None:
    """Return a study as it stands, None before the team has answered and samples are laid out."""
    if any((folder / name).is_symlink() for name in READ):
        return None
    return _read_state(folder, stamps(folder))


def stamps(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return what changes whenever a study has come further."""
    return tuple(_stamp(folder / name) for name in READ)


@lru_cache(maxsize=4)
def _read_state(folder: Path, _: tuple[tuple[int, int], ...]) -> StudyState | None:
    from mechagents.study.folder import StudyFolder
    from mechagents.study.run import StudyState, drawn
    from mechagents.study.space import axes_of

    kept = StudyFolder(folder)
    try:
        study, base, samples = kept.asked().study, kept.base(), kept.samples()
        if base is None:
            return None
        axes = axes_of(study, base.formulation)
    except (MechagentsError, ValueError):
        return None
    if samples is None or samples.shape[1:] != (len(axes),):
        return None
    done = {number: ran for number, ran in kept.journal().items() if number < len(samples)}
    searched = study.optimize is not None
    full = _in_full(samples) if searched else drawn(len(samples), study)
    return StudyState(study, kept, base, axes, samples, full, done)


def _in_full(samples: FloatArray) -> frozenset[int]:
    """Return the samples of a search that were verified in full: designs that it ran again."""
    seen: set[bytes] = set()
    again: set[int] = set()
    for number, design in enumerate(samples):
        key = design.tobytes()
        if key in seen:
            again.add(number)
        seen.add(key)
    return frozenset(again)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _json(folder: Path, name: str) -> object:
    text = _text(folder, name)
    try:
        return cast("object", json.loads(text)) if text is not None else None
    except ValueError:
        return None


def _text(folder: Path, name: str) -> str | None:
    try:
        with open_inside(folder, name) as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None
