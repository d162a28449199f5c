"""The supervision of one run: it watches every limit, decides how the run ended, and says why."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace

from mechagents.messages import ExecutionStatus, Usage
from mechagents.sandbox import cgroup
from mechagents.sandbox import folder as folders
from mechagents.sandbox.base import Limits, Outcome
from mechagents.sandbox.cgroup import Group
from mechagents.sandbox.child import Child, Report, Running
from mechagents.sandbox.container import Contained, ContainerChild
from mechagents.sandbox.orders import SPARE_MIB, Start
from mechagents.sandbox.watchdog import Tree
from mechagents.sandbox.workspace import Direct, InMemory, Workspace

POLL_SECONDS = 0.05
"""How often limits are looked at."""
_MEMORY_ERROR = re.compile(r"(?:^|\n)(?:[\w.]+\.)?_?(?:Array)?MemoryError\b[^\n]*\n?$")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its status, and why in words."""

    status: ExecutionStatus
    message: str = ""
    exit_code: int | None = None


class Watch:
    """Looks at what a run uses, and names the first limit that it passed.

    Args:
        child: The running program.
        limits: What it may use.
        workspace: Its folder and temporary files.
        group: Its control group, where it has one.
    """

    def __init__(
        self, child: Running, limits: Limits, workspace: Workspace, group: Group | None
    ) -> None:
        self._group = group
        self._child = child
        self._limits = limits
        self._workspace = workspace
        self._started = time.monotonic()
        self._next_walk = 0.0
        self.tree = Tree()
        """What was found last."""
        self.peak_mib = 0.0
        """The most memory that was seen."""

    @property
    def seconds(self) -> float:
        """Time since the start [s]."""
        return time.monotonic() - self._started

    @property
    def patience(self) -> float:
        """How long to wait before looking again [s]."""
        return max(0.0, min(POLL_SECONDS, self._limits.wall_seconds - self.seconds))

    def verdict(self) -> Ending | None:
        """Return the ending that a passed limit asks for, or None while all is well."""
        if self.seconds >= self._limits.wall_seconds:
            return Ending("wall_timeout", f"it ran for {self._limits.wall_seconds:g} s")
        self.tree = self._child.tree()
        return (
            flooded(self._child, self._limits)
            or self._crowded()
            or self._swollen()
            or self._overfull()
        )

    def _crowded(self) -> Ending | None:
        limits, tree = self._limits, self.tree
        if len(tree.processes) > limits.processes:
            return Ending("process_limit", f"it had over {limits.processes} processes")
        if tree.threads > limits.tasks:
            return Ending("process_limit", f"it had over {limits.tasks} threads")
        if tree.cpu_seconds > limits.cpu_seconds_allowed:
            return out_of_time(limits)
        return None

    def _swollen(self) -> Ending | None:
        if self._group is not None and self._group.out_of_memory:
            return refused_by_the_kernel()
        used = self.tree.memory_mib
        if used > max(self._limits.memory_mib, self.peak_mib):
            used = self._child.memory_mib(self.tree)
        self.peak_mib = max(self.peak_mib, used)
        return out_of_memory(used, self._limits)

    def _overfull(self) -> Ending | None:
        """Measure the folders, but spend no more than a twentieth of the time on it."""
        now = time.monotonic()
        if now < self._next_walk:
            return None
        ending = overfull(self._workspace.size(self._limits), self._limits)
        self._next_walk = now + 20 * (time.monotonic() - now)
        return ending


def flooded(child: Running, limits: Limits) -> Ending | None:
    """Return an ending if a program printed more than allowed."""
    if child.stdout.total + child.stderr.total <= limits.flood_mib * folders.MIB:
        return None
    return Ending("output_flood", f"it printed over {limits.flood_mib:g} MiB")


def out_of_time(limits: Limits) -> Ending:
    """Return the ending of a program that used more processor time than allowed."""
    return Ending("cpu_limit", f"it used {limits.cpu_seconds_allowed:g} s of processor time")


def out_of_memory(used_mib: float, limits: Limits) -> Ending | None:
    """Return an ending if this is more memory than allowed."""
    if used_mib <= limits.memory_mib:
        return None
    return Ending("memory_limit", f"it used over {limits.memory_mib:g} MiB of memory")


def refused_by_the_kernel() -> Ending:
    """Return the ending of a program of which the kernel ended a process for its memory."""
    return Ending("memory_limit", "the kernel ended it, or a part of it, for its use of memory")


def overfull(held: folders.Size, limits: Limits) -> Ending | None:
    """Return an ending if a folder holds more than allowed."""
    if held.mib > limits.folder_mib:
        return Ending("disk_limit", f"its folder held over {limits.folder_mib:g} MiB")
    if held.files > limits.folder_files:
        return Ending("disk_limit", f"its folder held over {limits.folder_files} files")
    return None


