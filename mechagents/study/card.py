"""The data card: what the dataset holds, how it was made, and what was found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mechagents.study.dataset import Column

if TYPE_CHECKING:
    from mechagents.study.run import StudyState
    from mechagents.study.search import Best

SHOWN = 20
"""Failed samples that are listed."""


def card(
    state: StudyState,
    columns: tuple[Column, ...],
    told: dict[str, Any],
    plots: tuple[str, ...],
) -> str:
    """Return the data card in Markdown.

    Args:
        state: The study at its end.
        columns: Of its dataset.
        told: Its summary.
        plots: Their files, relative to the study's folder.
    """
    parts = [
        f"# {state.base.formulation.title}: {state.study.name}",
        _what(state, told),
        *(["## The best design\n\n" + _best(state)] if state.study.optimize else []),
        "## Columns\n\n" + _columns(columns),
        "## How it was made\n\n" + _how(state),
        "## Checks\n\n" + _checks(state, told),
        "## Samples without a result\n\n" + _failures(state),
        "## Spread of the quantities\n\n" + _spread(told),
    ]
    if told["sobol_indices"]:
        parts.append("## Sobol indices\n\n" + _indices(told))
    if plots:
        parts.append("## Plots\n\n" + "\n\n".join(f"![{_title(name)}]({name})" for name in plots))
    return "\n\n".join(parts) + "\n"


def _title(name: str) -> str:
    return name.rsplit("/", 1)[-1].removesuffix(".png").replace("_", " ")


def _what(state: StudyState, told: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {name}" for name, count in told["statuses"].items())
    return (
        f"{told['done']} of {told['samples']} samples ({kinds}). One row of `dataset.parquet`, and "
        f"of the same table in `dataset.csv`, is one sample. {state.base.formulation.analysis}, "
        f"{state.base.formulation.idealisation or '3d'}."
    )


def _best(state: StudyState) -> str:
    search, best = state.study.optimize, state.best
    assert search is not None
    if best is None:
        return "No design that keeps to all bounds passed the full verification."
    way = "least" if search.minimize else "greatest"
    values = [f"- `{name}` = {value:.6g}" for name, value in best.parameters.items()]
    for name, value in best.constraints.items():
        bound = search.constraints[name]
        sides = (("at least", bound.at_least), ("at most", bound.at_most))
        asked = ", ".join(f"{side} {limit:g}" for side, limit in sides if limit is not None)
        past = "; **its error bound reaches past that**" if name in best.uncertain else ""
        values.append(f"- `{name}` = {value:.6g}{_plus(best, name)}, asked for: {asked}{past}")
    return (
        f"Sample {best.sample}, verified to the level {state.done[best.sample].claim_level}: the "
        f"{way} `{search.objective}` of {best.evaluations} designs is "
        f"{best.objective:.6g}{_plus(best, search.objective)}. The search (differential "
        "evolution) does not prove that no better one exists.\n\n" + "\n".join(values)
    )


def _plus(best: Best, name: str) -> str:
    return f" ± {best.error_bounds[name]:.2g}" if name in best.error_bounds else ""


def _columns(columns: tuple[Column, ...]) -> str:
    rows = [_row("column", "kind", "unit", "lowest", "highest"), _row(*["---"] * 5)]
    for column in columns:
        numbers = [cell for cell in column.cells if isinstance(cell, int | float)]
        ranged = bool(numbers) and column.name not in ("seed", "seconds")
        low, high = (f"{min(numbers):.6g}", f"{max(numbers):.6g}") if ranged else ("", "")
        rows.append(_row(f"`{column.name}`", column.kind, column.unit, low, high))
    return "\n".join(rows)


def _how(state: StudyState) -> str:
    base, study = state.base, state.study
    way = study.sampling or study.optimize
    assert way is not None
    settings = ", ".join(
        f"{name} {value:g}" for name, value in base.settings if isinstance(value, int | float)
    )
    places = "\n".join(
        f"- `{axis.name}` [{axis.unit}] is {', '.join(f'`{place}`' for place in axis.places)}"
        for axis in state.axes
    )
    follows = "\n".join(f"- `{path}` = {text}" for path, text in (*study.set.items(),))
    outputs = "\n".join(f"- `{name}` = {text}" for name, text in study.outputs.items())
    told = [
        f"The team {base.setup.team} ({base.setup.model}) solved the problem once, to the claim "
        f"level {base.claim_level}. Its program, `{base.program_hash}` (`program.py`), then ran "
        f"every sample in the sandbox {base.sandbox} with {settings or 'its own settings'}.",
        f"Sampling: `{way.model_dump_json(exclude_defaults=False)}`.",
        places,
    ]
    return "\n\n".join([*told, *([follows] if follows else []), *([outputs] if outputs else [])])


def _checks(state: StudyState, told: dict[str, Any]) -> str:
    full = told["verified_in_full"]
    search = state.study.optimize is not None
    some = "designs, the best as they were found," if search else "samples, drawn at random,"
    lines = [
        f"Every sample had to pass the checks of contract, geometry, supports, equilibrium and "
        f"quantities ({told['checks']:,} checks in all). {full['drawn']} {some} "
        f"were verified to the level {state.base.level}: on three meshes, with error bounds, and "
        f"against an independent reference where that level asks for it. "
        f"{full['passed_at_first']} of these {full['drawn']} passed at first."
    ]
    if full["drawn"] and not search:  # the best designs say nothing of the others
        lines.append(_confidence(full["passed_at_first"], full["drawn"]))
    if told["advice"]:
        lines.append(f"**{told['advice']}**")
    bounds = full["largest_relative_error_bound"]
    if bounds:
        listed = ", ".join(f"`{name}` {share:.2%}" for name, share in bounds.items())
        lines.append(
            "The largest error bounds among them, relative to the value: "
            f"{listed}. Other rows have no error bound of their own: they ran on one mesh."
        )
    return "\n\n".join(lines)


def _confidence(passed: int, drawn: int) -> str:
    """Tell how many of all samples would not pass, by Clopper and Pearson (1934)."""
    from scipy.stats import binomtest

    high = binomtest(drawn - passed, drawn).proportion_ci(0.95, "exact").high
    return (
        "With 95 % confidence, at most "
        f"{high:.1%} of samples drawn like these would not pass the full verification."
    )


def _failures(state: StudyState) -> str:
    failed = state.failed
    if not failed:
        return "None."
    rows = [_row("sample", "status", "reason"), _row(*["---"] * 3)]
    rows += [_row(str(ran.sample), ran.status, ran.reason) for ran in failed[:SHOWN]]
    more = f"\n\nand {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    return "\n".join(rows) + more


def _spread(told: dict[str, Any]) -> str:
    heads = ("quantity", "unit", "samples", "mean", "sd", "2.5 %", "median", "97.5 %")
    rows = [_row(*heads), _row(*["---"] * len(heads))]
    for one in told["quantities"]:
        numbers = [f"{one[k]:.6g}" for k in ("mean", "sd", "low", "median", "high")]
        rows.append(_row(f"`{one['quantity']}`", one["unit"], str(one["samples"]), *numbers))
    return "\n".join(rows)


def _indices(told: dict[str, Any]) -> str:
    rows = [_row("quantity", "parameter", "first order", "total"), _row(*["---"] * 4)]
    for one in told["sobol_indices"]:
        first = f"{one['first']:.3f} ({one['first_low']:.3f} to {one['first_high']:.3f})"
        total = f"{one['total']:.3f} ({one['total_low']:.3f} to {one['total_high']:.3f})"
        rows.append(_row(f"`{one['quantity']}`", f"`{one['parameter']}`", first, total))
    return "\n".join(rows)


def _row(*cells: str) -> str:
    safe = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return "| " + " | ".join(safe) + " |"
