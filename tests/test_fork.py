"""Forks: a run goes on otherwise from any of its messages, and pays for nothing again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from engineer import FORMULATION, PLATE, PROGRAM, code, engineer, failure, run

from mechagents.answer import Outcome
from mechagents.budget import Budget
from mechagents.edited import read_edited
from mechagents.errors import LogError, UsageError
from mechagents.export import exchanges
from mechagents.fork import fork_run, until
from mechagents.log import FILE_NAME, LogReader, chain_at, line_of, read_log, write_log
from mechagents.messages import (
    Answer,
    Critique,
    Evidence,
    Execution,
    Forked,
    Formulated,
    ModelCall,
    Plan,
    Problem,
    Program,
    Question,
    Reply,
    Setup,
)
from mechagents.models.base import ModelRequest
from mechagents.run import resume
from mechagents.sandbox import Limits
from mechagents.team import Team, full_team, group_chat, round_robin, two_agent
from mechagents.testing import ScriptedModel

FAST = PLATE.model_copy(update={"level": "consistent"})
WHOLE = PLATE.model_copy(update={"tolerance": 0.005})
COSTLY = ("model_call", "execution")


def mending() -> ScriptedModel:
    """Return an engineer whose first program is too coarse."""

    def write(request: ModelRequest) -> str:
        return code(size=0.5 if request.brief.last is None else 0.1)

    return engineer(program=write)


def number_of(folder: Path, kind: str, which: int = 0) -> int:
    """Return the number of a message by its kind."""
    return read_log(folder).envelopes_of(kind)[which].seq


def answered(outcome: Outcome) -> Answer:
    assert isinstance(outcome, Answer), outcome
    assert outcome.accepted
    return outcome


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the full team in words and all, which needed one attempt."""
    folder = tmp_path_factory.mktemp("plate") / "run"
    answered(anyio.run(run, full_team(model=engineer()), folder, FAST))
    return folder


@pytest.mark.parametrize(
    ("make", "problem", "step"),
    [
        (full_team, WHOLE.model_copy(update={"level": "converged"}), 1),
        (full_team, WHOLE, 9),  # the reference is solved again each time, which takes seconds
        (two_agent, FAST, 1),
        (group_chat, FAST, 1),
        (round_robin, FAST, 1),
    ],
)
async def test_a_fork_at_every_message_ends_the_same_and_repeats_nothing(
    make: Callable[..., Team], problem: Problem, step: int, tmp_path: Path
) -> None:
    first = mending()
    whole = answered(await run(make(model=first), tmp_path / "run", problem))
    log = read_log(tmp_path / "run")
    end = log.envelopes_of("answer")[0].seq
    for at in range(log.envelopes_of("problem")[0].seq, end, step):
        model = mending()
        folder = fork_run(tmp_path / "run", at, folder=tmp_path / f"{at}", team=make(model=model))
        kept = {p: p.stat().st_mtime_ns for p in folder.rglob("attempts/**/*") if p.is_file()}
        outcome = answered(await resume(folder, make(model=model), sync=False))
        assert outcome.claim_level == problem.level
        assert outcome.quantities == whole.quantities, at
        assert outcome.attempts == whole.attempts
        new = read_log(folder)
        for was, now in zip(range(1, at + 1), new, strict=False):
            assert now.message.to_json() == log.at(was).message.to_json()
            assert (now.to, now.cause, now.sender) == (
                log.at(was).to, log.at(was).cause, log.at(was).sender,
            )  # fmt: skip
            assert now.run == folder.name
        done = Counter((e.sender, e.cause, e.message.kind) for e in new if e.message.kind in COSTLY)
        assert max(done.values()) == 1, done.most_common(3)
        before = [e for e in log if e.seq <= at]
        calls = sum(e.message.kind == "model_call" for e in before)
        assert len(model.requests) == len(first.requests) - calls
        assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
        ran = {e.message.folder for e in before if isinstance(e.message, Execution)}
        assert {str(path.parent.relative_to(folder)) for path in kept} == ran


