"""Verified conversations become chats with the evidence as reward; others do not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from kill_driver import team

from mechagents.export import exchanges, exchanges_of, find_runs
from mechagents.fork import fork_run
from mechagents.log import ConversationLog, read_log
from mechagents.messages import Answer, Check, Evidence, ModelCall, Problem, Program
from mechagents.models.base import Chat
from mechagents.models.shown import FILE_NAME, Prompts
from mechagents.problems import load_problem
from mechagents.run import resume, solve


def solved(folder: Path, level: str) -> Path:
    """Return a run of a scripted model, whose first program is too coarse and is mended."""
    packaged = load_problem("plate-tension")
    assert packaged.formulation is not None
    plain = packaged.formulation.amended({"pictures": [], "assumptions": []})
    changes: dict[str, Any] = {"formulation": plain, "tolerance": 0.01, "level": level}
    outcome = anyio.run(solve, packaged.model_copy(update=changes), team(1))
    assert isinstance(outcome, Answer)
    assert (outcome.accepted, outcome.claim_level) == (True, level)
    return folder / outcome.run


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return solved(folder, "verified")


def test_each_call_is_a_chat_that_ends_with_the_reply(verified: Path) -> None:
    found = list(exchanges(verified))

    roles = [one["metadata"]["role"] for one in found]
    assert roles.count("coder") == 2
    assert {"planner", "critic"} < set(roles)
    for one in found:
        assert one["messages"][0]["role"] == "system"
        assert one["messages"][-1]["role"] == "assistant"
        assert all(turn["content"] for turn in one["messages"])


def test_the_evidence_is_the_reward_of_a_program(verified: Path) -> None:
    first, second = (one["metadata"] for one in exchanges(verified, ("coder",)))

    assert (first["kind"], first["reward"]) == ("program", 0.0)
    assert "convergence:meshes" in first["evidence"]["failed"]
    assert (second["reward"], second["evidence"]["claim_level"]) == (1.0, "verified")
    assert second["evidence"]["failed"] == []
    assert second["evidence"]["passed"] > 10


def test_what_was_replaced_is_not_rewarded(verified: Path) -> None:
    rewards = [one["metadata"]["reward"] for one in exchanges(verified, ("critic",))]

    assert rewards == [*[0.0] * (len(rewards) - 1), 1.0]
    assert len(rewards) > 1


def test_a_run_below_verified_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = solved(tmp_path, "consistent")

    assert find_runs([tmp_path]) == [run]
    assert list(exchanges(run)) == []


def test_a_call_whose_prompt_was_not_kept_is_left_out(verified: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(verified, tmp_path / "copy"))
    lines = (copy / FILE_NAME).read_text().splitlines(keepends=True)
    (copy / FILE_NAME).write_text("".join(lines[:-1]) + lines[-1][:40])

    assert len(list(exchanges(copy))) == len(list(exchanges(verified))) - 1


def test_the_command_writes_json_lines(verified: Path, tmp_path: Path) -> None:
    def export(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mechagents", "export", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    done = export("--verified", str(verified), "--role", "coder", "--out", "coder.jsonl")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "coder.jsonl").read_text().splitlines()
    assert [json.loads(line)["metadata"]["role"] for line in lines] == ["coder", "coder"]
    again = export("--verified", str(verified), "--out", "coder.jsonl")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    nowhere = export("--verified", "nowhere")
    assert (nowhere.returncode, "there is no such folder" in nowhere.stderr) == (2, True)
    (tmp_path / "empty").mkdir()
    assert export("--verified", "empty").returncode == 4


def test_what_a_fork_took_over_is_exported_once(verified: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(verified, tmp_path / "b-run"))
    at = read_log(run).envelopes_of("program")[-1].seq
    for name in ("a-fork", "c-fork"):
        forked = fork_run(run, at, folder=tmp_path / name, team=team(1))
        again = anyio.run(resume, forked, team(1))
        assert isinstance(again, Answer)
        assert again.claim_level == "verified"
    once = list(exchanges(run))
    late = [one for one in once if one["metadata"]["seq"] > at]
    assert 0 < len(late) < len(once)

    found = exchanges_of(find_runs([tmp_path]))

    assert len(found) == len(once) + 2 * len(late)
    assert [one for one in found if one in once] == once  # from the run that made them
    forks = find_runs([tmp_path / "a-fork", tmp_path / "c-fork"])
    assert len(exchanges_of(forks)) == len(once) + len(late)
    done = subprocess.run(
        [sys.executable, "-m", "mechagents", "export", "--verified", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == len(found)


def test_each_of_several_programs_has_its_own_reply(tmp_path: Path) -> None:
    async def conversation() -> None:
        with (
            ConversationLog(tmp_path, "run", sync=False) as log,
            closing(Prompts(tmp_path)) as prompts,
        ):
            asked = await log.append(Problem(statement="How far?"), sender="user")
            for lane in (1, 2):
                prompt = prompts.keep([Chat("user", f"lane {lane}")])
                reply = ModelCall(role="coder", model="m", text="…", lane=lane, prompt=prompt)
                await log.append(reply, sender="coder", cause=asked.seq)
            for attempt, lane in ((1, 2), (2, 1)):
                program = Program(source="pass", attempt=attempt, lane=lane)
                await log.append(program, sender="coder", cause=asked.seq)
            for attempt, level in ((1, "verified"), (2, "computed")):
                found = Check(name="equilibrium", passed=attempt == 1, message="")
                evidence = Evidence(attempt=attempt, checks=(found,), claim_level=level)
                await log.append(evidence, sender="verification")
            answer = Answer(
                run="run", problem="p", model="m", claim_level="verified", quantities=()
            )
            await log.append(answer, sender="run")

    anyio.run(conversation)

    found = {one["messages"][0]["content"]: one["metadata"] for one in exchanges(tmp_path)}
    assert (found["lane 1"]["evidence"]["attempt"], found["lane 1"]["reward"]) == (2, 0.0)
    assert (found["lane 2"]["evidence"]["attempt"], found["lane 2"]["reward"]) == (1, 1.0)