def follow(child: Running, watch: Watch, stop: threading.Event) -> Ending | None:
    """Wait until a program ends, passes a limit, or is to be stopped; leave nothing alive.

    Returns:
        The ending, or None if the program came to its own.
    """
    ending = None
    while ending is None and not child.ended_within(watch.patience):
        ending = Ending("signal", "it was cancelled") if stop.is_set() else watch.verdict()
    if ending is not None and not child.kill():
        return Ending("setup_error", f"{ending.message}, and its processes did not end when killed")
    return ending


def own_ending(report: Report, stderr: str) -> Ending:
    """Return how a program ended that nobody stopped."""
    if report.wait_status is None:
        return Ending("setup_error", f"the program could not be run to its end: {report.fault}")
    code = os.waitstatus_to_exitcode(report.wait_status)
    if code < 0:
        return _killed_by(-code)
    told = _MEMORY_ERROR.search(stderr) if report.refused is None else report.refused
    if code and told:
        return Ending("memory_limit", "more memory was asked for than is allowed", code)
    return Ending("error" if code else "ok", f"it returned {code}" if code else "", code)


def _killed_by(number: int) -> Ending:
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    return Ending("signal", f"it was killed by signal {name}", -number)


def after_the_fact(
    child: Running, report: Report, limits: Limits, workspace: Workspace
) -> Ending | None:
    """Return the limit that a program passed too quickly for anyone to see, if there is one."""
    if report.cpu_seconds > limits.cpu_seconds_allowed:
        return out_of_time(limits)
    if workspace.largest_file() >= limits.file_mib:
        return Ending("disk_limit", f"a file reached {limits.file_mib:g} MiB")
    memory = out_of_memory(report.peak_mib, limits)
    return memory or flooded(child, limits) or overfull(workspace.size(limits), limits)


def supervise(start: Start, isolation: str, stop: threading.Event) -> Outcome:
    """Run a program to its end and say what happened. Blocks.

    Args:
        start: The program, in its place.
        isolation: What to report as the isolation, unless the program's process tells more.
        stop: Set by another thread to have the program killed.
    """
    workspace = _workspace(start)
    group = _group(start)
    doors = group.doors() if group is not None else ()
    try:
        return _supervise(replace(start, doors=doors), isolation, stop, workspace, group)
    finally:
        for descriptor in doors:
            os.close(descriptor)
        if group is not None:
            group.kill()
            group.remove()
        workspace.close()


def _group(start: Start) -> Group | None:
    """Return a control group for a program that is isolated, where there can be one."""
    limits = start.job.limits
    if start.tier in ("none", "container") or sys.platform != "linux":
        return None
    return cgroup.make(limits, limits.folder_mib + SPARE_MIB if start.walled else 0.0)


def _workspace(start: Start) -> Workspace:
    if start.tier == "container":
        return Contained(start)
    return InMemory(start) if start.walled else Direct(start)


def _begin(start: Start, workspace: Workspace, stop: threading.Event) -> Running:
    if isinstance(workspace, Contained):
        return ContainerChild(start, workspace, stop)
    return Child(start, workspace.receive)


def _supervise(
    start: Start,
    isolation: str,
    stop: threading.Event,
    workspace: Workspace,
    group: Group | None,
) -> Outcome:
    limits = start.job.limits
    child = _begin(start, workspace, stop)
    watch = Watch(child, limits, workspace, group)
    ending = follow(child, watch, stop)
    wall = watch.seconds
    report = child.close()
    stderr = child.stderr.text
    if ending is None:
        ending = own_ending(report, stderr)
        if ending.status in ("ok", "error", "signal"):
            late = after_the_fact(child, report, limits, workspace)
            if group is not None and group.out_of_memory:
                late = refused_by_the_kernel()
            ending = Ending(late.status, late.message, ending.exit_code) if late else ending
    found = workspace.collect(limits)
    return Outcome(
        status=ending.status,
        exit_code=ending.exit_code,
        stdout=child.stdout.text,
        stderr=stderr,
        stdout_bytes=child.stdout.total,
        stderr_bytes=child.stderr.total,
        artifacts=found.artifacts,
        usage=Usage(
            wall_seconds=wall,
            cpu_seconds=max(report.cpu_seconds, watch.tree.cpu_seconds),
            peak_memory_mib=max(report.peak_mib, watch.peak_mib),
        ),
        isolation=_isolation(start, child, report) or isolation,
        message=_message(ending, report, found),
    )


def _isolation(start: Start, child: Running, report: Report) -> str:
    """Return what isolated a program, by what it was told to have put up itself."""
    told = [report.held, *(["warm start"] if child.warm else [])]
    return f"{start.tier} ({'; '.join(told)})" if report.held else ""


def _message(ending: Ending, report: Report, found: folders.Found) -> str:
    said = [ending.message] if ending.message else []
    if report.left_running and ending.status in ("ok", "error"):
        many = report.left_running > 1
        told = f"{report.left_running} process{'es' if many else ''} it left running"
        said.append(f"{told} {'were' if many else 'was'} killed")
    if found.skipped:
        shown = ", ".join(found.skipped[:5]) + (", ..." if len(found.skipped) > 5 else "")
        said.append(f"{len(found.skipped)} of its files were not taken: {shown}")
    return "; ".join(said)
