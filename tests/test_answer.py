"""From a conversation that ended to its answer, or to the reason why there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conversations import (
    ACCEPT,
    FORMULATED,
    HELD,
    LOOSE,
    PROBLEM,
    WRONG,
    call,
    evidence,
    execution,
    more,
    program,
    revise,
    said,
)

from mechagents.answer import AgentCrashError, all_checks, best_attempt, conclude, reaches
from mechagents.answer import write_files as write
from mechagents.errors import BudgetError, DeliveryError, MechagentsError, ModelError, SandboxError
from mechagents.flow import Finish
from mechagents.log import Conversation
from mechagents.messages import CLAIM_LEVELS, Answer, ClaimLevel, Evidence, Failure

ACCEPTED = Finish("accepted", "every check passed")
GAVE_UP = Finish("attempts", "2 programs were tried")
FOLDER = Path("runs/a-run")
STATED = said(("user", PROBLEM, None), ("formulator", FORMULATED, 1))


def tried(before: Conversation, *judged: Evidence) -> Conversation:
    """Return a conversation in which each evidence came of a program of its own."""
    for one in judged:
        at = len(before)
        before = more(
            before,
            ("coder", program(one.attempt, changed=f"change {one.attempt}"), at),
            ("executor", execution(one.attempt, artifacts=("fields.vtu",)), at + 1),
            ("verification", one, at + 2),
        )
    return before


def answer(conversation: Conversation, ended: Finish | MechagentsError = GAVE_UP) -> Answer:
    outcome = conclude(conversation, ended, "m", folder=FOLDER, seconds=1.23456)
    assert isinstance(outcome, Answer), outcome
    return outcome


def failure(conversation: Conversation, ended: Finish | MechagentsError = GAVE_UP) -> Failure:
    outcome = conclude(conversation, ended, "m", folder=FOLDER, seconds=1.0)
    assert isinstance(outcome, Failure), outcome
    return outcome


def test_each_claim_level_includes_those_before_it() -> None:
    for i, level in enumerate(CLAIM_LEVELS):
        assert [reaches(level, wanted) for wanted in CLAIM_LEVELS] == [
            j <= i for j in range(len(CLAIM_LEVELS))
        ]


def test_an_accepted_attempt_is_answered_with() -> None:
    log = tried(STATED, evidence(1, "converged", HELD, force=7.0))
    told = answer(more(log, ("critic", ACCEPT, len(log))), ACCEPTED)
    assert (told.problem, told.model, told.claim_level) == ("plate", "m", "converged")
    assert [(q.name, q.value, q.unit) for q in told.quantities] == [("force", 7.0, "N/m")]
    assert told.artifacts == ("attempts/1/fields.vtu",)
    assert (told.attempts, told.usage.executions, told.usage.seconds) == (1, 1, 1.235)
    assert (told.accepted, told.note) == (True, "")


def test_a_flow_cannot_accept_over_a_failed_check() -> None:
    log = tried(STATED, evidence(1, "consistent", HELD, LOOSE))
    told = answer(log, ACCEPTED)
    assert (told.claim_level, told.accepted) == ("consistent", False)
    assert failure(tried(STATED, evidence(1, "computed", WRONG)), ACCEPTED).reason == "gave_up"


def test_an_answer_names_what_it_rests_on_and_the_other_readings() -> None:
    (assumption,) = answer(tried(STATED, evidence(1)), ACCEPTED).assumptions
    assert (assumption.about, assumption.value) == ("idealisation", "plane_stress")
    assert [reading.value for reading in assumption.alternatives] == ["plane_strain"]


@pytest.mark.parametrize(
    ("levels", "best"),
    [
        (("consistent", "converged"), 2),
        (("converged", "consistent"), 1),
        (("converged", "converged"), 2),
        (("consistent", "computed", "none"), 1),
        (("consistent", "consistent", "computed"), 2),
    ],
)
def test_the_best_attempt_is_the_newest_of_the_highest_level(
    levels: tuple[ClaimLevel, ...], best: int
) -> None:
    judged = [evidence(n, level, force=n) for n, level in enumerate(levels, 1)]
    found = best_attempt(tried(STATED, *judged))
    assert found is not None
    assert found.program.attempt == best
    assert answer(tried(STATED, *judged)).quantities[0].value == best


@pytest.mark.parametrize("level", ["none", "computed"])
def test_numbers_that_break_physics_are_never_answered_with(level: ClaimLevel) -> None:
    log = tried(STATED, evidence(1, level, WRONG))
    assert best_attempt(log) is None
    told = failure(log)
    assert (told.reason, told.best) == ("gave_up", ())
    assert told.tried == ("attempt 1: change 1; failed: equilibrium:balance",)


def test_an_answer_below_the_level_asked_for_says_so_and_shows_the_failed_check() -> None:
    told = answer(tried(STATED, evidence(1, "consistent", HELD, LOOSE)))
    assert told.claim_level == "consistent"
    assert told.note == "This is the best so far: 2 programs were tried"
    assert not told.accepted
    assert [check.name for check in told.checks if not check.passed] == ["convergence:force"]


def test_what_was_accepted_is_answered_with_and_not_what_was_sent_back() -> None:
    log = tried(STATED, evidence(1, "verified", force=-1.0))
    log = more(log, ("critic", revise("coder", text="the sign is wrong"), len(log)))
    log = tried(log, evidence(2, "converged", force=1.0))
    told = answer(more(log, ("critic", ACCEPT, len(log))), ACCEPTED)
    assert told.quantities[0].value == 1.0
    assert told.claim_level == "converged"


def test_results_of_an_earlier_formulation_are_no_answer_but_were_tried() -> None:
    log = tried(STATED, evidence(1, "converged"))
    log = more(log, ("critic", revise("formulator"), len(log)))
    again = more(log, ("formulator", FORMULATED, len(log)))
    assert best_attempt(again) is not None, "who states the same again changes nothing"
    other = FORMULATED.formulation.amended({"idealisation": "plane_strain"})
    log = more(log, ("formulator", FORMULATED.model_copy(update={"formulation": other}), len(log)))
    assert best_attempt(log) is None
    told = failure(log, BudgetError("model_calls", 9))
    assert told.best == ()
    assert told.tried == ("attempt 1: change 1; failed: none; formulation since changed",)
    assert best_attempt(tried(log, evidence(2, "consistent"))) is not None


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (BudgetError("seconds", 60), "budget"),
        (SandboxError("no room on the disk"), "sandbox"),
        (AgentCrashError("critic", KeyError("x")), "crash"),
        (Finish("waiting", "formulator asks: How thick?"), "waiting"),
    ],
)
def test_what_stops_a_run_from_outside_is_a_failure_that_keeps_what_was_found(
    ended: Finish | MechagentsError, reason: str
) -> None:
    log = tried(STATED, evidence(1, "consistent", force=3.0), evidence(2, "none", WRONG))
    told = failure(log, ended)
    assert told.reason == reason
    assert told.message == (ended.message if isinstance(ended, Finish) else str(ended))
    assert [q.value for q in told.best] == [3.0]
    assert [line.split(":")[0] for line in told.tried] == ["attempt 1", "attempt 2"]


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (ModelError("the provider is down"), "model"),
        (DeliveryError("nobody is named x"), "crash"),
        (Finish("repeats", "the same again"), "gave_up"),
        (Finish("settled", "the corner is singular"), "gave_up"),
        (Finish("messages", "400 messages"), "gave_up"),
        (Finish("stuck", "nobody acts"), "stuck"),
    ],
)
def test_what_stops_it_from_inside_fails_only_where_nothing_holds(
    ended: Finish | MechagentsError, reason: str
) -> None:
    assert failure(STATED, ended).reason == reason
    assert answer(tried(STATED, evidence(1, "consistent")), ended).claim_level == "consistent"


def test_a_program_that_was_never_judged_was_tried_all_the_same() -> None:
    told = failure(more(STATED, ("coder", program(1, changed="finer\nmesh"), 2)))
    assert told.tried == ("attempt 1: finer mesh; not checked",)


def test_of_each_check_the_newest_verdict_counts() -> None:
    settled = LOOSE.model_copy(update={"passed": True})
    log = tried(STATED, evidence(1, "consistent", HELD, LOOSE))
    log = more(log, ("verification", evidence(1, "converged", settled), 4))
    assert all_checks(log, 1) == (HELD, settled)
    assert all_checks(log, 2) == ()


def test_usage_is_that_of_the_whole_log() -> None:
    log = more(tried(STATED, evidence(1)), *[("coder", call(tokens=10, cost=0.1), 2)] * 3)
    used = answer(log).usage
    assert (used.model_calls, used.prompt_tokens) == (3, 30)
    assert used.cost == pytest.approx(0.3)


def test_an_answer_takes_the_place_of_an_earlier_failure(tmp_path: Path) -> None:
    log = tried(STATED, evidence(1))
    write(tmp_path, failure(log, BudgetError("seconds", 1)), list(log))
    assert json.loads((tmp_path / "failure.json").read_text())["reason"] == "budget"
    write(tmp_path, answer(log, ACCEPTED), list(log))
    assert {path.name for path in tmp_path.iterdir()} == {"answer.json", "report.html"}


def test_an_answer_stands_without_its_report(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    told = answer(tried(STATED, evidence(1)), ACCEPTED)
    write(tmp_path, told, list(tried(STATED, evidence(1))))
    assert Answer.model_validate_json((tmp_path / "answer.json").read_text()) == told
