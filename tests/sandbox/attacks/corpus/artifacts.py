"""Attacks that leave what is no plain file, for who collects or looks at it."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import (
    Attack,
    Evidence,
    every,
    hands_back,
    is_unsafe,
    keeps_the_secret,
    leaves_the_outside_alone,
    stopped,
)
from mechagents.sandbox import folder as folders
from mechagents.sandbox.folder import DEPTH

_REAL = """
with open("real.txt", "w") as file:
    file.write("real")
"""


def _hands_back_few(evidence: Evidence) -> str:
    """No more artifacts than allowed, and the rest is told."""
    most = evidence.stage.limits.artifacts
    if len(evidence.outcome.artifacts) > most:
        return f"{len(evidence.outcome.artifacts)} artifacts"
    return "" if "not taken" in evidence.outcome.message else "nothing tells what was left"


def _names_are_plain(evidence: Evidence) -> str:
    """No name of an artifact can be taken for something else."""
    odd = [n for n in evidence.outcome.artifacts if is_unsafe(n) or set(n) & set("\n\\\"'`$|;<>*?")]
    return f"odd names: {odd!r:.200}" if odd else ""


def _hands_back_the_real(evidence: Evidence) -> str:
    return "" if "real.txt" in evidence.outcome.artifacts else "real.txt was not handed back"


def _not_deep(evidence: Evidence) -> str:
    deep = [n for n in evidence.outcome.artifacts if n.count("/") >= DEPTH]
    return f"{deep!r:.200} is too deep" if deep else ""


def _modes_are_plain(evidence: Evidence) -> str:
    """Artifacts can be read by their owner, and give no one rights."""
    for name in evidence.outcome.artifacts:
        mode = (evidence.stage.workdir / name).lstat().st_mode & 0o7777
        if mode & 0o7000 or not mode & 0o400:
            return f"{name} has the mode {mode:o}"
    return ""


def _holds_no_device(evidence: Evidence) -> str:
    import stat

    kinds = (stat.S_ISBLK, stat.S_ISCHR)
    found = [p for p, s in folders.walk(evidence.stage.workdir) if any(k(s.st_mode) for k in kinds)]
    return f"a device is left: {found}" if found else ""


ATTACKS = (
    Attack(
        "symbolic-links",
        _REAL
        + """
for name, target in (("leak.txt", T["log"]), ("results.json", T["other"]), ("all", "/"),
                     ("loop", "loop"), ("nowhere", "/nonexistent"), ("self", "real.txt")):
    attempt(name, os.symlink, target, name)
""",
        every(hands_back("real.txt"), keeps_the_secret),
        tries=6,
    ),
    Attack(
        "hard-links",
        _REAL
        + """
attempt("leak", os.link, T["log"], "leak.txt")
attempt("other", os.link, T["other"], "results.json")
""",
        every(hands_back("real.txt"), keeps_the_secret),
        tries=2,
    ),
    Attack(
        "links-in-the-way-of-folders",
        _REAL
        + """
attempt("to the outside", os.symlink, T["outside"], "pictures")
attempt("to above", os.symlink, "..", "up")
attempt("to itself", os.symlink, ".", "again")
""",
        every(hands_back("real.txt"), keeps_the_secret),
        tries=3,
    ),
    Attack(
        "pipes",
        _REAL
        + """
attempt("results", os.mkfifo, "results.json")
attempt("fields", os.mkfifo, "fields.vtu")
""",
        hands_back("real.txt"),
        tries=2,
    ),
    Attack(
        "sockets",
        _REAL
        + """
attempt("bind", lambda: socket.socket(socket.AF_UNIX).bind("results.json"))
""",
        hands_back("real.txt"),
    ),
    Attack(
        "devices",
        _REAL
        + """
