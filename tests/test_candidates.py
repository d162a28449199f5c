"""Several programs at the same time: the first that passes is taken, the others are cancelled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
    HELD,
    PLAN,
    PROBLEM,
    WRONG,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)
from engineer import FORMULATION, PLATE, PROGRAM, code, engineer, failure, run

from mechagents.agents.base import Agent, Context
from mechagents.agents.briefing import attempts
from mechagents.answer import conclude
from mechagents.budget import Budget, spent
from mechagents.errors import BudgetError, ModelError, TeamError
from mechagents.flow import Approvals, Dataflow, Finish, RoundRobin
from mechagents.flow.candidates import best_of, evidence_now, programs, racing
from mechagents.flow.repeats import same_programs
from mechagents.flow.unstuck import exhausted, lanes, raced
from mechagents.log import FILE_NAME, Conversation, read_log
from mechagents.messages import (
    Answer,
    Candidate,
    Candidates,
    Check,
    Critique,
    Execution,
    Failure,
    Message,
    ModelCall,
    Program,
    Selection,
    Setup,
)
from mechagents.models.base import ModelReply, ModelRequest
from mechagents.report import print_conversation, write_report
from mechagents.role import Role
from mechagents.run import resume
from mechagents.sandbox import open_sandbox
from mechagents.sandbox.base import Job, Outcome
from mechagents.team import (
    Team,
    full_team,
    group_chat,
    round_robin,
    rule_chat,
    team_from,
    two_agent,
)
from mechagents.testing import ScriptedModel, ScriptedSandbox

QUICK = PLATE.model_copy(update={"level": "consistent"})
GOOD, BAD, SLOW = "# good\n", "# bad\n", "# slow\n"
WAITS = "waits"
"""A model that never replies."""
Lane = str | ModelError


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the good program leaves."""
    folder = tmp_path_factory.mktemp("plate")
    (folder / "formulation.json").write_text(FORMULATION.model_dump_json())
    (folder / "settings.json").write_text('{"mesh_size": 0.1, "element_order": 1}')
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, check=True)
    return {name: (folder / name).read_bytes() for name in ("results.json", "fields.vtu")}


@dataclass
class Sandbox(ScriptedSandbox):
    """Leaves the results of a good program, nothing of a bad one, and a slow one never ends."""

    results: dict[str, bytes]
    slow: list[str] = field(default_factory=list)
    """How slow programs ended."""

    def __post_init__(self) -> None:
        super().__init__(lambda job: self.results if GOOD in (job.source or "") else "KeyError: 1")

    async def run(self, job: Job) -> Outcome:
        if SLOW in (job.source or ""):
            self.jobs.append(job)
            try:
                await anyio.sleep_forever()
            finally:
                self.slow.append("ended")
        return await super().run(job)


class Racers(ScriptedModel):
    """Writes bad programs until candidates are asked for, and these as it is told to."""

    def __init__(self, *programs: Lane, later: str = BAD) -> None:
        super().__init__(engineer(program=self._write)._script)
        self.programs = programs
        self.later = later

    def _write(self, request: ModelRequest) -> str:
        lane, before = lane_of(request), request.brief.attempts_in_all
        what = self.programs[lane - 1] if lane else self.later if before > 2 else BAD
        if isinstance(what, ModelError):
            raise what
        return code(f"{what}# {before}-{lane}\n")

    async def complete(self, request: ModelRequest) -> ModelReply:
        lane = lane_of(request)
        if lane and self.programs[lane - 1] == WAITS:
            self.requests.append(request)
            await anyio.sleep_forever()
        return await super().complete(request)


def lane_of(request: ModelRequest) -> int:
    """Return which candidate a request asks for, 0 where it asks for none."""
    found = re.search(r"You write candidate (\d) of", request.messages[-1].content)
    return int(found[1]) if found and request.want == "program" else 0


def ended(log: Conversation) -> list[tuple[int, str]]:
    (selection,) = log.of(Selection)
    return [(one.lane, one.ended) for one in selection.candidates]