async def test_a_fork_says_where_it_comes_from_and_stands_alone(
    plate: Path, tmp_path: Path
) -> None:
    shutil.copytree(plate, tmp_path / "run")
    at = number_of(plate, "execution")
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new")
    (forked,) = read_log(folder).of(Forked)
    assert (forked.run, forked.seq) == (str(tmp_path / "run"), at)
    line = (plate / FILE_NAME).read_text().splitlines()[at - 1]
    assert json.loads(line)["chain"] == forked.chain == chain_at(plate, at)
    assert not (folder / "answer.json").exists()
    shutil.rmtree(tmp_path / "run")
    answered(await resume(folder, full_team(model=engineer()), sync=False))
    assert "Forked at message" in (folder / "report.html").read_text()


async def test_another_model_and_budget_go_on_and_are_kept(plate: Path, tmp_path: Path) -> None:
    team = full_team(model="handbook", stop=Budget(attempts=3), limits=Limits(wall_seconds=77.0))
    folder = fork_run(plate, number_of(plate, "formulation"), folder=tmp_path / "new", team=team)
    old, new = read_log(folder).of(Setup)
    assert (old.model, new.model) != (new.model, old.model)
    assert (new.budget["attempts"], new.limits["wall_seconds"]) == (3, 77.0)
    answered(await resume(folder, sync=False))
    models = [call.model for call in read_log(folder).of(ModelCall)]
    assert models[-1] == "handbook"
    assert models[0] != "handbook"
    assert len(read_log(folder).of(Setup)) == 2
    assert new.environment.keys() == old.environment.keys()


def test_the_same_team_is_not_logged_again(plate: Path, tmp_path: Path) -> None:
    at = number_of(plate, "formulation")
    folder = fork_run(plate, at, folder=tmp_path / "new", team=full_team(model=engineer()))
    assert len(read_log(folder).of(Setup)) == 1


async def test_what_a_fork_inherits_counts(plate: Path, tmp_path: Path) -> None:
    model = engineer()
    team = full_team(model=model, stop=Budget(model_calls=2))
    folder = fork_run(plate, number_of(plate, "plan"), folder=tmp_path / "new", team=team)
    told = failure(await resume(folder, team, sync=False), "budget")
    assert (told.usage.model_calls, len(model.requests)) == (2, 1)
    assert "the budget of 2 model_calls is spent" in told.message


@pytest.mark.parametrize("kind", ["plan", "formulation", "program", "evidence"])
async def test_words_send_a_message_back_to_who_is_to_mend_it(
    kind: str, plate: Path, tmp_path: Path
) -> None:
    model = engineer(program=lambda r: code(f"{PROGRAM}\n# {r.brief.attempts_in_all}\n"))
    team = full_team(model=model)
    at = number_of(plate, kind)
    folder = fork_run(plate, at, folder=tmp_path / "new", say="use symmetry", team=team)
    outcome = answered(await resume(folder, team, sync=False))
    mended = "program" if kind == "evidence" else kind
    (first, *_) = model.requests
    assert first.want == mended
    shown = first.messages[-1].content
    assert "The person who asked sent this back: use symmetry" in shown
    log = read_log(folder)
    assert len(log.envelopes_of(mended)) == 2
    # What was sent back was acted on by nobody, and what came after it only once.
    assert not [e for e in log if e.cause == at and e.sender not in ("run",)]
    assert outcome.attempts == (2 if mended == "program" else 1)


async def test_words_after_accepted_evidence_are_heard_without_a_critic(tmp_path: Path) -> None:
    answered(await run(two_agent(model=engineer()), tmp_path / "run", FAST))
    model = engineer(program=lambda r: code(f"{PROGRAM}\n# {r.brief.attempts_in_all}\n"))
    team = two_agent(model=model)
    at = number_of(tmp_path / "run", "evidence")
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new", say="finer", team=team)
    assert answered(await resume(folder, team, sync=False)).attempts == 2


