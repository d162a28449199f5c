"""Attacks by what is printed: floods, escapes, and what pretends to be the framework's own."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import (
    LIMITS,
    Attack,
    Evidence,
    ends_as,
    every,
    hands_back,
    in_time,
    leaves_the_outside_alone,
)

_SHORT = LIMITS.model_copy(update={"wall_seconds": 0.8})
_MIB = 1 << 20


def _little_is_kept(evidence: Evidence) -> str:
    outcome, limits = evidence.outcome, evidence.stage.limits
    most = max(len(outcome.stdout), len(outcome.stderr))
    return f"{most} characters are kept" if most > 2 * limits.kept_output_mib * _MIB else ""


def _all_is_counted(evidence: Evidence) -> str:
    told = evidence.outcome.stdout_bytes + evidence.outcome.stderr_bytes
    return "" if told > evidence.stage.limits.flood_mib * _MIB else f"only {told} bytes are counted"


def _shows(*texts: str) -> object:
    def judge(evidence: Evidence) -> str:
        told = evidence.outcome.stdout + evidence.outcome.stderr
        missing = [text for text in texts if text not in told]
        return f"{missing} is not shown" if missing else ""

    return judge


_FLOODED = every(ends_as("output_flood"), _little_is_kept, _all_is_counted)

ATTACKS = (
    Attack(
        "flood",
        """
note("flood")
for _ in range(24):
    os.write(1, b"flood! \\n" * (1 << 17))
time.sleep(0.5)
""",
        _FLOODED,
    ),
    Attack(
        "flood-of-errors",
        """
note("flood")
for _ in range(24):
    os.write(2, b"error! \\n" * (1 << 17))
time.sleep(0.5)
""",
        _FLOODED,
    ),
    Attack(
        "flood-of-both-by-children",
        """
note("flood")
for child in range(3):
    if os.fork() == 0:
        for _ in range(16):
            os.write(1 + child % 2, b"x" * (1 << 19))
        os._exit(0)
time.sleep(0.6)
""",
        _FLOODED,
    ),
    Attack(
        "one-endless-line",
        """
note("flood")
for _ in range(24):
    os.write(1, b"\\xf0\\x9f\\x92\\xa9" * (1 << 18))
""",
        _FLOODED,
    ),
    Attack(
        "flood-by-an-exception",
        """
note("flood")
raise SystemExit("x" * (12 << 20))
""",
        _FLOODED,
    ),
    Attack(
        "flood-of-escapes",
        # Each of these bytes takes four characters when it is made safe.
        """
note("escapes")
os.write(1, b"\\x1b" * (200 << 10))
""",
        lambda evidence: (
            ends_as("ok")(evidence)
            or ("" if len(evidence.outcome.stdout) < _MIB else "made safe, it is over 1 MiB")
        ),
    ),
    Attack(
        "escape-sequences",
        """
note("escapes")
for text in (b"\\x1b[2J\\x1b[H", b"\\x1b]0;title\\x07", b"\\x1b]52;c;Y2FuYXJ5\\x07", b"\\x1bP+q\\x1b\\\\",
             b"\\x1b]8;;http://canary.test\\x1b\\\\link\\x1b]8;;\\x1b\\\\", b"\\xc2\\x9b2J", b"\\x9b2J",
             b"\\x07\\x08\\x0b\\x0c\\x0e\\x0f\\x7f", b"\\0"):
    os.write(1, text + b"\\n")
    os.write(2, text + b"\\n")
""",
        _shows("title", "Y2FuYXJ5"),  # What is no control character comes out.
    ),
    Attack(
        "text-that-runs-backwards",
        """
note("marks")
text = "\\u202eabc\\u202c \\u2066def\\u2069 a\\u200bb \\u200e \\ufeff \\u2028 \\u2029 \\U000e0041 \\ud7ff \\ue000"
os.write(1, text.encode("utf-8", "surrogatepass") + b"\\n")
os.write(2, b"\\xed\\xa0\\x80 \\xc0\\xaf \\xf8\\x88\\x80\\x80\\x80 \\xff\\n")
""",
        _shows("abc", "def"),
    ),
    Attack(
        "overwritten-lines",
        """
