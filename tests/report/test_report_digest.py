"""What came of a run is told from its conversation alone."""

from __future__ import annotations

from dataclasses import replace

import report_conversations as made

from mechagents.messages import Answer, Formulated, Program
from mechagents.report.digest import digest


def test_a_run_of_two_attempts_is_put_together():
    state = digest(made.success())
    assert [tried.program.attempt for tried in state.tried] == [1, 2]
    assert [len(tried.trials) for tried in state.tried] == [3, 3]
    assert all(trial.evidence for tried in state.tried for trial in tried.trials)
    assert state.tried[0].findings[0].to == "coder"
    assert isinstance(state.end, Answer)


def test_evidence_goes_to_the_execution_that_it_answers():
    first = digest(made.success()).tried[0]
    values = [t.evidence.quantities[0].value for t in first.trials if t.evidence is not None]
    assert values == [1.861e9, 1.880e9, 1.913e9]


def test_evidence_that_comes_late_still_goes_to_the_execution_that_it_answers():
    said = [
        ("coder", ("executor",), None, Program(source="pass")),
        ("executor", (), 1, made.run_of(1, 0.1)),
        ("executor", (), 1, made.run_of(1, 0.15)),
        ("verification", (), 2, made.evidence_of(1, made.GOOD, 1.0)),
    ]
    (tried,) = digest(made.said_in_order(said)).tried
    assert [trial.evidence is not None for trial in tried.trials] == [True, False]


def test_evidence_without_a_known_cause_goes_to_the_newest_execution():
    loose = [replace(e, cause=None) for e in made.success()]
    assert digest(loose).tried == digest(made.success()).tried


def test_the_program_that_answered_is_the_one_whose_values_the_answer_has():
    envelopes = made.success()
    assert digest(envelopes).answered_by == digest(envelopes).tried[1]
    earlier = made.answer(quantities=made.quantities(1.861e9))
    ended = [*envelopes[:-1], replace(envelopes[-1], message=earlier)]
    state = digest(ended)
    # Both attempts share sigma_at, so the force decides.
    assert state.answered_by == state.tried[0]


def test_a_new_formulation_replaces_the_one_before_and_marks_older_programs():
    changed = made.plate(idealisation="plane_strain", assumptions=[])
    said = [
        *made.opening(),
        ("coder", ("executor",), 4, Program(source="pass")),
        ("formulator", ("coder",), 5, Formulated(formulation=changed)),
    ]
    state = digest(made.said_in_order(said))
    assert state.formulation == changed
    assert state.tried[0].formulation == made.plate()


def test_results_that_nothing_led_to_are_left_out_without_an_error():
    state = digest(made.said_in_order([("executor", (), None, made.run_of(1, 0.1))]))
    assert state.tried == ()
    assert state.end is None


def test_calls_of_a_model_are_added_up():
    call = made.ModelCall(role="coder", model="m", text="", prompt_tokens=3, completion_tokens=4)
    state = digest(made.said_in_order([("coder", (), None, call)] * 2))
    assert (state.models["m"].calls, state.models["m"].tokens) == (2, 14)


def test_a_message_of_a_users_own_kind_is_kept_apart():
    state = digest(made.said_in_order([("estimator", (), None, made.Estimate(force=1.0))]))
    assert [envelope.message.kind for envelope in state.other] == ["report_test_estimate"]
