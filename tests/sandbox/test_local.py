"""The local sandbox at the edges: what it refuses, and what outlives nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import anyio
import pytest

from mechagents.errors import UsageError
from mechagents.sandbox.base import Job, Limits, Outcome
from mechagents.sandbox.local import LocalSandbox
from mechagents.sandbox.orders import environment
from mechagents.sandbox.watchdog import look, marked, memory_mib

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs what only Linux has")
LIMITS = Limits(wall_seconds=20)


async def _run(folder: Path, source: str, limits: Limits = LIMITS) -> Outcome:
    return await LocalSandbox().run(Job(source=source, workdir=folder, limits=limits))


async def test_a_script_runs_where_it_stands(tmp_path: Path):
    script = tmp_path / "own" / "script.py"
    script.parent.mkdir()
    script.write_text("import beside, os\nprint(beside.value, __file__, os.getcwd())\n")
    (script.parent / "beside.py").write_text("value = 7\n")
    folder = tmp_path / "folder"
    outcome = await LocalSandbox().run(Job(script=script, workdir=folder))
    assert outcome.stdout == f"7 {script} {folder}\n"
    assert list(folder.iterdir()) == []


async def test_a_syntax_error_names_the_program_s_line(tmp_path: Path):
    outcome = await _run(tmp_path, "x = (\n")
    assert outcome.stderr.splitlines()[0] == '  File "program.py", line 1'


async def test_functions_of_a_program_can_be_pickled(tmp_path: Path):
    source = "import pickle\ndef f(): return 5\nprint(pickle.loads(pickle.dumps(f))())\n"
    assert (await _run(tmp_path, source)).stdout == "5\n"


async def test_a_pool_of_processes_works(tmp_path: Path):
    source = (
        "import multiprocessing\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        print(pool.map(double, [1, 2]))\n"
    )
    outcome = await _run(tmp_path, source)
    assert outcome.stdout == "[2, 4]\n", outcome.stderr


async def test_what_runs_at_exit_runs(tmp_path: Path):
    outcome = await _run(tmp_path, "import atexit\natexit.register(print, 'bye')\n")
    assert outcome.stdout == "bye\n"


async def test_an_allocation_that_is_refused_is_told_as_the_memory_limit(tmp_path: Path):
    outcome = await _run(tmp_path, "b'x' * (1 << 40)\n")
    assert (outcome.status, outcome.exit_code) == ("memory_limit", 1)
    assert "MemoryError" in outcome.stderr


async def test_memory_that_was_used_too_briefly_to_be_seen_counts(tmp_path: Path):
    outcome = await _run(tmp_path, "b'x' * (150 << 20)\n", Limits(memory_mib=100))
    assert outcome.status == "memory_limit"
    assert outcome.usage.peak_memory_mib > 100


async def test_an_error_that_only_speaks_of_memory_is_an_error(tmp_path: Path):
    outcome = await _run(tmp_path, "raise ValueError('MemoryError is not this')\n")
    assert outcome.status == "error"


async def test_processes_left_running_are_told(tmp_path: Path):
    source = "import os, time\nif os.fork() == 0:\n    time.sleep(5)\n    os._exit(0)\n"
    outcome = await _run(tmp_path, source)
    assert outcome.message == "1 process it left running was killed"


@LINUX
async def test_a_program_that_kills_its_keeper_takes_nothing_along(tmp_path: Path):
    source = (
        "import os, signal, time\n"
        "keeper = os.getppid()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open('marker', 'w').write(os.environ['MECHAGENTS_RUN'])\n"
        "    os.kill(keeper, signal.SIGKILL)\n"
        "    time.sleep(5)\n"
        "    os._exit(0)\n"
        "time.sleep(5)\n"
    )
    outcome = await _run(tmp_path, source)
    assert outcome.status == "setup_error"
    assert "keeps the program" in outcome.message
    assert marked((tmp_path / "marker").read_text()) == []


@LINUX
async def test_a_stopped_keeper_holds_up_nothing(tmp_path: Path):
    source = (
        "import os, signal, time\n"
        "print('ran', flush=True)\n"
        "os.kill(os.getppid(), signal.SIGSTOP)\n"
        "time.sleep(5)\n"
        "open('survived', 'w')\n"
    )
    outcome = await _run(tmp_path, source, Limits(wall_seconds=0.5))
    assert (outcome.status, outcome.stdout) == ("wall_timeout", "ran\n")
    assert not (tmp_path / "survived").exists()


HOST = """
import sys, anyio
from pathlib import Path
from mechagents.sandbox.base import Job, open_sandbox

