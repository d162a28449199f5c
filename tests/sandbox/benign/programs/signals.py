"""Signals within a program: time-outs, a handler, a debugger's dump."""

import contextlib
import faulthandler
import os
import resource
import signal
import time

got: list[int] = []
signal.signal(signal.SIGUSR1, lambda number, _: got.append(number))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)


class LateError(Exception):
    """Raised when time is up."""


def late(*_: object) -> None:
    """Give up."""
    raise LateError


signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.1)
with contextlib.suppress(LateError):
    time.sleep(5)
    raise AssertionError("the alarm was lost")
assert got == [signal.SIGUSR1] * 2
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    time.sleep(30)
    os._exit(0)
time.sleep(0.05)
os.kill(child, signal.SIGTERM)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
with open("dump.txt", "w") as file:  # noqa: PTH123
    faulthandler.dump_traceback(file)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 100), hard))
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
os.nice(1)
os.sched_setaffinity(0, os.sched_getaffinity(0))
print("fine")