async def test_a_question_is_replied_to_otherwise(tmp_path: Path) -> None:
    def state(request: ModelRequest) -> str:
        if not request.brief.dialogue:
            return '{"question": "How far?"}'
        return json.dumps({"formulation": FORMULATION.model_dump(mode="json")})

    words = Problem(statement="Stretch a plate.", level="consistent")
    asked = full_team(model=engineer(formulation=state))
    failure(await run(asked, tmp_path / "run", words), "waiting")
    answered(await resume(tmp_path / "run", asked, reply="0.1 m", sync=False))
    at = number_of(tmp_path / "run", "question")
    waits = fork_run(tmp_path / "run", at, folder=tmp_path / "1", team=asked)
    failure(await resume(waits, asked, sync=False), "waiting")
    other = fork_run(tmp_path / "run", at, folder=tmp_path / "2", say="0.2 m", team=asked)
    answered(await resume(other, asked, sync=False))
    assert [reply.text for reply in read_log(other).of(Reply)] == ["0.2 m"]


async def test_what_waits_for_approval_waits_in_the_fork(tmp_path: Path) -> None:
    team = full_team(model=engineer(), approve=["plan"])
    failure(await run(team, tmp_path / "run", FAST), "waiting")
    answered(await resume(tmp_path / "run", team, reply="", sync=False))
    held = fork_run(tmp_path / "run", number_of(tmp_path / "run", "plan"), folder=tmp_path / "1")
    failure(await resume(held, team, sync=False), "waiting")
    answered(await resume(held, team, reply="", sync=False))
    at = number_of(tmp_path / "run", "question")
    back = fork_run(tmp_path / "run", at, folder=tmp_path / "2", say="otherwise", team=team)
    failure(await resume(back, team, sync=False), "waiting")
    assert len(read_log(back).of(Plan)) == 2


async def test_an_edited_program_is_run_in_place_of_the_first(plate: Path, tmp_path: Path) -> None:
    at = number_of(plate, "program")
    source = f"{PROGRAM}\n# mended by hand\n"
    (tmp_path / "mine.py").write_text(source)
    edited = read_edited(tmp_path / "mine.py", read_log(plate).at(at).message)
    model = engineer()
    team = full_team(model=model)
    folder = fork_run(plate, at, folder=tmp_path / "new", instead=edited, team=team)
    outcome = answered(await resume(folder, team, sync=False))
    (program,) = read_log(folder).of(Program)
    assert program.source == source
    assert outcome.attempts == 1
    assert [request.want for request in model.requests] == ["critique"]
    assert read_log(folder).of(Forked)[0].edited
    assert "which a person edited" in (folder / "report.html").read_text()


async def test_an_edited_formulation_changes_the_answer(plate: Path, tmp_path: Path) -> None:
    at = number_of(plate, "formulation")
    message = json.loads(line_of(read_log(plate).at(at)))["message"]
    message["formulation"]["supports"][1]["x"] = 0.2
    (tmp_path / "mine.json").write_text(json.dumps(message))
    edited = read_edited(tmp_path / "mine.json", read_log(plate).at(at).message)
    team = full_team(model=engineer())
    folder = fork_run(plate, at, folder=tmp_path / "new", instead=edited, team=team)
    (force,) = answered(await resume(folder, team, sync=False)).quantities
    (before,) = read_log(plate).of(Answer)[0].quantities
    assert force.value == pytest.approx(2 * before.value, rel=1e-9)


async def test_a_verdict_turned_round_goes_to_whom_it_names(plate: Path, tmp_path: Path) -> None:
    at = number_of(plate, "critique", -1)
    assert read_log(plate).at(at).to == ()
    told = {"verdict": "revise", "findings": [{"to": "coder", "text": "finer"}]}
    (tmp_path / "no.json").write_text(json.dumps(told))
    edited = read_edited(tmp_path / "no.json", read_log(plate).at(at).message)
    model = engineer(program=lambda r: code(f"{PROGRAM}\n# {r.brief.attempts_in_all}\n"))
    team = full_team(model=model)
    folder = fork_run(plate, at, folder=tmp_path / "new", instead=edited, team=team)
    assert read_log(folder).at(at).to == ("coder",)
    assert answered(await resume(folder, team, sync=False)).attempts == 2


