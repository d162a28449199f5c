"""The command line as a user meets it: each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mechagents.log import read_log
from mechagents.messages import Setup

PLATE = """\
statement: What force stretches the plate?
tolerance: 0.001
formulation:
  idealisation: plane_stress
  geometry:
    regions:
      plate: {kind: rectangle, size: [1 m, 1 m]}
    boundaries:
      left: {kind: line, axis: x, at: 0}
      right: {kind: line, axis: x, at: 1}
  materials:
    plate: {youngs_modulus: 1 GPa, poisson_ratio: 0.3}
  supports:
    - {boundary: left, x: 0, y: 0}
    - {boundary: right, x: 100 mm}
  wanted:
    - {name: force, kind: reaction, boundary: right, component: x}
"""


def mechagents(
    *words: str | Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, without any model that the user has configured."""
    clean = {key: value for key, value in os.environ.items() if "MECHAGENTS" not in key}
    return subprocess.run(
        [sys.executable, "-m", "mechagents", *map(str, words)],
        cwd=cwd, capture_output=True, text=True, check=False, env={**clean, **environment},
    )  # fmt: skip


def runs(folder: Path) -> list[Path]:
    return sorted((folder / "runs").iterdir()) if (folder / "runs").exists() else []


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A folder with one finished run, its answer, and what was printed."""
    folder = tmp_path_factory.mktemp("solved")
    (folder / "plate.yaml").write_text(PLATE)
    done = mechagents("solve", "plate.yaml", "--record", "plate.jsonl", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = runs(folder)
    return run, json.loads((run / "answer.json").read_text()), done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("calls=3", "there is no limit 'calls'"),
        ("tokens=few", "--budget tokens: should be a valid integer"),
        ("cost=0", "--budget cost: should be greater than 0"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(words: str, told: str, tmp_path: Path) -> None:
    done = mechagents("solve", "plate-tension", "--budget", words, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert not runs(tmp_path)


def test_a_run_whose_budget_is_spent_goes_on_with_more(tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    small = ("--budget", "model_calls=1")
    first = mechagents("solve", "plate.yaml", *small, "--folder", "run", cwd=tmp_path)
    assert first.returncode == 5, first.stdout + first.stderr
    again = mechagents("resume", "run", "--budget", "model_calls=9", "--json", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(again.stdout)["claim_level"] == "verified"
    # The log holds what the run goes on with, and nothing where that is as before.
    budgets = [setup.budget["model_calls"] for setup in read_log(tmp_path / "run").of(Setup)]
    assert budgets == [1, 9]


def test_a_run_is_recorded(solved: tuple[Path, dict[str, Any], str]) -> None:
    run, answer, _ = solved
    header, *exchanges = (run.parent.parent / "plate.jsonl").read_text().splitlines()
    assert json.loads(header)["model"] == "handbook"
    assert len(exchanges) == answer["usage"]["model_calls"]
    assert {json.loads(line)["want"] for line in exchanges} >= {"plan", "program", "critique"}


def test_solve_shows_the_team_at_work_and_where_everything_is(
    solved: tuple[Path, dict[str, Any], str],
) -> None:
    run, answer, shown = solved
    assert "handbook, a rule-based engineer" in shown
    for word in ("planner", "formulator", "coder", "executor", "critic", "verification"):
        assert word in shown
    assert "failed" in shown.lower()
    assert answer["claim_level"] == "verified"
    assert answer["attempts"] >= 2
    assert run.name in shown
    assert {"answer.json", "report.html", "conversation.jsonl", "attempts"} <= {
        path.name for path in run.iterdir()
    }


def test_an_answer_has_the_fields_that_programs_rely_on(
    solved: tuple[Path, dict[str, Any], str],
) -> None:
    _, answer, _ = solved
    assert {"run", "problem", "model", "claim_level", "quantities", "assumptions", "checks",
            "attempts", "usage"} <= set(answer)  # fmt: skip
    (force,) = answer["quantities"]
    assert (force["name"], force["unit"], force["claim_level"]) == ("force", "N/m", "verified")
    assert abs(force["value"] / 1.01238e8 - 1) < 0.015
    assert force["error_bound"] <= 0.02 * force["value"]
    assert {"model_calls", "executions", "seconds", "cost"} <= set(answer["usage"])
    assert all(check["passed"] for check in answer["checks"])


def test_the_log_is_printed_for_people_and_as_it_is(
    solved: tuple[Path, dict[str, Any], str],
) -> None:
    run, answer, _ = solved
    shown = mechagents("log", run, cwd=run)
    assert (shown.returncode, "coder" in shown.stdout) == (0, True)
    lines = mechagents("log", run, "--json", cwd=run).stdout.splitlines()
    envelopes = [json.loads(line) for line in lines]
    assert [envelope["seq"] for envelope in envelopes] == list(range(1, len(lines) + 1))
    assert envelopes[-1]["message"]["quantities"] == answer["quantities"]


def test_a_run_and_its_folder_are_verified_and_reported_again(
    solved: tuple[Path, dict[str, Any], str],
) -> None:
    run, _, _ = solved
    for folder, level in ((run, "verified"), (run / "attempts" / "2", "consistent")):
        done = mechagents("verify", folder, "--json", cwd=run)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["claim_level"] == level
    assert "equilibrium" in mechagents("verify", run, cwd=run).stdout
    (run / "report.html").unlink()
    assert mechagents("report", run, cwd=run).stdout.strip().endswith("report.html")
    assert (run / "report.html").is_file()


def test_a_changed_number_is_found_by_verify(
    solved: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    run, _, _ = solved
    for path in (run / "attempts" / "2").iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    results = json.loads((tmp_path / "results.json").read_text())
    results["quantities"][0]["value"] = 0.0
    (tmp_path / "results.json").write_text(json.dumps(results))
    done = mechagents("verify", tmp_path, cwd=tmp_path)
    assert done.returncode == 4
    assert "quantities:force" in done.stdout


def test_a_finished_run_resumes_to_its_answer(solved: tuple[Path, dict[str, Any], str]) -> None:
    run, answer, _ = solved
    done = mechagents("resume", run, "--json", cwd=run)
    assert done.returncode == 0
    assert json.loads(done.stdout) == answer


def test_json_prints_the_answer_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    done = mechagents("solve", "plate.yaml", "--json", "--level", "consistent", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["claim_level"] == "consistent"


def test_events_are_the_log_line_by_line_and_then_how_the_run_ended(tmp_path: Path) -> None:
    question = "What force stretches the plate?"
    hostile = PLATE.replace(question, f'"\\x9b2J\\u202e {question}"')
    (tmp_path / "plate.yaml").write_text(hostile)
    words = ("solve", "plate.yaml", "--approve", "plan", "--events", "--folder", "run")
    done = mechagents(*words, cwd=tmp_path)
    *events, last = done.stdout.splitlines()
    assert events == mechagents("log", "run", "--json", cwd=tmp_path).stdout.splitlines()
    kinds = [json.loads(line)["message"]["kind"] for line in events]
    assert kinds[:2] == ["setup", "problem"]
    assert kinds[-2:] == ["question", "failure"]
    assert json.loads(last) == json.loads(events[-1])["message"]
    assert json.loads(events[1])["message"]["statement"].startswith("\x9b2J\u202e")
    assert not set(done.stdout) & {"\x9b", "\u202e"}


def test_an_error_that_quotes_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = '"\\e]0;owned\\a\\e[2J\\u202e"'
    (tmp_path / "bad.yaml").write_text(PLATE + f"  {hostile}: 1\n")
    done = mechagents("solve", "bad.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "owned" in done.stderr
    assert not set(done.stderr) & {"\x1b", "\x07", "\u202e"}


def test_an_answer_below_the_level_asked_for_is_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    for name in ("ngsolve", "scipy"):
        (tmp_path / f"{name}.py").write_text(f"raise ImportError('no {name} here')\n")
    # Programs do not see it; what solves the reference does.
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = mechagents("solve", "plate.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert answer["claim_level"] == "converged"
    assert "not compared with a reference: " in answer["quantities"][0]["note"]
    assert "no ngsolve here" in answer["quantities"][0]["note"]
    again = mechagents("solve", "plate.yaml", "--json", "--level", "converged", cwd=tmp_path)
    assert again.returncode == 0


BAD = {
    "unknown problem": ("solve copper-plat", None, "copper-plate"),
    "malformed YAML": ("solve plate.yaml", PLATE.replace("[1 m, 1 m]", "[1 m, 1 m"), "plate.yaml:"),
    "nu of 0.6": ("solve plate.yaml", PLATE.replace("0.3", "0.6"), "materials.plate.poisson_ratio"),
    "unknown boundary": (
        "solve plate.yaml", PLATE.replace("boundary: right, x", "boundary: rihgt, x"),
        "supports.1.boundary",
    ),
    "floating body": (
        "solve plate.yaml",
        PLATE.replace("{boundary: left, x: 0, y: 0}", "{boundary: left, x: 0}"),
        "supports",
    ),
    "wrong dimension": ("solve plate.yaml", PLATE.replace("1 GPa", "1 m"), "youngs_modulus"),
    "unknown field": ("solve plate.yaml", PLATE.replace("supports:", "suports:"), "suports"),
    "no such file": ("solve nowhere.yaml", None, "nowhere.yaml"),
    "plain words": ("solve 'What force stretches a steel bar by 1 mm?'", None, "--model"),
    "unknown model": ("solve plate.yaml --model gpt", PLATE, "--model"),
    "unknown fallback": ("solve plate.yaml --fallback gpt", PLATE, "--fallback: no model 'gpt'"),
    "unknown team": ("solve plate.yaml --team trio", PLATE, "--team"),
    "unknown sandbox": ("solve plate.yaml --sandbox moon", PLATE, "sandbox"),
    "unknown reading": ("solve plate.yaml --reading thickness=thin", PLATE, "--reading"),
    "unknown run": ("resume nowhere", None, "nowhere"),
    "no run here": ("log", None, "RUN"),
    "unknown role": ("solve plate.yaml --role nobody", PLATE, "nobody"),
    "no script": ("exec nowhere.py", None, "nowhere.py"),
    "bad option": ("solve plate.yaml --tolerance 2", PLATE, "--tolerance"),
    "nothing to verify": ("verify .", None, "RUN"),
    "a tolerance of nan": ("solve plate.yaml --tolerance nan", PLATE, "--tolerance"),
    "seconds of nan": ("solve plate.yaml --seconds nan", PLATE, "--seconds"),
    "endless seconds": ("solve plate.yaml --seconds inf", PLATE, "--seconds"),
    "ages of seconds": ("solve plate.yaml --seconds 1e300", PLATE, "--seconds"),
    "a timeout of nan": ("exec plate.yaml --timeout nan", PLATE, "--timeout"),
    "an endless timeout": ("exec plate.yaml --timeout inf", PLATE, "--timeout"),
    "endless memory": ("exec plate.yaml --memory 99999999999999999999", PLATE, "--memory"),
    "an unknown limit": ("exec plate.yaml --limit memory=3", PLATE, "--limit: there is no limit"),
    "a limit of nan": ("solve plate.yaml --limit cpu_seconds=nan", PLATE, "--limit cpu_seconds: "),
    "a limit without a value": ("resume --limit threads", None, "RUN"),
    "a run in a file": ("solve plate.yaml --folder plate.yaml", PLATE, "plate.yaml: a run cannot"),
    "a run where none can be": ("solve plate.yaml --folder /dev/null/x", PLATE, "/dev/null/x"),
    "a run of an endless name": (f"solve plate.yaml --folder {'a' * 300}", PLATE, "--folder aaa"),
    "a log of an endless name": (f"log {'a' * 300}", None, "no run 'aaa"),
    "work in a file": ("exec plate.yaml --workdir plate.yaml", PLATE, "--workdir plate.yaml"),
    "work where none can be": ("exec plate.yaml --workdir /dev/null/x", PLATE, "--workdir /dev"),
    "a function that is no team": ("solve plate.yaml --team os:getcwd", PLATE, "os:getcwd"),
    "a team without a module": ("solve plate.yaml --team :x", PLATE, ":x: cannot be imported"),
    "a role without a module": ("solve plate.yaml --role :x", PLATE, ":x: cannot be imported"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "file", "told"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_exit_code_2_and_names_the_field(
    words: str, file: str | None, told: str, tmp_path: Path
) -> None:
    import shlex

    if file is not None:
        (tmp_path / "plate.yaml").write_text(file)
    done = mechagents(*shlex.split(words), cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert runs(tmp_path) == []


@pytest.mark.parametrize("option", ["--team", "--role"])
def test_a_module_that_fails_on_import_is_bad_input(option: str, tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    done = mechagents("solve", "plate.yaml", option, "broken_module:T", cwd=tmp_path)
    assert done.returncode == 2
    assert "broken_module:T: cannot be imported (ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="only POSIX deletes the present folder")
def test_a_present_folder_that_was_deleted_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
    words = [sys.executable, "-m", "mechagents", "solve", "plate-tension"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "a run cannot be kept there" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["log", "report", "verify"])
def test_an_empty_log_is_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "conversation.jsonl").touch()
    done = mechagents(command, tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"mechagents: {tmp_path}: this log holds nothing yet; solve a problem"
    )
    assert not (tmp_path / "report.html").exists()


def test_a_role_that_nobody_feeds_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    (tmp_path / "lost.md").write_text(
        "---\ndescription: d\nreceives: [speaker]\nsends: [critique]\n---\nLook."
    )
    done = mechagents("solve", "plate.yaml", "--role", "lost.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "lost.receives: nobody sends speaker" in done.stderr


def test_a_role_file_of_ones_own_is_checked(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("---\ndescription: d\nreceives: [plan]\ncolour: red\n---\n")
    done = mechagents("roles", "mine.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "mine.md:4: colour" in done.stderr


def test_a_role_file_that_names_an_unknown_kind_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text(
        "---\ndescription: d\nreceives: [plan]\nsends: [critique, bogus]\n---\n"
    )
    done = mechagents("roles", "mine.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "mine.md:4: sends: no kind of message 'bogus'; known: " in done.stderr


@pytest.mark.parametrize("command", ["roles", "problems", "materials"])
def test_lists_are_for_people_and_for_programs(command: str, tmp_path: Path) -> None:
    shown = mechagents(command, cwd=tmp_path)
    listed = json.loads(mechagents(command, "--json", cwd=tmp_path).stdout)
    assert shown.returncode == 0
    names = listed if isinstance(listed, dict) else [item["name"] for item in listed]
    assert all(name in shown.stdout for name in names)


def test_exec_runs_a_program_as_the_executor_would(tmp_path: Path) -> None:
    (tmp_path / "ok.py").write_text("open('made.txt', 'w').write('x')\nprint('fine')\n")
    done = mechagents("exec", "ok.py", "--workdir", "work", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["stdout"]) == (0, "ok", "fine\n")
    assert (tmp_path / "work" / "made.txt").is_file()
    (tmp_path / "bad.py").write_text("1 / 0\n")
    done = mechagents("exec", "bad.py", cwd=tmp_path)
    assert done.returncode == 4
    assert "ZeroDivisionError" in done.stderr


def test_exec_keeps_to_its_time_limit(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("print('begun', flush=True)\nwhile True: pass\n")
    done = mechagents("exec", "long.py", "--timeout", "0.5", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["stdout"]) == (4, "wall_timeout", "begun\n")


def test_secrets_of_the_environment_do_not_reach_a_program(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text("import os\nprint(sorted(os.environ))\n")
    done = mechagents("exec", "env.py", cwd=tmp_path, OPENAI_API_KEY="sk-secret", MY_TOKEN="t")
    assert done.returncode == 0
    assert "KEY" not in done.stdout
    assert "TOKEN" not in done.stdout


def test_doctor_finds_nothing_missing_here(tmp_path: Path) -> None:
    done = mechagents("doctor", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert {"python", "sandbox", "model"} <= {
        finding["what"] for finding in json.loads(done.stdout)
    }
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_where_no_run_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("no folder")
    done = mechagents("doctor", "--json", cwd=tmp_path)
    assert done.returncode == 4
    found = json.loads(done.stdout)
    (bad,) = [finding for finding in found if finding["needed"] and not finding["good"]]
    assert bad["what"] == "run folders"


@pytest.mark.skipif(os.name != "posix", reason="signals to a process are POSIX's")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_interrupts_a_run_leaves_it_to_be_resumed(
    sent: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    process = subprocess.Popen(
        [sys.executable, "-m", "mechagents", "solve", "plate.yaml", "--folder", "run"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell that runs the tests in the background has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "executor" in line:
            process.send_signal(sent)
            break
    _, told = process.communicate()
    assert process.returncode == 130
    assert "mechagents resume run" in told
    assert "Traceback" not in told
    done = mechagents("resume", "run", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_follow_up_names_a_run_and_its_words_need_a_language_model(
    solved: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    lost = mechagents("solve", "Now in shear.", "--follow", "gone", cwd=tmp_path)
    assert lost.returncode == 2
    assert "--follow: no run 'gone'" in lost.stderr
    words = mechagents("solve", "Now in shear.", "--follow", solved[0], cwd=tmp_path)
    assert words.returncode == 2
    assert "these are plain words, and the handbook is no language model" in words.stderr
    assert not runs(tmp_path)


def test_a_run_is_forked_at_a_message_with_another_formulation(
    solved: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    run, answer, _ = solved
    listed = mechagents("log", run, "--json", cwd=tmp_path).stdout.splitlines()
    stated = next(e for e in map(json.loads, listed) if e["message"]["kind"] == "formulation")
    stated["message"]["formulation"]["supports"][1]["x"] = 0.2
    (tmp_path / "mine.json").write_text(json.dumps(stated["message"]))
    words = ("fork", run, "--at", str(stated["seq"]), "--with", "mine.json", "--folder", "new")
    done = mechagents(*words, "--attempts", "5", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"Forked at message {stated['seq']} of {run} into new." in done.stderr
    (force,) = json.loads(done.stdout)["quantities"]
    assert force["value"] == pytest.approx(2 * answer["quantities"][0]["value"], rel=1e-6)
    setups = mechagents("log", "new", "--json", cwd=tmp_path).stdout.splitlines()
    kept = [m for m in (json.loads(line)["message"] for line in setups) if m["kind"] == "setup"]
    assert [setup["budget"]["attempts"] for setup in kept] == [8, 5]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--at", "999"), "--at 999: there is none; they go from 1 to"),
        (("--at", "1"), "--at 1: the problem comes later; fork at message 2"),
        (("--at", "4", "--with", "bad.json"), "bad.json: steps"),
        (("--at", "4", "--model", "gpt"), "no model 'gpt'"),
        (("--at", "3", "--say", "no"), "fork at a question, plan"),
        (("--at", "4", "--say", "no", "--budget", "cost=0"), "--budget cost"),
    ],
)
def test_a_fork_that_cannot_be_made_is_told_and_leaves_nothing(
    words: tuple[str, ...], told: str, solved: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text('{"method": "by hand"}')
    done = mechagents("fork", solved[0], *words, "--folder", "new", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in " ".join(done.stderr.split())
    assert not (tmp_path / "new").exists()


def test_what_needs_approval_waits_where_there_is_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    words = ("solve", "plate.yaml", "--level", "computed", "--approve", "plan")
    asked = mechagents(*words, "--folder", "runs/asked", cwd=tmp_path)
    assert asked.returncode == 4
    assert "Approve the plan of planner?" in asked.stdout
    assert 'mechagents reply runs/asked "..."' in " ".join(asked.stdout.split())
    done = mechagents("reply", "runs/asked", "", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = mechagents("solve", "plate.yaml", "--approve", "plan,idea", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "--approve: 'idea' cannot be approved" in wrong.stderr


def test_the_log_keeps_how_many_candidates_were_asked_for(tmp_path: Path) -> None:
    (tmp_path / "plate.yaml").write_text(PLATE)
    words = ("solve", "plate.yaml", "--level", "computed", "--candidates", "3")
    done = mechagents(*words, "--folder", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    setup = (tmp_path / "run" / "conversation.jsonl").read_text().splitlines()[0]
    assert json.loads(setup)["message"]["candidates"] == 3
    read = mechagents(*words, "--approve", "program", cwd=tmp_path)
    assert read.returncode == 2
    assert "--candidates: programs wait for a person (approve)" in read.stderr
    none = mechagents("solve", "plate.yaml", "--candidates", "0", cwd=tmp_path)
    assert none.returncode == 2
    assert "0 is not in the range 1<=x<=64" in none.stderr


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_at_a_terminal_the_person_reads_the_plan_and_replies(tmp_path: Path) -> None:
    import pty

    (tmp_path / "plate.yaml").write_text(PLATE)
    words = ("solve", "plate.yaml", "--level", "computed", "--approve", "plan,program")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"\nexit\n")
        done = subprocess.run(
            [sys.executable, "-m", "mechagents", *words, "--folder", "asked"],
            cwd=tmp_path, stdin=theirs, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 4
    assert done.stderr.count("Approve the ") == 2
    assert "1. Mesh 1 region" in done.stderr
    assert "1. Mesh 1 region" not in done.stdout
    assert "import" in done.stderr
    assert "who was to approve the program ended the run" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_an_interruption_does_not_wait_for_what_a_person_was_to_type(tmp_path: Path) -> None:
    import pty

    (tmp_path / "plate.yaml").write_text(PLATE)
    words = ("solve", "plate.yaml", "--approve", "plan", "--folder", "asked")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mechagents", *words],
        cwd=tmp_path, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            assert any("Approve the plan" in line for line in process.stderr)
            for _ in range(30):  # a signal may come just before the loop waits, and not wake it
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)
                    break
            assert process.returncode == 130
            told = process.stderr.read()
            assert "mechagents resume asked" in told
            assert "Exception ignored" not in told, "it waited for the thread that reads"
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)
