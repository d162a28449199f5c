"""Attacks that change what lies outside their folder, or make the sandbox do so for them."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import (
    Attack,
    Evidence,
    ends_as,
    every,
    keeps_the_secret,
    later_says,
    leaves_the_outside_alone,
)
from attacks.stage import Stage
from mechagents.sandbox import folder as folders

_LATER = """
import os
print(sorted(n for n in os.listdir(".") if n in ("targets.json", "program.py")))
"""
_LATER_SAYS = "['program.py', 'targets.json']"


def _can_be_removed(evidence: Evidence) -> str:
    """The folder must be removable with what the sandbox itself has for that."""
    try:
        folders.remove(evidence.stage.workdir)
    except OSError as error:
        return f"the folder cannot be removed: {error.strerror}"
    return ""


def _no_privileged_file(evidence: Evidence) -> str:
    """No file left may give rights to who runs it."""
    import os

    workdir = evidence.stage.workdir
    for path, status in folders.walk(workdir):
        if status.st_mode & 0o6000 and not os.path.isdir(workdir / path):  # noqa: PTH112
            return f"{path} is set-user-id or set-group-id"
        if "security.capability" in os.listxattr(workdir / path, follow_symlinks=False):
            return f"{path} has capabilities"
    return ""


ATTACKS = (
    Attack(
        "new-files",
        """
for place in [*T["places"], T["outside"], os.path.dirname(T["log"]), "/etc", "/usr/bin", "/"]:
    attempt(place, lambda: open(os.path.join(place, T["token"] + "-new"), "w").close())
    attempt(place + " folder", lambda: os.mkdir(os.path.join(place, T["token"] + "-folder")))
""",
        leaves_the_outside_alone,
        tries=10,
    ),
    Attack(
        "overwriting",
        """
def overwrite(mode):
    with open(T["kept"], mode) as file:
        file.write("overwritten")

for mode in ("w", "a", "r+"):
    attempt(mode, overwrite, mode)
attempt("log", lambda: open(T["log"], "a").write("forged"))
""",
        leaves_the_outside_alone,
        tries=4,
    ),
    Attack(
        "truncating-by-path",
        """
attempt("truncate", os.truncate, T["kept"], 0)
attempt("of a descriptor", lambda: os.ftruncate(os.open(T["kept"], os.O_WRONLY), 0))
attempt("when opened", lambda: os.open(T["kept"], os.O_RDONLY | os.O_TRUNC))
""",
        leaves_the_outside_alone,
        tries=3,
    ),
    Attack(
        "removing",
        """
attempt("unlink", os.unlink, T["kept"])
attempt("rmdir", lambda: (os.unlink(T["outside"] + "/deep/kept.txt"), os.rmdir(T["outside"] + "/deep")))
attempt("log", os.unlink, T["log"])
""",
        leaves_the_outside_alone,
        tries=3,
    ),
    Attack(
        "renaming",
        """
attempt("away", os.rename, T["kept"], T["kept"] + ".old")
attempt("in", os.rename, T["outside"] + "/deep/kept.txt", "taken.txt")
open("own.txt", "w").close()
attempt("out", os.rename, "own.txt", T["outside"] + "/own.txt")
""",
        every(leaves_the_outside_alone, keeps_the_secret),
        tries=3,
    ),
    Attack(
        "modes",
        """
attempt("chmod", os.chmod, T["kept"], 0o600)
attempt("of a folder", os.chmod, T["outside"], 0o700)
attempt("fchmod", lambda: os.fchmod(os.open(T["kept"], os.O_RDONLY), 0o640))
attempt("by link", lambda: (os.symlink(T["kept"], "link"), os.chmod("link", 0o611)))
""",
        leaves_the_outside_alone,
        tries=4,
    ),
    Attack(
        "owners",
        """
attempt("chown", os.chown, T["kept"], 12345, 12345)
attempt("lchown", os.lchown, T["outside"], 12345, -1)
""",
        leaves_the_outside_alone,
        tries=2,
    ),
    Attack(
        "times",
        """
attempt("utime", os.utime, T["kept"], (1, 1))
attempt("log", os.utime, T["log"], (1, 1))
""",
        leaves_the_outside_alone,
        tries=2,
    ),
    Attack(
        "extended-attributes",
        """
attempt("set", os.setxattr, T["kept"], "user.mx", b"1")
attempt("of a folder", os.setxattr, T["outside"], "user.mx", b"1")
""",
        leaves_the_outside_alone,
        tries=2,
    ),
    Attack(
        "through-a-link-of-its-own",
        """
os.symlink(T["outside"], "way")
attempt("new", lambda: open("way/new.txt", "w").close())
attempt("kept", lambda: open("way/kept.txt", "w").write("overwritten"))
attempt("by descriptor", lambda: os.open("new.txt", os.O_CREAT | os.O_WRONLY, dir_fd=os.open("way", os.O_RDONLY)))
""",
        leaves_the_outside_alone,
        tries=3,
    ),
    Attack(
        "links-left-for-clean-up",
        """
