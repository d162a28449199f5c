"""The paper's eight problems, as a live model answered them: its words, our programs and checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_conversations import CONTEXT, account, judged, recordings, replay, table

from mechagents.log import read_log
from mechagents.messages import Execution

FULL = {recording.stem: recording for recording in recordings("full")}


# The seventh, of 20,000 elements in finite deformation, takes two minutes; the benchmark has it.
@pytest.mark.parametrize("chain", ["12345", "6", "8"])
def test_each_is_verified_and_right_by_references_that_the_team_never_saw(
    chain: str, tmp_path: Path
) -> None:
    rows = []
    for number in chain:
        outcome = replay(FULL[number], tmp_path)
        rows.append(judged(FULL[number], outcome, tmp_path / number))
        ran = read_log(tmp_path / number).of(Execution)
        assert len(ran) == 3 * rows[-1].attempts
        assert all(one.status == "ok" for one in ran)
    assert [row.outcome for row in rows] == ["verified"] * len(chain)
    assert not any(row.wrong for row in rows)
    assert all(abs(row.off) < 0.005 for row in rows if row.off is not None)
    used = account("full", [FULL[number] for number in chain], tmp_path)
    assert used.longest < CONTEXT
    # A broadcast grows with the square of a conversation; here it is 20 turns long at most.
    assert used.shown < used.broadcast * (0.25 if len(chain) == 5 else 1.0)
    told = table(rows, [used])
    assert f"{len(chain)} of {len(chain)} verified; wrong answers accepted: 0" in told
