"""The eight problems of the paper, in its own words, answered by live models and replayed here.

    uv run python benchmarks/paper_conversations.py [--json] [TEAM ...]

`tests/recordings/paper` holds what a live model said to each team. Its words are taken from
there; every program is really executed again, checked on three meshes, and compared with the
independent reference. A table tells what came of it, and what an account of tokens says: what
the roles were shown, beside what a broadcast of the whole chat to every speaker, and to a manager
before each of them, would have cost.

Answers are judged once more here, by references that no team sees (`tests/data`): of the force on
the right edge in the reading that the team chose. Tokens are those that the endpoint counted.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio

from mechagents.agents.briefing import all_attempts
from mechagents.agents.describe import describe_evidence, describe_execution
from mechagents.agents.view import tokens
from mechagents.answer import Outcome
from mechagents.follow import follow_up
from mechagents.log import read_log
from mechagents.mechanics.formulation import Formulation, WantedReaction
from mechagents.mechanics.geometry import OnLine
from mechagents.messages import (
    Answer,
    Evidence,
    Execution,
    Formulated,
    ModelCall,
    Problem,
)
from mechagents.models.recorded import RecordedModel
from mechagents.role import packaged_roles
from mechagents.run import solve
from mechagents.sandbox import Limits
from mechagents.team import find_team

TESTS = Path(__file__).resolve().parents[1] / "tests"
RECORDINGS = TESTS / "recordings" / "paper"
TEAMS = ("full", "two-agent", "group-chat")
CONTEXT = 8192
"""Tokens that the models were given, their reply included."""
AS_PACKAGED = {
    "1": "plate-tension", "2": "plate-shear", "3": "plate-hole-shear", "4": "plate-hole-shear",
    "5": "plate-inclusion-shear", "6": "plate-stretch", "8": "copper-plate",
}  # fmt: skip
"""The problems whose forces are in the references; the seventh is judged by its own alone."""
CLOSE = 0.01
"""A force further off its reference than bound and this share is wrong."""
_ASKED_AGAIN = ("The kit", "The form of the reply", "Materials known by name")
"""Sections that a broadcast needs as well."""

PATIENT = Limits(wall_seconds=900)
"""The replies are fixed, so a program that a busy machine makes late must not be sent back."""


@dataclass(frozen=True)
class Row:
    """What came of one problem with one team."""

    team: str
    problem: str
    outcome: str
    """The claim level, or why there is no answer."""
    attempts: int
    model_calls: int
    prompt_tokens: int
    completion_tokens: int
    force: float | None
    """On the right edge [N/m]."""
    off: float | None
    """By how much it is off the reference of the same reading [-]."""
    wrong: bool
    """Whether a wrong answer was accepted."""


@dataclass(frozen=True)
class Account:
    """What a conversation showed its roles, in tokens."""

    team: str
    shown: int
    broadcast: int
    longest: int
    """Of the requests."""


def recordings(team: str) -> list[Path]:
    """Return a team's recordings by their problems' numbers."""
    return sorted((RECORDINGS / team).glob("*.jsonl"))


def header(recording: Path) -> dict[str, str]:
    """Return the first line of a recording: the problem's words, and what it follows."""
    with recording.open(encoding="utf-8") as file:
        return dict(json.loads(file.readline()))


def replay(recording: Path, folder: Path) -> Outcome:
    """Return what comes of a recording, its programs executed again.

    Args:
        recording: What a model said.
        folder: Holds the runs of its team, each under its problem's number.
    """
    told = header(recording)
    before = told.get("follows")
    words = told["statement"]
    problem = follow_up(folder / before, words) if before else Problem(statement=words)
    model = RecordedModel(recording)
    team = find_team(recording.parent.name, model=model, context=CONTEXT, limits=PATIENT)

    async def run() -> Outcome:
        return await solve(problem, team, folder=folder / recording.stem, sync=False)

    return anyio.run(run)


def judged(recording: Path, outcome: Outcome, run: Path) -> Row:
    """Return what came of a recording, judged by the references."""
    said = read_log(run)
    stated = said.last(Formulated)
    force, bound = _force(outcome, stated.formulation) if stated is not None else (None, 0.0)
    known = _known(recording.stem, stated.formulation) if stated is not None else None
    off = None if force is None or known is None else force / known - 1
    accepted = isinstance(outcome, Answer) and outcome.accepted
    allowed = CLOSE + (bound / abs(force) if force else 0.0)
    calls = said.of(ModelCall)
    return Row(
        team=recording.parent.name,
        problem=recording.stem,
        outcome=outcome.claim_level if isinstance(outcome, Answer) else outcome.reason,
        attempts=len(all_attempts(said)),
        model_calls=len(calls),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
        force=force,
        off=off,
        wrong=accepted and off is not None and abs(off) > allowed,
    )


