"""Attacks that fill a disk, or use up the files it can have."""

from __future__ import annotations

from attacks.attack import Attack, Evidence, every, stopped
from mechagents.sandbox import folder as folders


def _little_is_left(evidence: Evidence) -> str:
    """The folder may not hold much more than twice what is allowed."""
    limits, size = evidence.stage.limits, folders.measure(evidence.stage.workdir, 1e6, 1_000_000)
    if size.mib > 2 * limits.folder_mib or size.files > 2 * limits.folder_files:
        return f"{size.mib:.0f} MiB in {size.files} files are left"
    return ""


_WRITE = """
note("disk")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def steps(take, count, seconds=0.0):
    for number in range(count):
        try:
            take(number)
        except OSError as error:
            note(f"step {number}", f"refused OSError {errno.errorcode[error.errno]}")
            return
        time.sleep(seconds)
    note("finished")
    time.sleep(0.3)
"""

ATTACKS = (
    Attack(
        "one-file",
        _WRITE
        + """
file = open("big", "wb", 0)
def take(number):
    # Python reports a write that was cut short by its length only.
    if file.write(bytes(1 << 20)) < 1 << 20:
        raise OSError(errno.EFBIG, "short")
steps(take, 64)
""",
        every(stopped("disk_limit"), _little_is_left),
    ),
    Attack(
        "many-large-files",
        _WRITE
        + """
def take(number):
    with open(f"part-{number}", "wb") as file:
        file.write(bytes(4 << 20))
steps(take, 30, 0.02)
""",
        every(stopped("disk_limit"), _little_is_left),
    ),
    Attack(
        "many-small-files",
        _WRITE
        + """
def take(number):
    open(f"f{number}", "w").close()
steps(take, 1500, 0.0005)
""",
        every(stopped("disk_limit"), _little_is_left),
    ),
    Attack(
        "many-folders",
        _WRITE
        + """
def take(number):
    os.makedirs(f"d{number % 20}/{number}")
steps(take, 1500, 0.0005)
""",
        every(stopped("disk_limit"), _little_is_left),
    ),
    Attack(
        "nested-folders",
        _WRITE
        + """
def take(number):
    os.mkdir("d")
    os.chdir("d")
steps(take, 1500, 0.0005)
""",
        stopped("disk_limit"),
    ),
    Attack(
        "many-links",
        _WRITE
        + """
open("one", "w").close()
def take(number):
    os.link("one", f"l{number}")
    os.symlink("x" * 1000, f"s{number}")
steps(take, 800, 0.0005)
""",
        stopped("disk_limit"),
    ),
    Attack(
        "removed-but-open",
        _WRITE
        + """
held = []
def take(number):
    file = open(f"gone-{number}", "wb", 0)
    os.unlink(f"gone-{number}")
    held.append(file)
    file.write(bytes(4 << 20))
steps(take, 24, 0.02)
""",
        stopped("disk_limit", "memory_limit"),
    ),
    Attack(
        "behind-names-and-rights",
        _WRITE
        + """
os.mkdir(".hidden")
def take(number):
    with open(f".hidden/{number}", "wb") as file:
        file.write(bytes(4 << 20))
    os.chmod(".hidden", 0o300)
steps(take, 24, 0.02)
""",
        stopped("disk_limit"),
    ),
    Attack(
        "temporary-files",
        _WRITE
        + """
import tempfile
def take(number):
    with open(os.path.join(tempfile.gettempdir(), f"part-{number}"), "wb") as file:
        file.write(bytes(4 << 20))
steps(take, 30, 0.02)
""",
        stopped("disk_limit"),
    ),
    Attack(
        "other-places-to-write",
        _WRITE
        + """
places = [*T["places"], "/run", "/run/lock", "/run/user/0", "/mnt", "/opt", "/dev", "/"]
def take(number):
    for place in places:
        try:
            with open(f"{place}/{T['token']}-part-{number}", "wb") as file:
                file.write(bytes(4 << 20))
            return
        except OSError as error:
            last = error
    raise last
steps(take, 24, 0.02)
""",
        stopped("disk_limit", "memory_limit"),
    ),
    Attack(
        "reserved-space",
        _WRITE
        + """
def take(number):
    handle = os.open(f"reserved-{number}", os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(handle, 0, 7 << 20)
    os.close(handle)
steps(take, 10, 0.02)
""",
        every(stopped("disk_limit"), _little_is_left),
    ),
)
"""All of this group."""
