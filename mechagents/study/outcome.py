"""What a study leaves behind: the dataset, a data card, statistics and plots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mechagents.study.card import card
from mechagents.study.dataset import status_of, table, write_csv, write_parquet
from mechagents.study.indices import Index, Spread, sobol_indices, spreads
from mechagents.study.plots import draw_plots

if TYPE_CHECKING:
    from mechagents.study.run import StudyState
    from mechagents.study.sample import Ran


def write_outcome(state: StudyState) -> None:
    """Write the dataset, the data card, the summary and the plots into a study's folder."""
    columns = table(state)
    root = state.folder.path
    about = {"study": state.study.name, "program": state.base.program_hash}
    write_parquet(root / "dataset.parquet", columns, about)
    write_csv(root / "dataset.csv", columns)
    described = [{"name": c.name, "kind": c.kind, "unit": c.unit} for c in columns]
    state.folder.write("columns.json", json.dumps(described, indent=2) + "\n")
    found, indices = spreads(columns), sobol_indices(state.study, columns)
    told = summary(state, found, indices)
    state.folder.write("study-summary.json", json.dumps(told, indent=2) + "\n")
    plots = draw_plots(root / "plots", columns, indices)
    state.folder.write("card.md", card(state, columns, told, plots))


def summary(
    state: StudyState, found: tuple[Spread, ...], indices: tuple[Index, ...]
) -> dict[str, Any]:
    """Return how a study ended, as plain data."""
    statuses = [status_of(ran) for ran in state.done.values()]
    full = [state.done[sample] for sample in state.full if sample in state.done]
    return {
        "study": state.study.name,
        "samples": len(state.samples),
        "done": len(state.done),
        "statuses": {name: statuses.count(name) for name in sorted(set(statuses))},
        "checks": sum(ran.checks for ran in state.done.values()),
        "verified_in_full": {
            "drawn": len(full),
            "passed_at_first": sum(ran.status == "passed" and not ran.returned for ran in full),
            "largest_relative_error_bound": _largest_bounds(full),
        },
        "best": state.best.model_dump() if state.best else None,
        "advice": _advice(state, full),
        "quantities": [one.model_dump() for one in found],
        "sobol_indices": [one.model_dump() for one in indices],
    }


def _advice(state: StudyState, full: list[Ran]) -> str:
    """Return what to do where the drawn samples say that the others cannot be relied on."""
    missed = sum(ran.status != "passed" or ran.returned for ran in full)
    if not missed or len(full) == len(state.samples):
        return ""
    return (
        f"{missed} of the {len(full)} samples that were verified in full did not pass at first: "
        f"rows at the level consistent may be off by more than {state.base.tolerance:.0%}. Let "
        "the mesh follow the parameters (set: settings.mesh_size), or verify all (full: 1)."
    )


def _largest_bounds(full: list[Ran]) -> dict[str, float]:
    bounds: dict[str, float] = {}
    for ran in full:
        for q in ran.quantities if ran.status == "passed" else ():
            if q.error_bound is not None and q.value:
                share = float(f"{q.error_bound / abs(q.value):.6g}")
                bounds[q.name] = max(bounds.get(q.name, 0.0), share)
    return bounds