async def test_no_person_can_accept_over_a_failed_check(tmp_path: Path) -> None:
    broken = engineer(program=lambda _: code(PROGRAM.replace("nu**2", "nu**3")))
    team = full_team(model=broken, stop=Budget(attempts=1))
    await run(team, tmp_path / "run", FAST)
    at = number_of(tmp_path / "run", "critique", -1)
    assert read_log(tmp_path / "run").of(Evidence)[-1].failed
    yes = Critique(verdict="accept")
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new", instead=yes, team=team)
    outcome = await resume(folder, team, sync=False)
    assert not isinstance(outcome, Answer) or not outcome.accepted


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("formulation", '{"formulation": 3}', "formulation"),
        ("plan", '{"method": "by hand"}', "steps"),
        ("program", '{"source": "x = 1", "attempt": 2}', "attempt: has to stay as it was, 1"),
        ("plan", '{"kind": "program", "source": "x = 1"}', "kind: a program cannot take"),
        ("evidence", "{}", "kind: a message of the kind evidence is what was computed"),
        ("execution", "{}", "edit the program or the formulation before it"),
        ("model_call", "{}", "what was computed, found or paid for"),
        ("plan", "[1]", "give the message as a JSON object"),
        ("plan", "{", "is no JSON"),
    ],
)
def test_an_edited_message_is_checked_and_its_fault_names_the_field(
    kind: str, text: str, told: str, plate: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.json").write_text(text)
    original = read_log(plate).at(number_of(plate, kind)).message
    with pytest.raises(UsageError, match=told):
        read_edited(tmp_path / "mine.json", original)


def test_where_a_run_cannot_be_forked_is_told_with_a_remedy(plate: Path, tmp_path: Path) -> None:
    end, team = number_of(plate, "answer"), full_team()
    for at, told in (
        (0, "they go from 1 to"),
        (end + 1, f"they go from 1 to {end}"),
        (1, "fork at message 2, or solve it anew"),
        (end, f"such as {end - 1}, or ask on: mechagents solve --follow"),
    ):
        with pytest.raises(UsageError, match=told):
            fork_run(plate, at, folder=tmp_path / "new")
    with pytest.raises(UsageError, match="already holds a run"):
        fork_run(plate, 4, folder=plate)
    with pytest.raises(UsageError, match="fork at a question, plan"):
        fork_run(plate, number_of(plate, "execution"), folder=tmp_path / "new", say="no", team=team)
    with pytest.raises(UsageError, match="say in words what is to change"):
        fork_run(plate, number_of(plate, "plan"), folder=tmp_path / "new", say="yes", team=team)
    plan = Plan(steps=("solve",), method="by hand")
    with pytest.raises(UsageError, match="either say something"):
        fork_run(plate, number_of(plate, "plan"), folder=tmp_path / "n", say="no", instead=plan)
    with pytest.raises(LogError, match="cannot be read"):
        fork_run(tmp_path / "gone", 4)
    assert not (tmp_path / "new").exists()


async def test_what_was_the_best_so_far_goes_on_in_a_fork(tmp_path: Path) -> None:
    coarse = engineer(program=lambda r: code(f"{PROGRAM}\n# {r.brief.attempts_in_all}\n", size=0.5))
    small = full_team(model=coarse, stop=Budget(attempts=1))
    problem = WHOLE.model_copy(update={"level": "converged"})
    first = await run(small, tmp_path / "run", problem)
    assert isinstance(first, Answer)
    assert not first.accepted
    at = number_of(tmp_path / "run", "answer")
    with pytest.raises(UsageError, match="or resume it with a larger budget"):
        fork_run(tmp_path / "run", at, folder=tmp_path / "new")
    # Resumed with more, it is answered again; a fork between the two answers ends as well.
    more = full_team(model=mending(), stop=Budget(attempts=2))
    whole = answered(await resume(tmp_path / "run", more, sync=False))
    judged = number_of(tmp_path / "run", "critique", -1)
    assert judged > at
    team = full_team(model=mending(), stop=Budget(attempts=2))
    folder = fork_run(tmp_path / "run", judged, folder=tmp_path / "new", team=team)
    assert answered(await resume(folder, team, sync=False)).quantities == whole.quantities


async def test_a_run_that_ended_in_failure_is_forked_at_its_end(tmp_path: Path) -> None:
    team = full_team(model=engineer(), stop=Budget(model_calls=2))
    failure(await run(team, tmp_path / "run", FAST), "budget")
    more = full_team(model=engineer())
    at = number_of(tmp_path / "run", "failure")
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new", team=more)
    answered(await resume(folder, more, sync=False))


async def test_a_fork_of_a_fork_keeps_where_both_come_from(plate: Path, tmp_path: Path) -> None:
    team = full_team(model=engineer())
    plan = number_of(plate, "plan")
    one = fork_run(plate, plan, folder=tmp_path / "1", say="otherwise", team=team)
    answered(await resume(one, team, sync=False))
    two = fork_run(one, number_of(one, "execution"), folder=tmp_path / "2", team=team)
    answered(await resume(two, team, sync=False))
    assert [f.run for f in read_log(two).of(Forked)] == [str(plate), str(one)]
    # At the message that was sent back, the words are not part of the fork.
    three = fork_run(one, plan, folder=tmp_path / "3", team=team)
    answered(await resume(three, team, sync=False))
    assert len(read_log(three).of(Plan)) == 1


async def test_a_run_is_forked_while_it_is_written_and_with_a_torn_line(
    plate: Path, tmp_path: Path
) -> None:
    at = number_of(plate, "program")
    lines = (plate / FILE_NAME).read_bytes().splitlines(keepends=True)
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / FILE_NAME).write_bytes(b"".join(lines[:at]) + lines[at][:40])
    folder = fork_run(torn, at, folder=tmp_path / "new")
    answered(await resume(folder, full_team(model=engineer()), sync=False))
    assert (torn / FILE_NAME).read_bytes().endswith(lines[at][:40])
    with pytest.raises(UsageError, match=f"from 1 to {at}"):
        fork_run(torn, at + 1, folder=tmp_path / "later")


