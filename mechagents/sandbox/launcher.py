"""Start one program under limits, and leave nothing of it alive.

Run as a script, by the interpreter that the program is for; it imports nothing but the standard
library and ``inside``. On Linux and macOS it forks: the parent stays as the keeper of everything
the program starts, the child puts limits and walls around itself and becomes the program, in the
same interpreter (a second start would cost as much again). Standard input is a socket to the
supervisor. When that closes, for whatever reason, or when the program ends, the keeper kills
every descendant.

Where there is no fork (Windows) the program runs directly and the supervisor does what it can.
"""

# It imports as little as it can, since each import is paid for at every start; and what goes
# wrong in a program, whatever it is, has to be caught.
# ruff: noqa: BLE001, PTH100, PTH119, PTH120, PTH123

from __future__ import annotations

import os
import sys
from types import ModuleType, TracebackType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mechagents.sandbox.inside.order import Order


def main(words: list[str]) -> None:
    """Run a program; return in the process that was the program, at its end.

    Args:
        words: What to run and how, as ``inside.order`` reads it; or ``warm`` and the libraries
            to import, and then orders come as ``inside.zygote`` reads them; or ``wrapped``, and
            then the order comes as ``inside.wrapped`` reads it.
    """
    _stand_in_for_the_package()
    from mechagents.sandbox.inside.order import Order

    if words[0] == "warm":
        from mechagents.sandbox.inside.zygote import Zygote

        order = Zygote(words[1:]).serve()
        refused = _tell_refused()
        _forget_the_package()
        _run_and_leave(order.script, order.search_path, refused)
    if words[0] == "wrapped":
        from mechagents.sandbox.inside.wrapped import First

        order = First().start_inside()
    else:
        order = Order(words)
        if hasattr(os, "fork"):
            _keep_and_become(order)
    refused = _tell_refused()
    _forget_the_package()
    run(order.script, order.search_path, refused)


def _keep_and_become(order: Order) -> None:
    """Start the program's process, and return in it only."""
    if order.tier == "namespaces":
        from mechagents.sandbox.inside.walled import WalledKeeper

        WalledKeeper().start(order)
    elif order.tier == "bubblewrap":
        from mechagents.sandbox.inside.wrapped import WrappedKeeper

        WrappedKeeper().start(order)
    elif order.tier == "container":
        from mechagents.sandbox.inside.contained import ContainedKeeper

        ContainedKeeper().start(order)
    else:
        from mechagents.sandbox.inside.keeper import Keeper

        Keeper().start(order)


def _stand_in_for_the_package() -> None:
    """Let ``inside`` be imported by its name, without what the package itself imports."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name, folder in (("mechagents", os.path.dirname(here)), ("mechagents.sandbox", here)):
        package = ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package


def _forget_the_package() -> None:
    """Let a program that imports ``mechagents`` get the real one."""
    for name in [n for n in sys.modules if n.split(".")[0] == "mechagents"]:
        del sys.modules[name]


def run(script: str, search_path: list[str], refused: Callable[[], None]) -> None:
    """Run a file as ``__main__``, as the interpreter would; a traceback shows its frames only.

    Args:
        script: The file.
        search_path: Folders to look for modules in after everything that is installed.
        refused: Called when it ends because it was refused memory.
    """
    module = ModuleType("__main__")
    module.__file__ = os.path.abspath(script)
    sys.modules["__main__"] = module
    sys.argv = [script]
    sys.path += [folder for folder in search_path if folder not in sys.path]
    try:
        with open(script, "rb") as file:
            code = compile(file.read(), os.path.basename(script), "exec")
        exec(code, module.__dict__)
    except Exception as error:
        _show(error, error.__traceback__)
        if isinstance(error, MemoryError):
            refused()
        sys.exit(1)


def _run_and_leave(script: str, search_path: list[str], refused: Callable[[], None]) -> None:
    """Run a file and end as the interpreter would, but leave the imported libraries standing.

    To take them down touches, and so copies, most memory that is shared with the warm parent.
    """
    import atexit
    import contextlib
    import gc
    import threading

    code = 0
    try:
        run(script, search_path, refused)
    except SystemExit as ending:
        code = _exit_code(ending)
    except KeyboardInterrupt as error:
        _show(error, error.__traceback__)
        code = 130
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
        sys.modules["__main__"].__dict__.clear()
        gc.collect()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _exit_code(ending: SystemExit) -> int:
    if isinstance(ending.code, int):
        return ending.code & 0xFF
    if ending.code is not None:
        print(ending.code, file=sys.stderr)
    return 0 if ending.code is None else 1


def _tell_refused() -> Callable[[], None]:
    """Return what lets the keeper see that the program ends because it was refused memory.

    It is the name of the process: what is printed is no evidence. (A program could lie about
    this too, and would gain nothing.)
    """
    if sys.platform != "linux":
        return lambda: None
    from mechagents.sandbox.inside.keeper import REFUSED
    from mechagents.sandbox.inside.kernel import set_name

    return lambda: set_name(REFUSED)


def _show(error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback without this file's frame, through the hook the program may have set."""
    own = trace.tb_next if trace is not None else None
    sys.excepthook(type(error), error.with_traceback(own), own)


if __name__ == "__main__":
    main(sys.argv[1:])