async def test_the_first_that_passes_is_taken_and_the_others_are_cancelled(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    model, sandbox = Racers(SLOW, GOOD, WAITS), Sandbox(results)
    outcome = await run(full_team(model=model, sandbox=sandbox, candidates=3), tmp_path, QUICK)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    log = read_log(tmp_path)
    assert ended(log) == [(1, "cancelled"), (2, "passed"), (3, "cancelled")]
    (selection,) = log.of(Selection)
    assert [one.message for one in selection.candidates] == [
        "while it ran",
        "",
        "while it was written",
    ]
    assert outcome.artifacts[0].startswith(f"attempts/{selection.attempt}/")
    assert sandbox.slow == ["ended"]
    critic = next(r for r in reversed(model.requests) if r.want == "critique")
    assert critic.brief.last is not None
    assert critic.brief.last.program.attempt == selection.attempt
    with (tmp_path / "log.txt").open("w") as file:
        print_conversation(log, file=file, width=120)
    told = (tmp_path / "log.txt").read_text()
    assert "3 programs asked for at the same time" in told
    assert "candidate 1 (another method), attempt 3: cancelled while it ran" in told
    assert (
        "was cancelled, for another passed first" in write_report(tmp_path, list(log)).read_text()
    )


async def test_candidates_go_different_ways_and_do_not_see_each_other(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    usual, stronger = Racers(BAD, BAD, BAD, BAD), Racers(BAD, BAD, GOOD, BAD)
    team = two_agent(model=usual, fallback=stronger, sandbox=Sandbox(results), candidates=4)
    assert isinstance(await run(team, tmp_path, QUICK), Answer)
    (opened,) = read_log(tmp_path).of(Candidates)
    assert [one.approach for one in opened.lanes] == [
        "another_method", "fallback", "fresh", "another_method",
    ]  # fmt: skip
    asked = {lane_of(r): r for model in (usual, stronger) for r in model.requests if lane_of(r)}
    assert [lane_of(r) for r in stronger.requests] == [2, 3]
    assert {lane: len(r.brief.attempts) for lane, r in asked.items()} == {1: 2, 2: 2, 3: 0, 4: 2}
    assert {lane: r.temperature for lane, r in asked.items() if lane > 1} == {
        2: asked[1].temperature, 3: asked[1].temperature, 4: 0.7,
    }  # fmt: skip
    assert "2 attempts failed alike" in asked[3].messages[-1].content


async def test_a_cancelled_program_is_no_process_any_more(tmp_path: Path) -> None:
    mark = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\n"
    begun = tmp_path / "attempts"

    def write(request: ModelRequest) -> str:
        lane = lane_of(request)
        if lane == 1:
            return code(f"{mark}time.sleep(3600)\n")
        # The good one waits until the sleeper has begun, so that there is something to cancel.
        wait = (
            f"import pathlib, time\nwhile not list(pathlib.Path({str(begun)!r}).glob('*/pid')):\n"
        )
        return code(f"{wait}    time.sleep(0.01)\n{PROGRAM}" if lane else "raise SystemExit(1)\n")

    team = two_agent(model=engineer(program=write), sandbox=open_sandbox("none"), candidates=2)
    assert isinstance(await run(team, tmp_path, QUICK), Answer)
    (pid,) = begun.glob("*/pid")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert ended(read_log(tmp_path)) == [(1, "cancelled"), (2, "passed")]


async def test_what_cancelled_calls_had_set_aside_is_given_back(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    stop = Budget(tokens=100_000)

    class Judge(Agent):
        role = Role(name="judge", description="d", receives=("evidence",), sends=("critique",))

        async def handle(self, context: Context) -> Message | None:
            used = spent(context.conversation)
            left = stop.tokens - used.prompt_tokens - used.completion_tokens
            context.ledger.end_model_call(context.ledger.begin_model_call(self.role, left))
            with pytest.raises(BudgetError):
                context.ledger.begin_model_call(self.role, left + 1)
            return ACCEPT

    team = two_agent(
        extra=[Judge], model=Racers(WAITS, GOOD), sandbox=Sandbox(results), stop=stop, candidates=2
    )
    outcome = await run(team, tmp_path, QUICK)
    assert isinstance(outcome, Answer), outcome
    assert ended(read_log(tmp_path)) == [(1, "cancelled"), (2, "passed")]


class Half(Sandbox):
    """Of the program of candidate 2 it loses the fields, of bad ones all."""

    async def run(self, job: Job) -> Outcome:
        if "# half" not in (job.source or ""):
            return await super().run(job)
        (job.workdir / "results.json").write_bytes(self.results["results.json"])
        return Outcome(status="ok", exit_code=0, isolation="", artifacts=("results.json",))


async def test_where_all_fail_the_best_is_mended(results: dict[str, bytes], tmp_path: Path) -> None:
    model = Racers(BAD, "# half\n", BAD, later=GOOD)
    outcome = await run(
        full_team(model=model, sandbox=Half(results), candidates=3), tmp_path, QUICK
    )
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    log = read_log(tmp_path)
    assert ended(log) == [(1, "failed"), (2, "failed"), (3, "failed")]
    (selection,) = log.of(Selection)
    critic, mender = [r for r in model.requests if r.want in ("critique", "program")][-3:-1]
    for request in (critic, mender):
        assert request.brief.last is not None
        assert request.brief.last.program.attempt == selection.attempt
        assert "# half" in request.brief.last.program.source
        assert len(request.brief.attempts) == 5
    judged = [e for e in log.envelopes_of("critique") if isinstance(e.message, Critique)]
    assert len(judged) == 4, "one for each program that came alone, one for the three together"


async def test_a_model_that_fails_one_candidate_does_not_end_the_others(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    model = Racers(ModelError("it is away"), BAD, GOOD)
    team = full_team(model=model, sandbox=Sandbox(results), candidates=3)
    assert isinstance(await run(team, tmp_path, QUICK), Answer)
    log = read_log(tmp_path)
    assert ended(log)[0] == (1, "model")
    assert log.of(Selection)[0].candidates[0].message == "it is away"
    assert ended(log)[2] == (3, "passed")


async def test_where_every_candidate_lacks_its_model_the_run_ends_and_goes_on_later(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    away = ModelError("it is away")
    team = full_team(model=Racers(away, away), sandbox=Sandbox(results), candidates=2)
    assert failure(await run(team, tmp_path, QUICK), "model").message == "it is away"
    again = full_team(model=Racers(BAD, GOOD), sandbox=Sandbox(results), candidates=2)
    assert isinstance(await resume(tmp_path, again, sync=False), Answer)
    assert len(read_log(tmp_path).of(Candidates)) == 1


async def test_an_agent_that_raises_ends_the_run_by_its_name(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    class Broken(Sandbox):
        async def run(self, job: Job) -> Outcome:
            if GOOD in (job.source or ""):
                raise ZeroDivisionError("one over nothing")
            return await super().run(job)

    team = full_team(model=Racers(SLOW, GOOD), sandbox=Broken(results), candidates=2)
    told = failure(await run(team, tmp_path, QUICK), "crash").message
    assert told == "executor failed: ZeroDivisionError: one over nothing"


@pytest.mark.parametrize(
    ("stop", "asked"),
    [
        (Budget(), 5),
        (Budget(attempts=5), 3),
        (Budget(executions=4), 2),
        (Budget(model_calls=7), 2),
        (Budget(attempts=3), 0),
    ],
)
async def test_no_more_are_asked_for_than_the_budget_allows(
    stop: Budget, asked: int, results: dict[str, bytes], tmp_path: Path
) -> None:
    model = Racers(*[BAD] * 5)
    team = full_team(model=model, sandbox=Sandbox(results), stop=stop, candidates=5)
    assert isinstance(await run(team, tmp_path, QUICK), Failure)
    log = read_log(tmp_path)
    assert [len(one.lanes) for one in log.of(Candidates)] == ([asked] if asked else [])
    assert len(log.of(Program)) == 2 + (asked or 1)
    assert len(log.of(Program)) <= stop.attempts


async def test_candidates_for_which_the_tokens_do_not_suffice_are_left_out(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    whole = Racers(*[BAD] * 3)
    await run(two_agent(model=whole, sandbox=Sandbox(results), candidates=3), tmp_path / "1", QUICK)
    log = read_log(tmp_path / "1")
    opened = log.envelopes_of("candidates")[0].seq
    used = spent(Conversation([log.at(seq) for seq in range(1, opened + 1)]))
    sizes = [sum(len(c.content) for c in r.messages) / 3.2 + 2000 for r in whole.requests[2:5]]
    stop = Budget(tokens=int(used.prompt_tokens + used.completion_tokens + sum(sizes) - 500))
    team = two_agent(model=Racers(*[GOOD] * 3), sandbox=Sandbox(results), stop=stop, candidates=3)
    assert isinstance(await run(team, tmp_path / "2", QUICK), Answer)
    assert [how for _, how in ended(read_log(tmp_path / "2"))].count("budget") == 1


async def test_a_team_whose_candidates_fail_alike_ends(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    model = Racers(BAD, BAD, BAD)
    team = full_team(model=model, sandbox=Sandbox(results), candidates=3)
    told = failure(await run(team, tmp_path, QUICK), "gave_up").message
    assert told.startswith("5 attempts failed alike, whatever was changed: ")
    log = read_log(tmp_path)
    assert len(log.of(Selection)) == 1
    assert len(log.of(Program)) == 5


MAKES: dict[str, Callable[..., Team]] = {
    "full": full_team,
    "two_agent": two_agent,
    "group_chat": group_chat,
    "rule_chat": rule_chat,
    "round_robin": round_robin,
}


@pytest.mark.parametrize("passes", [True, False], ids=["one passes", "all fail"])
@pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
async def test_every_flow_goes_on_from_what_was_selected(
    make: Callable[..., Team], passes: bool, results: dict[str, bytes], tmp_path: Path
) -> None:
    model = Racers("# half\n", GOOD if passes else BAD, later=GOOD)
    team = make(model=model, sandbox=Half(results), candidates=2, stop=Budget(attempts=12))
    outcome = await run(team, tmp_path, QUICK)
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    log = read_log(tmp_path)
    assert len(log.of(Candidates)) == len(log.of(Selection)) == 1
    assert len(log.of(Program)) == (4 if passes else 5)
    assert [p.attempt for p in log.of(Program)] == list(range(1, len(log.of(Program)) + 1))


async def test_an_answer_of_candidates_waits_for_approval(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    asked: list[str] = []

    async def approve(question: str) -> str:
        asked.append(question)
        return "approve"

    team = full_team(
        model=Racers(BAD, GOOD), sandbox=Sandbox(results), candidates=2, approve=["answer"],
        ask=approve,
    )  # fmt: skip
    outcome = await run(team, tmp_path, QUICK)
    assert isinstance(outcome, Answer)
    (selection,) = read_log(tmp_path).of(Selection)
    assert [f"attempt {selection.attempt}" in question for question in asked] == [True]


def done(log: Conversation) -> Counter[tuple[str, int | None, int, str]]:
    """Return how often each model call was made and each program run."""
    return Counter(
        (e.sender, e.cause, getattr(e.message, "lane", 0), e.message.kind)
        for e in log
        if isinstance(e.message, ModelCall | Execution)
    )


async def test_a_run_that_was_cut_off_anywhere_goes_on_and_repeats_nothing(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    def team(model: Racers) -> Team:
        return full_team(model=model, sandbox=Half(results), candidates=3)

    whole = Racers(BAD, "# half\n", BAD, later=GOOD)
    outcome = await run(team(whole), tmp_path / "whole", QUICK)
    assert isinstance(outcome, Answer)
    log = read_log(tmp_path / "whole")
    lines = (tmp_path / "whole" / FILE_NAME).read_bytes().splitlines(keepends=True)
    first, last = (log.envelopes_of(kind)[0].seq for kind in ("candidates", "selection"))
    for cut in range(first - 1, last + 2):
        folder = tmp_path / str(cut)
        shutil.copytree(tmp_path / "whole" / "attempts", folder / "attempts")
        (folder / FILE_NAME).write_bytes(b"".join(lines[:cut]))
        model = Racers(BAD, "# half\n", BAD, later=GOOD)
        again = await resume(folder, team(model), sync=False)
        assert isinstance(again, Answer), cut
        assert again.quantities == outcome.quantities
        assert again.usage.model_calls == outcome.usage.model_calls
        resumed = read_log(folder)
        assert max(done(resumed).values()) == 1, cut
        assert len(done(resumed)) == len(done(log)), cut
        assert ended(resumed) == ended(log)


async def test_what_had_passed_before_a_kill_is_taken_without_a_further_call(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    team = two_agent(model=Racers(SLOW, GOOD, WAITS), sandbox=Sandbox(results), candidates=3)
    outcome = await run(team, tmp_path / "whole", QUICK)
    log = read_log(tmp_path / "whole")
    lines = (tmp_path / "whole" / FILE_NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / "cut").mkdir()
    passed = log.envelopes_of("selection")[0].seq - 1
    (tmp_path / "cut" / FILE_NAME).write_bytes(b"".join(lines[:passed]))
    model, sandbox = Racers(), Sandbox(results)
    again = await resume(
        tmp_path / "cut", two_agent(model=model, sandbox=sandbox, candidates=3), sync=False
    )
    assert isinstance(again, Answer)
    assert isinstance(outcome, Answer)
    assert again.quantities == outcome.quantities
    assert (model.requests, sandbox.jobs) == ([], [])
    assert ended(read_log(tmp_path / "cut")) == ended(log)


async def test_a_candidate_that_begins_after_a_kill_sees_no_other(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    ran = anyio.Event()

    class Telling(Sandbox):
        async def run(self, job: Job) -> Outcome:
            if "# 2-1" in (job.source or ""):
                ran.set()
            return await super().run(job)

    class Dying(Racers):
        async def complete(self, request: ModelRequest) -> ModelReply:
            if lane_of(request) == 2:
                await ran.wait()
                raise RuntimeError("it is gone")
            return await super().complete(request)

    team = two_agent(model=Dying(BAD, BAD), sandbox=Telling(results), candidates=2)
    failure(await run(team, tmp_path, QUICK), "crash")
    assert [p.lane for p in read_log(tmp_path).of(Program)] == [0, 0, 1]
    model = Racers(BAD, GOOD)
    again = two_agent(model=model, sandbox=Sandbox(results), candidates=2)
    assert isinstance(await resume(tmp_path, again, sync=False), Answer)
    (asked,) = model.requests
    assert lane_of(asked) == 2
    assert asked.brief.attempts_in_all == 2
    assert "2 attempts failed alike" in asked.messages[-1].content


async def test_each_candidate_is_run_again_on_other_meshes_as_it_was_written(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    sandbox = Sandbox(results)
    team = two_agent(model=Racers(GOOD, BAD), sandbox=sandbox, candidates=2)
    await run(team, tmp_path, PLATE.model_copy(update={"level": "converged"}))
    sources = {job.workdir.name: job.source for job in sandbox.jobs}
    assert "# 2-1" in (sources["3"] or "")
    assert sources["3-mesh2"] == sources["3"]


# What the log says, without a run.

BEGUN = said(("user", PROBLEM, None), ("planner", PLAN, 1), ("formulator", FORMULATED, 2))


def _attempt(log: Conversation, number: int, *checks: Check, lane: int = 0, cause: int = 3):
    seq = len(log)
    written = program(number, source=f"# {number}").model_copy(update={"lane": lane})
    return more(
        log,
        ("coder", written, cause),
        ("executor", execution(number), seq + 1),
        ("verification", evidence(number, "none" if checks else "verified", *checks), seq + 2),
    )


def _raced(*checks: tuple[Check, ...]) -> Conversation:
    """Return a log in which candidates came to their evidence after two failures alike."""
    log = _attempt(_attempt(BEGUN, 1, WRONG), 2, WRONG)
    turn = len(log)
    log = more(log, ("coder", Candidates(lanes=lanes(log, len(checks))), turn))
    opened = len(log)
    for lane, found in enumerate(checks, 1):
        log = _attempt(log, 2 + lane, *found, lane=lane, cause=opened)
    return log


def _select(log: Conversation, attempt: int) -> Conversation:
    seq = next(
        e.seq for e in log.envelopes_of("evidence") if getattr(e.message, "attempt", 0) == attempt
    )
    one = Candidate(lane=1, approach="fresh", attempt=attempt, ended="failed")
    chosen = Selection(attempt=attempt, evidence=seq, candidates=(one,))
    return more(log, ("coder", chosen, log.envelopes_of("candidates")[-1].seq))


OTHER = Check(name="geometry:area", passed=False, value=0.5, message="half of it")


@pytest.mark.parametrize("flow", [Dataflow(), RoundRobin()], ids=["dataflow", "round_robin"])
def test_nothing_is_decided_while_candidates_are_open(flow: Dataflow) -> None:
    log = _raced((), (WRONG,))
    small = two_agent().roles
    assert racing(log)
    assert evidence_now(log) is None
    assert flow.finish(small, log, Budget()) is None
    assert flow.finish(small, log, Budget(attempts=4)) is None
    closed = _select(log, 3)
    now = evidence_now(closed)
    assert now is not None
    assert now.message == evidence(3, "verified")
    finish = flow.finish(small, closed, Budget())
    assert finish == Finish("accepted", "every check passed")


def test_a_candidate_that_was_written_before_does_not_end_the_others() -> None:
    log = _raced((), (WRONG,))
    again = program(5, source="# 1").model_copy(update={"lane": 3})
    twice = more(log, ("coder", program(6, source="# 1"), 3), ("coder", again, 10))
    assert same_programs(twice)
    assert Dataflow().finish(two_agent().roles, twice, Budget()) is None


def test_what_is_accepted_is_what_was_selected(tmp_path: Path) -> None:
    log = _select(_raced((), (), (WRONG,)), 4)
    told = conclude(log, Finish("accepted", "every check passed"), "m", folder=tmp_path, seconds=1)
    assert isinstance(told, Answer)
    assert told.accepted
    assert [e.message.attempt for e in programs(log) if isinstance(e.message, Program)] == [
        1, 2, 3, 5, 4,
    ]  # fmt: skip
    assert [one.program.attempt for one in attempts(log)] == [1, 2, 3, 5, 4]


def test_who_acts_on_a_selection_is_who_acts_on_its_evidence() -> None:
    log = _raced((WRONG,), (OTHER,))
    flow, one = Approvals(Dataflow()), Candidate(lane=1, approach="fresh", ended="failed")
    seq = log.envelopes_of("evidence")[-1].seq
    chosen = Selection(attempt=4, evidence=seq, candidates=(one,))
    opened = log.envelopes_of("candidates")[0]
    assert flow.recipients(full_team().roles, log, chosen, "coder", opened) == ("critic",)
    assert flow.recipients(two_agent().roles, log, chosen, "coder", opened) == ("coder",)
    judged = more(_select(log, 4), ("critic", revise("coder"), len(log) + 1))
    assert flow.finish(full_team().roles, judged, Budget()) is None


def test_a_failure_that_came_again_after_candidates_is_the_end() -> None:
    log = _select(_raced((WRONG,), (OTHER,)), 3)
    assert raced(log)
    assert exhausted(log).startswith("3 attempts failed alike, whatever was changed")
    other = _select(_raced((WRONG,), (OTHER,)), 4)
    assert not raced(other)
    assert exhausted(other) == ""
    again = _attempt(other, 5, WRONG)
    assert raced(again), "candidates were tried against this failure, and it is there again"
    assert exhausted(again)


def test_candidates_that_are_the_same_program_are_no_repetition_of_it() -> None:
    log = _attempt(_attempt(BEGUN, 1, WRONG), 2, WRONG)
    log = more(log, ("coder", Candidates(lanes=lanes(log, 3)), len(log)))
    opened, same = len(log), program(3, source="# same")
    for lane in (1, 2, 3):
        written = same.model_copy(update={"lane": lane, "attempt": 2 + lane})
        log = more(log, ("coder", written, opened))
        log = more(log, ("executor", execution(2 + lane), len(log)))
        log = more(log, ("verification", evidence(2 + lane, "none", OTHER), len(log)))
    assert Dataflow().finish(two_agent().roles, _select(log, 5), Budget()) is None


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ([evidence(1, "none", WRONG), evidence(2), evidence(3)], 2),
        ([evidence(1, "none", WRONG), evidence(2, "consistent", WRONG)], 2),
        ([evidence(1, "none", WRONG), evidence(2, "none", HELD, WRONG)], 2),
        ([evidence(1, "none", WRONG, OTHER), evidence(2, "none", WRONG)], 2),
        ([evidence(1, "none", WRONG), evidence(2, "none", OTHER)], 1),
    ],
)
def test_the_best_is_the_first_that_passed_or_came_furthest(
    found: list[Message], best: int
) -> None:
    log = said(*[("verification", one, None) for one in found])
    assert getattr(best_of(list(log)).message, "attempt", 0) == best


READER = Role(name="reader", description="d", receives=("program",), sends=("critique",))


def test_candidates_that_cannot_be_are_refused() -> None:
    with pytest.raises(TeamError, match="candidates: 0 programs cannot be tried; give 1 or more"):
        full_team(candidates=0)
    with pytest.raises(TeamError, match=r"candidates: programs wait for a person \(approve\)"):
        full_team(candidates=2, approve=["program"])
    with pytest.raises(TeamError, match="candidates: programs wait for reader before they run"):
        full_team(candidates=2, extra=[READER])
    with pytest.raises(TeamError, match="approve: a program that waits for approval cannot be one"):
        full_team(candidates=2).hold(["program"])


def test_the_log_says_how_many_are_tried() -> None:
    setup = Setup.model_validate_json(full_team(candidates=3).setup("1").to_json())
    assert team_from(setup).candidates == 3
