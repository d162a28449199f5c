"""Reads what a program left as the checks of verification do, in a process with bounds of its own.

A reader that can be made to crash, to compute for ever or to unpack gigabytes harms the process
that checks. So it runs in a child which ends instead. The children are forked from a server that
has imported all it needs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CPU_SECONDS, SECONDS = 2.0, 8
"""How much processor time a reader may take for a folder, and how long if it only waits."""
MEMORY_MIB = 768
"""How much more memory than at its start a reader may ask for."""
SHOWN = 2500
"""How much of a message is handed on [characters]."""
FORMULATION: dict[str, Any] = {
    "idealisation": "plane_stress",
    "geometry": {
        "regions": {"plate": {"kind": "rectangle", "size": [1.0, 1.0]}},
        "boundaries": {"left": {"kind": "line", "axis": "x", "at": 0.0}},
    },
    "materials": {"plate": {"youngs_modulus": 1e9, "poisson_ratio": 0.3}},
    "supports": [{"boundary": "left", "x": 0.0, "y": 0.0}],
    "wanted": [
        {"name": "middle_y", "kind": "displacement", "component": "y", "at": [0.5, 0.5]},
        {"name": "energy", "kind": "strain_energy"},
    ],
    "pictures": [{"file": "picture.png", "field": "stress_xy"}],
}
"""The problem that hostile results pretend to answer."""


class Reader:
    """Reads folders in a server process, which is started when it is first needed."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the server."""
        if self._server is not None:
            self._server.communicate()
            self._server = None

    def read(self, folder: Path) -> dict[str, str]:
        """Return what is said of a folder: by check, ``passed`` or the message of its failure.

        What goes wrong is under ``fault``.
        """
        if self._server is None:
            command = [sys.executable, __file__]
            path = os.pathsep.join(sys.path)
            environment = {**os.environ, "PYTHONPATH": path}
            self._server = subprocess.Popen(command, stdin=-1, stdout=-1, env=environment)
        server = self._server
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{folder}\n".encode())
        server.stdin.flush()
        said: dict[str, str] = json.loads(server.stdout.readline())
        return said


def serve() -> None:
    """Answer each line of standard input, a folder, with a line of JSON."""
    from mechagents.mechanics.formulation import Formulation
    from mechagents.verification.contract import check_delivery

    formulation = Formulation.model_validate(FORMULATION)

    def answer(folder: Path) -> dict[str, str]:
        try:
            checks = check_delivery(formulation, folder).checks
        except Exception as error:  # noqa: BLE001
            return {"fault": f"the reader crashed: {type(error).__name__}: {error}"[:300]}
        return {c.name: "passed" if c.passed else c.message[:SHOWN] for c in checks}

    for line in sys.stdin:
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            _bound()
            os.write(tell, json.dumps(answer(Path(line.strip()))).encode())
            os._exit(0)
        os.close(tell)
        said = os.read(told, 1 << 16).decode()
        os.close(told)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        fault = f"the reader was ended by {signal.Signals(-code).name}" if code < 0 else "no answer"
        print(said or json.dumps({"fault": fault}), flush=True)


def _bound() -> None:
    """End this process when it takes too long or asks for too much."""
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = used + (MEMORY_MIB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # Processor time, so that a busy machine makes no difference.
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    signal.alarm(SECONDS)


if __name__ == "__main__":
    serve()
