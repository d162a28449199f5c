"""What an attack is, what is known after it, and the judgements that attacks share.

An attack is a program that tries something, a bait that is laid out before, and a judgement of
what can be seen from outside afterwards. The program must prove what it tried: each try is signed
with a token that only a program which ran in the sandbox could have read.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mechagents.sandbox.base import Limits, Outcome

if TYPE_CHECKING:
    from attacks.stage import Stage

LIMITS = Limits(
    wall_seconds=5,
    cpu_seconds=5,
    memory_mib=256,
    processes=16,
    file_mib=8,
    folder_mib=16,
    folder_files=200,
    kept_output_mib=0.25,
    flood_mib=4,
    artifacts=50,
)
"""What attacks may use unless they say otherwise: little, so that all are quick and harmless."""

PRELUDE = r"""
import ctypes, errno, hashlib, json, os, signal, socket, sys, time
with open("targets.json") as _file:
    T = json.load(_file)
# In a container its folder has another name.
T["workdir"] = os.getcwd()
_HERE = os.getcwd()
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl(15, T["token"].encode(), 0, 0, 0)


def note(what, how="begun"):
    "Say on standard output and in a file that something was tried, and sign it."
    proof = hashlib.sha256((T["token"] + what).encode()).hexdigest()[:16]
    line = f"\nTRIED {proof} {what}: {how}\n".encode()
    for write in (_to_output, _to_file):
        try:
            write(line)
        except OSError:
            pass


def _to_output(line):
    os.write(1, line)


def _to_file(line):
    with open(os.path.join(_HERE, "tried.txt"), "ab") as file:
        file.write(line)


def attempt(what, action, *args, **options):
    "Do one hostile thing, say how it went, and return what came of it or None."
    try:
        result = action(*args, **options)
    except Exception as error:
        code = errno.errorcode.get(getattr(error, "errno", None) or 0, "")
        note(what, f"refused {type(error).__name__} {code}")
        return None
    note(what, f"done {result!r:.300}")
    return result


def call(name, *args):
    "Make a system call; raise what the kernel says."
    ctypes.set_errno(0)
    sent = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = _libc.syscall(ctypes.c_long(T["calls"][name]), *sent)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return result


def text_of(path, most=1 << 16):
    with open(path, "rb") as file:
        return file.read(most)


def in_child(action):
    "Run something in a fork; return its wait status."
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]