attempt("null", os.mknod, "results.json", 0o20666, os.makedev(1, 3))
attempt("zero", os.mknod, "fields.vtu", 0o20666, os.makedev(1, 5))
attempt("disk", os.mknod, "disk", 0o60666, os.makedev(254, 0))
""",
        every(hands_back("real.txt"), _holds_no_device),
        tries=3,
    ),
    Attack(
        "sparse",
        _REAL
        + """
def extend(size):
    with open("sparse.bin", "wb") as file:
        file.truncate(size)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for size in (1 << 42, 1 << 36, 1 << 30):
    attempt(f"{size}", extend, size)
note("large", os.path.getsize("sparse.bin"))
if os.path.getsize("sparse.bin") >= 1 << 30:
    note("finished")
""",
        stopped("disk_limit"),
        tries=4,
    ),
    Attack(
        "names-for-terminals",
        _REAL
        + """
names = ["esc\\x1b[2J", "line\\nbreak", "back\\rspace\\b", "bidi\\u202egnp.exe", "zero\\u200bwidth",
         "\\x9b2J", "bell\\x07", "tab\\tname", "del\\x7f"]
for number, name in enumerate(names):
    attempt(f"{number}", lambda: open(name, "w").close())
attempt("folder", lambda: (os.mkdir("dir\\x1b]0;title\\x07"), open("dir\\x1b]0;title\\x07/in.txt", "w").close()))
""",
        hands_back("real.txt"),
        tries=10,
    ),
    Attack(
        "names-for-shells-and-paths",
        _REAL
        + """
names = [b"-rf", b"--help", b"..\\\\up.txt", b"$(touch x)", b"`x`", b"a;b", b"a|b", b"a&b", b"a>b",
         b"C:\\\\x", b"\\xff\\xfe.txt", b"~", b"*", b"%2e%2e%2f", b"'", b'"', b"<b>"]
for number, name in enumerate(names):
    attempt(f"{number}", lambda: open(name, "w").close())
attempt("dots", lambda: (os.mkdir("..."), open(".../in.txt", "w").close()))
""",
        every(_names_are_plain, _hands_back_the_real),
        tries=18,
    ),
    Attack(
        "many",
        _REAL
        + """
def many():
    for number in range(150):
        open(f"many-{number}.txt", "w").close()

attempt("many", many)
""",
        _hands_back_few,
    ),
    Attack(
        "deep",
        _REAL
        + """
def nest():
    os.makedirs("/".join("abcdefghij"))
    open("/".join("abcdefghij") + "/deep.txt", "w").close()

attempt("deep", nest)
""",
        every(_not_deep, _hands_back_the_real),
    ),
    Attack(
        "modes",
        _REAL
        + """
for mode in (0o0, 0o777, 0o1777, 0o2755, 0o4755, 0o7777, 0o111):
    name = f"mode-{mode:o}.txt"
    open(name, "w").close()
    attempt(name, os.chmod, name, mode)
os.mkdir("closed")
open("closed/in.txt", "w").close()
attempt("folder", os.chmod, "closed", 0)
""",
        every(_hands_back_the_real, _modes_are_plain),
        tries=8,
    ),
    Attack(
        "swapped-at-the-end",
        _REAL
        + """
def swap():
    with open("results.json", "w") as file:
        file.write("{}")
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, 256)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            try:
                os.unlink("results.json")
                os.symlink(T["log"], "results.json")
                time.sleep(0.0005)
                os.unlink("results.json")
                os.close(os.open("results.json", os.O_CREAT | os.O_WRONLY))
            except OSError:
                pass
        os._exit(0)

attempt("swap", swap)
""",
        every(keeps_the_secret, _hands_back_the_real, leaves_the_outside_alone),
    ),
    Attack(
        "in-place-of-the-program",
        _REAL
        + """
attempt("program", lambda: open("program.py", "w").write("print('another')"))
attempt("folder of that name", lambda: (os.unlink("targets.json"), os.mkdir("targets.json")))
attempt("hidden", lambda: open(".hidden", "w").close())
""",
        every(_hands_back_the_real, leaves_the_outside_alone),
        tries=3,
    ),
)
"""All of this group."""
