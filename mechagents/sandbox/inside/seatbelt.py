"""The profile of macOS's own sandbox for one program, put on by the process itself.

What it lets through follows the profiles of Chromium and of coding agents, less what they need
for windows and networks. It was written from these, and has not been run on macOS.
"""

from __future__ import annotations

# ruff: noqa: PTH120
import ctypes
import os

HELD = "Seatbelt, all denied but what is named; rlimits"
"""What holds, in words."""
_BREWS = ("/opt/homebrew", "/usr/local")
_SYSTEM = (
    "/usr/lib", "/usr/bin", "/usr/share", "/bin", "/System/Library", "/System/Volumes/Preboot",
    "/Library/Apple", "/Library/Fonts", "/private/var/db/timezone", "/private/var/db/dyld",
)  # fmt: skip
"""What is read and executed of the system; no other user's files are below."""
_SETTINGS = (
    "/", "/private/etc/localtime", "/private/etc/ssl/openssl.cnf", "/dev/null", "/dev/zero",
    "/dev/random", "/dev/urandom", "/dev/autofs_nowait",
)  # fmt: skip
_LINKS = ("/tmp", "/var", "/etc", "/private", "/private/tmp", "/private/var", "/private/etc")
"""Of these only what they are, not what is in them."""
_SYSCTLS = (
    "hw.activecpu", "hw.byteorder", "hw.cachelinesize", "hw.cachelinesize_compat", "hw.cpufamily",
    "hw.cpufrequency", "hw.cpusubtype", "hw.cputype", "hw.l1dcachesize", "hw.l2cachesize",
    "hw.l3cachesize", "hw.logicalcpu", "hw.logicalcpu_max", "hw.machine", "hw.memsize", "hw.model",
    "hw.ncpu", "hw.nperflevels", "hw.packages", "hw.pagesize", "hw.pagesize_compat",
    "hw.physicalcpu", "hw.physicalcpu_max", "hw.tbfrequency", "hw.vectorunit", "kern.argmax",
    "kern.hostname", "kern.maxfilesperproc", "kern.ngroups", "kern.osproductversion",
    "kern.osrelease", "kern.ostype", "kern.osvariant_status", "kern.osversion", "kern.usrstack64",
    "kern.version", "kern.sysv.semmni", "kern.sysv.semmns", "machdep.cpu.brand_string",
    "sysctl.proc_cputype", "vm.loadavg",
)  # fmt: skip
"""By name: a rule for all would let the arguments and environment of other processes be read."""
_SYSCTL_FAMILIES = ("hw.optional.", "hw.perflevel", "machdep.cpu.")
_SERVICES = (
    "com.apple.system.opendirectoryd.libinfo", "com.apple.system.logger",
    "com.apple.system.notification_center",
)  # fmt: skip
"""What the C library asks for users' names, and writes its log to."""


def quoted(text: str) -> str:
    """Return a text as the profile's language writes it.

    Raises:
        ValueError: If it has a control character, of which nobody says how it is written.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError(f"no profile can hold {text!r}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def profile(readable: list[str], writable: list[str]) -> str:
    """Return the profile of one program: what it names is allowed, and all else denied.

    Paths are what their links lead to, which is what the kernel compares: ``/tmp`` is a link.

    Args:
        readable: Folders and files to read and execute.
        writable: Folders to do anything with.

    Raises:
        ValueError: If a path cannot be written.
    """
    reading, writing = _real(readable), _real(writable)
    passed = {above for path in reading + writing for above in _above(path)}
    lines = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(deny process-info*)",
        "(allow process-info* (target same-sandbox))",
        "(allow signal (target same-sandbox))",
        _allow("sysctl-read", "sysctl-name", _SYSCTLS),
        _allow("sysctl-read", "sysctl-name-prefix", _SYSCTL_FAMILIES),
        _allow("mach-lookup", "global-name", _SERVICES),
        "(allow ipc-posix-sem)",
        '(allow ipc-posix-shm (ipc-posix-name-regex #"^/psm_"))',
        _allow("file-read*", "literal", _SETTINGS),
        _allow("file-read-metadata", "literal", sorted({*_LINKS, *passed})),
        _allow("file-read* process-exec file-map-executable", "subpath", (*_SYSTEM, *reading)),
        _allow("file-write-data", "literal", ("/dev/null", "/dev/zero")),
        _allow("file-read* file-write* file-map-executable", "subpath", writing),
        "(deny file-write-setugid)",
        "(deny network*)",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def restrict(readable: list[str], writable: list[str]) -> None:
    """Keep this process and all it will start to a profile, for good.

    It is what ``sandbox-exec`` does before it starts a program; here it is done by the process
    that becomes the program, which saves a second start of the interpreter.

    Args:
        readable: Folders and files to read and execute.
        writable: Folders to do anything with.

    Raises:
        OSError: If the system refuses.
        ValueError: If a path cannot be written.
    """
    # A Homebrew interpreter's libraries lie beside it, each in a folder of its own.
    brews = [b for b in _BREWS if any(p.startswith(f"{b}/") for p in _real(readable))]
    more = [f"{brew}/{name}" for brew in brews for name in ("Cellar", "opt", "lib")]
    text = profile([*readable, *more], writable)
    fault = ctypes.c_char_p()
    start = ctypes.CDLL(None, use_errno=True).sandbox_init
    if start(text.encode(), ctypes.c_uint64(0), ctypes.byref(fault)):
        raise PermissionError(f"sandbox_init: {(fault.value or b'').decode(errors='replace')}")


def _real(paths: list[str]) -> list[str]:
    return sorted({os.path.realpath(path) for path in paths})


def _above(path: str) -> list[str]:
    """Return the folders that a path goes through."""
    found: list[str] = []
    while path != "/":
        path = os.path.dirname(path)
        found.append(path)
    return found


def _allow(what: str, kind: str, names: tuple[str, ...] | list[str]) -> str:
    if not names:
        return ""
    return f"(allow {what} {' '.join(f'({kind} {quoted(name)})' for name in names)})"