"""
"""What every attack begins with. It is short of imports, since each costs time."""

CALLS = {
    "x86_64": {
        "mount": 165, "umount2": 166, "pivot_root": 155, "swapon": 167, "reboot": 169,
        "sethostname": 170, "iopl": 172, "init_module": 175, "delete_module": 176,
        "finit_module": 313, "kexec_load": 246, "acct": 163, "syslog": 103, "setns": 308,
        "unshare": 272, "clone": 56, "clone3": 435, "keyctl": 250, "add_key": 248,
        "request_key": 249, "io_uring_setup": 425, "bpf": 321, "perf_event_open": 298,
        "userfaultfd": 323, "memfd_create": 319, "ptrace": 101, "process_vm_readv": 310,
        "process_vm_writev": 311, "pidfd_open": 434, "pidfd_getfd": 438,
        "pidfd_send_signal": 424, "name_to_handle_at": 303, "open_by_handle_at": 304,
        "fsopen": 430, "open_tree": 428, "move_mount": 429, "mount_setattr": 442, "shmget": 29,
        "shmat": 30, "shmctl": 31, "shmdt": 67, "msgget": 68, "semget": 64, "personality": 135,
        "clock_settime": 227, "settimeofday": 164, "clock_adjtime": 305, "quotactl": 179,
        "fanotify_init": 300, "kcmp": 312, "capget": 125, "tgkill": 234, "rt_sigqueueinfo": 129,
        "ioprio_set": 251, "ioprio_get": 252, "migrate_pages": 256, "lookup_dcookie": 212,
        "quotactl_fd": 443, "vhangup": 153, "process_madvise": 440,
    },
    "aarch64": {
        "mount": 40, "umount2": 39, "pivot_root": 41, "swapon": 224, "reboot": 142,
        "sethostname": 161, "init_module": 105, "delete_module": 106, "finit_module": 273,
        "kexec_load": 104, "acct": 89, "syslog": 116, "setns": 268, "unshare": 97,
        "clone": 220, "clone3": 435, "keyctl": 219, "add_key": 217, "request_key": 218,
        "io_uring_setup": 425, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "memfd_create": 279, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "fsopen": 430, "open_tree": 428,
        "move_mount": 429, "mount_setattr": 442, "shmget": 194, "shmat": 196, "shmctl": 195,
        "shmdt": 197, "msgget": 186, "semget": 190, "personality": 92, "clock_settime": 112,
        "settimeofday": 170, "clock_adjtime": 266, "quotactl": 60, "fanotify_init": 262,
        "kcmp": 272, "capget": 90, "tgkill": 131, "rt_sigqueueinfo": 138, "ioprio_set": 30,
        "ioprio_get": 31, "migrate_pages": 238, "lookup_dcookie": 18, "quotactl_fd": 443,
        "vhangup": 58, "process_madvise": 440,
    },
}  # fmt: skip
"""Numbers of the system calls that attacks make."""

_REFUSALS = re.compile(
    r"refused (OSError|\w*(Permission|FileNotFound|FileExists|ProcessLookup|Connection|Timeout"
    r"|NotADirectory|IsADirectory|BlockingIO|ChildProcess|BrokenPipe|Interrupted|Memory)\w*Error"
    r"|gaierror|MemoryError|ConnectionRefusedError|Refused)\b"
)
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Evidence:
    """What is known after an attack."""

    stage: Stage
    outcome: Outcome
    later: Outcome | None
    """How the program that ran after it ended, where there is one."""
    beside: Outcome | None
    """How the program that ran beside it ended, where there is one."""
    tries: dict[str, str]
    """What the attack tried, with proof, and how it says it went."""
    files: dict[str, bytes]
    """What it left in its folder, by name, bounded."""
    seconds: float
    """How long the call took that ran it."""

    @property
    def seen(self) -> bytes:
        """All that came out: streams, message, and the names and contents of files."""
        told = self.outcome.stdout + self.outcome.stderr + self.outcome.message
        names = "\n".join((*self.files, *self.outcome.artifacts))
        return b"\n".join((told.encode(), names.encode(errors="replace"), *self.files.values()))


Judge = Callable[[Evidence], str]
"""Returns why an attack was not held, or nothing if it was."""


def _no_bait(_: Stage) -> None:
    """Lay out nothing but what every stage has."""


@dataclass(frozen=True)
class Attack:
    """A hostile program with all that is needed to tell whether it was held."""

    name: str
    program: str
    """Its text, without the prelude."""
    held: Judge
    tries: int = 1
    """How many different things it must prove to have tried, at the least."""
    bait: Callable[[Stage], None] = _no_bait
    limits: Limits = LIMITS
    then: str = ""
    """A program that runs afterwards, in the same folder."""
    beside: str = ""
    """A program that runs at the same time, in a folder of its own."""


def proven(text: bytes, token: str) -> dict[str, str]:
    """Return the tries that are signed with a token, and how they are said to have gone."""
    found: dict[str, str] = {}
    for line in text.decode(errors="replace").splitlines():
        match = re.match(r"TRIED ([0-9a-f]{16}) ([^:]+): (.*)", line)
        if match and match[1] == hashlib.sha256((token + match[2]).encode()).hexdigest()[:16]:
            found[match[2]] = match[3]
    return found


def misfired(tries: dict[str, str]) -> str:
    """Return the tries that failed for another reason than being refused, in words.

    A mistake in an attack must not pass for a sandbox that holds.
    """
    bad = (
        f"{what} ({how})"
        for what, how in tries.items()
        if how.startswith("refused") and not _REFUSALS.match(how)
    )
    return ", ".join(bad)


def is_unsafe(text: str) -> bool:
    """Return whether a text could fool a terminal or a page."""
    return _UNSAFE.search(text) is not None


def every(*judges: Judge) -> Judge:
    """Return a judgement that is content only if all of them are."""
    return lambda evidence: next(filter(None, (judge(evidence) for judge in judges)), "")


def refused(evidence: Evidence) -> str:
    """Nothing that was tried may have succeeded."""
    done = [f"{what}: {how}" for what, how in evidence.tries.items() if how.startswith("done")]
    return "; ".join(done)


def keeps_the_secret(evidence: Evidence) -> str:
    """The secret may not come out, as it stands or encoded."""
    secret = evidence.stage.secret.encode()
    forms = (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")[:-2])
    if any(form in evidence.seen for form in forms):
        return "the secret came out: " + _done(evidence)
    return ""


def _done(evidence: Evidence) -> str:
    done = [what for what, how in evidence.tries.items() if how.startswith("done")]
    return ", ".join(done) or "without a successful try"


def leaves_the_outside_alone(evidence: Evidence) -> str:
    """Nothing outside may have been changed, made or removed."""
    return evidence.stage.changes()


def hears_nothing(evidence: Evidence) -> str:
    """No listener and no caller of the stage may have come through."""
    return ", ".join(evidence.stage.heard())


def leaves_the_victim_alone(evidence: Evidence) -> str:
    """The victim must be alive and as it was."""
    return evidence.stage.harm()


def ends_as(*statuses: str, exit_code: int | None = None) -> Judge:
    """Return a judgement on how a run ended."""

    def judge(evidence: Evidence) -> str:
        told, code = evidence.outcome.status, evidence.outcome.exit_code
        if told not in statuses:
            return f"its status is {told} ({evidence.outcome.message:.100}), not {statuses}"
        wrong = exit_code is not None and code != exit_code
        return f"its exit code is {code}, not {exit_code}" if wrong else ""

    return judge


def stopped(*statuses: str) -> Judge:
    """Return a judgement that a run was stopped, or refused what it asked for, before its end.

    The program notes ``finished`` when it got all that it wanted.
    """

    def judge(evidence: Evidence) -> str:
        if "finished" in evidence.tries:
            return f"it got all it wanted ({evidence.outcome.status})"
        if any(how.startswith("refused") for how in evidence.tries.values()):
            return ""
        return ends_as(*statuses)(evidence)

    return judge


def in_time(evidence: Evidence) -> str:
    """It may not have run more than half a second past its limit, and the call little longer."""
    allowed = evidence.stage.limits.wall_seconds + 0.5
    took = evidence.outcome.usage.wall_seconds
    if took > allowed or evidence.seconds > allowed + 1.0:
        return f"it took {took:.2f} s, the call {evidence.seconds:.2f} s, not {allowed:g} s"
    return ""


def hands_back(*names: str) -> Judge:
    """Return a judgement on the artifacts: exactly these, apart from the list of tries."""

    def judge(evidence: Evidence) -> str:
        found = set(evidence.outcome.artifacts) - {"tried.txt"}
        return "" if found == set(names) else f"artifacts are {sorted(found)!r:.300}"

    return judge


def later_says(expected: str) -> Judge:
    """Return a judgement on what the program that ran afterwards printed."""

    def judge(evidence: Evidence) -> str:
        assert evidence.later is not None, "an attack with this judgement has a later program"
        said = f"{evidence.later.stdout}{evidence.later.stderr}".strip()
        return "" if said == expected else f"the next run says {said!r:.300}"

    return judge


def beside_says(expected: str) -> Judge:
    """Return a judgement on what the program that ran at the same time printed."""

    def judge(evidence: Evidence) -> str:
        assert evidence.beside is not None, "an attack with this judgement has one beside it"
        said = f"{evidence.beside.stdout}{evidence.beside.stderr}".strip()
        told = f"{said!r:.300} ({evidence.beside.status}, {evidence.beside.message:.200})"
        return "" if said == expected else f"the run beside it says {told}"

    return judge
