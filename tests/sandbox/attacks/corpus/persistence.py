"""Attacks that wait for the next run, or for whoever starts Python next."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import Attack, every, later_says, leaves_the_outside_alone
from attacks.stage import Stage

_CLEAN = """
import builtins, json, os, site, sys
found = [name for name in ("poisoned", "mx_poison") if hasattr(builtins, name)]
found += [name for name in ("sitecustomize", "usercustomize") if getattr(sys.modules.get(name), "poison", 0)]
print("clean" if not found else found)
"""
_POISON = "poison = True\\nimport builtins\\nbuiltins.poisoned = True\\n"

ATTACKS = (
    Attack(
        "files-among-the-libraries",
        """
for folder in [f for f in sys.path if os.path.isdir(f) and f != T["workdir"]]:
    # What is written does nothing, and is removed when the attack was not held.
    attempt(folder + " pth", lambda: open(f"{folder}/{T['token']}.pth", "w").write("# harmless"))
    attempt(folder + " py", lambda: open(f"{folder}/{T['token']}.py", "w").close())
""",
        leaves_the_outside_alone,
        tries=4,
    ),
    Attack(
        "compiled-files",
        """
import json, numpy
import mechagents
for module in (json, numpy, mechagents):
    folder = os.path.join(os.path.dirname(module.__file__), "__pycache__")
    attempt(folder, lambda: open(f"{folder}/{T['token']}.pyc", "w").close())
    attempt("rename in " + folder, os.rename, folder, folder)
""",
        leaves_the_outside_alone,
        tries=6,
    ),
    Attack(
        "own-packages-of-the-user",
        f"""
import site
version = f"python{{sys.version_info.major}}.{{sys.version_info.minor}}"
import tempfile
for base in (os.environ.get("HOME", "."), os.getcwd(), tempfile.gettempdir()):
    folder = os.path.join(base, ".local/lib", version, "site-packages")
    def plant():
        os.makedirs(folder, exist_ok=True)
        for name in ("sitecustomize.py", "usercustomize.py"):
            open(os.path.join(folder, name), "w").write("{_POISON}")
        open(os.path.join(folder, "x.pth"), "w").write("import builtins; builtins.poisoned = True")
    attempt(base, plant)
""",
        later_says("clean"),
        tries=2,
        then=_CLEAN,
    ),
    Attack(
        "modules-that-start-python",
        f"""
for name in ("sitecustomize.py", "usercustomize.py", "encodings.py", "site.py", "_bootlocale.py"):
    attempt(name, lambda: open(name, "w").write("{_POISON}"))
attempt("pth", lambda: open("x.pth", "w").write("import builtins; builtins.poisoned = True"))
attempt("startup", lambda: open(".pythonrc", "w").write("{_POISON}"))
attempt("settings", lambda: open("pyvenv.cfg", "w").write("include-system-site-packages = true"))
""",
        later_says("clean"),
        tries=8,
        then=_CLEAN,
    ),
    Attack(
        "modules-that-hide-libraries",
        f"""
for name in ("numpy", "scipy", "json", "random", "re", "matplotlib", "skfem", "mechagents"):
    attempt(name, lambda: open(name + ".py", "w").write("{_POISON}"))
def cached():
    import py_compile
    open("poison_json.py", "w").write("{_POISON}")
    os.makedirs("__pycache__", exist_ok=True)
    tag = sys.implementation.cache_tag
    for name in ("json", "numpy", "os"):
        py_compile.compile("poison_json.py", cfile=f"__pycache__/{{name}}.{{tag}}.pyc")
attempt("cache", cached)
""",
        later_says("clean"),
        tries=9,
        then="import json, random, re, numpy, matplotlib, mechagents\n" + _CLEAN,
    ),
    Attack(
        "files-for-all",
        """
import tempfile
for place in ("/tmp", "/var/tmp", "/dev/shm", "/run", tempfile.gettempdir()):
    attempt(place, lambda: open(f"{place}/{T['token']}-left", "w").write("left"))
""",
        every(leaves_the_outside_alone, later_says("[]")),
        tries=4,
        then="""
