"""What stands at the foot of the terminal counts what was said, and hides nothing that failed."""

from __future__ import annotations

import pytest
import report_conversations as made

from mechagents.messages import Check, Envelope, ModelCall, Setup
from mechagents.report.progress import Progress

LIMITS = {"attempts": 8, "executions": 60, "model_calls": 60, "tokens": 1e6, "cost": 5.0,
          "seconds": 3600.0}  # fmt: skip


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spent(progress: Progress, width: int = 200) -> str:
    return "\n".join(line.text for line in progress.spent_lines(width))


def table(progress: Progress, width: int = 100, room: int = 40) -> list[str]:
    return [line.text for line in progress.check_lines(width, room)]


def after(envelopes: list[Envelope]) -> Progress:
    progress = Progress(LIMITS, Clock())
    for envelope in envelopes:
        progress.see(envelope)
    return progress


def test_the_table_fills_as_evidence_comes_and_empties_for_the_next_program():
    said = made.success()
    assert [len(table(after(said[:end]))) for end in (5, 6, 7, 11, 12, 13)] == [0, 0, 6, 7, 7, 0]


def test_each_check_has_its_value_tolerance_and_whether_it_passed():
    assert table(after(made.success()[:11])) == [
        "attempt 1: 1 failed, 4 passed         value  tolerance",
        "FAILED  convergence:reaction_right    0.031       0.02",
        "passed  geometry:plate              3.1e-05      0.001",
        "passed  equilibrium                 2.3e-13      1e-06",
        "passed  supports:left                     0      1e-08",
        "passed  contract",
        "",
    ]


def test_where_room_is_short_failed_checks_stay_and_the_others_are_counted():
    assert [line[:30].rstrip() for line in table(after(made.success()[:11]), room=5)[1:-1]] == [
        "FAILED  convergence:reaction_r",
        "passed  geometry:plate",
        "and 3 checks more",
    ]


@pytest.mark.parametrize("room", range(4, 12))
@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_table_keeps_within_its_room_and_width(room: int, width: int):
    shown = table(after(made.success()[:11]), width, room)
    assert len(shown) <= room
    assert max(map(len, shown)) <= width


def test_a_name_that_would_steer_the_terminal_is_shown():
    check = Check(name="\x1b[2J\r\u202eok", passed=False, message="")
    progress = after(made.said_in_order([("v", (), None, made.evidence_of(1, (check,), 1.0))]))
    assert table(progress)[1].startswith("FAILED  ␛[2J␍⟨U+202E⟩ok")


def test_what_is_spent_stands_beside_its_limit():
    call = ModelCall(role="coder", model="m", text="", prompt_tokens=15_000, completion_tokens=5,
                     cost=0.0421)  # fmt: skip
    progress = after(made.success())
    progress.count(call)
    assert spent(progress) == (
        "0.0 s, 1 h 00 min left · attempts 2/8 · executions 6/60 · model calls 2/60 · "
        "tokens 15k/1M · USD 0.0421/5"
    )


def test_what_has_no_limit_or_was_never_taken_is_not_told():
    progress = Progress({"attempts": 3, "tokens": 10, "cost": 1.0}, Clock())
    assert spent(progress) == "0.0 s · attempts 0/3"


def test_without_limits_those_of_the_setup_hold():
    setup = Setup(team="t", flow="f", model="m", sandbox="s", roles=(), budget=LIMITS, version="1")
    progress = Progress(clock=Clock())
    progress.see(made.said_in_order([("run", (), None, setup)])[0])
    assert "attempts 0/8" in spent(progress)


def test_the_line_breaks_between_its_parts():
    lines = spent(after(made.success()), width=40).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 40
    assert " · ".join(lines) == spent(after(made.success()))


def test_time_stands_still_while_a_person_is_asked():
    clock = Clock()
    progress = Progress(LIMITS, clock)
    for envelope in made.failure():
        progress.see(envelope)
        clock.now += 10.0
    # Of the waits after each message, one was for a person, and the last came after the end.
    assert progress.elapsed == 10.0 * (len(made.failure()) - 2)


def test_a_limit_nearly_reached_is_marked():
    clock = Clock()
    progress = Progress(LIMITS, clock)
    assert progress.spent_lines(100)[0].style == "dim"
    clock.now += 3000.0
    assert progress.spent_lines(100)[0].style == "note"