source = '''
import fcntl, os, tempfile, time
lock = open("lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
with open("temp", "w") as file:
    file.write(tempfile.gettempdir())
open("ready", "w").close()
time.sleep(20)
open("survived", "w").close()
'''
anyio.run(open_sandbox('none').run, Job(source=source, workdir=Path(sys.argv[1])))
"""


@LINUX
def test_nothing_outlives_a_killed_host(tmp_path: Path):
    import fcntl

    os.mkfifo(tmp_path / "ready")
    path = os.pathsep.join(sys.path)
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(tmp_path)], env={**os.environ, "PYTHONPATH": path}
    )
    (tmp_path / "ready").read_bytes()
    host.kill()
    host.wait()
    with (tmp_path / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert not (tmp_path / "survived").exists()


async def test_a_run_cancelled_before_it_began_runs_nothing(tmp_path: Path):
    with anyio.CancelScope() as scope:
        scope.cancel()
        await _run(tmp_path / "folder", "open('ran', 'w')")
    assert not (tmp_path / "folder" / "ran").exists()


async def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    source = "import tempfile\nprint(tempfile.mkdtemp())\n"
    outcome = await _run(tmp_path / "folder", source)
    assert outcome.stdout.startswith(str(tmp_path / "temp"))
    assert list((tmp_path / "temp").iterdir()) == []


async def test_a_missing_interpreter_is_named(tmp_path: Path):
    job = Job(source="1", workdir=tmp_path, python=tmp_path / "nopython")
    with pytest.raises(UsageError, match=r"python: .*nopython"):
        await LocalSandbox().run(job)


async def test_a_missing_script_is_named(tmp_path: Path):
    job = Job(script=tmp_path / "none.py", workdir=tmp_path)
    with pytest.raises(UsageError, match=r"script: .*none\.py"):
        await LocalSandbox().run(job)


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="workdir"):
        await _run(tmp_path / "file", "1")


async def test_a_folder_that_is_full_already_is_refused(tmp_path: Path):
    for number in range(5):
        (tmp_path / f"{number}").touch()
    with pytest.raises(UsageError, match="a folder of its own"):
        await _run(tmp_path, "1", Limits(folder_files=3))


def test_a_variable_is_handed_on_only_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    plain = environment(Job(source="1", workdir=tmp_path), tmp_path / "temp")
    assert "OMP_PROC_BIND" not in plain
    names = ("OMP_PROC_BIND", "TMPDIR")
    named = environment(Job(source="1", workdir=tmp_path, environment=names), tmp_path / "temp")
    assert named["OMP_PROC_BIND"] == "true"
    assert named["TMPDIR"] == str(tmp_path / "temp")


@LINUX
def test_a_watched_tree_tells_processes_threads_memory_and_time():
    source = (
        "import subprocess, sys, threading\n"
        "held = b'x' * (50 << 20)\n"
        "threading.Thread(target=sys.stdin.read).start()\n"
        "print('ready', flush=True)\n"
    )
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, stdin=-1, stdout=-1) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        tree = look(os.getpid())
        mine = [p for p in tree.processes if p.pid == child.pid]
        assert mine[0].threads == 2
        assert mine[0].memory_mib > 50
        assert memory_mib(tree) <= tree.memory_mib
        assert tree.cpu_seconds >= mine[0].cpu_seconds
        child.stdin.close()
