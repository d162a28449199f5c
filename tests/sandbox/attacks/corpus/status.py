"""Attacks on how a run is said to have ended."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import LIMITS, Attack, Evidence, ends_as, every, in_time

_SHORT = LIMITS.model_copy(update={"wall_seconds": 0.8})


def _tells_of_the_error(evidence: Evidence) -> str:
    return "" if "hidden" in evidence.outcome.stderr else "the traceback is lost"


def _nothing_was_delivered(evidence: Evidence) -> str:
    said = evidence.stage.read(evidence.stage.workdir)
    told = said.get("contract:results", said.get("fault", ""))
    return "" if "is missing" in told else f"missing results are read as {told!r}"


ATTACKS = (
    Attack(
        "early-and-without-results",
        """
note("exit")
os._exit(0)
""",
        every(ends_as("ok", exit_code=0), _nothing_was_delivered),
    ),
    Attack(
        "an-exit-that-hides-an-error",
        """
import atexit
note("exit")
atexit.register(lambda: (sys.stderr.flush(), os._exit(0)))
raise RuntimeError("hidden")
""",
        every(ends_as("ok", "error"), _tells_of_the_error, _nothing_was_delivered),
    ),
    Attack(
        "an-error-at-the-end",
        """
import atexit
note("exit")
atexit.register(lambda: os._exit(5))
""",
        ends_as("error", exit_code=5),
    ),
    Attack("a-crash", 'note("crash")\nctypes.string_at(0)\n', ends_as("signal", exit_code=-11)),
    Attack(
        "a-crash-at-the-end",
        """
import atexit
note("crash")
atexit.register(ctypes.string_at, 0)
""",
        ends_as("signal", exit_code=-11),
    ),
    Attack(
        "killed-by-itself",
        'note("kill")\nos.kill(os.getpid(), signal.SIGKILL)\n',
        ends_as("signal", exit_code=-9),
    ),
    Attack(
        "killed-by-its-child",
        """
note("kill")
if os.fork() == 0:
    os.setsid()
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.1)
    print("all is well", flush=True)
    os._exit(0)
time.sleep(3)
""",
        ends_as("signal", exit_code=-9),
    ),
    Attack(
        "an-end-with-words",
        'note("words")\nraise SystemExit("status: ok")\n',
        ends_as("error", exit_code=1),
    ),
    Attack(
        "an-end-with-nothing",
        """
note("end")
class End(SystemExit):
    code = 0

try:
    raise End(3)
finally:
    sys.exit(4)
""",
        ends_as("error", exit_code=4),
    ),
    Attack(
        "streams-replaced",
        """
note("replace")
class Stream:
    encoding = "utf-8"
    def write(self, text): raise SystemExit(0)
    def flush(self): os._exit(0)
    def fileno(self): return -1
sys.stdout = sys.__stdout__ = sys.stderr = sys.__stderr__ = Stream()
os._exit(6)
""",
        ends_as("error", exit_code=6),
    ),
    Attack(
        "functions-of-the-interpreter-replaced",
        """
import builtins, threading
note("replace")
real = os._exit
# All that a launcher could call after the program ends.
os.waitpid = os.wait = lambda *_: (0, 0)
sys.exit = builtins.exit = lambda *_: real(0)
os.kill = os.write = os.close = lambda *_: 0
for frame in iter([sys._getframe()]):
    while frame is not None:
        for name in [n for n in frame.f_globals if "exit" in n.lower() or "report" in n.lower()]:
            frame.f_globals[name] = lambda *_: real(0)
        frame = frame.f_back
real(7)
""",
        ends_as("error", exit_code=7),
    ),
    Attack(
        "the-launcher-s-modules-replaced",
        """
note("replace")
for name, module in list(sys.modules.items()):
    if name.startswith("mechagents"):
        for key in list(vars(module)):
            setattr(module, key, None)
import gc
for thing in gc.get_objects():
    if isinstance(thing, socket.socket):
        try:
            thing.send(b"ended 0 0.0 0 0")
        except OSError:
            pass
os._exit(8)
""",
        ends_as("error", exit_code=8),
    ),
    Attack(
        "another-program-in-its-place",
        """
note("exec")
sys.stdout.flush()
os.execv(sys.executable, [sys.executable, "-S", "-c", "import os; print('another', flush=True); os._exit(12)"])
""",
        every(
            ends_as("error", exit_code=12),
            lambda evidence: "" if "another" in evidence.outcome.stdout else "it was not run",
        ),
    ),
    Attack(
        "another-program-without-end",
        """
note("exec")
os.execv("/bin/sleep", ["sleep", "4"])
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "threads-without-end",
        """
import threading
note("threads")
threading.Thread(target=time.sleep, args=(4,)).start()
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "an-end-without-end",
        """
import atexit
note("end")
class Last:
    def __del__(self): time.sleep(4)
atexit.register(time.sleep, 4)
last = Last()
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "the-deepest-error",
        """
note("deep")
sys.setrecursionlimit(1 << 30)
import threading
threading.stack_size(1 << 18)
def fall(): return json.dumps([[0]], default=fall) and repr([fall()])
class Deep:
    def __repr__(self): return repr(self)
def go(): repr(Deep())
thread = threading.Thread(target=go)
thread.start()
thread.join()
os._exit(1)
""",
        ends_as("signal", "error", "memory_limit"),
    ),
)
"""All of this group."""
