"""What every sandbox must do, as checks that can be run against any of them.

Each check takes a sandbox and an empty folder, runs one or a few small programs, and raises
``AssertionError`` if the sandbox falls short. Every program proves that it ran, so that a sandbox
which does nothing passes none. All are bounded: where no limit holds they use at most 200 MiB,
20 processes and a few seconds. They are for POSIX systems.

    for check in CHECKS:
        await check(sandbox, empty_folder())
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from mechagents.messages import ExecutionStatus
from mechagents.sandbox.base import Job, Limits, Outcome, Sandbox

ConformanceCheck = Callable[[Sandbox, Path], Awaitable[None]]
"""A check: a coroutine function of a sandbox and an empty folder."""
_CANARY = "MECHAGENTS_CONFORMANCE_CANARY"
_LINGER = """
import ctypes, fcntl, os, sys, time

def linger(name, detached, silent):
    ready, told = os.pipe()
    if os.fork() == 0:
        if detached:
            os.setsid()
            if os.fork():
                os._exit(0)
        if silent:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(15, NAME.encode())
        lock = open(name, "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(told, b"!")
        time.sleep(3)
        os._exit(0)
    os.read(ready, 1)

def linger_all(silent):
    linger("same-group.lock", False, silent)
    linger("own-session.lock", True, silent)
    print("out")
    print("err", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
"""


def _require(true: bool, message: str, outcome: Outcome | None = None) -> None:
    if not true:
        raise AssertionError(f"{message}: {outcome!r:.1000}" if outcome else message)


async def _run(
    sandbox: Sandbox,
    folder: Path,
    source: str,
    inputs: dict[str, bytes | str] | None = None,
    limits: Limits | None = None,
) -> Outcome:
    limits = limits or Limits(wall_seconds=20)
    return await sandbox.run(Job(source=source, workdir=folder, inputs=inputs or {}, limits=limits))


async def _ends(
    sandbox: Sandbox, folder: Path, source: str, status: ExecutionStatus, limits: Limits
) -> Outcome:
    """Run a program that prints ``ran`` before it does what it should be stopped for."""
    outcome = await _run(sandbox, folder, source, limits=limits)
    _require("ran" in outcome.stdout, "the program did not run", outcome)
    _require(outcome.status == status, f"the status is not {status}", outcome)
    _require(outcome.message != "", "nothing says why it ended", outcome)
    return outcome


def _linger() -> tuple[str, str]:
    """Return the beginning of a program that leaves processes behind, and their name."""
    name = f"left-{secrets.token_hex(4)}"
    return f"NAME = {name!r}\n{_LINGER}", name


def _living(name: str) -> int:
    """Return how many processes of a name can be seen, in whatever namespace they are."""
    found = 0
    for place in Path("/proc").glob("[0-9]*/comm"):
        try:
            found += place.read_text().strip() == name
        except OSError:
            continue
    return found


def _require_dead(folder: Path, name: str) -> None:
    """Make sure that no lingering process lives, and nobody holds the locks they took."""
    import fcntl

    _require(not _living(name), "a process is still alive")

    for lock_name in ("same-group.lock", "own-session.lock"):
        path = folder / lock_name
        _require(path.exists(), "the lingering process did not run")
        with path.open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AssertionError(f"a process is still alive: it holds {lock_name}") from error


async def runs_a_program(sandbox: Sandbox, folder: Path) -> None:
    """A program runs in its own folder, reads its inputs and hands back its files."""
    source = (
        "import os, pathlib\n"
        "os.mkdir('deep')\n"
        "pathlib.Path('deep/out.txt').write_text(pathlib.Path('in.txt').read_text())\n"
        "print(os.getcwd())\n"
        "print(os.environ['HOME'], os.environ['TMPDIR'])\n"
    )
    outcome = await _run(sandbox, folder, source, {"in.txt": "told"})
    _require((outcome.status, outcome.exit_code) == ("ok", 0), "it did not end well", outcome)
    _require((folder / "deep/out.txt").read_text() == "told", "its file is not there", outcome)
    _require(outcome.artifacts == ("deep/out.txt",), "its artifacts are wrong", outcome)
    _require(outcome.usage.wall_seconds > 0, "no use of time is told", outcome)
    _require(sandbox.name in outcome.isolation, "no isolation is told", outcome)
    cwd, home = outcome.stdout.splitlines()
    _require(Path(cwd).name == folder.name, "it did not run in its folder", outcome)
    _require(os.environ.get("HOME") not in home.split(), "it has the user's home", outcome)


async def shows_no_secret(sandbox: Sandbox, folder: Path) -> None:
    """Nothing of this process's environment reaches a program, nor the user's own packages."""
    # Nothing else is printed: what a faulty sandbox lets through must not end up in a report.
    source = "import os, site\nprint('canary' in str(os.environ), site.ENABLE_USER_SITE)\n"
    os.environ[_CANARY] = "canary"
    try:
        outcome = await _run(sandbox, folder, source)
    finally:
        del os.environ[_CANARY]
    seen, own = outcome.stdout.split()
    _require(seen == "False", "it can read the environment", outcome)
    _require(own == "False", "it can import the user's own packages", outcome)


async def passes_on_no_descriptor(sandbox: Sandbox, folder: Path) -> None:
    """A program has its three standard descriptors and no other, and reads nothing from input."""
    source = (
        "import os, sys\n"
        "def is_open(fd):\n"
        "    try:\n"
        "        return bool(os.fstat(fd))\n"
        "    except OSError:\n"
        "        return False\n"
        "print([fd for fd in range(256) if is_open(fd)], repr(sys.stdin.read()))\n"
    )
    held = os.open(folder, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        outcome = await _run(sandbox, folder, source)
    finally:
        os.close(held)
    _require(outcome.stdout == "[0, 1, 2] ''\n", "it holds other descriptors", outcome)


async def prefers_installed_modules(sandbox: Sandbox, folder: Path) -> None:
    """A file in the folder hides no library, but a helper there can be imported."""
    inputs: dict[str, bytes | str] = {"json.py": "stolen = True", "helper.py": "value = 7"}
    source = "import json, helper, mechagents\nprint(hasattr(json, 'dumps'), helper.value)\n"
    outcome = await _run(sandbox, folder, source, inputs)
    _require(outcome.stdout == "True 7\n", "modules are looked for in another order", outcome)


async def keeps_both_streams_of_a_failure(sandbox: Sandbox, folder: Path) -> None:
    """A crash is an error with both streams and a traceback of the program's own frames."""
    source = "print('ran')\ndef fail():\n    raise KeyError('lost')\nfail()\n"
    outcome = await _ends(sandbox, folder, source, "error", Limits(wall_seconds=20))
    _require(outcome.exit_code == 1, "the exit code is not 1", outcome)
    _require("KeyError: 'lost'" in outcome.stderr, "the error was lost", outcome)
    _require(outcome.stderr.count("File ") == 2, "the traceback has other frames", outcome)
    _require(outcome.stdout_bytes == 4, "the bytes of a stream are miscounted", outcome)


async def tells_how_a_program_ended(sandbox: Sandbox, folder: Path) -> None:
    """An exit code, an exit behind Python's back, a message and a crash are told apart."""
    ends: dict[str, tuple[ExecutionStatus, int]] = {
        "import sys; sys.exit(3)": ("error", 3),
        "import os; os._exit(7)": ("error", 7),
        "raise SystemExit('with words')": ("error", 1),
        "import sys; sys.exit()": ("ok", 0),
        "import ctypes; ctypes.string_at(0)": ("signal", -11),
        "import os; os.kill(os.getpid(), 9)": ("signal", -9),
        "this is no program": ("error", 1),
    }
    for source, expected in ends.items():
        outcome = await _run(sandbox, folder, source)
        told = (outcome.status, outcome.exit_code)
        _require(told == expected, f"{source!r} is not told as {expected}", outcome)


async def ends_at_the_wall_limit(sandbox: Sandbox, folder: Path) -> None:
    """Time is up within half a second, whoever holds the pipes, and both streams are kept."""
    linger, name = _linger()
    source = f"{linger}\nlinger_all(silent=False)\nprint('ran')\ntime.sleep(2)\n"
    limits = Limits(wall_seconds=1)
    outcome = await _ends(sandbox, folder, source, "wall_timeout", limits)
    used = outcome.usage.wall_seconds
    _require(1.0 <= used <= 1.5, f"it had {used:.2f} s instead of 1", outcome)
    _require("out" in outcome.stdout, "standard output was lost", outcome)
    _require("err" in outcome.stderr, "standard error was lost", outcome)
    _require_dead(folder, name)


async def ends_at_the_cpu_limit(sandbox: Sandbox, folder: Path) -> None:
    """Processor time is limited, for all processes of a program together."""
    source = (
        "import os, time\n"
        "print('ran', flush=True)\n"
        "os.fork()\n"
        "end = time.monotonic() + 15\n"
        "while time.process_time() < 3 and time.monotonic() < end: pass\n"
    )
    await _ends(sandbox, folder, source, "cpu_limit", Limits(wall_seconds=20, cpu_seconds=1))


async def ends_at_the_memory_limit(sandbox: Sandbox, folder: Path) -> None:
    """The memory of one process is limited."""
    source = (
        "import time\n"
        "held = []\n"
        "for step in range(20):\n"
        "    held.append(b'x' * (10 << 20))\n"
        "    print('ran', step, flush=True)\n"
        "time.sleep(2)\n"
    )
    await _ends(sandbox, folder, source, "memory_limit", Limits(wall_seconds=20, memory_mib=100))


async def adds_up_memory(sandbox: Sandbox, folder: Path) -> None:
    """The memory of all processes is limited together, but pages they share count once."""
    source = (
        "import os, time\n"
        "print('ran', flush=True)\n"
        "{before}\n"
        "for child in range(2):\n"
        "    if os.fork() == 0:\n"
        "        {inside}\n"
        "        time.sleep({seconds})\n"
        "        os._exit(0)\n"
        "for child in range(2):\n"
        "    os.wait()\n"
    )
    hold = "held = b'x' * (60 << 20)"
    limits = Limits(wall_seconds=20, memory_mib=100)
    each = source.format(before="", inside=hold, seconds=2)
    await _ends(sandbox, folder, each, "memory_limit", limits)
    shared = source.format(before=hold, inside="pass", seconds=0.5)
    outcome = await _run(sandbox, folder, shared, limits=limits)
    _require(outcome.status == "ok", "shared memory was counted twice", outcome)


async def ends_at_the_process_limit(sandbox: Sandbox, folder: Path) -> None:
    """The number of processes is limited."""
    source = (
        "import os, time\n"
        "print('ran', flush=True)\n"
        "for _ in range(20):\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(2)\n"
        "        os._exit(0)\n"
        "time.sleep(2)\n"
    )
    await _ends(sandbox, folder, source, "process_limit", Limits(wall_seconds=20, processes=8))


async def ends_at_the_file_limit(sandbox: Sandbox, folder: Path) -> None:
    """The size of a file is limited."""
    source = "print('ran', flush=True)\nopen('big', 'wb').write(bytes(2 << 20))\n"
    await _ends(sandbox, folder, source, "disk_limit", Limits(wall_seconds=20, file_mib=1))
    _require((folder / "big").stat().st_size <= 1 << 20, "the file grew past the limit")


async def ends_at_the_folder_limit(sandbox: Sandbox, folder: Path) -> None:
    """What the folder and the temporary folder hold is limited, in size and in number.

    It makes no difference whether the program goes on or ends at once.
    """
    source = (
        "import os, tempfile, time\n"
        "print('ran', flush=True)\n"
        "where = tempfile.gettempdir() if {temporary} else '.'\n"
        "for number in range({files}):\n"
        "    with open(os.path.join(where, f'file-{{number}}'), 'wb') as file:\n"
        "        file.write(bytes({size}))\n"
        "time.sleep({seconds})\n"
    )
    limits = Limits(wall_seconds=20, folder_mib=1, folder_files=50)
    for temporary, seconds in ((False, 2), (True, 0)):
        for files, size in ((4, 1 << 19), (60, 1)):
            place = folder / f"{temporary}-{files}"
            text = source.format(temporary=temporary, files=files, size=size, seconds=seconds)
            await _ends(sandbox, place, text, "disk_limit", limits)


async def ends_a_flood(sandbox: Sandbox, folder: Path) -> None:
    """Too much output ends the run; its beginning and end are kept, and no more."""
    source = (
        "import sys\nprint('ran')\nfor _ in range(256): sys.stdout.write('flood! \\n' * 8192)\n"
    )
    limits = Limits(wall_seconds=20, flood_mib=2, kept_output_mib=0.125)
    outcome = await _ends(sandbox, folder, source, "output_flood", limits)
    _require(outcome.stdout_bytes > 2 << 20, "the flood was not counted", outcome)
    _require(len(outcome.stdout) < 1 << 18, "more of the flood was kept than asked for")


async def makes_output_harmless(sandbox: Sandbox, folder: Path) -> None:
    """Output that could fool a terminal or a page is written as escapes."""
    source = (
        "import sys\n"
        "sys.stdout.buffer.write(b'ran \\xff \\x1b[2J \\xe2\\x80\\xae \\xc3\\xa9 \\x00\\n')\n"
    )
    outcome = await _run(sandbox, folder, source)
    expected = "ran \ufffd \\x1b[2J \\u202e \u00e9 \\x00\n"
    _require(outcome.stdout == expected, "output is not made harmless", outcome)


async def leaves_nothing_running(sandbox: Sandbox, folder: Path) -> None:
    """What a program leaves behind is killed at its end, in whatever session it hides."""
    linger, name = _linger()
    source = f"{linger}\nlinger_all(silent=True)\n"
    outcome = await _run(sandbox, folder, source)
    _require(outcome.status == "ok", "it did not end well", outcome)
    _require_dead(folder, name)


async def leaves_nothing_when_cancelled(sandbox: Sandbox, folder: Path) -> None:
    """A cancelled run is over when the cancelled call returns."""
    linger, name = _linger()
    source = f"{linger}\nlinger_all(silent=True)\nopen('ready', 'w').close()\ntime.sleep(2)\n"
    ready = anyio.Path(folder / "ready")
    async with anyio.create_task_group() as group:
        group.start_soon(_run, sandbox, folder, source)
        with anyio.fail_after(20):
            # There is nothing to wait on: the program is on the other side of a sandbox, and its
            # folder may be too.
            while not await ready.exists() and _living(name) < 2:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    _require_dead(folder, name)


async def takes_regular_files_only(sandbox: Sandbox, folder: Path) -> None:
    """Links, pipes, sockets and files with unsafe names are not handed back, and that is told."""
    source = (
        "import os, socket\n"
        "open('real.txt', 'w').write('x')\n"
        "os.symlink('/etc/hostname', 'link.txt')\n"
        "os.symlink('/etc', 'folder')\n"
        "open('two.txt', 'w').write('x')\n"
        "os.link('two.txt', 'names.txt')\n"
        "os.mkfifo('pipe.txt')\n"
        "socket.socket(socket.AF_UNIX).bind('socket.txt')\n"
        "open('bad\\x1b\\u202ename.txt', 'w').write('x')\n"
    )
    outcome = await _run(sandbox, folder, source)
    _require(outcome.status == "ok", "it did not end well", outcome)
    _require(outcome.artifacts == ("real.txt",), "other things were handed back", outcome)
    _require("link.txt" in outcome.message, "what was left is not told", outcome)
    _require("\x1b" not in outcome.message, "the message is not harmless", outcome)


async def runs_side_by_side(sandbox: Sandbox, folder: Path) -> None:
    """Two runs at a time do not disturb each other, and neither blocks the event loop."""
    outcomes: dict[str, Outcome] = {}

    async def run(name: str) -> None:
        source = f"import time\nprint('{name}', flush=True)\ntime.sleep(0.3)\n"
        outcomes[name] = await _run(sandbox, folder / name, source)

    turns = 0
    async with anyio.create_task_group() as group:
        group.start_soon(run, "one")
        group.start_soon(run, "two")
        while len(outcomes) < 2:
            turns += 1
            await anyio.sleep(0.01)
    for name, outcome in outcomes.items():
        _require(outcome.stdout == f"{name}\n", "two runs were mixed up", outcome)
    _require(turns > 5, "the event loop was blocked")


CHECKS: tuple[ConformanceCheck, ...] = (
    runs_a_program,
    shows_no_secret,
    passes_on_no_descriptor,
    prefers_installed_modules,
    keeps_both_streams_of_a_failure,
    tells_how_a_program_ended,
    ends_at_the_wall_limit,
    ends_at_the_cpu_limit,
    ends_at_the_memory_limit,
    adds_up_memory,
    ends_at_the_process_limit,
    ends_at_the_file_limit,
    ends_at_the_folder_limit,
    ends_a_flood,
    makes_output_harmless,
    leaves_nothing_running,
    leaves_nothing_when_cancelled,
    takes_regular_files_only,
    runs_side_by_side,
)
"""All checks, quick ones first. Each one's docstring says what it asks for."""