def _force(outcome: Outcome, formulation: Formulation) -> tuple[float | None, float]:
    """Return the larger force on the edge x = 1 that was answered, with its bound [N/m]."""
    values = outcome.quantities if isinstance(outcome, Answer) else outcome.best
    edges = formulation.geometry.boundaries
    right = {
        wanted.name
        for wanted in formulation.wanted
        if isinstance(wanted, WantedReaction)
        and isinstance(edge := edges[wanted.boundary], OnLine)
        and (edge.axis, edge.at) == ("x", 1.0)
    }
    found = [(abs(q.value), q.error_bound or 0.0) for q in values if q.name in right]
    thickness = formulation.thickness or 1.0
    return max(((v / thickness, b / thickness) for v, b in found), default=(None, 0.0))


def _known(problem: str, formulation: Formulation) -> float | None:
    """Return the force in the reading that a formulation chose, by the references [N/m]."""
    if problem not in AS_PACKAGED:
        return None
    by_reading = json.loads((TESTS / "data" / "plate_references.json").read_text())["problems"]
    edges = formulation.geometry.boundaries
    held = [
        support.components
        for support in formulation.supports
        if isinstance(edge := edges[support.boundary], OnLine)
        and (edge.axis, edge.at) == ("x", 1.0)
    ]
    fixed = len(held) == 1 and len(held[0]) == 2
    reading = f"{formulation.idealisation}/{'fixed' if fixed else 'free'}"
    known = by_reading[AS_PACKAGED[problem]].get(reading)
    return None if known is None else float(known["reaction_right"]["value"])


def account(team: str, chain: Sequence[Path], folder: Path) -> Account:
    """Return what a chain of follow-ups showed, beside a broadcast of the same conversation.

    Args:
        team: The team's name.
        chain: Its recordings, each of which follows the one before.
        folder: Holds their runs.
    """
    chat = shown = broadcast = longest = 0
    manager = tokens(packaged_roles()["manager"].prompt)
    for recording in chain:
        asked = iter(_requests(recording))
        for message in (envelope.message for envelope in read_log(folder / recording.stem)):
            if isinstance(message, ModelCall):
                system, user = next(asked)
                broadcast += tokens(system) + _again(user) + chat
                shown += tokens(system) + tokens(user)
                longest = max(longest, tokens(system) + tokens(user))
            said = _said(message)
            if said:
                chat += tokens(said)
                broadcast += manager + chat
    return Account(team, shown, broadcast, longest)


def _requests(recording: Path) -> Iterator[tuple[str, str]]:
    for line in recording.read_text(encoding="utf-8").splitlines()[1:]:
        messages = json.loads(line)["messages"]
        yield messages[0]["content"], "\n\n".join(m["content"] for m in messages[1:])


def _again(user: str) -> int:
    sections = re.split(r"\n\n## ", user)
    return sum(tokens(one) for one in sections if one.startswith(_ASKED_AGAIN))


def _said(message: object) -> str:
    """Return a message as a chat would hold it; a model's words stand for what they became."""
    match message:
        case Problem():
            return message.statement
        case ModelCall():
            return message.text
        case Execution():
            return describe_execution(message)
        case Evidence() if message.run_next is None:
            return describe_evidence(message, whole=True)
        case _:
            return ""


def table(rows: Sequence[Row], accounts: Sequence[Account]) -> str:
    """Return rows and accounts as Markdown."""
    lines = [
        "| team | problem | claim level | attempts | model calls | tokens in | out | force | off |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        force = "" if row.force is None else f"{row.force / 1e6:.4g} MN/m"
        off = "" if row.off is None else f"{row.off:+.2%}"
        lines.append(
            f"| {row.team} | {row.problem} | {row.outcome} | {row.attempts} | {row.model_calls} | "
            f"{row.prompt_tokens:,} | {row.completion_tokens:,} | {force} | {off} |"
        )
    wrong = sum(row.wrong for row in rows)
    verified = sum(row.outcome == "verified" for row in rows)
    lines += ["", f"{verified} of {len(rows)} verified; wrong answers accepted: {wrong}"]
    if accounts:
        lines += [
            "",
            "| team | shown | broadcast | share | longest request |",
            "|---|---|---|---|---|",
        ]
    lines += [
        f"| {a.team} | {a.shown:,} | {a.broadcast:,} | {a.shown / a.broadcast:.0%} | "
        f"{a.longest:,} |"
        for a in accounts
    ]
    return "\n".join(lines)


def main() -> int:
    """Print the table; return 1 if a wrong answer was accepted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("team", nargs="*", help=f"of {', '.join(TEAMS)}; all by default")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    unknown = set(given.team) - set(TEAMS)
    if unknown:
        parser.error(f"no team {', '.join(sorted(unknown))}; there are {', '.join(TEAMS)}")
    rows: list[Row] = []
    accounts: list[Account] = []
    with tempfile.TemporaryDirectory() as folder:
        for team in given.team or TEAMS:
            runs = Path(folder) / team
            for recording in recordings(team):
                outcome = replay(recording, runs)
                rows.append(judged(recording, outcome, runs / recording.stem))
            chain = [one for one in recordings(team) if one.stem in "12345"]
            if len(chain) == 5:
                accounts.append(account(team, chain, runs))
    if given.json:
        found = {"rows": [asdict(r) for r in rows], "accounts": [asdict(a) for a in accounts]}
        print(json.dumps(found, indent=1))
    else:
        print(table(rows, accounts))
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
