"""Faults planted in the first program or formulation of a run, mended by a live model.

    uv run python benchmarks/mending.py [--json]
    uv run python benchmarks/mending.py --model provider/name --into FOLDER

`tests/recordings/mending` holds what a live model said in runs whose first program or formulation
was planted: it never saw how the fault was made, only what its role is shown. Its words are taken
from there; every program is really executed again and checked. With `--model` the same faults are
put before another model, and what it says is recorded in a folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio

from mechagents.answer import Outcome
from mechagents.knowledge import Shelf
from mechagents.log import read_log
from mechagents.messages import (
    Answer,
    ClaimLevel,
    Evidence,
    Formulated,
    ModelCall,
    Problem,
    Program,
)
from mechagents.models.base import Model, ModelReply, ModelRequest, PricedModel
from mechagents.models.litellm import LiteLLMModel
from mechagents.models.recorded import FORMAT, RecordedModel, RecordingModel
from mechagents.problems import load_problem
from mechagents.run import solve
from mechagents.team import find_team

RECORDINGS = Path(__file__).resolve().parents[1] / "tests" / "recordings" / "mending"
CONTEXT = 8192
"""Tokens that the model is given, its reply included."""
KEPT = ("problem", "statement", "team", "planted")
"""Of a recording's first line, for another model too."""
MOST_SHOWN = 3
"""Of the checks that failed."""


class PlantedFirst:
    """A model whose first reply of a kind is one that was planted; all else another model says.

    Args:
        model: Says all else.
        reply: What was planted.
        want: The kind: a program or a formulation.
    """

    def __init__(self, model: Model, reply: str, want: str = "program") -> None:
        self._model = model
        self._reply = reply
        self._want = want

    @property
    def name(self) -> str:
        """The name of the model that mends."""
        return self._model.name

    async def price(self, asked: int, answered: int) -> float:
        """Return the price of a call [US dollars], 0 where it is unknown."""
        if isinstance(self._model, PricedModel):
            return await self._model.price(asked, answered)
        return 0.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Return what was planted the first time its kind is asked for, else the model's reply."""
        if request.want == self._want and self._reply:
            reply, self._reply = self._reply, ""
            return ModelReply(text=reply, model="planted")
        return await self._model.complete(request)


@dataclass(frozen=True)
class Row:
    """What came of one planted fault."""

    name: str
    problem: str
    team: str
    planted: str
    found_by: tuple[str, ...]
    """The checks that the first program failed; ``critic`` where it failed none."""
    mended: str
    """What the live model says that it changed."""
    attempts: int
    live_calls: int
    outcome: str
    """The claim level, or why there is no answer."""


def recordings() -> list[Path]:
    """Return the recordings in the order of their names."""
    return sorted(RECORDINGS.glob("*.jsonl"))


def header(recording: Path) -> dict[str, Any]:
    """Return the first line of a recording: the problem, the team and what was planted."""
    return dict(json.loads(recording.read_text(encoding="utf-8").splitlines()[0]))


def planted_reply(recording: Path) -> tuple[str, str]:
    """Return the reply that was planted in a recording, and its kind."""
    for line in recording.read_text(encoding="utf-8").splitlines()[1:]:
        exchange = json.loads(line)
        if exchange["model"] == "planted":
            return str(exchange["reply"]["text"]), str(exchange["want"])
    raise ValueError(f"nothing was planted in {recording}")


def answered(
    told: dict[str, Any],
    model: Model,
    folder: Path,
    shelf: Shelf | None = None,
    level: ClaimLevel = "verified",
) -> Outcome:
    """Return what comes of a problem with a team of a model."""
    team = find_team(told["team"], model=model, context=CONTEXT, knowledge=shelf)
    words = told.get("statement")
    problem = Problem(statement=words) if words else load_problem(told["problem"])
    problem = problem.model_copy(update={"level": level})

    async def run() -> Outcome:
        return await solve(problem, team, folder=folder, sync=False)

    return anyio.run(run)


def replay(
    recording: Path, folder: Path, shelf: Shelf | None = None, level: ClaimLevel = "verified"
) -> Outcome:
    """Return what comes of a recording, its programs executed again.

    Args:
        recording: What was planted and what a model said.
        folder: The run's folder.
        shelf: Keeps the lesson, where it learns.
        level: The claim level asked for.
    """
    return answered(header(recording), RecordedModel(recording), folder, shelf, level)


def record(
    recording: Path, told: dict[str, Any], planted: tuple[str, str], model: Model, folder: Path
) -> None:
    """Put a planted fault before a model, and keep what it says.

    Args:
        recording: The new file.
        told: The problem, the team and what was planted.
        planted: The planted reply and its kind.
        model: Mends it.
        folder: The run's folder.
    """
    made = datetime.now(UTC).isoformat(timespec="seconds")
    head = {**told, "format": FORMAT, "model": model.name, "made": made}
    recording.parent.mkdir(parents=True, exist_ok=True)
    recording.write_text(json.dumps(head, ensure_ascii=False) + "\n", encoding="utf-8")
    answered(told, RecordingModel(PlantedFirst(model, *planted), recording), folder)


def judged(recording: Path, outcome: Outcome, run: Path) -> Row:
    """Return what came of a recording whose run is kept in a folder."""
    told, said = header(recording), read_log(run)
    programs, stated = said.of(Program), said.of(Formulated)
    first = [evidence for evidence in said.of(Evidence) if evidence.attempt == 1]
    return Row(
        name=recording.stem,
        problem=told.get("problem", "in words"),
        team=told["team"],
        planted=told["planted"],
        found_by=tuple(check.name for check in first[-1].failed) or ("critic",) if first else (),
        mended=" ".join((*(f.note for f in stated[1:]), *(p.changed for p in programs[1:]))),
        attempts=len(programs),
        live_calls=sum("planted" not in call.model for call in said.of(ModelCall)),
        outcome=outcome.claim_level if isinstance(outcome, Answer) else outcome.reason,
    )


def table(rows: Sequence[Row]) -> str:
    """Return rows as Markdown."""
    lines = [
        "| planted | problem | team | found by | mended by | attempts | live calls | outcome |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        more = len(row.found_by) - MOST_SHOWN
        found = ", ".join(f"`{name}`" for name in row.found_by[:MOST_SHOWN])
        found += f" and {more} more" if more > 0 else ""
        lines.append(
            f"| {row.planted} | `{row.problem}` | {row.team} | {found} | {row.mended} | "
            f"{row.attempts} | {row.live_calls} | {row.outcome} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Print the table; return 1 if a fault was not mended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="provider/name: put the faults before this model")
    parser.add_argument("--api-base", help="endpoint of the model")
    parser.add_argument("--into", type=Path, help="folder for what it says")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    if (given.model is None) != (given.into is None):
        parser.error("--model and --into go together")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for recording in recordings():
            run = Path(folder) / recording.stem
            kept = recording
            if given.model is not None:
                kept = given.into / recording.name
                told = {key: header(recording)[key] for key in KEPT if key in header(recording)}
                model = LiteLLMModel(given.model, api_base=given.api_base)
                record(kept, told, planted_reply(recording), model, run.with_suffix(".live"))
            rows.append(judged(kept, replay(kept, run), run))
    print(json.dumps([asdict(row) for row in rows], indent=1) if given.json else table(rows))
    return int(any(row.outcome != "verified" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