import json, os, tempfile
token = json.load(open("targets.json"))["token"]
places = ("/tmp", "/var/tmp", "/dev/shm", "/run", tempfile.gettempdir())
print([p for p in places if os.path.exists(f"{p}/{token}-left")])
""",
    ),
    Attack(
        "settings-of-matplotlib",
        """
place = os.environ.get("MPLCONFIGDIR") or os.path.join(os.environ.get("HOME", "."), ".config/matplotlib")
def settings():
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, "matplotlibrc"), "w").write("lines.linewidth: 77\\n")
def fonts():
    for number in range(300, 400, 10):
        open(os.path.join(place, f"fontlist-v{number}.json"), "w").write("{}")
attempt("settings", settings)
attempt("fonts", fonts)
""",
        later_says("1.5"),
        tries=2,
        then="import matplotlib\nprint(matplotlib.rcParams['lines.linewidth'])\n",
    ),
    Attack(
        "shared-segments-left",
        """
def leave():
    segment = call("shmget", T["number"], 4096, 0o1666)
    return segment

attempt("shmget", leave)
attempt("semget", lambda: call("semget", T["number"], 1, 0o1666))
attempt("msgget", lambda: call("msgget", T["number"], 0o1666))
""",
        Stage.segments_left,
        tries=3,
        bait=Stage.segment_number,
    ),
    Attack(
        "queues-and-semaphores-left",
        """
def queue():
    library = ctypes.CDLL("librt.so.1", use_errno=True)
    if library.mq_open(f"/{T['token']}q".encode(), os.O_CREAT | os.O_RDWR, 0o666, None) < 0:
        raise OSError(ctypes.get_errno(), "mq_open")

def semaphore():
    from multiprocessing import shared_memory
    shared_memory.SharedMemory(name=T["token"] + "s", create=True, size=4096)
    os._exit(0)

attempt("queue", queue)
note("semaphore")
semaphore()
""",
        every(leaves_the_outside_alone, Stage.queues_left),
        tries=2,
    ),
    Attack(
        "keys-left",
        """
attempt("user", lambda: call("add_key", b"user", (T["token"] + "-left").encode(), b"1", 1, -4))
attempt("session", lambda: call("add_key", b"user", (T["token"] + "-left").encode(), b"1", 1, -3))
attempt("keyring", lambda: call("keyctl", 1, (T["token"] + "-ring").encode()))
""",
        Stage.keys_left,
        tries=3,
    ),
    Attack(
        "changed-modules",
        """
import builtins, json, random
def change():
    builtins.mx_poison = True
    json.dumps = lambda *_: "poison"
    random.random = lambda: 0.5
    os.environ["MX_POISON"] = "1"
    sys.path.insert(0, "/poison")
    import numpy
    numpy.sin = numpy.cos

attempt("change", change)
""",
        later_says("clean\n[1] True False False"),
        then=_CLEAN
        + """
import random, numpy
print(json.dumps([1]), numpy.sin(0.0) == 0, "MX_POISON" in os.environ, "/poison" in sys.path)
""",
    ),
    Attack(
        "the-parent-s-memory",
        """
def write():
    with open(f"/proc/{os.getppid()}/mem", "r+b", 0):
        # Opening for writing is all it takes: nothing is changed.
        pass

class Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

def write_victim():
    here = ctypes.create_string_buffer(8)
    local, remote = Part(ctypes.addressof(here), 8), Part(8, 8)
    try:
        call("process_vm_writev", T["victim"], ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    except OSError as error:
        # Address 8 is nobody's: a bad address tells that the right to write was there.
        if error.errno != errno.EFAULT:
            raise

attempt("mem of the parent", write)
attempt("process_vm_writev", write_victim)
attempt("mem of the host", lambda: open(f"/proc/{T['host']}/mem", "r+b", 0).close())
""",
        lambda evidence: "; ".join(w for w, h in evidence.tries.items() if h.startswith("done")),
        tries=3,
        bait=Stage.victim,
    ),
)
"""All of this group."""
