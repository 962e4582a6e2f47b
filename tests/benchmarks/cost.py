"""What a process with all its children costs: CPU and memory."""

import contextlib
from collections.abc import Callable

import psutil


def cpu(root: psutil.Process) -> float:
    """Seconds of CPU used so far, also by children that have ended."""
    return _sum(root, lambda process: sum(process.cpu_times()[:4]))


def memory(root: psutil.Process) -> float:
    """Megabytes of memory occupied now."""
    return _sum(root, lambda process: process.memory_info().rss / 1e6)


def _sum(root: psutil.Process, read: Callable[[psutil.Process], float]) -> float:
    total = read(root)
    for process in root.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # It has ended: from now on the root counts it.
            total += read(process)
    return total