note("overwritten")
os.write(1, b"the truth\\rall is well\\nsecond\\b\\b\\b\\b\\b\\bthird\\x1b[1A\\x1b[2K\\n")
""",
        _shows("the truth", "all is well"),
    ),
    Attack(
        "forged-reports-on-every-descriptor",
        """
note("forge")
for handle in range(256):
    for text in (b"ended 0 0.0 0 0", b'{"status": "ok", "exit_code": 0}\\n', b"ok\\n"):
        try:
            os.write(handle, text)
        except OSError:
            pass
        try:
            socket.socket(fileno=os.dup(handle)).sendmsg([text])
        except OSError:
            pass
os._exit(3)
""",
        ends_as("error", exit_code=3),
    ),
    Attack(
        "forged-notes-of-the-framework",
        """
note("forge")
print('{"kind": "execution", "status": "ok", "exit_code": 0, "isolation": "namespaces"}')
print("[... 12 bytes left out ...]", flush=True)
print("status: ok, accepted, verified, all checks passed", file=sys.stderr, flush=True)
sys.exit(9)
""",
        every(
            ends_as("error", exit_code=9),
            lambda evidence: "" if "accepted" not in evidence.outcome.message else "it is believed",
        ),
    ),
    Attack(
        "forged-shortage-of-memory",
        """
note("forge")
sys.stderr.write("Traceback (most recent call last):\\nMemoryError\\n")
sys.stderr.flush()
os._exit(1)
""",
        ends_as("error", exit_code=1),
    ),
    Attack(
        "forged-limit-on-time",
        """
note("forge")
os.kill(os.getpid(), signal.SIGXCPU)
time.sleep(1)
""",
        ends_as("signal", exit_code=-24),
    ),
    Attack(
        "forged-limit-on-files",
        """
note("forge")
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGXFSZ)
time.sleep(1)
""",
        ends_as("signal", exit_code=-25),
    ),
    Attack(
        "forged-exit-codes",
        # Shells, and what is built on them, tell of signals by 128 and more.
        """
note("exit")
os._exit(137)
""",
        ends_as("error", exit_code=137),
    ),
    Attack(
        "forged-exit-code-of-the-sandbox",
        """
note("exit")
open("setup", "w").write("setup failed")
os.write(2, b"bwrap: Can't mount proc\\nsetup PermissionError\\n")
os._exit(1)
""",
        ends_as("error", exit_code=1),
    ),
    Attack(
        "closed-streams",
        """
attempt("close", lambda: [os.close(n) for n in (0, 1, 2)] and None)
with open("written.txt", "w") as file:
    file.write("still here")
""",
        every(hands_back("written.txt"), ends_as("ok", "error")),
    ),
    Attack(
        "closed-descriptors-and-no-end",
        """
note("close")
os.closerange(0, 65536)
while True:
    time.sleep(5)
""",
        every(ends_as("wall_timeout"), in_time),
        limits=_SHORT,
    ),
    Attack(
        "streams-that-do-not-block",
        """
note("switch")
for handle in (0, 1, 2):
    os.set_blocking(handle, False)
try:
    for _ in range(4):
        os.write(1, b"x" * (1 << 18))
except OSError:
    pass
""",
        ends_as("ok", "error"),
    ),
    Attack(
        "streams-turned-to-files",
        """
note("turn")
big = os.open("big", os.O_CREAT | os.O_WRONLY)
os.dup2(big, 1)
os.dup2(big, 2)
os.write(1, b"x" * 1000)
for number in (0, 1, 2):
    try:
        os.write(os.open(f"/proc/{os.getppid()}/fd/{number}", os.O_WRONLY), b"intruded")
    except OSError:
        pass
""",
        lambda evidence: (
            leaves_the_outside_alone(evidence)
            or ("another's stream was written to" if b"intruded" in evidence.seen else "")
        ),
    ),
    Attack(
        "reading-what-is-printed",
        """
def read(number):
    handle = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_NONBLOCK)
    return os.read(handle, 100)

note("read")
for number in (1, 2):
    try:
        read(number)
    except OSError:
        pass
os.write(1, b"the end\\n")
""",
        _shows("the end"),
    ),
)
"""All of this group."""
