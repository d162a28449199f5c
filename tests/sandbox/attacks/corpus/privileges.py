"""Attacks that take back a limit or a right that was given up, and dumps of memory."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import Attack, Evidence, ends_as, every, refused
from mechagents.sandbox import folder as folders


def _no_dump(evidence: Evidence) -> str:
    found = [p for p, _ in folders.walk(evidence.stage.workdir) if "core" in p.split("/")[-1]]
    return f"a dump is left: {found}" if found else ""


ATTACKS = (
    Attack(
        "raising-limits",
        """
import resource
for name in ("CORE", "CPU", "FSIZE", "NOFILE", "AS", "NPROC"):
    which = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(which)
    def raise_it():
        if hard == resource.RLIM_INFINITY:
            return "there is no limit"
        try:
            resource.setrlimit(which, (hard + 1, hard + 1))
        except ValueError as error:
            raise PermissionError(errno.EPERM, str(error))
    if not (name in ("NPROC",) and hard == resource.RLIM_INFINITY):
        attempt(name, raise_it)
""",
        refused,
        tries=5,
    ),
    Attack(
        "raising-limits-of-the-parent",
        """
import resource
def of(pid):
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))

attempt("parent", of, os.getppid() or 1)
attempt("host", of, T["host"])
""",
        refused,
        tries=2,
    ),
    Attack(
        "priorities",
        """
attempt("nice", os.nice, -5)
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
attempt("ioprio", lambda: call("ioprio_set", 1, 0, 0x2000))
""",
        refused,
        tries=3,
    ),
    Attack(
        "other-users",
        """
def become(action, *args):
    "In a child, so that the rest goes on as it was."
    def change():
        try:
            action(*args)
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(in_child(change))
    if code:
        raise OSError(code if code > 0 else errno.EPERM, "refused")

attempt("one", become, os.setuid, 0 if os.getuid() else 54321)
attempt("all three", become, os.setresuid, 12345, 12345, 12345)
attempt("another group", become, os.setresgid, 12345, 12345, 12345)
attempt("groups", become, os.setgroups, [0])
""",
        refused,
        tries=4,
    ),
    Attack(
        "capabilities",
        """
def held():
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    call("capget", header, data)
    if not any(data):
        raise PermissionError(errno.EPERM, "none")
    return [hex(word) for word in data]

attempt("held", held)
def new():
    if _libc.prctl(39, 0, 0, 0, 0) == 1:
        raise PermissionError(errno.EPERM, "no new privileges")

attempt("to be had", new)
def ambient():
    if _libc.prctl(47, 2, 21, 0, 0):
        raise OSError(ctypes.get_errno(), "ambient")

attempt("ambient", ambient)
""",
        refused,
        tries=3,
    ),
    Attack(
        "programs-that-give-rights",
        """
import subprocess
tools = [p for p in ("/usr/bin/su", "/bin/su") if os.path.exists(p)]
def run(tool):
    done = subprocess.run([tool, "-c", "true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=2)
    if done.returncode:
        raise PermissionError(errno.EPERM, "refused")

note("tools", str(len(tools)))
for tool in tools[:1]:
    attempt(tool, run, tool)
""",
        refused,
        tries=1,
    ),
    Attack(
        "dumps-of-memory",
        """
import resource
for limit in (resource.RLIM_INFINITY, 1 << 20, 4096):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
        note("raised", f"done {limit}")
    except (ValueError, OSError):
        note("raised", "refused OSError EPERM")
_libc.prctl(4, 1, 0, 0, 0)
def dumped(number):
    status = in_child(lambda: (os.kill(os.getpid(), number), time.sleep(1)))
    if not os.WCOREDUMP(status):
        raise OSError(errno.EPERM, "not dumped")

for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
    attempt(f"signal {number}", dumped, number)
""",
        every(_no_dump, refused),
        tries=4,
    ),
    Attack(
        "a-dump-of-its-own",
        """
note("dump")
os.abort()
""",
        every(_no_dump, ends_as("signal", exit_code=-6)),
    ),
)
"""All of this group."""
