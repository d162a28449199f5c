"""Attacks by many processes, by processes that stay, and on the processes of others."""

from __future__ import annotations

from attacks.attack import (
    LIMITS,
    Attack,
    Evidence,
    ends_as,
    every,
    in_time,
    leaves_the_victim_alone,
    refused,
    stopped,
)
from attacks.stage import Stage

_SHORT = LIMITS.model_copy(update={"wall_seconds": 0.8})
_LINGER = """
def linger(started, seconds=3):
    "Stay alive in a fork; tell when it has begun."
    ready, told = os.pipe()
    if os.fork() == 0:
        started()
        os.write(told, b"!")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.05)
        os._exit(0)
    os.close(told)
    return os.read(ready, 1) == b"!" or None
"""


def _ended_or_was_refused(evidence: Evidence) -> str:
    """Either the try was refused, or the run may not pass for a good one."""
    done = any(how.startswith("done") for how in evidence.tries.values())
    return (
        "the run is ok although its keeper was hit"
        if done and evidence.outcome.status == "ok"
        else ""
    )


ATTACKS = (
    Attack(
        "fork-bomb",
        """
note("forks")
made = 0
for _ in range(200):
    try:
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
        made += 1
        time.sleep(0.002)
    except OSError as error:
        note("fork", f"refused OSError {errno.errorcode[error.errno]}")
        break
if made == 200:
    note("finished")
time.sleep(0.3)
""",
        stopped("process_limit"),
    ),
    Attack(
        "fork-bomb-that-doubles",
        """
note("forks")
until = time.monotonic() + 0.6
counter = os.open("count", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
while time.monotonic() < until and os.path.getsize("count") < 200:
    try:
        os.fork()
        os.write(counter, b"x")
    except OSError:
        note("fork", "refused OSError EAGAIN")
        time.sleep(0.1)
    time.sleep(0.03)
if os.path.getsize("count") >= 200:
    note("finished")
""",
        stopped("process_limit"),
    ),
    Attack(
        "thread-bomb",
        """
import threading
note("threads")
made = 0
threading.stack_size(1 << 16)
for _ in range(300):
    try:
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        made += 1
        time.sleep(0.002)
    except RuntimeError:
        note("thread", "refused OSError EAGAIN")
        break
if made == 300:
    note("finished")
time.sleep(0.2)
os._exit(0)
""",
        stopped("process_limit"),
    ),
    Attack(
        "zombies",
        """
note("forks")
made = 0
for _ in range(200):
    try:
        if os.fork() == 0:
            os._exit(0)
        made += 1
        time.sleep(0.002)
    except OSError as error:
        note("fork", f"refused OSError {errno.errorcode[error.errno]}")
        break
if made == 200:
    note("finished")
time.sleep(0.3)
""",
        stopped("process_limit"),
    ),
    Attack(
        "daemon",
        _LINGER
        + """
def hide():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 3)
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)

attempt("daemon", linger, lambda: None)

def deep():
    ready, told = os.pipe()
    if os.fork() == 0:
        hide()
        os.write(told, b"!")
        time.sleep(3)
        os._exit(0)
    os.close(told)
    return os.read(ready, 1)

attempt("in a session of its own", deep)
""",
        every(in_time, ends_as("ok")),
        tries=2,
    ),
    Attack(
        "daemon-that-holds-the-pipes",
        _LINGER
        + """
attempt("daemon", linger, os.setsid)
attempt("again", linger, lambda: None)
""",
        lambda evidence: (
            ends_as("ok")(evidence)
            or ("" if evidence.seconds < 2.5 else "the pipe held up its end")
        ),
        tries=2,
    ),
    Attack(
        "daemon-of-another-program",
        """
import subprocess
def leave():
    code = "import os, time; os.setsid(); os.write(1, b'!'); time.sleep(4)"
    child = subprocess.Popen([sys.executable, "-S", "-c", code, T["token"]], stdout=subprocess.PIPE)
    return child.stdout.read(1)

attempt("daemon", leave)
""",
        every(in_time, ends_as("ok")),
    ),
    Attack(
        "daemon-beyond-the-time-limit",
        _LINGER
        + """
attempt("daemon", linger, os.setsid)
attempt("second", linger, lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
time.sleep(4)
""",
        every(ends_as("wall_timeout"), in_time),
        tries=2,
        limits=_SHORT,
    ),
    Attack(
        "a-runner-that-changes-its-number",
        """
def run():
    if os.fork() == 0:
        os.setsid()
        until = time.monotonic() + 3
        while time.monotonic() < until:
            # The child goes on, the parent ends: whoever looks comes too late.
            if os.fork():
                os._exit(0)
        os._exit(0)
    time.sleep(0.1)

attempt("run", run)
""",
        every(in_time, ends_as("ok")),
    ),
    Attack(
        "runners-beyond-the-time-limit",
        """
def run():
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            until = time.monotonic() + 4
            while time.monotonic() < until:
                if os.fork():
                    os._exit(0)
            os._exit(0)

attempt("run", run)
time.sleep(4)
""",
        every(in_time, ends_as("wall_timeout", "process_limit")),
        limits=_SHORT,
    ),
    Attack(
        "child-of-the-parent",
        """
def clone():
    # CLONE_PARENT makes it a sibling, which dies with nobody.
    child = call("clone", 0x8000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        time.sleep(3)
        os._exit(0)
    return child

attempt("clone", clone)
""",
        in_time,
    ),
    Attack(
        "adopting-orphans",
        """
def adopt():
    if _libc.prctl(36, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        os._exit(0)
    time.sleep(0.05)

attempt("adopt", adopt)
attempt("hide", lambda: _libc.prctl(4, 0, 0, 0, 0))
""",
        in_time,
        tries=2,
    ),
    Attack(
        "signals-to-all",
        """
# SIGURG is ignored by whoever does not wait for it, so that a miss harms nobody.
signal.signal(signal.SIGURG, signal.SIG_IGN)
attempt("all", os.kill, -1, signal.SIGURG)
attempt("group", os.killpg, 0, signal.SIGURG)
""",
        leaves_the_victim_alone,
        tries=2,
        bait=Stage.victim,
    ),
    Attack(
        "signals-to-the-victim",
        """
attempt("kill", os.kill, T["victim"], signal.SIGTERM)
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(T["victim"]), signal.SIGUSR1))
attempt("tgkill", lambda: call("tgkill", T["victim"], T["victim"], signal.SIGUSR2))
information = (ctypes.c_int * 32)(signal.SIGHUP, 0, -1)
attempt("queue", lambda: call("rt_sigqueueinfo", T["victim"], signal.SIGHUP, information))
attempt("group", os.killpg, T["victim"], signal.SIGALRM)
""",
        leaves_the_victim_alone,
        tries=5,
        bait=Stage.victim,
    ),
    Attack(
        "signals-by-descriptor",
        """
import fcntl

def own():
    a, b = socket.socketpair()
    fcntl.fcntl(a, fcntl.F_SETOWN, T["victim"])
    fcntl.fcntl(a, 10, signal.SIGTERM)
    fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    b.send(b"x")
    time.sleep(0.05)

attempt("socket", own)

def pipe():
    a, b = os.pipe()
    fcntl.fcntl(a, 15, (T["victim"]).to_bytes(4, "little").join([b"\\x01\\0\\0\\0", b""]))
    fcntl.fcntl(a, 10, signal.SIGUSR1)
    fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(b, b"x")
    time.sleep(0.05)

attempt("pipe", pipe)
""",
        leaves_the_victim_alone,
        tries=2,
        bait=Stage.victim,
    ),
    Attack(
        "killing-the-parent",
        """
parent = os.getppid()
note("parent", str(parent))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGKILL):
    attempt(f"{number}", lambda: os.kill(parent, number) if parent > 0 else os.kill(1, number))
    time.sleep(0.02)
""",
        every(_ended_or_was_refused, in_time),
        tries=2,
    ),
    Attack(
        "stopping-the-parent",
        """
parent = os.getppid()
note("parent", str(parent))
attempt("stop", lambda: os.kill(parent if parent > 0 else 1, signal.SIGSTOP))
time.sleep(4)
""",
        every(ends_as("wall_timeout", "setup_error"), in_time),
        tries=2,
        limits=_SHORT,
    ),
    Attack(
        "stopping-itself",
        """
note("stop")
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(4)
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "ignoring-signals",
        """
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
note("ignore")
while True:
    time.sleep(4)
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "busy-where-python-cannot-stop-it",
        """
import re
note("busy")
re.match("(a*)*b", "a" * 30)
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "processor-time-of-children",
        """
note("burn")
for _ in range(3):
    if os.fork() == 0:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        while True:
            pass
time.sleep(4)
""",
        ends_as("cpu_limit"),
        limits=LIMITS.model_copy(update={"cpu_seconds": 0.6}),
    ),
    Attack(
        "tracing",
        """
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_ATTACH = 0x4206, 0x4207, 16
# What is traced is let go when this program ends.
attempt("victim", lambda: call("ptrace", PTRACE_SEIZE, T["victim"], 0, 0))
def watch():
    if not T["victim"] or "tracer" not in open(f"/proc/{T['victim']}/status").read().lower():
        raise OSError(errno.EPERM, "nothing to see")
    time.sleep(0.05)
attempt("seen", watch)
""",
        every(
            lambda evidence: "it was traced" if evidence.tries["victim"].startswith("done") else "",
            leaves_the_victim_alone,
        ),
        tries=2,
        bait=Stage.victim,
    ),
    Attack(
        "tracing-the-parent",
        """
attempt("parent", lambda: call("ptrace", 0x4206, os.getppid(), 0, 0))
attempt("first", lambda: call("ptrace", 0x4206, 1, 0, 0))
attempt("compare", lambda: call("kcmp", os.getpid(), T["victim"], 0, 0, 0))
""",
        refused,
        tries=3,
        bait=Stage.victim,
    ),
    Attack(
        "settings-of-the-victim",
        """
import resource
attempt("priority", os.setpriority, os.PRIO_PROCESS, T["victim"], 7)
attempt("processors", os.sched_setaffinity, T["victim"], {min(os.sched_getaffinity(0))})
attempt("scheduler", os.sched_setscheduler, T["victim"], os.SCHED_BATCH, os.sched_param(0))
attempt("limits", resource.prlimit, T["victim"], resource.RLIMIT_NOFILE, (64, 64))
attempt("score", lambda: open(f"/proc/{T['victim']}/oom_score_adj", "w").write("900"))
attempt("ioprio", lambda: call("ioprio_set", 1, T["victim"], 0x6007))
attempt("group", os.setpgid, T["victim"], 0)
""",
        leaves_the_victim_alone,
        tries=7,
        bait=Stage.victim,
    ),
    Attack(
        "seeing-the-victim",
        """
def look():
    if not os.path.isdir(f"/proc/{T['victim']}"):
        raise OSError(errno.ENOENT, "no such process")

attempt("proc", look)
attempt("signal 0", os.kill, T["victim"], 0)
attempt("session", os.getsid, T["victim"])
attempt("status", lambda: text_of(f"/proc/{T['victim']}/status", 60))
""",
        refused,
        tries=4,
        bait=Stage.victim,
    ),
)
"""All of this group."""