import tempfile
for place in (".", tempfile.gettempdir()):
    for number, target in enumerate((T["outside"], T["kept"], "/", T["outside"] + "/deep")):
        attempt(f"{place} {number}", os.symlink, target, os.path.join(place, f"link-{number}"))
os.makedirs(os.path.join(tempfile.gettempdir(), "a/b"))
attempt("deep", os.symlink, T["outside"], os.path.join(tempfile.gettempdir(), "a/b/c"))
""",
        every(_can_be_removed, leaves_the_outside_alone),
        tries=9,
    ),
    Attack(
        "links-in-place-of-inputs",
        """
for name in ("targets.json", "program.py"):
    attempt(name, lambda: (os.unlink(name), os.symlink(T["kept"], name)))
attempt("tmp", lambda: os.symlink(T["outside"], "tmp"))
attempt("matplotlib", lambda: os.symlink(T["outside"], "matplotlib"))
""",
        every(leaves_the_outside_alone, later_says(_LATER_SAYS)),
        tries=4,
        then=_LATER,
    ),
    Attack(
        "pipes-in-place-of-inputs",
        """
for name in ("targets.json", "program.py"):
    attempt(name, lambda: (os.unlink(name), os.mkfifo(name)))
    attempt("no rights to " + name, os.chmod, name, 0)
""",
        later_says(_LATER_SAYS),
        tries=4,
        then=_LATER,
    ),
    Attack(
        "folders-in-place-of-inputs",
        """
for name in ("targets.json", "program.py"):
    attempt(name, lambda: (os.unlink(name), os.makedirs(name + "/a/b"), os.symlink(T["outside"], name + "/a/c")))
    attempt("no rights to " + name, lambda: (os.chmod(name + "/a", 0), os.chmod(name, 0)))
""",
        every(leaves_the_outside_alone, later_says(_LATER_SAYS)),
        tries=4,
        then=_LATER,
    ),
    Attack(
        "its-own-folder",
        """
import shutil, tempfile
attempt("emptied", lambda: [shutil.rmtree(n) if os.path.isdir(n) else os.unlink(n) for n in os.listdir(".")] and None)
attempt("removed", lambda: os.rmdir(_HERE))
attempt("temporary", lambda: shutil.rmtree(tempfile.gettempdir()))
attempt("without rights", lambda: os.chmod(_HERE, 0))
""",
        every(ends_as("ok", "error"), _can_be_removed),
        tries=4,
    ),
    Attack(
        "links-in-place-of-its-folders",
        """
def swap():
    os.rename(T["workdir"], T["workdir"] + "-old")
    os.symlink(T["outside"], T["workdir"])

attempt("work folder", swap)

def swap_temporary():
    import tempfile
    temporary = tempfile.gettempdir()
    os.rename(temporary, temporary + T["token"])
    os.symlink(T["outside"], temporary)

attempt("temporary folder", swap_temporary)
""",
        leaves_the_outside_alone,
        tries=2,
    ),
    Attack(
        "hard-links-to-the-outside",
        """
attempt("link", os.link, T["kept"], "second.txt")
attempt("write", lambda: open("second.txt", "r+").write("overwritten"))
attempt("outwards", lambda: (open("own.txt", "w").close(), os.link("own.txt", T["outside"] + "/own.txt")))
""",
        every(leaves_the_outside_alone, keeps_the_secret),
        tries=3,
    ),
    Attack(
        "what-cannot-be-removed",
        """
import fcntl
os.makedirs("locked/deep")
open("locked/deep/file", "w").close()
attempt("no rights", lambda: (os.chmod("locked/deep", 0), os.chmod("locked", 0)))

def immutable():
    with open("immutable.txt", "w") as file:
        fcntl.ioctl(file, 0x40086602, ctypes.c_long(0x30))

attempt("immutable", immutable)

note("deep")
for _ in range(180):
    os.mkdir("d" * 40)
    os.chdir("d" * 40)
""",
        _can_be_removed,
        tries=3,
    ),
    Attack(
        "files-that-give-rights",
        """
import shutil
shutil.copy("/bin/true", "tool")
attempt("set-user-id", os.chmod, "tool", 0o6755)
shutil.copy("/bin/true", "able")
attempt("capabilities", os.setxattr, "able", "security.capability",
        bytes.fromhex("0100000202000000000000000000000000000000"))
""",
        _no_privileged_file,
        tries=2,
    ),
    Attack(
        "control-groups",
        """
attempt("top", os.mkdir, f"/sys/fs/cgroup/{T['token']}")
for place in T["cgroups"][:3]:
    attempt(place, lambda: (os.mkdir(f"{place}/{T['token']}"), os.rmdir(f"{place}/{T['token']}")))
attempt("sysfs", lambda: os.close(os.open("/sys/kernel/mm/transparent_hugepage/enabled", os.O_WRONLY)))
""",
        lambda evidence: (
            leaves_the_outside_alone(evidence)
            or "; ".join(w for w, h in evidence.tries.items() if h.startswith("done"))
        ),
        tries=2,
        bait=Stage.empty_cgroup,
    ),
)
"""All of this group."""
