"""Start one program under limits, and leave nothing of it alive.

Run as a script, by the interpreter that the program is for; it imports nothing but the standard
library. On Linux and macOS it forks: the parent stays as the keeper of everything the program
starts, the child puts the limits on itself and becomes the program, in the same interpreter
(a second start would cost as much again). Standard input is a socket to the supervisor. When that
closes, for whatever reason, or when the program ends, the keeper kills every descendant.

Where there is no fork (Windows) the program runs directly and the supervisor does what it can.
"""

# It imports as little as it can, since each import is paid for at every start; and what goes
# wrong in a program, whatever it is, has to be caught.
# ruff: noqa: BLE001, PTH100, PTH119, PTH123, PTH208, SIM105

import os
import sys
from types import FrameType, ModuleType, TracebackType

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
SETUP_FAILED = "setup "
"""First word of the report when the program was never started."""


def main(script: str, temp: str, limits: str, search_path: list[str]) -> None:
    """Run a program; return in the process that was the program, at its end.

    Args:
        script: The program's file.
        temp: Its private temporary folder, removed here if the supervisor died.
        limits: ``name=value`` pairs, joined by commas, of ``resource`` limits without ``RLIMIT_``.
        search_path: Folders to look for modules in after everything that is installed.
    """
    if hasattr(os, "fork"):
        _keep_and_become(temp, limits)
    _run(script, search_path)


def _keep_and_become(temp: str, limits: str) -> None:
    """Fork; return in the child only, limited and cut off from the supervisor."""
    keeper = os.getpid()
    woken, wake = os.pipe()
    _become_keeper(wake)
    child = os.fork()
    if child:
        _keep(child, woken, temp)
    try:
        _become_program(keeper, limits)
    except Exception as error:
        os.write(0, f"{SETUP_FAILED}{error!r}".encode())
        os._exit(1)
    _open_null_input()


def _become_keeper(wake: int) -> None:
    """Adopt every orphan among the descendants; wake up when a child ends or the parent dies."""
    import signal

    if sys.platform == "linux":
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _wake_up)


def _wake_up(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up descriptor has what is needed."""


def _become_program(keeper: int, limits: str) -> None:
    """Take the limits, and die with the keeper."""
    import resource
    import signal

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _offer_to_the_oom_killer()
    if os.getppid() != keeper:
        os._exit(1)
    for name, value in (pair.split("=") for pair in limits.split(",") if pair):
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is not None:
            _lower(resource, which, int(value))


def _lower(resource: ModuleType, which: int, value: int) -> None:
    """Set a resource limit, or leave it where the system's own is lower."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise


def _offer_to_the_oom_killer() -> None:
    """When the machine runs out of memory, let the program go before its host."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _prctl(option: int, value: int) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _open_null_input() -> None:
    """Read from nothing, and hold no descriptor but the three standard ones."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.closerange(3, 65536)


def _keep(child: int, woken: int, temp: str) -> None:
    """Wait for the program or the supervisor's end, kill what is left, report, and exit."""
    import resource
    import select

    if sys.platform == "linux":
        _prctl(PR_SET_DUMPABLE, 0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    status, _ = _reap(child, None)
    while status is None and 0 not in select.select([0, woken], [], [])[0]:
        os.read(woken, 4096)
        status, _ = _reap(child, status)
    left = kill_all(os.getpid(), child)
    status, more = _reap(child, status)
    while more:
        if select.select([woken], [], [], 0.05)[0]:
            os.read(woken, 4096)
        else:
            kill_all(os.getpid(), child)
        status, more = _reap(child, status)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak_kib = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    report = f"ended {status} {used.ru_utime + used.ru_stime:.6f} {peak_kib} {left}"
    try:
        os.write(0, report.encode())
    except OSError:
        _remove(temp)
    os._exit(0)


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _reap(child: int, status: int | None) -> tuple[int | None, bool]:
    """Collect every child that has ended.

    Returns:
        The program's wait status, if it ended now or before, and whether there are others left.
    """
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if not pid:
            return status, True
        if pid == child:
            status = ended


def descendants(root: int) -> list[int]:
    """Return the ids of all processes below one, itself left out; Linux only, else none."""
    found: list[int] = []
    todo = [root]
    while todo:
        children = children_of(todo.pop())
        found += children
        todo += children
    return found


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children, those of all its threads."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def kill_all(root: int, leader: int | None = None) -> int:
    """Kill all descendants of a process, again until a look finds no living one.

    Args:
        root: The keeper, which collects them and is not killed.
        leader: The program; its process group is killed too, which is all that can be done
            where the system does not list a process's children.

    Returns:
        How many were killed [-].
    """
    import signal

    if leader is not None and sys.platform != "linux":
        _kill(-leader, signal.SIGKILL)
    killed: set[int] = set()
    for _ in range(100):
        living = [pid for pid in descendants(root) if pid not in killed]
        if not living:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in living:
                _kill(pid, number)
        killed.update(living)
    return len(killed - {leader})


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _run(script: str, search_path: list[str]) -> None:
    """Run a file as ``__main__``, as the interpreter would; a traceback shows its frames only."""
    module = ModuleType("__main__")
    module.__file__ = os.path.abspath(script)
    sys.modules["__main__"] = module
    sys.argv = [script]
    sys.path += [folder for folder in search_path if folder not in sys.path]
    try:
        with open(script, "rb") as file:
            code = compile(file.read(), os.path.basename(script), "exec")
        exec(code, module.__dict__)
    except Exception as error:
        _show(error, error.__traceback__)
        sys.exit(1)


def _show(error: Exception, trace: TracebackType | None) -> None:
    """Print a traceback without this file's frame, through the hook the program may have set."""
    own = trace.tb_next if trace is not None else None
    sys.excepthook(type(error), error.with_traceback(own), own)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