def test_a_fork_copies_no_links_and_needs_the_files_it_refers_to(
    plate: Path, tmp_path: Path
) -> None:
    shutil.copytree(plate, tmp_path / "run")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "run" / "attempts" / "1" / "link").symlink_to(tmp_path / "secret")
    at = number_of(plate, "execution")
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new")
    assert (folder / "attempts" / "1" / "results.json").is_file()
    assert not (folder / "attempts" / "1" / "link").exists()
    shutil.rmtree(tmp_path / "run" / "attempts")
    with pytest.raises(UsageError, match="the files of this execution are gone; fork before it"):
        fork_run(tmp_path / "run", at, folder=tmp_path / "other")
    assert not (tmp_path / "other" / FILE_NAME).exists()
    fork_run(tmp_path / "run", at - 1, folder=tmp_path / "other")


def test_a_log_that_names_a_folder_outside_is_refused(plate: Path, tmp_path: Path) -> None:
    log = read_log(plate)
    at = number_of(plate, "execution")
    out = log.at(at).message.model_copy(update={"folder": "../../outside"})
    write_log(tmp_path / "run", [replace(e, message=out) if e.seq == at else e for e in log])
    with pytest.raises(LogError, match="no folder below the run's"):
        fork_run(tmp_path / "run", at, folder=tmp_path / "new")


async def test_prompts_go_along_and_an_edited_message_is_no_training_data(tmp_path: Path) -> None:
    answered(await run(full_team(model=engineer()), tmp_path / "run", PLATE))
    at = number_of(tmp_path / "run", "plan")
    plan = Plan(steps=("another",), method="by hand")
    team = full_team(model=engineer())
    folder = fork_run(tmp_path / "run", at, folder=tmp_path / "new", instead=plan, team=team)
    answered(await resume(folder, team, sync=False))
    kinds = [e["metadata"]["kind"] for e in exchanges(folder)]
    assert "plan" not in kinds
    assert "program" in kinds
    plain = fork_run(tmp_path / "run", at, folder=tmp_path / "plain", team=team)
    answered(await resume(plain, team, sync=False))
    assert "plan" in [e["metadata"]["kind"] for e in exchanges(plain)]


def test_the_conversation_up_to_a_message_is_what_is_forked(plate: Path) -> None:
    at = number_of(plate, "formulation")
    before = until(plate, at)
    assert len(before) == at
    assert isinstance(before.at(at).message, Formulated)
    assert not before.of(Question)
    assert isinstance(read_log(plate), LogReader)
